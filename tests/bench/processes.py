"""What processes cost: CPU seconds and resident memory, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of some processes so far; those that are gone count nothing."""
    return sum(_cpu_of(pid) for pid in pids)


def children_of(parent: int) -> list[int]:
    """A process and all that it started."""
    found = [parent]
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _parent_of(int(entry.name)) == parent:
            found += children_of(int(entry.name))
    return found


def named(word: str, below: list[int]) -> list[int]:
    """Those whose command line holds `word`."""
    return [pid for pid in below if word in _read(pid, "cmdline").replace("\0", " ")]


def resident_mib(pid: int) -> float:
    """Resident memory."""
    lines = _read(pid, "status").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def postgres_of(data_dir: Path) -> list[int]:
    """The server of a data directory and its backends."""
    pid_file = next(data_dir.rglob("postmaster.pid"), None)
    return children_of(int(pid_file.read_text().split()[0])) if pid_file else []


def _cpu_of(pid: int) -> float:
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _parent_of(pid: int) -> int:
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
