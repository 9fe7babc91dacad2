"""The small pieces that header values are made of (RFC 3261 25.1): tokens, quoted strings, parameters, lists."""

from __future__ import annotations

import re
from typing import TypeAlias

from cordboard.wire.sip.errors import SipSyntaxError

Params: TypeAlias = tuple[tuple[str, str | None], ...]
"""Parameters in order: a lower-case name and the value as written (quotes included), None for a bare name."""

MOST_PARAMS = 64
"""Parameters of one value; more are refused."""

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_PARAM_NAME = re.compile(r"[A-Za-z0-9\-.!%*_+`'~\[\]/:&$]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = dict.fromkeys((*range(32), 127))
_LIST_PIECE = re.compile(r'(?:[^,"<]|"(?:[^"\\]|\\.)*+"|<[^>]*+>)++', re.DOTALL)
_PARAM_PIECE = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*+")++', re.DOTALL)


def is_token(text: str) -> bool:
    """Whether the text is a token: a method, a header name, an option tag."""
    return _TOKEN.fullmatch(text) is not None


def unquote(text: str) -> str:
    """The content of a quoted string; other text as it is."""
    if len(text) < 2 or text[0] != '"':
        return text
    inner = text[1:-1]
    return _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner


def quote(text: str) -> str:
    """The text as a quoted string. Control characters, line ends among them, are left out."""
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def printable(text: str) -> str:
    """The text without control characters, which a quoted string may carry but nobody can use."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def quoted_end(text: str) -> int:
    """Where the quoted string that begins the text ends. Raises SipSyntaxError when it is never closed."""
    match = _QUOTED.match(text)
    if match is None:
        raise SipSyntaxError("a quoted string is not closed")
    return match.end()


def split_list(text: str) -> list[str]:
    """The members of a comma-separated list; commas in quotes and angle brackets do not count. Empty members, which
    careless peers send, are left out. Raises SipSyntaxError for a quote or bracket that is never closed.
    """
    if "," not in text:
        return [text] if text else []
    if '"' not in text and "<" not in text:
        return [piece for piece in (part.strip() for part in text.split(",")) if piece]
    return _pieces(_LIST_PIECE, text, ",")


def parse_params(text: str) -> Params:
    """Parameters from `;a=1;b`, the leading semicolon included. Where a name comes twice the first one counts.

    Raises SipSyntaxError.
    """
    if not text:
        return ()
    if text[0] != ";":
        raise SipSyntaxError(f"{text[:40]!r} stands where parameters should")
    pieces = text[1:].split(";") if '"' not in text else _pieces(_PARAM_PIECE, text[1:], ";", keep_empty=True)
    if len(pieces) > MOST_PARAMS:
        raise SipSyntaxError(f"more than {MOST_PARAMS} parameters")
    return tuple([_parse_param(piece) for piece in pieces])


def _parse_param(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    name = name.strip().lower()
    if _PARAM_NAME.fullmatch(name) is None:
        raise SipSyntaxError(f"{name[:40]!r} is not the name of a parameter")
    if not equals:
        return name, None
    value = value.strip()
    if value[:1] == '"' and quoted_end(value) != len(value):
        raise SipSyntaxError(f"something follows the quoted value of {name}")
    return name, value


def _pieces(pattern: re.Pattern[str], text: str, separator: str, *, keep_empty: bool = False) -> list[str]:
    """The stretches that the pattern finds between separators."""
    pieces: list[str] = []
    at = 0
    while at <= len(text):
        match = pattern.match(text, at)
        end = match.end() if match else at
        if end < len(text) and text[end] != separator:
            raise SipSyntaxError(f"{text[end : end + 40]!r} is never closed")
        piece = text[at:end].strip()
        if piece or keep_empty:
            pieces.append(piece)
        at = end + 1
    return pieces


def format_params(params: Params) -> str:
    """Parameters as they are written, each with its semicolon."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params])


def find_param(params: Params, name: str) -> str | None:
    """The first parameter of that (lower-case) name, quotes undone: empty for a bare name, None when missing."""
    for key, value in params:
        if key == name:
            return unquote(value) if value else ""
    return None


def with_param(params: Params, name: str, value: str | None) -> Params:
    """The parameters with one set: in place where it stands, at the end where it is new."""
    if all(key != name for key, _ in params):
        return (*params, (name, value))
    return tuple((key, value if key == name else old) for key, old in params)


def without_param(params: Params, name: str) -> Params:
    """The parameters without that name."""
    return tuple(pair for pair in params if pair[0] != name)


def parse_number(text: str | None, name: str, largest: int) -> int:
    """Digits as a number from 0 to `largest`. Raises SipSyntaxError that speaks of `name`."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 10 or (number := int(text)) > largest:
        raise SipSyntaxError(f"{name} is not a number up to {largest}")
    return number
