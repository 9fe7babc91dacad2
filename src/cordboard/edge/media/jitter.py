"""The jitter buffers of all legs in one set of arrays.

A leg's ring holds frames of 160 octets under their place in its stream, which the RTP timestamp tells: so packets of
any length, reordering, gaps and pauses need no rules of their own. Playing starts `delay` frames after the first
arrival. A leg that ran dry starts again the same way with the next packet, one frame later if that packet came after
its time; one that never falls below two spare frames for some seconds plays one frame earlier. Clock drift shows as one
or the other.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.audio.frames import FRAME_SAMPLES, Legs

Counts: TypeAlias = NDArray[np.int64]

WINDOW_TICKS = 50
"""How often the delay is looked at: once a second."""

_CALM_WINDOWS = 5
_SPARE_FRAMES = 3
"""A depth that is never below this, for so many windows, is a frame too much."""
_FARTHEST_BACK = 50
"""Frames. A packet this late is no straggler: the sender's timestamps jumped."""
_NOTHING = -(1 << 62)
"""No frame has this number; a stream that begins out of order has negative ones."""


class JitterBuffers:
    """Rings of `slots` frames for `capacity` legs."""

    def __init__(self, capacity: int, *, slots: int, least_delay: int, most_delay: int) -> None:
        self._slots = slots
        self._least = least_delay
        self._most = most_delay
        self._frames = np.zeros((capacity * slots, FRAME_SAMPLES), np.uint8)
        self._tags = np.full((capacity, slots), _NOTHING, np.int64)
        self._rows = np.arange(capacity, dtype=np.int64) * slots
        self._gathered = np.zeros((capacity, FRAME_SAMPLES), np.uint8)
        self._next = np.zeros(capacity, np.int64)
        self._newest = np.zeros(capacity, np.int64)
        self._active = np.zeros(capacity, np.bool_)
        self._starved = np.zeros(capacity, np.int64)
        self._anchor_at = np.zeros(capacity, np.int64)
        self._anchor_timestamp = np.zeros(capacity, np.uint32)
        self._lowest = np.full(capacity, slots, np.int64)
        self._calm = np.zeros(capacity, np.int64)
        self._ticks = 0
        self.delay = np.full(capacity, least_delay, np.int64)
        self.late = np.zeros(capacity, np.int64)

    def reset(self, leg: int) -> None:
        """For a slot that has a new leg."""
        self.restart(leg)
        self.delay[leg] = self._least
        self.late[leg] = 0

    def restart(self, leg: int) -> None:
        """Forgets what is buffered: another source, whose timestamps begin anywhere."""
        self._tags[leg] = _NOTHING
        self._active[leg] = False
        self._starved[leg] = 0
        self._lowest[leg] = self._slots
        self._calm[leg] = 0

    def place(self, legs: Legs, timestamps: NDArray[np.uint32], payloads: NDArray[np.uint8]) -> None:
        """A packet of exactly one frame from each of some legs; `payloads` is `uint8[n, 160]`."""
        position = self._positions(legs, timestamps)
        first = (position + FRAME_SAMPLES // 2) // FRAME_SAMPLES
        kept = self._admit(legs, first, first)
        self._advance_anchor(legs, timestamps, first * FRAME_SAMPLES)
        if not kept.all():
            legs, first, payloads = legs[kept], first[kept], payloads[kept]
        slot = first % self._slots
        self._frames[self._rows[legs] + slot] = payloads
        self._tags[legs, slot] = first

    def write(self, leg: int, timestamp: int, payload: bytes, silence: int) -> None:
        """A packet of any number of samples; the rest of a frame that it begins is filled with `silence`."""
        legs, timestamps = np.array([leg], np.intp), np.array([timestamp], np.uint32)
        at = int(self._positions(legs, timestamps)[0])
        end = at + len(payload)
        first, last = at // FRAME_SAMPLES, (end - 1) // FRAME_SAMPLES
        kept = self._admit(legs, np.array([first]), np.array([last]))[0]
        self._advance_anchor(legs, timestamps, np.array([at]))
        if not kept:
            return
        octets = np.frombuffer(payload, np.uint8)
        for frame in range(first, last + 1):
            begin, stop = max(at, frame * FRAME_SAMPLES), min(end, (frame + 1) * FRAME_SAMPLES)
            row = self._open(leg, frame, silence)
            row[begin - frame * FRAME_SAMPLES : stop - frame * FRAME_SAMPLES] = octets[begin - at : stop - at]

    def mark(self, leg: int, timestamp: int) -> int | None:
        """Keeps the place of a packet whose payload the caller keeps itself: its slot in the ring, None when late."""
        legs, timestamps = np.array([leg], np.intp), np.array([timestamp], np.uint32)
        frames = (self._positions(legs, timestamps) + FRAME_SAMPLES // 2) // FRAME_SAMPLES
        kept = self._admit(legs, frames, frames)[0]
        self._advance_anchor(legs, timestamps, frames * FRAME_SAMPLES)
        if not kept:
            return None
        slot = int(frames[0]) % self._slots
        self._tags[leg, slot] = frames[0]
        return slot

    def read(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The frames to play now of the first `count` legs, `uint8[count, 160]`, and which of them there are.

        The array is overwritten by the next call.
        """
        now = self._next[:count]
        slot = now % self._slots
        rows = self._rows[:count]
        there = self._active[:count] & (self._tags[np.arange(count), slot] == now)
        self._frames.take(rows + slot, axis=0, out=self._gathered[:count], mode="clip")
        self._watch(count, now)
        return self._gathered[:count], there

    def slot_of_next(self, leg: int) -> int:
        """The slot that the next `read` will look into."""
        return int(self._next[leg]) % self._slots

    def _positions(self, legs: Legs, timestamps: NDArray[np.uint32]) -> Counts:
        """Where packets stand in their streams, in samples; a 32-bit timestamp is taken as near the last one."""
        distance = (timestamps - self._anchor_timestamp[legs]).view(np.int32)
        return np.where(self._active[legs], self._anchor_at[legs] + distance, 0)

    def _advance_anchor(self, legs: Legs, timestamps: NDArray[np.uint32], at: Counts) -> None:
        newer = ~(at < self._anchor_at[legs]) | (self._newest[legs] <= at // FRAME_SAMPLES)
        if newer.all():
            self._anchor_timestamp[legs], self._anchor_at[legs] = timestamps, at
        else:
            moved = legs[newer]
            self._anchor_timestamp[moved], self._anchor_at[moved] = timestamps[newer], at[newer]

    def _admit(self, legs: Legs, first: Counts, last: Counts) -> NDArray[np.bool_]:
        """Which packets still have their time before them; starts legs anew where their stream did."""
        due = self._next[legs]
        active, dry = self._active[legs], self._starved[legs] > 0
        late = active & (last < due)
        jumped = (last >= due + self._slots) | (first < due - _FARTHEST_BACK)
        anew = ~active | dry | jumped
        if anew.any():
            self._grow(legs[late & dry & ~jumped])
            self._begin(legs[anew], first[anew])
        self.late[legs] += late & ~jumped
        self._newest[legs] = np.where(anew, last, np.maximum(self._newest[legs], last))
        return anew | ~late

    def _grow(self, legs: Legs) -> None:
        self.delay[legs] = np.minimum(self.delay[legs] + 1, self._most)

    def _begin(self, legs: Legs, first: Counts) -> None:
        """What is still in the rings was played, or belongs to another beginning."""
        self._tags[legs] = _NOTHING
        self._next[legs] = first - (self.delay[legs] - 1)
        self._active[legs] = True
        self._starved[legs] = 0
        self._lowest[legs] = self._slots
        self._calm[legs] = 0

    def _open(self, leg: int, frame: int, silence: int) -> NDArray[np.uint8]:
        """The row of a frame, silent where nothing was written yet."""
        slot = frame % self._slots
        row: NDArray[np.uint8] = self._frames[self._rows[leg] + slot]
        if self._tags[leg, slot] != frame:
            row[:] = silence
            self._tags[leg, slot] = frame
        return row

    def _watch(self, count: int, now: Counts) -> None:
        """After a read: on to the next frame, and how much there was in store."""
        active, starved, lowest = self._active[:count], self._starved[:count], self._lowest[:count]
        depth = self._newest[:count] - now + 1
        dry = active & (depth <= 0)
        starved += dry
        starved *= dry
        np.minimum(lowest, depth, out=lowest)
        now += active
        self._ticks += 1
        if self._ticks % WINDOW_TICKS == 0:
            self._look_at_delay(count)

    def _look_at_delay(self, count: int) -> None:
        lowest, calm = self._lowest[:count], self._calm[:count]
        roomy = self._active[:count] & (lowest >= _SPARE_FRAMES) & (self._starved[:count] == 0)
        calm += roomy
        calm *= roomy
        shorten = calm >= _CALM_WINDOWS
        self._next[:count] += shorten
        self.delay[:count] = np.maximum(self.delay[:count] - shorten, self._least)
        calm[shorten] = 0
        lowest[:] = self._slots
