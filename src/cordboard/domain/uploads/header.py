"""Looking at a file before anything is done with it: encoding, delimiter, header."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from pathlib import Path
from typing import Final

from cordboard.domain.uploads.models import Table
from cordboard.domain.uploads.rows import BadRow, RowReader
from cordboard.kit.errors import InvalidInputError

LONGEST_HEADER: Final = 64 * 1024
UTF_8: Final = "utf-8"
WINDOWS: Final = "windows-1252"
_DELIMITERS: Final = (",", ";", "\t", "|")
_BOM: Final = codecs.BOM_UTF8
_OTHER_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE: Final = 1024 * 1024
_QUOTED: Final = re.compile(r'"[^"]*"?')
_RARE: Final = 50
"""A text holds fewer control characters than one in so many."""

_NO_TABLE: Final = "is not a text file; save it as CSV"
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def examine(path: Path, field: str) -> Table:
    """What the file is like. It reads all of it: UTF-8 is believed only where every byte is, else it is Windows-1252.

    Raises InvalidInputError naming `field`.
    """
    with path.open("rb") as file:
        start = file.read(LONGEST_HEADER)
    if start.startswith(_OTHER_BOMS):
        raise InvalidInputError.of(field, "is UTF-16; save it as CSV in UTF-8")
    if not start.removeprefix(_BOM).strip():
        raise InvalidInputError.of(field, "is empty; its first line must name the columns")
    encoding = UTF_8 if is_utf_8(path) else WINDOWS
    return _header(start, path.stat().st_size, encoding, field)


def is_utf_8(path: Path) -> bool:
    """Whether all of a file is UTF-8."""
    decoder = codecs.getincrementaldecoder(UTF_8)()
    with path.open("rb") as file:
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _header(start: bytes, size: int, encoding: str, field: str) -> Table:
    bom = len(_BOM) if start.startswith(_BOM) else 0
    text = start.decode(encoding, "replace")
    if len(_NO_TEXT.findall(text)) * _RARE > len(text):
        raise InvalidInputError.of(field, _NO_TABLE)
    delimiter = _delimiter(next((line for line in text.splitlines() if line.strip()), ""))
    reader = RowReader(encoding, delimiter, width=None, position=bom)
    reader.lines.feed(start[bom:])
    if size <= LONGEST_HEADER:
        reader.lines.finish()
    rows = reader.take(1)
    if not rows:
        raise InvalidInputError.of(field, f"has no header within its first {LONGEST_HEADER} bytes")
    (header,) = rows
    if isinstance(header, BadRow):
        raise InvalidInputError.of(field, f"has a header that {header.problem}")
    columns = _columns(header, field)
    return Table(size=size, encoding=encoding, delimiter=delimiter, columns=columns, position=reader.position)


def _delimiter(line: str) -> str:
    """The one that stands most often in the header, outside of quotes; a comma where there is none."""
    counts = Counter(_QUOTED.sub("", line))
    return max(_DELIMITERS, key=lambda one: counts[one])


def _columns(header: list[str], field: str) -> list[str]:
    """The names of the columns. Raises InvalidInputError."""
    columns = [name.strip().lower() for name in header]
    if any(_NO_TEXT.search(name) for name in columns):
        raise InvalidInputError.of(field, _NO_TABLE)
    if "" in columns:
        raise InvalidInputError.of(field, f"has a column without a name: the {columns.index('') + 1}. of its header")
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        named = ", ".join(name[:64] for name in repeated[:10])
        raise InvalidInputError.of(field, f"names columns twice: {named}; names are the same in upper and lower case")
    return columns
