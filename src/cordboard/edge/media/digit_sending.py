"""Digits on their way to parties: as telephone events in place of audio, or as tones in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cordboard.edge.media.errors import BusyError
from cordboard.edge.media.keypad import Beat, beats
from cordboard.edge.media.legs import Leg
from cordboard.edge.media.outbox import Outbox
from cordboard.edge.media.protocol import DigitsSent, SendDigits
from cordboard.edge.media.transmission import Transmission
from cordboard.wire.audio.dtmf import key_samples
from cordboard.wire.audio.frames import FRAME_MS, FRAME_SAMPLES
from cordboard.wire.rtp.telephone_event import TelephoneEvent, event_code

MOST_WAITING = 16
"""`SendDigits` commands of a leg that wait for one another."""


@dataclass(slots=True)
class _Sending:
    leg: Leg
    waiting: deque[tuple[int, Iterator[Beat]]]
    began_at: int = 0


class DigitSending:
    """What is being keyed, by slot."""

    def __init__(self, transmission: Transmission, outbox: Outbox) -> None:
        self._transmission = transmission
        self._outbox = outbox
        self._sending: dict[int, _Sending] = {}

    def start(self, owner: int, leg: Leg, command: SendDigits) -> None:
        """Sends after what is being sent already. Raises InvalidError, BusyError."""
        row = beats(command)
        sending = self._sending.setdefault(leg.slot, _Sending(leg, deque()))
        if len(sending.waiting) >= MOST_WAITING:
            raise BusyError(f"{MOST_WAITING} rows of digits wait on this leg, which is the most")
        sending.waiting.append((owner, row))

    def stop_leg(self, slot: int) -> None:
        """Nothing more for a leg that is closed."""
        if self._sending.pop(slot, None) is not None:
            self._transmission.hold(slot, held=False)

    def tick(self, mixed: NDArray[np.float32]) -> None:
        """The next beat of each leg, before its frame is sent."""
        for slot, sending in list(self._sending.items()):
            beat = self._next(sending)
            if beat is None:
                self.stop_leg(slot)
            elif sending.leg.remote is not None and sending.leg.remote.event_type is not None:
                self._send_event(sending, beat, sending.leg.remote.event_type)
            elif beat.key is not None and not beat.again:
                mixed[slot] = _tone_frame(beat.key, beat.place)

    def _next(self, sending: _Sending) -> Beat | None:
        while sending.waiting:
            owner, row = sending.waiting[0]
            beat = next(row, None)
            if beat is not None:
                return beat
            sending.waiting.popleft()
            self._outbox.tell(owner, DigitsSent(sending.leg.name))
        return None

    def _send_event(self, sending: _Sending, beat: Beat, event_type: int) -> None:
        slot = sending.leg.slot
        self._transmission.hold(slot, held=beat.key is not None)
        if beat.key is None:
            return
        begins = beat.place == 1 and not beat.again
        if begins:
            sending.began_at = int(self._transmission.timestamp[slot])
        event = TelephoneEvent(event_code(beat.key), beat.place * FRAME_SAMPLES, end=beat.ends)
        self._transmission.send(slot, event.pack(), payload_type=event_type, timestamp=sending.began_at, marker=begins)


@lru_cache(maxsize=4096)
def _tone_frame(key: str, place: int) -> NDArray[np.int16]:
    """The `place`-th frame of a key's tones."""
    return key_samples(key, place * FRAME_MS)[-FRAME_SAMPLES:]
