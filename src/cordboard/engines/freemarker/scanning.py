"""A template cut into text, interpolations, tags and comments."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.tokens import Token, tokens_of

_OPENING: Final = re.compile(r"[$#]\{|<#--|<(?P<closing>/?)#(?P<name>[A-Za-z_]\w*)|</?@")
_TAG_END: Final = re.compile(r"[ \t\r\n]*>")
_NOPARSE_END: Final = re.compile(r"</#no[pP]arse\s*>")
_COMMENT_END: Final = re.compile(r"</#comment\s*>")
_CAMEL: Final = {"elseIf": "elseif", "noParse": "noparse"}
"""Directives whose names have two words, in camel case."""


@dataclass(slots=True)
class Piece:
    """`place` is its offset; `line` and `last_line` are those of its first and last character."""

    place: int
    line: int
    last_line: int


@dataclass(slots=True)
class Text(Piece):
    """Text as it stands; `starts_line` tells whether a line begins with it. Blanks are stripped from it later."""

    text: str
    starts_line: bool


@dataclass(slots=True)
class Interpolation(Piece):
    """`${...}`."""

    tokens: tuple[Token, ...]


@dataclass(slots=True)
class Tag(Piece):
    """`<#name ...>` or, `closing`, `</#name>`."""

    name: str
    closing: bool
    tokens: tuple[Token, ...]
    empty: bool = False
    holds: bool = False
    """Whether an `assign` holds what it assigns, up to its end tag."""


@dataclass(slots=True)
class Comment(Piece):
    """`<#-- ... -->`."""


class _Scanner:
    def __init__(self, template: str, ends: list[int]) -> None:
        self.template = template
        self.ends = ends
        self.pieces: list[Piece] = []

    def scan(self) -> list[Piece]:
        """The whole template, a piece after the other."""
        place = written = 0
        while (match := _OPENING.search(self.template, place)) is not None:
            start = match.start()
            self._text(written, start)
            place = written = self._piece(match, start)
        self._text(written, len(self.template))
        return self.pieces

    def _line(self, place: int) -> int:
        return bisect_left(self.ends, place)

    def _text(self, start: int, end: int) -> None:
        if start == end:
            return
        starts_line = start == 0 or self.template[start - 1] == "\n"
        self.pieces.append(
            Text(start, self._line(start), self._line(end - 1), self.template[start:end], starts_line),
        )

    def _piece(self, match: re.Match[str], start: int) -> int:
        """Adds what opens here; answers where it ends."""
        image = match[0]
        if image == "${":
            found = tokens_of(self.template, match.end(), tag=False)
            self.pieces.append(Interpolation(start, self._line(start), self._line(found.end - 1), found.tokens))
            return found.end
        if image == "#{":
            raise TemplateError("#{...} is not supported: write ${...}", start)
        if image.endswith("@"):
            raise TemplateError("macros are not supported: there is nothing that <@...> could call", start)
        if image == "<#--":
            end = self.template.find("-->", match.end())
            if end < 0:
                raise TemplateError("this comment is not closed: --> is missing", start)
            return self._comment(start, end + 3)
        return self._tag(match, start)

    def _comment(self, start: int, end: int) -> int:
        self.pieces.append(Comment(start, self._line(start), self._line(end - 1)))
        return end

    def _tag(self, match: re.Match[str], start: int) -> int:
        name = _CAMEL.get(match["name"], match["name"])
        if match["closing"]:
            closed = _TAG_END.match(self.template, match.end())
            if closed is None:
                raise TemplateError(f"</#{match['name']} is not closed: > is missing", start)
            self._add(start, closed.end(), name, closing=True)
            return closed.end()
        if name in ("noparse", "comment"):
            return self._verbatim(match, start, name)
        found = tokens_of(self.template, match.end(), tag=True)
        self._add(start, found.end, name, tokens=found.tokens, empty=found.empty)
        return found.end

    def _verbatim(self, match: re.Match[str], start: int, name: str) -> int:
        opened = _TAG_END.match(self.template, match.end())
        pattern = _NOPARSE_END if name == "noparse" else _COMMENT_END
        closed = pattern.search(self.template, opened.end()) if opened else None
        if opened is None or closed is None:
            raise TemplateError(f"<#{match['name']}> is not closed: </#{match['name']}> is missing", start)
        if name == "comment":
            return self._comment(start, closed.end())
        self._text(opened.end(), closed.start())
        return closed.end()

    def _add(
        self,
        start: int,
        end: int,
        name: str,
        *,
        closing: bool = False,
        tokens: tuple[Token, ...] = (),
        empty: bool = False,
    ) -> None:
        holds = name == "assign" and not closing and len(tokens) == 2
        self.pieces.append(Tag(start, self._line(start), self._line(end - 1), name, closing, tokens, empty, holds))


def scanned(template: str, ends: list[int]) -> list[Piece]:
    """The pieces of a template; `ends` are the offsets of its line breaks. Raises TemplateError."""
    return _Scanner(template, ends).scan()
