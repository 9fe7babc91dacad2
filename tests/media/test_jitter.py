"""The jitter buffers by themselves: what was in time comes out once and in order."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.edge.media.jitter import JitterBuffers

CAPACITY, DELAY, SLOTS = 3, 4, 8


def _buffers() -> JitterBuffers:
    return JitterBuffers(CAPACITY, slots=SLOTS, least_delay=DELAY, most_delay=6)


def _frame(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((1, 160), number % 256, np.uint8)


def _put(buffers: JitterBuffers, leg: int, number: int, start: int) -> None:
    stamp = np.array([(start + number * 160) & 0xFFFFFFFF], np.uint32)
    buffers.place(np.array([leg], np.intp), stamp, _frame(number))


def _read(buffers: JitterBuffers, leg: int) -> int | None:
    octets, there = buffers.read(CAPACITY)
    return int(octets[leg, 0]) if there[leg] else None


@settings(deadline=None)
@given(
    st.lists(st.integers(0, DELAY - 1), min_size=5, max_size=120),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, CAPACITY - 1),
)
def test_packets_up_to_the_delay_late_are_all_played_in_order(lateness: list[int], start: int, leg: int) -> None:
    lateness[0] = 0
    buffers = _buffers()
    played: list[int | None] = []
    for tick in range(len(lateness) + 2 * DELAY):
        for number, late in enumerate(lateness):
            if number + late == tick:
                _put(buffers, leg, number, start)
        played.append(_read(buffers, leg))
    assert [number for number in played if number is not None] == [n % 256 for n in range(len(lateness))]
    assert played[: DELAY - 1] == [None] * (DELAY - 1)
    assert buffers.late[leg] == 0


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ok", "ok", "ok", "lost"]), min_size=5, max_size=120))
def test_a_lost_packet_leaves_its_gap_and_nothing_else(fates: list[str]) -> None:
    fates[0] = fates[-1] = "ok"
    if "lostlostlost" in "".join(fates):
        return
    buffers = _buffers()
    played: list[int | None] = []
    for tick in range(len(fates) + DELAY - 1):
        if tick < len(fates) and fates[tick] == "ok":
            _put(buffers, 1, tick, 77)
        played.append(_read(buffers, 1))
    expected = [number if fate == "ok" else None for number, fate in enumerate(fates)]
    assert played == [None] * (DELAY - 1) + expected


def test_a_late_packet_is_counted_and_one_after_a_standstill_lengthens_the_delay() -> None:
    buffers = _buffers()
    for number in range(5):
        _put(buffers, 0, number, 0)
        _read(buffers, 0)
    _put(buffers, 0, 0, 0)
    assert (buffers.late[0], buffers.delay[0]) == (1, DELAY)
    for _ in range(6):
        _read(buffers, 0)
    _put(buffers, 0, 5, 0)
    assert (buffers.late[0], buffers.delay[0]) == (2, DELAY + 1)
    assert [_read(buffers, 0) for _ in range(DELAY + 1)] == [None] * DELAY + [5]


def test_a_jump_of_the_timestamps_begins_anew() -> None:
    buffers = _buffers()
    for number in range(10):
        _put(buffers, 0, number, 0)
        _read(buffers, 0)
    for number in range(10):
        _put(buffers, 0, number, 1_000_000)
        played = _read(buffers, 0)
    assert played == 10 - DELAY
    for number in range(10):
        _put(buffers, 0, number, 5_000)
        played = _read(buffers, 0)
    assert played == 10 - DELAY


def test_a_packet_that_begins_within_a_frame_fills_the_rest_with_silence() -> None:
    buffers = _buffers()
    buffers.write(0, 1000, bytes([5]) * 80, 0xFF)
    for _ in range(DELAY):
        octets, there = buffers.read(CAPACITY)
    assert there.tolist() == [True, False, False]
    assert octets[0].tolist() == [5] * 80 + [0xFF] * 80
