"""The legs of an engine: what is known of each besides the arrays, and the slots that they have in those."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from cordboard.edge.media.errors import BusyError, InvalidError, UnknownError
from cordboard.edge.media.keypad import KeyReceiver
from cordboard.edge.media.latch import Latch
from cordboard.edge.media.ports import Address, LegSockets
from cordboard.edge.media.secure_leg import SecureLeg
from cordboard.wire.sdp.media import RemoteMedia

PacketSender: TypeAlias = Callable[[bytes], None]


@dataclass(slots=True)
class Reports:
    """What RTCP has told about a leg: when its last sender report came, and the round trip in seconds."""

    last_sr: int = 0
    last_sr_at: float = 0.0
    round_trip: float | None = None


@dataclass(slots=True)
class Leg:
    """One party's stream. `name` is call control's, `slot` ours; `owner` is the client that opened it."""

    name: str
    owner: int
    slot: int
    sockets: LegSockets
    ssrc: int
    secure: SecureLeg | None = None
    remote: RemoteMedia | None = None
    latch: Latch = field(default_factory=Latch)
    keys: KeyReceiver = field(default_factory=KeyReceiver)
    reports: Reports = field(default_factory=Reports)
    started: bool = False
    silent: bool = False

    @property
    def a_law(self) -> bool:
        """Whether its ring and its frames are A-law; all others are kept in mu-law."""
        return self.remote is not None and self.remote.codec == "PCMA"

    @property
    def coded(self) -> bool:
        """Whether its audio goes through a codec process."""
        return self.remote is not None and self.remote.codec in ("G722", "opus")

    @property
    def refused(self) -> int:
        """Packets that were not the party's."""
        if self.secure is None:
            return self.latch.refused
        return self.latch.refused + self.secure.counts.refused + self.secure.counts.stray

    @property
    def address(self) -> Address | None:
        """Where its packets go."""
        return self.secure.remote_address if self.secure is not None else self.latch.send_to


class LegTable:
    """Legs by name and by slot. The lowest free slot is taken, so that work is done on the front of the arrays."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._by_name: dict[str, Leg] = {}
        self._by_slot: dict[int, Leg] = {}
        self._free = list(range(capacity))

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Leg]:
        return iter(list(self._by_name.values()))

    @property
    def high(self) -> int:
        """One more than the highest slot in use."""
        return max(self._by_slot, default=-1) + 1

    def take_slot(self, name: str) -> int:
        """A slot for a new leg. Raises BusyError, and InvalidError for a name in use."""
        if name in self._by_name:
            raise InvalidError(f"leg {name} is open")
        if not self._free:
            raise BusyError(f"{self.capacity} legs are open, which is the most")
        return heapq.heappop(self._free)

    def give_back(self, slot: int) -> None:
        """A slot whose leg did not come about."""
        heapq.heappush(self._free, slot)

    def add(self, leg: Leg) -> None:
        """A leg that is complete."""
        self._by_name[leg.name] = self._by_slot[leg.slot] = leg

    def remove(self, leg: Leg) -> None:
        """Frees its slot."""
        del self._by_name[leg.name]
        del self._by_slot[leg.slot]
        self.give_back(leg.slot)

    def get(self, name: str) -> Leg:
        """Raises UnknownError."""
        leg = self._by_name.get(name)
        if leg is None:
            raise UnknownError(f"no leg {name}")
        return leg

    def at(self, slot: int) -> Leg | None:
        """The leg in a slot."""
        return self._by_slot.get(slot)

    def owned_by(self, owner: int) -> list[Leg]:
        """The legs that a client opened."""
        return [leg for leg in self._by_name.values() if leg.owner == owner]
