"""FreeMarker's stripping of blanks: a line that holds nothing but tags and comments leaves no trace.

What stands between tags on such a line stays. Blanks alone between two assignments, settings or comments go as well,
however many lines they are. `<#t>`, `<#lt>` and `<#rt>` trim their line, `<#nt>` keeps it from being stripped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from cordboard.engines.freemarker.faults import ExhaustedError
from cordboard.engines.freemarker.scanning import Comment, Interpolation, Piece, Tag, Text

_TRIMS: Final = {"t": (True, True), "lt": (True, False), "rt": (False, True), "nt": (False, False)}
_SILENT: Final = ("assign", "setting")
_BRANCHES: Final = ("else", "elseif", "case", "default", "recover")
_AROUND: Final = ("if", "list", "items", "switch", "attempt", "compress")
_MOST_TRIMS: Final = 20
_MOST_BESIDE: Final = 500
_BREAKS: Final = "\r\n"
_LAST_BLANK: Final = " "


def stripped(pieces: list[Piece]) -> list[Piece]:
    """The pieces with their texts stripped; those that are left empty are gone. Raises ExhaustedError."""
    if len(pieces) == 1:
        return pieces
    return _Stripper(pieces).strip()


class _Stripper:
    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        self.trims = Counter(piece.line for piece in pieces if isinstance(piece, Tag) and piece.name in _TRIMS)
        """How many trimming tags a line has. Every text of it looks at all of them, so these must be few."""
        self.partners = _partners(pieces)
        if self.trims and max(self.trims.values()) > _MOST_TRIMS:
            raise ExhaustedError(f"a line may have {_MOST_TRIMS} of the tags t, lt, rt and nt")
        lines = Counter(piece.line for piece in pieces if piece.line in self.trims)
        if lines and max(lines.values()) > _MOST_BESIDE:
            raise ExhaustedError(f"a line with one of the tags t, lt, rt and nt may have {_MOST_BESIDE} tags")

    def strip(self) -> list[Piece]:
        for place, piece in enumerate(self.pieces):
            if isinstance(piece, Text) and piece.text:
                self._strip(place, piece)
        kept: list[Piece] = []
        for place, piece in enumerate(self.pieces):
            if isinstance(piece, Tag) and piece.name in _TRIMS:
                continue
            if isinstance(piece, Text) and _ignorable(piece, kept[-1] if kept else None, self._next(place)):
                continue
            kept.append(piece)
        return kept

    def _next(self, place: int) -> Piece | None:
        return self.pieces[place + 1] if place + 1 < len(self.pieces) else None

    def _strip(self, place: int, text: Text) -> None:
        kept_left = self._trim_end(place, text)
        kept_right = self._trim_start(place, text)
        if place == 0:
            return
        at_end = 0 if kept_left else self._blank_end(place, text)
        at_start = 0 if kept_right else self._blank_start(place, text)
        if at_start or at_end:
            text.text = text.text[at_start : max(len(text.text) - at_end, at_start)]
            if at_start:
                text.line += 1
                text.starts_line = True

    def _after(self, place: int, line: int) -> Iterator[int]:
        """The places of what follows on the same line; what an `assign` holds is not seen from outside."""
        at = place + 1
        while at < len(self.pieces):
            piece = self.pieces[at]
            if self._is_leaf(piece) or (at in self.partners and self.partners[at] > at):
                if piece.line != line:
                    return
                yield at
            at = max(at, self.partners.get(at, at)) + 1

    def _before(self, place: int, line: int) -> Iterator[int]:
        """The places of what comes before on the same line, the nearest first.

        A trimming tag has no say beyond the end of the directive that it is in.
        """
        at, closed = place - 1, 0
        while at >= 0:
            piece = self.pieces[at]
            closed = _closed(piece, closed)
            if closed and isinstance(piece, Tag) and piece.name in _TRIMS:
                at -= 1
                continue
            if self._is_leaf(piece) or (at in self.partners and self.partners[at] < at):
                if piece.last_line != line:
                    return
                yield at
            at = min(at, self.partners.get(at, at)) - 1

    @staticmethod
    def _is_leaf(piece: Piece) -> bool:
        """Whether a piece counts on its line: tags around something do not."""
        if isinstance(piece, Tag):
            return piece.name in _TRIMS or _silent(piece)
        return True

    def _blank_start(self, place: int, text: Text) -> int:
        """How many characters at the start are the end of a line without content."""
        found = _first_break(text.text)
        if found < 0 and not text.starts_line:
            return 0
        end = found + 1
        if found >= 0 and text.text[found : found + 2] == "\r\n":
            end += 1
        if not _blank(text.text[:end]):
            return 0
        shows = any(self._shows(at, forward=False) for at in self._before(place, text.line))
        return 0 if shows else end

    def _blank_end(self, place: int, text: Text) -> int:
        """How many characters at the end are the start of a line without content."""
        found = _last_break(text.text)
        if (found < 0 and not text.starts_line) or not _blank(text.text[found + 1 :]):
            return 0
        shows = any(self._shows(at, forward=True) for at in self._after(place, text.last_line))
        return 0 if shows else len(text.text) - found - 1

    def _shows(self, place: int, *, forward: bool) -> bool:
        """Whether a piece is content of its line, seen from a text before it (`forward`) or after it."""
        piece = self.pieces[place]
        if isinstance(piece, Interpolation):
            return True
        before = self.pieces[place - 1] if place else None
        if not isinstance(piece, Text) or _ignorable(piece, before, self._next(place)):
            return False
        for sign in piece.text if forward else reversed(piece.text):
            if sign in _BREAKS:
                return False
            if not sign.isspace():
                return True
        return True

    def _told(self, places: Iterator[int]) -> Iterator[tuple[bool, bool]]:
        """What the trimming tags at some places say of left and right."""
        for place in places:
            piece = self.pieces[place]
            if isinstance(piece, Tag) and piece.name in _TRIMS:
                yield _TRIMS[piece.name]

    def _trim_end(self, place: int, text: Text) -> bool:
        """Trims the start of a text's last line as tags after it say; answers whether there are some."""
        told = False
        if text.last_line not in self.trims:
            return False
        for left, right in self._told(self._after(place, text.last_line)):
            told = told or left or not right
            found = _last_break(text.text)
            if left and (found >= 0 or text.starts_line):
                text.text = text.text[: found + 1] + text.text[found + 1 :].lstrip()
        return told

    def _trim_start(self, place: int, text: Text) -> bool:
        """Trims the end of a text's first line as tags before it say; answers whether there are some."""
        told = False
        if text.line not in self.trims:
            return False
        for left, right in self._told(self._before(place, text.line)):
            told = told or right or not left
            found = _first_break(text.text)
            if right and found < 0:
                return False
            if right:
                self._trim_line(place, text, found + (2 if text.text[found : found + 2] == "\r\n" else 1))
        return told

    def _trim_line(self, place: int, text: Text, end: int) -> None:
        if _blank(text.text[:end]):
            text.text = text.text[end:]
            text.line += 1
            text.starts_line = True
            return
        rest = text.text[end:]
        text.text = text.text[:end].rstrip() + ("" if _blank(rest) and self._vanishes(place, text) else rest)

    def _vanishes(self, place: int, text: Text) -> bool:
        """Whether blanks at the end of a text go together with the line before them."""
        goes = True
        for at in self._after(place, text.last_line):
            piece = self.pieces[at]
            if self._shows(at, forward=False):
                goes = False
            if isinstance(piece, Tag) and piece.name in _TRIMS and _TRIMS[piece.name][0]:
                return True
        return goes


def _partners(pieces: list[Piece]) -> dict[int, int]:
    """The places of the tags around what an `assign` holds, each the other's."""
    partners: dict[int, int] = {}
    open_tags: list[int] = []
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Tag) or piece.name != "assign":
            continue
        if piece.holds:
            open_tags.append(place)
        elif piece.closing and open_tags:
            opened = open_tags.pop()
            partners[opened], partners[place] = place, opened
    return partners


def _ignorable(text: Text, before: Piece | None, after: Piece | None) -> bool:
    """Whether a text goes as a whole: an empty one, and blanks between what never writes anything."""
    return not text.text or (_blank(text.text) and _silent(before) and _silent(after))


def _closed(piece: Piece, closed: int) -> int:
    """How many directives that end before it a piece is in, seen backwards; `closed` for the piece after it."""
    if not isinstance(piece, Tag):
        return closed
    if piece.closing:
        return closed + 1
    if piece.name in _BRANCHES:
        return max(closed, 1)
    return max(closed - 1, 0) if piece.name in _AROUND or piece.holds else closed


def _silent(piece: Piece | None) -> bool:
    """Whether a neighbour never writes anything; the template's ends do not either."""
    if piece is None or isinstance(piece, Comment):
        return True
    return isinstance(piece, Tag) and piece.name in _SILENT and not piece.holds and not piece.closing


def _blank(text: str) -> bool:
    return all(sign <= _LAST_BLANK for sign in text)


def _first_break(text: str) -> int:
    return next((place for place, sign in enumerate(text) if sign in _BREAKS), -1)


def _last_break(text: str) -> int:
    return max(text.rfind("\n"), text.rfind("\r"))
