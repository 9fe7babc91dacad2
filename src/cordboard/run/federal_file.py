"""The file of `cordboard dnc import`: the federal do-not-call list, as the FTC gives it or as plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cordboard.kit.errors import InvalidInputError
from cordboard.kit.phone import parse_number


def read_federal_list(path: Path) -> Iterator[str]:
    """The numbers of the file, line by line: `9495551234`, `+19495551234` or `949,5551234`. Raises InvalidInputError
    naming the first bad line, before anything is written.
    """
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            text = line.strip().replace(",", "")
            if not text:
                continue
            parsed = parse_number(text)
            if parsed is None:
                raise InvalidInputError.of(f"line {number}", f"{line.strip()[:40]!r} is not a phone number")
            yield parsed
