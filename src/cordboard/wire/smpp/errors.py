"""What can go wrong, split by whose fault it is.

    SmppError
    ├── UsageError            ours: the caller broke a rule of this library
    │   ├── InvalidFieldError     a value does not fit the field that should carry it
    │   ├── NotBoundError         the session's state or bind mode does not allow the request
    │   ├── WindowFullError       as many submits as the window allows are waiting for their answers
    │   └── UnknownSequenceError  no delivered message waits for this answer
    └── PeerError             theirs: what the peer sent breaks SMPP 3.4
        ├── MalformedPduError     the header can be read, the body cannot
        └── FramingError          where the next PDU begins is no longer known

`ClientSession` raises only usage errors; the peer's come out of it as events.
"""

from __future__ import annotations


class SmppError(Exception):
    """Base of every error of this package."""


class UsageError(SmppError):
    """The caller broke a rule of this library; nothing was sent."""


class InvalidFieldError(UsageError):
    """`field` cannot carry the value that it was given, for the reason in `problem`."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class NotBoundError(UsageError):
    """The session's state or bind mode does not allow this request (2.2)."""


class WindowFullError(UsageError):
    """The window is used up: submit again when an answer or a timeout has freed a place."""


class UnknownSequenceError(UsageError):
    """No delivered message with this sequence number waits for an answer."""


class PeerError(SmppError):
    """The peer broke SMPP 3.4; `reason` is for logs."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class MalformedPduError(PeerError):
    """A PDU with a readable header has a body that cannot be read; `status` is the fitting command_status."""

    def __init__(self, reason: str, status: int) -> None:
        self.status = status
        super().__init__(reason)


class FramingError(PeerError):
    """command_length is impossible, the stream is lost; `sequence` is the PDU's, 0 if it cannot be read."""

    def __init__(self, reason: str, sequence: int) -> None:
        self.sequence = sequence
        super().__init__(reason)
