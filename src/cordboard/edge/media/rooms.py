"""Who hears whom: rooms as a sparse matrix with a gain an edge, so that one product mixes everybody.

A row is a listener (a leg's slot, and behind the legs a row for each room that is listened to as a whole), a column a
speaker's slot. Only the rows of a room that changed are made anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cordboard.edge.media.errors import BusyError, InvalidError, UnknownError

MOST_MEMBERS = 128
"""Of a room; the edges grow by the square, and beyond this the product would not fit a tick."""

LOUDEST_GAIN = 8.0
"""Of a pair: 18 dB."""


@dataclass(slots=True)
class Member:
    """A leg in its room."""

    mute: bool
    deaf: bool


@dataclass(slots=True)
class Room:
    """Members by slot; gains by source and destination where they are not 1; the rows of those who listen to it all."""

    members: dict[int, Member] = field(default_factory=dict)
    gains: dict[tuple[int, int], float] = field(default_factory=dict)
    listener_rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    sources: list[int] = field(default_factory=list)
    gains: list[float] = field(default_factory=list)


class Rooms:
    """The rooms of an engine with `capacity` legs, and up to as many listeners to whole rooms."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._rooms: dict[str, Room] = {}
        self._room_of: dict[int, str] = {}
        self._rows = [_Row() for _ in range(2 * capacity)]
        self._free_rows = list(range(2 * capacity - 1, capacity - 1, -1))
        self._matrix: csr_array | None = None
        self._height = 0

    def join(self, name: str, leg: int, *, mute: bool, deaf: bool) -> None:
        """Puts a leg into a room, or changes it there. Raises BusyError when the room is full, InvalidError while the
        leg is in another one.
        """
        if self._room_of.get(leg) not in (None, name):
            raise InvalidError("the leg is in another room")
        if self._room_of.get(leg) is None:
            self.expect_space(name)
        room = self._rooms.setdefault(name, Room())
        room.members[leg] = Member(mute, deaf)
        self._room_of[leg] = name
        self._refresh(room)

    def leave(self, leg: int) -> str | None:
        """Takes a leg out of its room, with the gains that it had. The name of the room if that was the last member."""
        name = self._room_of.pop(leg, None)
        if name is None:
            return None
        room = self._rooms[name]
        del room.members[leg]
        room.gains = {pair: gain for pair, gain in room.gains.items() if leg not in pair}
        self._rows[leg] = _Row()
        self._refresh(room)
        self._drop_if_unused(name)
        return None if room.members else name

    def room_of(self, leg: int) -> str | None:
        """The room that a leg is in."""
        return self._room_of.get(leg)

    def set_member(self, leg: int, *, mute: bool, deaf: bool) -> None:
        """Mutes or deafens. Raises UnknownError for a leg in no room."""
        room = self._room_with(leg)
        room.members[leg] = Member(mute, deaf)
        self._refresh(room)

    def set_pair(self, source: int, destination: int, gain: float) -> None:
        """How loud one member hears another. Raises UnknownError, InvalidError."""
        room = self._room_with(source)
        if destination not in room.members:
            raise UnknownError("both legs of a pair must be in the same room")
        if not 0 <= gain <= LOUDEST_GAIN:
            raise InvalidError(f"a gain is 0 to {LOUDEST_GAIN:g}, not {gain:g}")
        room.gains[source, destination] = gain
        self._refresh(room)

    def listeners(self, name: str) -> list[int]:
        """The slots of the members that are not deaf, and the rows of those who listen to the whole room."""
        room = self._rooms.get(name)
        if room is None:
            return []
        return [leg for leg, member in room.members.items() if not member.deaf] + room.listener_rows

    def expect_space(self, name: str) -> None:
        """Raises BusyError when nobody else fits into a room."""
        if name in self._rooms and len(self._rooms[name].members) >= MOST_MEMBERS:
            raise BusyError(f"room {name} has {MOST_MEMBERS} members, which is the most")

    def expect(self, name: str) -> None:
        """Raises UnknownError for a room without members."""
        if name not in self._rooms or not self._rooms[name].members:
            raise UnknownError(f"no room {name}")

    def listen(self, name: str) -> int:
        """Opens a row that hears all of a room. Raises UnknownError, BusyError."""
        self.expect(name)
        if not self._free_rows:
            raise BusyError("too many rooms are recorded")
        row = self._free_rows.pop()
        room = self._rooms[name]
        room.listener_rows.append(row)
        self._refresh(room)
        return row

    def stop_listening(self, name: str, row: int) -> None:
        """Closes a row of `listen`."""
        room = self._rooms[name]
        room.listener_rows.remove(row)
        self._rows[row] = _Row()
        self._free_rows.append(row)
        self._matrix = None
        self._drop_if_unused(name)

    def mix(self, heard: NDArray[np.float32], mixed: NDArray[np.float32]) -> None:
        """Fills `mixed` (legs and listener rows) with what they hear of `heard`, `float32[legs, 160]`."""
        if self._matrix is None or self._matrix.shape[1] != len(heard):
            self._matrix = self._build(len(heard))
        product = self._matrix @ heard
        mixed[: len(heard)] = product[: len(heard)]
        mixed[self._capacity : self._capacity + self._height] = product[len(heard) :]

    def _room_with(self, leg: int) -> Room:
        name = self._room_of.get(leg)
        if name is None:
            raise UnknownError("the leg is in no room")
        return self._rooms[name]

    def _drop_if_unused(self, name: str) -> None:
        room = self._rooms[name]
        if not room.members and not room.listener_rows:
            del self._rooms[name]

    def _refresh(self, room: Room) -> None:
        """Makes the rows of a room anew."""
        speakers = sorted(leg for leg, member in room.members.items() if not member.mute)
        for leg, member in room.members.items():
            self._rows[leg] = _Row() if member.deaf else _row_of(leg, speakers, room.gains)
        for row in room.listener_rows:
            self._rows[row] = _Row(speakers, [1.0] * len(speakers))
        self._matrix = None

    def _build(self, count: int) -> csr_array:
        """The matrix over the first `count` legs and the listener rows that are in use."""
        used = [row for room in self._rooms.values() for row in room.listener_rows]
        self._height = max(used) - self._capacity + 1 if used else 0
        rows = self._rows[:count] + self._rows[self._capacity : self._capacity + self._height]
        sources = np.array(list(chain.from_iterable(row.sources for row in rows)), np.int32)
        gains = np.array(list(chain.from_iterable(row.gains for row in rows)), np.float32)
        starts = np.zeros(len(rows) + 1, np.int32)
        np.cumsum([len(row.sources) for row in rows], out=starts[1:])
        return csr_array((gains, sources, starts), shape=(len(rows), count))


def _row_of(leg: int, speakers: list[int], gains: dict[tuple[int, int], float]) -> _Row:
    sources = [speaker for speaker in speakers if speaker != leg and gains.get((speaker, leg), 1.0) > 0]
    return _Row(sources, [gains.get((speaker, leg), 1.0) for speaker in sources])
