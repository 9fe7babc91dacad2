"""Built-ins that escape strings for other languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from cordboard.engines.freemarker.built_ins.common import Arguments, BuiltIn, on_text
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.run import Run
from cordboard.engines.freemarker.values import Value

_MARKUP: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_HTML: Final = str.maketrans(_MARKUP | {"'": "&#39;"})
_XML: Final = str.maketrans(_MARKUP | {"'": "&apos;"})
_UNRESERVED: Final = "!'()*~-_."

_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b", '"': '\\"', "\\": "\\\\"}


def _translated(table: Mapping[int, str]) -> BuiltIn:
    return on_text(lambda _run, text, _args: text.translate(dict(table)))


def _url(safe: str) -> BuiltIn:
    def escape(_run: Run, text: str, args: Arguments) -> Value:
        charset = args.text(0, "utf-8")
        try:
            return quote(text, safe=safe, encoding=charset, errors="replace")
        except LookupError as error:
            raise TemplateError(f"{charset[:40]!r} is no character set: leave it out for UTF-8") from error

    return on_text(escape, 0, 1)


def _escaper(*, json: bool) -> Callable[[str], str]:
    """For strings of JavaScript or JSON that may stand within HTML's script element."""
    control = "\\u{:04X}" if json else "\\x{:02X}"

    def sign(text: str, place: int) -> str:
        char = text[place]
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if char == "'":
            return "'" if json else "\\'"
        if char in _SHORT:
            return _SHORT[char]
        if char == "/":
            return "\\/" if place == 0 or before == "<" else "/"
        if char == ">":
            return _closing(text, place, json=json)
        if char == "<":
            return control.format(ord("<")) if place + 1 == len(text) or after in "!?" else "<"
        if ord(char) < ord(" ") or "\x7f" <= char <= "\x9f":
            return control.format(ord(char))
        return f"\\u{ord(char):04X}" if char in "\u2028\u2029" else char

    return lambda text: "".join([sign(text, place) for place in range(len(text))])


def _closing(text: str, place: int, *, json: bool) -> str:
    """`>` where it might end a comment or a CDATA section, the start of the string included."""
    dangerous = place == 0 or text[max(place - 2, 0) : place] in ("--", "]]", "-", "]")
    if not dangerous:
        return ">"
    return "\\u003E" if json else "\\>"


def _java(text: str) -> str:
    def sign(char: str) -> str:
        return _SHORT.get(char) or (f"\\u{ord(char):04x}" if char < " " else char)

    return "".join(map(sign, text))


_js, _json = _escaper(json=False), _escaper(json=True)

ESCAPES: Final[dict[str, BuiltIn]] = {
    "html": _translated(_HTML),
    "xhtml": _translated(_HTML),
    "web_safe": _translated(_HTML),
    "xml": _translated(_XML),
    "url": _url(_UNRESERVED),
    "url_path": _url(_UNRESERVED + "/"),
    "js_string": on_text(lambda _run, text, _args: _js(text), slow=True),
    "json_string": on_text(lambda _run, text, _args: _json(text), slow=True),
    "j_string": on_text(lambda _run, text, _args: _java(text), slow=True),
}
