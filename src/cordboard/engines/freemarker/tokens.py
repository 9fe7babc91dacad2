"""The tokens of expressions. Where a tag or an interpolation ends depends on them, so they also find its end."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cordboard.engines.freemarker.faults import TemplateError

_TOKEN: Final = re.compile(
    r"""
      (?P<blank> \s++ | <\#--.*?--> )
    | (?P<number> \d++ (?:\.\d++)? )
    | (?P<raw> r"[^"]*+" | r'[^']*+' )
    | (?P<text> "(?:[^"\\]|\\.)*+" | '(?:[^'\\]|\\.)*+' )
    | (?P<name> (?:[^\W\d]|[$@]|\\[-.:\#]) (?:\w|[$@]|\\[-.:\#])*+ )
    | (?P<sign> \.\.[<!*]? | -> | -&gt; | &amp;&amp; | &lt;=? | &gt;=? | &&? | \|\|? | \\(?:lte?|gte?|and|or)\b
        | \?\? | [=!<]= | >= | /> | \+\+ | -- | [-+*/%]= | [-+*/%=!<>?.,:;()\[\]{}] )
    """,
    re.VERBOSE | re.DOTALL,
)

_WORDS: Final = {
    "lt": "<", "\\lt": "<", "&lt;": "<", "lte": "<=", "\\lte": "<=", "&lt;=": "<=",
    "gt": ">", "\\gt": ">", "&gt;": ">", "gte": ">=", "\\gte": ">=", "&gt;=": ">=",
    "&": "&&", "&amp;&amp;": "&&", "\\and": "&&", "|": "||", "\\or": "||",
    "=": "=", "-&gt;": "->", "..!": "..<",
}  # fmt: skip
KEYWORDS: Final = frozenset({"as", "in", "true", "false", "using"})
_OPENING: Final = "([{"
_CLOSING: Final = ")]}"


class Token(NamedTuple):
    """`kind` is number, raw, text, name, sign, word (a reserved one) or end; `place` is the offset in the template."""

    kind: str
    text: str
    place: int


class Tokens(NamedTuple):
    """The tokens of a tag or interpolation, the last of kind end; where they end; whether `/>` ended them."""

    tokens: tuple[Token, ...]
    end: int
    empty: bool


def tokens_of(text: str, start: int, *, tag: bool, shift: int | None = None) -> Tokens:
    """The tokens from `start` to the end of a tag (`>`) or an interpolation (`}`). Raises TemplateError.

    With `shift`, the text is a string literal that stands there in the template, and so do all its tokens.
    """
    found: list[Token] = []
    open_signs: list[str] = []
    place = start
    while place < len(text):
        shown = place if shift is None else shift
        match = _TOKEN.match(text, place)
        if match is None:
            raise TemplateError(_strange(text[place]), shown)
        kind, image = str(match.lastgroup), match[0]
        if kind == "sign" and _ends(image, open_signs, tag=tag):
            found.append(Token("end", image, shown))
            return Tokens(tuple(found), place + len(image), image == "/>")
        if tag and image == ">=" and "(" not in open_signs:
            raise TemplateError("a > ends the tag here: write gte, or put the comparison in parentheses", shown)
        place = match.end()
        if kind == "blank":
            continue
        if kind == "sign" and image == "/>":
            raise TemplateError("/> can only end a tag", shown)
        _balance(image if kind == "sign" else "", open_signs, shown)
        found.append(_token(kind, image, shown))
    raise TemplateError(f"this is not closed: {'>' if tag else '}'} is missing", start if shift is None else shift)


def _ends(image: str, open_signs: list[str], *, tag: bool) -> bool:
    if tag:
        return image in (">", "/>") and "(" not in open_signs
    return image == "}" and not open_signs


def _balance(image: str, open_signs: list[str], place: int) -> None:
    if image and image in _OPENING:
        open_signs.append(image)
    elif image and image in _CLOSING:
        wanted = _OPENING[_CLOSING.index(image)]
        if not open_signs or open_signs.pop() != wanted:
            raise TemplateError(f"{image} closes nothing here", place)


def _token(kind: str, image: str, place: int) -> Token:
    if image in _WORDS and kind in ("name", "sign"):
        return Token("sign", _WORDS[image], place)
    if kind == "name":
        return Token("word" if image in KEYWORDS else "name", image.replace("\\", ""), place)
    return Token(kind, image, place)


def _strange(sign: str) -> str:
    if sign in "\"'":
        return "the string that begins here is not closed"
    return f"{sign!r} has no meaning in an expression"


_ESCAPE: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{1,4})|(.))", re.DOTALL)
_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", "f": "\f", "b": "\b", "g": ">", "l": "<", "a": "&",
    '"': '"', "'": "'", "\\": "\\", "{": "{", "=": "=",
}  # fmt: skip


def unquoted(token: Token, brace: str = "{") -> str:
    """The characters that a string literal stands for; `brace` for an escaped one. Raises TemplateError."""
    if token.kind == "raw":
        return token.text[2:-1]

    def sign(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _ESCAPES:
            raise TemplateError(f"\\{match[2]} is no escape of a string: write \\\\ for a backslash", token.place)
        return brace if match[2] == "{" else _ESCAPES[match[2]]

    return _ESCAPE.sub(sign, token.text[1:-1])
