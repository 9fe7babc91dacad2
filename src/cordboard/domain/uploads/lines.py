"""Bytes into lines, whatever ends them: LF, CRLF or CR. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

LONGEST_LINE: Final = 1024 * 1024


class Overlong(NamedTuple):
    """A line of which only the size was kept."""

    size: int


Line = bytes | Overlong


class Lines:
    """Lines with their ends, in the order in which their bytes are fed; what was taken can be put back."""

    def __init__(self) -> None:
        self._ready: deque[Line] = deque()
        self._rest = b""
        self._dropped = 0
        self.size = 0
        self.finished = False

    def __len__(self) -> int:
        return len(self._ready)

    def feed(self, data: bytes) -> None:
        """Takes more bytes."""
        pieces = (self._rest + data).splitlines(keepends=True)
        # A CR at the end may be half of a CRLF.
        self._rest = pieces.pop() if pieces and not pieces[-1].endswith(b"\n") else b""
        for piece in pieces:
            self._add(piece)
        if len(self._rest) > LONGEST_LINE:
            self._dropped += len(self._rest) - 1
            self._rest = self._rest[-1:]

    def finish(self) -> None:
        """There are no more bytes."""
        if self._rest:
            self._add(self._rest)
        self._rest = b""
        self.finished = True

    def take(self) -> Line | None:
        """The next line; None when there is none yet, or none any more."""
        if not self._ready:
            return None
        line = self._ready.popleft()
        self.size -= size_of(line)
        return line

    def put_back(self, lines: list[Line]) -> None:
        """Undoes the latest `take`s, whose lines they are."""
        self._ready.extendleft(reversed(lines))
        self.size += sum(map(size_of, lines))

    def _add(self, line: bytes) -> None:
        size = len(line) + self._dropped
        self._ready.append(line if size <= LONGEST_LINE else Overlong(size))
        self._dropped = 0
        self.size += size


def size_of(line: Line) -> int:
    """How many bytes of the file a line is."""
    return line.size if isinstance(line, Overlong) else len(line)
