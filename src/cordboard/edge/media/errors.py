"""Why the engine does not carry out a command, and what its clients can meet.

CommandError           our side of the socket: becomes `Failed`
├── UnknownError       no such leg, room or play
├── BusyError          no port, no room for another
└── InvalidError       the command contradicts itself or the state
EngineError            the client's side
├── MediaError         the engine answered `Failed`
├── MediaLostError     the engine is gone, or does not answer
└── NoEngineError      no engine is there
"""

from __future__ import annotations

from typing import ClassVar, Literal

FailureCode = Literal["unknown", "busy", "invalid"]


class CommandError(Exception):
    """A command that is not carried out."""

    code: ClassVar[FailureCode] = "invalid"


class UnknownError(CommandError):
    """It names something that is not there."""

    code = "unknown"


class BusyError(CommandError):
    """Everything is taken."""

    code = "busy"


class InvalidError(CommandError):
    """It cannot be meant like this."""

    code = "invalid"


class EngineError(Exception):
    """No media engine does what was asked."""


class MediaError(EngineError):
    """The engine refused a command."""

    def __init__(self, code: FailureCode, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")


class MediaLostError(EngineError):
    """The connection to an engine ended, or an answer did not come in time."""


class NoEngineError(EngineError):
    """No engine is connected that could take a leg."""
