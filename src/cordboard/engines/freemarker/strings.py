"""String literals: their escapes, and the interpolations in them."""

from __future__ import annotations

from collections.abc import Callable

from cordboard.engines.freemarker.expressions import Expression
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.tokens import Token, tokens_of, unquoted

_BRACE = "\ue000"
"""Stands for an escaped brace until the interpolations are found; a character for private use."""


def pieces_of(token: Token, read: Callable[[tuple[Token, ...]], Expression]) -> list[str | Expression]:
    """The texts and interpolations of a literal, in order. Raises TemplateError."""
    if token.kind == "raw":
        return [unquoted(token)]
    body = unquoted(token, brace=_BRACE)
    parts: list[str | Expression] = []
    place = 0
    while (start := body.find("${", place)) >= 0:
        if start + 2 == len(body):
            break
        found = tokens_of(body, start + 2, tag=False, shift=token.place)
        parts += [body[place:start].replace(_BRACE, "{"), read(found.tokens)]
        place = found.end
    if "#{" in body:
        raise TemplateError("#{...} is not supported: write ${...}", token.place)
    return [*parts, body[place:].replace(_BRACE, "{")]
