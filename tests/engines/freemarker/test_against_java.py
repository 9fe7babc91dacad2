"""The table, row by row, against Apache FreeMarker itself where it and a Java compiler are installed."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engines.freemarker.rows import ROWS, VALUES

_JAR = Path("/usr/share/java/freemarker.jar")
_MISSING = [name for name in ("java", "javac") if shutil.which(name) is None] + ([] if _JAR.exists() else [str(_JAR)])

pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"needs a JDK and libfreemarker-java: no {', '.join(_MISSING)}")


def _counted(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">i", len(encoded)) + encoded


def _asked() -> bytes:
    values = b"".join(_counted(name) + _counted(text) for name, text in VALUES.items())
    return b"".join(_counted(row.template) + struct.pack(">i", len(VALUES)) + values for row in ROWS)


def _answers(out: bytes) -> Iterator[tuple[bool, str]]:
    place = 0
    while place < len(out):
        rendered, length = struct.unpack_from(">?i", out, place)
        place += 5
        yield rendered, out[place : place + length].decode()
        place += length


def test_rows_are_freemarkers(tmp_path: Path) -> None:
    source = Path(__file__).with_name("Rows.java")
    subprocess.run(["javac", "-cp", str(_JAR), "-d", str(tmp_path), str(source)], check=True)
    done = subprocess.run(
        ["java", "-cp", os.pathsep.join((str(_JAR), str(tmp_path))), "Rows"],
        input=_asked(),
        check=True,
        capture_output=True,
    )
    answers = list(_answers(done.stdout))
    assert len(answers) == len(ROWS)
    wrong = []
    for row, (rendered, text) in zip(ROWS, answers, strict=True):
        same = rendered and text == row.output if row.output is not None else not rendered
        if same == (row.differs is not None):
            wrong.append((row.template, row.output or row.error, text))
    assert wrong == []
