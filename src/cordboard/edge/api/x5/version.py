"""`function=version`: which generation of the dialect is spoken; no credentials are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Final

_GENERATION: Final = {True: ("2.14-81", "240429-2220"), False: ("2.14-194", "241004-1518")}
"""What programs compare with: version and build of the agent's API, and of the other one."""


def version_line(now: datetime, *, is_agent: bool) -> str:
    """Dates are in UTC, so that there is no summer time."""
    version, build = _GENERATION[is_agent]
    line = f"VERSION: {version}|BUILD: {build}|DATE: {now:%Y-%m-%d %H:%M:%S}|EPOCH: {int(now.timestamp())}"
    return line if is_agent else f"{line}|DST: 0|TZ: 0|TZNOW: 0|"
