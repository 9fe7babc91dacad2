"""Times of call events as the reference writes them: one way in the event's JSON, another in its variables, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_SHOWN: Final = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M", re.ASCII)
_PARSED: Final = "%b %d, %Y, %I:%M:%S %p"
_VARIABLE: Final = "%Y-%m-%dT%H:%M:%S+0000"
_HALF_DAY: Final = 12


def shown(milliseconds: int | None) -> str | None:
    """`Nov 10, 2022, 12:07:43 AM` of epoch milliseconds (request 106 shows such an event)."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    hour = moment.hour % _HALF_DAY or _HALF_DAY
    return f"{moment:%b} {moment.day}, {moment.year}, {hour}:{moment:%M:%S} {moment:%p}"


def as_variable(text: str) -> str:
    """`2022-11-10T00:07:43+0000` of a time as `shown` writes it; any other text as it is."""
    if not _SHOWN.fullmatch(text):
        return text
    try:
        return datetime.strptime(text, _PARSED).replace(tzinfo=UTC).strftime(_VARIABLE)
    except ValueError:
        return text
