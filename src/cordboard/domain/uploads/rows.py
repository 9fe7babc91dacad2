"""Lines into the rows of a table (RFC 4180), one bad row never costing more than itself. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final, NamedTuple

from cordboard.domain.uploads.lines import LONGEST_LINE, Line, Lines, Overlong, size_of

MOST_LINES: Final = 100
"""How many lines a row may have: past it, a quote was left open."""

_NUL: Final = "\0"


class BadRow(NamedTuple):
    """A row that cannot be read, and why."""

    problem: str


Row = list[str] | BadRow


class _StarvedError(Exception):
    """The row goes on in bytes that have not come yet."""


class _EndlessError(Exception):
    """The row goes on and on."""


class RowReader:
    """Rows of `width` cells in the order in which their bytes are fed; empty lines are no rows.

    `position` is the offset in the file after the last row that was taken: a reader that begins there goes on with the
    next row. A row that cannot be read gives back all lines but its first, so that a quote which is never closed spoils
    one row and not the rest of the file.
    """

    def __init__(self, encoding: str, delimiter: str, *, width: int | None, position: int = 0) -> None:
        self.position = position
        self.lines = Lines()
        self._encoding = encoding
        self._width = width
        self._record: list[Line] = []
        self._length = 0
        self._flaw = ""
        self._csv = csv.reader(self, delimiter=delimiter, strict=True, skipinitialspace=True)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line, for the reader of CSV."""
        if len(self._record) == MOST_LINES or self._length > LONGEST_LINE:
            raise _EndlessError
        line = self.lines.take()
        if line is None:
            if self.lines.finished:
                raise StopIteration
            raise _StarvedError
        self._record.append(line)
        self._length += size_of(line)
        return self._decoded(line)

    def take(self, most: int) -> list[Row]:
        """At most so many rows of what was fed."""
        rows: list[Row] = []
        while len(rows) < most:
            try:
                row = self._next()
            except StopIteration:
                self._settle(self._record)  # empty lines at the end
                break
            except _StarvedError:
                self.lines.put_back(self._record)
                break
            if row is not None:
                rows.append(row)
        return rows

    def _next(self) -> Row | None:
        """The next row; None for an empty line. Raises StopIteration at the end."""
        self._record, self._length, self._flaw = [], 0, ""
        try:
            cells = next(self._csv)
        except _EndlessError:
            return self._spoilt(f"opens a quote that is not closed within {MOST_LINES} lines and {LONGEST_LINE} bytes")
        except csv.Error as error:
            return self._spoilt(f"cannot be read ({error}); look at its quotes")
        self._settle(self._record)
        if self._flaw:
            return BadRow(self._flaw)
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            return None
        if self._width is not None and len(cells) != self._width:
            return BadRow(f"has {len(cells)} cells; the header has {self._width}")
        return cells

    def _spoilt(self, problem: str) -> BadRow:
        self.lines.put_back(self._record[1:])
        self._settle(self._record[:1])
        return BadRow(self._flaw or problem)

    def _settle(self, record: list[Line]) -> None:
        self.position += sum(map(size_of, record))

    def _decoded(self, line: Line) -> str:
        if isinstance(line, Overlong):
            self._flaw = f"has a line of {line.size} bytes; at most {LONGEST_LINE} are read"
            return "?"
        try:
            text = line.decode(self._encoding)
        except UnicodeDecodeError as error:
            self._flaw = f"holds the byte 0x{line[error.start]:02x}, which is no character of {self._encoding}"
            return line.decode("latin-1").replace(_NUL, "?")
        if _NUL in text:
            self._flaw = "holds the character U+0000"
            return text.replace(_NUL, "?")
        return text
