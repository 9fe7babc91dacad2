"""Where the processes of one machine meet: Unix sockets, one a process."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from cordboard.infra.processes import is_alive

_FOLDER: Final = "run"
_PRIVATE: Final = 0o700
_LONGEST_PATH: Final = 90
"""Of the folder: a socket's whole path may have 107 octets."""


def sockets_folder(data_path: Path) -> Path:
    """The folder, made private. Where the data directory lies too deep for a socket's path, one in the temporary folder
    that follows from it. Raises PermissionError when somebody else has laid that out.
    """
    folder = data_path / _FOLDER
    if len(os.fsencode(folder)) > _LONGEST_PATH:
        name = hashlib.sha256(os.fsencode(data_path.absolute())).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"cordboard-{os.getuid()}-{name}"
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} is not a folder of ours; remove it")
    folder.chmod(_PRIVATE)
    return folder


def own_socket(data_path: Path, kind: str) -> Path:
    """The socket of this process. Those that dead processes of the kind left are removed, and one of a process that had
    our number.
    """
    folder = sockets_folder(data_path)
    for left in folder.glob(f"{kind}-*.sock"):
        pid = left.stem.removeprefix(f"{kind}-")
        if not pid.isdecimal() or int(pid) == os.getpid() or not is_alive(int(pid)):
            left.unlink(missing_ok=True)
    return folder / f"{kind}-{os.getpid()}.sock"
