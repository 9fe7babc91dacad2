"""What SIP's final answers mean for a call, and which words of a party's end go into its record."""

from __future__ import annotations

from typing import Final

from cordboard.domain.voice.models import Status
from cordboard.engines.callflow.events import DialStatus

_STATUS: Final[dict[int, Status]] = {
    402: "insufficient_funds",
    404: "unallocated_numbers",
    408: "no_answer",
    410: "unallocated_numbers",
    480: "no_answer",
    484: "unallocated_numbers",
    486: "user_busy",
    487: "no_answer",
    600: "user_busy",
    603: "user_busy",
    604: "unallocated_numbers",
}
_DIALLED: Final[dict[Status, DialStatus]] = {
    "completed": "completed",
    "user_busy": "user_busy",
    "no_answer": "no_answer",
    "unallocated_numbers": "unallocated_numbers",
    "insufficient_funds": "insufficient_funds",
    "canceled": "canceled",
}


def status_of(sip_status: int) -> Status:
    """The status of a call that ended with a SIP answer of 300 or more."""
    return _STATUS.get(sip_status, "failed")


def dial_status_of(status: Status) -> DialStatus:
    """The same for whoever dialled it."""
    return _DIALLED.get(status, "failed")
