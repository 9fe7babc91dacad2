"""Where the processes of a machine meet."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cordboard.run.sockets import own_socket, sockets_folder


@pytest.fixture
def dead() -> int:
    """The id of a process that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_the_folder_is_private_and_made_once(tmp_path: Path) -> None:
    folder = sockets_folder(tmp_path / "data")

    assert folder == tmp_path / "data" / "run"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert sockets_folder(tmp_path / "data") == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_data_directory_that_lies_deep_gets_a_folder_that_a_sockets_path_fits_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep, deeper = tmp_path / ("x" * 100), tmp_path / ("x" * 101)
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setattr("tempfile.tempdir", short)

        folder = sockets_folder(deep)

        assert folder == sockets_folder(deep) != sockets_folder(deeper)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(own_socket(deep, "voice")))
        monkeypatch.chdir(tmp_path)
        assert sockets_folder(Path("x" * 100)) == folder


def test_a_folder_that_somebody_else_laid_out_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 100)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = sockets_folder(deep)
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PermissionError, match="is not a folder of ours"):
        sockets_folder(deep)


def test_sockets_of_dead_processes_are_removed_and_those_of_others_stay(tmp_path: Path, dead: int) -> None:
    folder = sockets_folder(tmp_path)
    names = [f"voice-{dead}.sock", "voice-x.sock", f"voice-{os.getppid()}.sock", "voice-1.sock", f"media-{dead}.sock"]
    for name in names:
        (folder / name).touch()

    own = own_socket(tmp_path, "voice")

    assert own == folder / f"voice-{os.getpid()}.sock"
    assert sorted(path.name for path in folder.iterdir()) == sorted(names[2:])


def test_one_that_an_earlier_process_of_our_number_left_is_removed(tmp_path: Path) -> None:
    left = sockets_folder(tmp_path) / f"voice-{os.getpid()}.sock"
    left.touch()

    assert own_socket(tmp_path, "voice") == left
    assert not left.exists()
