"""The mix against a plain sum over who should hear whom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.edge.media.errors import BusyError, InvalidError, UnknownError
from cordboard.edge.media.rooms import LOUDEST_GAIN, MOST_MEMBERS, Rooms

CAPACITY = 12
_gains = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])


@st.composite
def _seatings(draw: st.DrawFn) -> dict[int, tuple[str, bool, bool]]:
    """Legs with their rooms, muted or not, deaf or not."""
    legs = draw(st.lists(st.integers(0, CAPACITY - 1), unique=True, max_size=CAPACITY))
    return {leg: (draw(st.sampled_from("xyz")), draw(st.booleans()), draw(st.booleans())) for leg in legs}


@settings(max_examples=60, deadline=None)
@given(_seatings(), st.dictionaries(st.tuples(st.integers(0, 11), st.integers(0, 11)), _gains), st.data())
def test_everybody_hears_the_others_of_the_room(
    seating: dict[int, tuple[str, bool, bool]], pairs: dict[tuple[int, int], float], data: st.DataObject
) -> None:
    rooms = Rooms(CAPACITY)
    for leg, (room, mute, deaf) in seating.items():
        rooms.join(room, leg, mute=mute, deaf=deaf)
    gains: dict[tuple[int, int], float] = {}
    for (source, destination), gain in pairs.items():
        together = source in seating and destination in seating and seating[source][0] == seating[destination][0]
        if together:
            rooms.set_pair(source, destination, gain)
            gains[source, destination] = gain
    for leaver in data.draw(st.sets(st.sampled_from(sorted(seating)))) if seating else set():
        rooms.leave(leaver)
        del seating[leaver]
        gains = {pair: gain for pair, gain in gains.items() if leaver not in pair}
    listened = {room: rooms.listen(room) for room in sorted({room for room, _, _ in seating.values()})}
    heard = np.random.default_rng(5).integers(-9000, 9000, (CAPACITY, 160)).astype(np.float32)
    mixed = np.full((2 * CAPACITY, 160), 7, np.float32)
    rooms.mix(heard, mixed)
    for leg in range(CAPACITY):
        np.testing.assert_allclose(mixed[leg], _expected(leg, seating, gains, heard), atol=0.01)
    for room, row in listened.items():
        speakers = [leg for leg, (where, mute, _) in seating.items() if where == room and not mute]
        np.testing.assert_allclose(mixed[row], heard[speakers].sum(axis=0), atol=0.01)


def _expected(
    leg: int,
    seating: dict[int, tuple[str, bool, bool]],
    gains: dict[tuple[int, int], float],
    heard: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    total = np.zeros(160, np.float32)
    if leg in seating and not seating[leg][2]:
        for other, (room, mute, _) in seating.items():
            if other != leg and room == seating[leg][0] and not mute:
                total += gains.get((other, leg), 1.0) * heard[other]
    return total


def test_a_room_has_its_limit() -> None:
    rooms = Rooms(MOST_MEMBERS + 1)
    for leg in range(MOST_MEMBERS):
        rooms.join("r", leg, mute=False, deaf=False)
    with pytest.raises(BusyError):
        rooms.join("r", MOST_MEMBERS, mute=False, deaf=False)
    rooms.join("r", 0, mute=True, deaf=False)


def test_what_cannot_be_meant_is_refused() -> None:
    rooms = Rooms(4)
    rooms.join("r", 0, mute=False, deaf=False)
    rooms.join("s", 1, mute=False, deaf=False)
    with pytest.raises(UnknownError):
        rooms.set_pair(0, 1, 1.0)
    with pytest.raises(UnknownError):
        rooms.set_member(2, mute=True, deaf=False)
    with pytest.raises(InvalidError):
        rooms.join("s", 0, mute=False, deaf=False)
    rooms.join("r", 2, mute=False, deaf=False)
    with pytest.raises(InvalidError):
        rooms.set_pair(0, 2, LOUDEST_GAIN + 1)
    with pytest.raises(UnknownError):
        rooms.listen("nowhere")


def test_the_last_member_ends_the_room() -> None:
    rooms = Rooms(4)
    rooms.join("r", 0, mute=False, deaf=False)
    rooms.join("r", 1, mute=False, deaf=False)
    assert rooms.leave(0) is None
    assert rooms.leave(1) == "r"
    assert rooms.leave(1) is None
    with pytest.raises(UnknownError):
        rooms.expect("r")
