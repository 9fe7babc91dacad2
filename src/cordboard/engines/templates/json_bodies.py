"""Variables in JSON bodies, where a value must not be able to break out of its place (requests 168-177,
`bodyTemplate`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final

from cordboard.engines.templates.variables import Lookup, Scope, Variable, pieces

_QUOTE_OR_ESCAPED: Final = re.compile(r'\\.|"', re.DOTALL)
_BARE_VALUE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


def escape_json(name: str, value: str) -> str:
    """An `escape` for `render` when every variable stands inside a JSON string: `value` without its quotes."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def render_json(text: str, *scopes: Scope, raw: Collection[str] = ("payload",)) -> str:
    """A JSON text with its variables replaced, as safe as the author's quotes are right.

    Inside a JSON string a value is escaped. Outside of one the names in `raw`, whose values are JSON themselves, are
    placed as they are, numbers, booleans and null too; any other value becomes a JSON string. Fallbacks stand as
    written.
    """
    lookup = Lookup(scopes)
    written: list[str] = []
    in_string = False
    for piece in pieces(text):
        literal = piece if isinstance(piece, str) else None
        if isinstance(piece, Variable):
            value = lookup.found(piece)
            if value is None:
                literal = piece.typed if piece.fallback is None else piece.fallback
            else:
                written.append(_placed(piece.name, value, in_string=in_string, raw=raw))
        if literal is not None:
            written.append(literal)
            in_string = _in_string_after(literal, in_string=in_string)
    return "".join(written)


def _placed(name: str, value: str, *, in_string: bool, raw: Collection[str]) -> str:
    if in_string:
        return escape_json(name, value)
    if name in raw or _BARE_VALUE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _in_string_after(literal: str, *, in_string: bool) -> bool:
    quotes = sum(match[0] == '"' for match in _QUOTE_OR_ESCAPED.finditer(literal))
    return in_string ^ (quotes % 2 == 1)
