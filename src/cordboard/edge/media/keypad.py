"""Keys of one leg: those that its party presses, told by telephone events, and those that we send to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from cordboard.edge.media.errors import InvalidError
from cordboard.edge.media.protocol import SendDigits
from cordboard.wire.audio.frames import FRAME_MS
from cordboard.wire.rtp.telephone_event import KEYS, LONGEST_DURATION, TelephoneEvent

MOST_DIGITS = 200
SHORTEST_TONE_MS = 40
SHORTEST_GAP_MS = 40
LONGEST_MS = 5000
END_PACKETS = 3
"""How often the last packet of an event is sent (RFC 4733, section 2.5.1.4)."""

_PAUSES_MS = {"w": 500, "W": 1000}
_REMEMBERED = 16


class KeyReceiver:
    """Tells each key of one party once, however often its packets come and in whatever order."""

    def __init__(self) -> None:
        self._known: deque[int] = deque(maxlen=_REMEMBERED)
        self._last = (0, -1)

    def hear(self, timestamp: int, event: TelephoneEvent) -> str | None:
        """The key that goes down with this packet, if one does. Events are told apart by their timestamps."""
        if timestamp in self._known:
            return None
        start, code = self._last
        segment = code == event.code and (timestamp - start) & 0xFFFFFFFF == LONGEST_DURATION
        self._known.append(timestamp)
        self._last = (timestamp, event.code)
        return None if segment else event.key


@dataclass(frozen=True, slots=True)
class Beat:
    """20 ms of sending. With a key: its `place`-th frame from 1, `ends` in the last. `again`: the key is over, and only
    the last packet of its event is sent anew, for loss.
    """

    key: str | None = None
    place: int = 0
    ends: bool = False
    again: bool = False


def beats(command: SendDigits) -> Iterator[Beat]:
    """The beats of a row of digits. Raises InvalidError at once."""
    _check(command)
    return _beats(command)


def _beats(command: SendDigits) -> Iterator[Beat]:
    tone, gap = _frames(command.tone_ms), _frames(command.gap_ms)
    for digit in command.digits:
        if digit in _PAUSES_MS:
            yield from [Beat()] * _frames(_PAUSES_MS[digit])
            continue
        key = digit.upper()
        for place in range(1, tone + 1):
            yield Beat(key, place, ends=place == tone)
        for place in range(1, max(gap, END_PACKETS - 1) + 1):
            yield Beat(key, tone, ends=True, again=True) if place < END_PACKETS else Beat()


def _frames(ms: int) -> int:
    return max(1, -(-ms // FRAME_MS))


def _check(command: SendDigits) -> None:
    if not 0 < len(command.digits) <= MOST_DIGITS:
        raise InvalidError(f"1 to {MOST_DIGITS} digits are sent at a time")
    if wrong := {digit for digit in command.digits if digit not in _PAUSES_MS and digit.upper() not in KEYS}:
        raise InvalidError(f"{''.join(sorted(wrong))} cannot be keyed: use 0-9 * # A-D, w and W")
    if not (SHORTEST_TONE_MS <= command.tone_ms <= LONGEST_MS and SHORTEST_GAP_MS <= command.gap_ms <= LONGEST_MS):
        raise InvalidError(f"tone_ms and gap_ms are {SHORTEST_TONE_MS} to {LONGEST_MS}")
