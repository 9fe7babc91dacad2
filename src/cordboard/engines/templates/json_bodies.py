"""Variables in JSON bodies, where a value must not be able to break out of its place (requests 168-177,
`bodyTemplate`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final, NamedTuple

from cordboard.engines.templates.variables import Lookup, Scope, Variable, pieces

_QUOTE_OR_ESCAPED: Final = re.compile(r'\\.|"|\\\Z', re.DOTALL)
_BARE_VALUE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


class _Place(NamedTuple):
    """Where in a JSON text something stands; `escaping` right behind a backslash that escapes what follows."""

    in_string: bool = False
    escaping: bool = False


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
    place = _Place()
    for piece in pieces(text):
        value = lookup.found(piece) if isinstance(piece, Variable) else None
        if isinstance(piece, Variable) and value is not None:
            written.append(_placed(piece.name, value, place, raw))
            place = _Place(place.in_string)
            continue
        literal = _literal(piece)
        written.append(literal)
        place = _after(literal, place)
    return "".join(written)


def _placed(name: str, value: str, place: _Place, raw: Collection[str]) -> str:
    if place.in_string:
        # A backslash of the author's must not swallow the one that guards a quote of the value: it stands for itself.
        return ("\\" if place.escaping else "") + escape_json(name, value)
    if name in raw or _BARE_VALUE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _literal(piece: str | Variable) -> str:
    if isinstance(piece, str):
        return piece
    return piece.typed if piece.fallback is None else piece.fallback


def _after(literal: str, place: _Place) -> _Place:
    tokens = [match[0] for match in _QUOTE_OR_ESCAPED.finditer("\\" * place.escaping + literal)]
    return _Place(place.in_string ^ (tokens.count('"') % 2 == 1), escaping=tokens[-1:] == ["\\"])
