"""Where the processes of one machine meet: Unix sockets, one a process."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

from cordboard.infra.processes import is_alive

_FOLDER: Final = "run"
_LONGEST_PATH: Final = 90
"""Of the folder: a socket's whole path may have 107 octets."""


def sockets_folder(data_path: Path) -> Path:
    """The folder, made private. Where the data directory lies too deep for a socket's path, one in the temporary folder
    that follows from it.
    """
    folder = data_path / _FOLDER
    if len(os.fsencode(folder)) > _LONGEST_PATH:
        name = hashlib.sha256(os.fsencode(data_path)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"cordboard-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


def own_socket(data_path: Path, kind: str) -> Path:
    """The socket of this process. Those that dead processes of the kind left are removed."""
    folder = sockets_folder(data_path)
    for left in folder.glob(f"{kind}-*.sock"):
        pid = left.stem.removeprefix(f"{kind}-")
        if not pid.isdecimal() or not is_alive(int(pid)):
            left.unlink(missing_ok=True)
    return folder / f"{kind}-{os.getpid()}.sock"
