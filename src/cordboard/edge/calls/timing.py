"""How long things take at a voice process."""

from __future__ import annotations

from typing import Final

import msgspec

from cordboard.domain.voice.admission import LONGEST_CALL

_LONGEST_SECONDS: Final = LONGEST_CALL.total_seconds()


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """All in seconds.

    The process: it says every `beat` that it lives, looks for work every `poll` at least, and gives live calls `drain`
    to end by themselves, what they leave to do `settle`. An answered party: each `minute` is reserved `minute_ahead` of
    its beginning, and it may take `longest_call`. A callee has `confirm` to press the key that takes a call; `ring` is
    how long phones' calls and transfers ring, `relay_ring` those that a route tag relays; `machine` how long a
    detection listens; `message_silence` ends a voicemail.
    """

    beat: float = 1.0
    poll: float = 1.0
    drain: float = 10.0
    settle: float = 10.0
    minute: float = 60.0
    minute_ahead: float = 5.0
    longest_call: float = _LONGEST_SECONDS
    confirm: float = 20.0
    ring: int = 60
    relay_ring: int = 30
    machine: float = 5.0
    message_silence: float = 8.0


USUAL: Final = Timing()
"""Of every process but those of tests."""
