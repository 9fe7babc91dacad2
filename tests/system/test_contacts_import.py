"""`cordboard contacts import` against a running platform."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from tests.installation import ADMIN, Served, free_port, serving

pytestmark = pytest.mark.system


class Ended(NamedTuple):
    """How a command ended and what it said."""

    code: int | None
    out: str
    err: str


async def command(served: Served, *words: str, token: str = "") -> Ended:
    """`cordboard contacts import` with the platform's settings."""
    environment = {
        **os.environ,
        "CORDBOARD_CONFIG": "",
        "CORDBOARD_DATA_DIR": str(served.data_dir),
        "CORDBOARD_HTTP__PORT": str(served.port),
        "CORDBOARD_TOKEN": token,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from cordboard.run.cli import main; main()", "contacts", "import", *words),
        stdout=PIPE,
        stderr=PIPE,
        env=environment,
    )
    out, err = await process.communicate()
    return Ended(process.returncode, out.decode(), err.decode())


async def test_a_file_is_imported_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("keys,phonenumber1,firstname\nk1,+17148675309,Jenny\nk2,911,John\n", encoding="utf-8")
    broken = tmp_path / "broken.csv"
    broken.write_text("a,a\n1,2\n", encoding="utf-8")
    async with serving(tmp_path / "data", []) as served:
        first = await command(served, str(file), "--json", token=served.token)
        again = await command(served, str(file), "--mode", "APPEND", "--email", ADMIN)
        refused = await command(served, str(broken), "--token", served.token)
        nobody = await command(served, str(file), "--token", "x")
        away = await command(served, str(file), "--url", f"http://127.0.0.1:{free_port()}", "--token", "x")
        silent = await command(served, str(file))
        kept = await served.call("GET", "/v4/contact")

    told = msgspec.json.decode(first.out)
    assert (first.code, told["status"], told["successRows"], told["failedRows"]) == (0, "completed", 1, 1)
    assert "1 rows became contacts, 1 were refused" in again.out
    assert "row 2: phonenumber1 is not a phone number" in again.out
    assert (refused.code, "names columns twice: a" in refused.err) == (1, True)
    assert (nobody.code, "Authentication Error" in nobody.err) == (1, True)
    assert (away.code, "cannot be reached" in away.err) == (1, True)
    assert (silent.code, "--token" in silent.err) == (1, True)
    assert [one["extData"]["firstname"] for one in kept] == ["Jenny"]
