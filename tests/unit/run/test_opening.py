"""Where the database is: the lock on the data directory, and pid files that outlived their servers."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.harness import settings_for_tests

from cordboard.infra.db.embedded import forget_dead_server, running_url
from cordboard.run.opening import StartError, hold_data_directory, open_platform, some_server
from cordboard.run.settings import DatabaseSettings


def test_a_data_directory_has_one_supervisor(tmp_path: Path) -> None:
    with hold_data_directory(tmp_path / "data"):
        with (
            pytest.raises(StartError, match=f"another cordboard \\(process {os.getpid()}\\)"),
            hold_data_directory(tmp_path / "data"),
        ):
            pass
        with hold_data_directory(tmp_path / "other"):
            pass
    with hold_data_directory(tmp_path / "data"):
        pass


def test_a_data_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"data_dir: .*make it writable"), hold_data_directory(tmp_path / "file"):
        pass


def _note(folder: Path, pid: int, socket_folder: Path) -> Path:
    """Writes a pid file as PostgreSQL does."""
    file = folder / "postmaster.pid"
    file.write_text(f"{pid}\n{folder}\n1700000000\n5432\n{socket_folder}\n\n  1  2\nready   \n")
    return file


@contextmanager
def _listening(folder: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / ".s.PGSQL.5432"))
        listener.listen()
        yield


def _pid_of_the_dead() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


async def test_a_server_that_answers_is_left_alone(tmp_path: Path) -> None:
    file = _note(tmp_path, os.getpid(), tmp_path)
    with _listening(tmp_path):
        await forget_dead_server(tmp_path)
        assert file.exists()
        assert running_url(tmp_path) == f"postgresql://postgres:@/cordboard?host={tmp_path}"
    assert running_url(tmp_path) is None


async def test_the_note_of_a_dead_server_goes(tmp_path: Path) -> None:
    file = _note(tmp_path, _pid_of_the_dead(), tmp_path)
    await forget_dead_server(tmp_path)
    assert not file.exists()


async def test_the_note_goes_when_a_stranger_has_the_number(tmp_path: Path) -> None:
    file = _note(tmp_path, os.getpid(), tmp_path)
    await forget_dead_server(tmp_path, patience=0.1)
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "12\n", "x\ny\nz\n1\n/tmp\n"])
async def test_half_a_note_goes(tmp_path: Path, text: str) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    assert running_url(tmp_path) is None
    await forget_dead_server(tmp_path, patience=0.1)
    assert not (tmp_path / "postmaster.pid").exists()


async def test_a_configured_server_is_not_started(tmp_path: Path) -> None:
    settings = settings_for_tests(tmp_path / "data", database=DatabaseSettings(url="postgresql://db.example/x"))
    async with some_server(settings) as url:
        assert url == "postgresql://db.example/x"
    assert not settings.data_path.exists()


async def test_the_platform_waits_for_its_database(tmp_path: Path) -> None:
    async def open_it() -> None:
        async with open_platform(settings_for_tests(tmp_path), f"postgresql://postgres@/x?host={tmp_path}"):
            pass

    opening = asyncio.create_task(open_it())
    done, _ = await asyncio.wait([opening], timeout=0.3)
    assert not done
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
