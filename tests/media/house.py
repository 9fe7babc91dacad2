"""An engine for tests, on a clock that only its ticks move, with parties on real sockets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from cordboard.edge.media.dtls import DtlsIdentity
from cordboard.edge.media.engine import Engine
from cordboard.edge.media.protocol import (
    Command,
    ConnectLeg,
    GetStatistics,
    JoinRoom,
    LegOpened,
    LegStatistics,
    MediaEvent,
    OpenLeg,
    Request,
    Response,
    Result,
)
from cordboard.edge.media.settings import MediaSettings
from cordboard.testing.rtp import EVENT_TYPE, RtpParty
from cordboard.wire.audio.frames import Samples
from cordboard.wire.sdp.codecs import CodecName
from cordboard.wire.sdp.media import RemoteMedia

TICK = 0.02
OWNER = 1

Event = TypeVar("Event")

_types: dict[int, CodecName] = {0: "PCMU", 8: "PCMA"}


def remote_of(
    party: RtpParty,
    *,
    codec: CodecName | None = None,
    event_type: int | None = EVENT_TYPE,
    port: int | None = None,
    sends: bool = True,
    receives: bool = True,
    rtcp_mux: bool = False,
) -> RemoteMedia:
    """What the party's SDP would have said."""
    return RemoteMedia(
        host="127.0.0.1",
        port=port or party.port,
        codec=codec or _types[party.payload_type],
        payload_type=party.payload_type,
        receive_types=dict(_types),
        event_type=event_type,
        sends=sends,
        receives=receives,
        rtcp_mux=rtcp_mux,
    )


@dataclass
class House:
    """The engine, its parties, and what it said."""

    engine: Engine
    now: float = 1000.0
    events: list[MediaEvent] = field(default_factory=list)
    answers: dict[int, Result] = field(default_factory=dict)
    parties: dict[str, RtpParty] = field(default_factory=dict)
    talk: dict[str, Iterator[Samples]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, command: Command, owner: int = OWNER) -> Result:
        """Has a command carried out that is answered at once."""
        number = next(self._ids)
        self.engine.handle(owner, Request(number, command), self.now)
        self.collect()
        return self.answers[number]

    def begin(self, command: Command, owner: int = OWNER) -> int:
        """Gives a command that may be answered later; its number in `answers`."""
        number = next(self._ids)
        self.engine.handle(owner, Request(number, command), self.now)
        self.collect()
        return number

    def collect(self) -> None:
        """Takes what the engine said."""
        for _, message in self.engine.take_output():
            if isinstance(message, Response):
                self.answers[message.id] = message.result
            else:
                self.events.append(message)

    def add(
        self, name: str, party: RtpParty | None = None, room: str | None = None, **remote: bool | int | None
    ) -> RtpParty:
        """Opens a leg and connects it with a party."""
        party = party or RtpParty()
        opened = self.ask(OpenLeg(name))
        assert isinstance(opened, LegOpened), opened
        party.remote = (opened.host, opened.port)
        self.ask(ConnectLeg(name, remote_of(party, **remote)))  # type: ignore[arg-type]
        self.parties[name] = party
        if room is not None:
            self.ask(JoinRoom(room, name))
        return party

    def tick(self, count: int = 1) -> None:
        """So many ticks; before each, those who talk send their frame."""
        for _ in range(count):
            for name, frames in self.talk.items():
                self.parties[name].send(next(frames))
            self.now += TICK
            self.engine.tick(self.now)
            for party in self.parties.values():
                party.hear()
        self.collect()

    def told(self, kind: type[Event]) -> list[Event]:
        """The events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def statistics(self, name: str) -> LegStatistics:
        """A leg's figures."""
        figures = self.ask(GetStatistics(name))
        assert isinstance(figures, LegStatistics)
        return figures

    def settle(self) -> None:
        """Waits until recordings are on the disk, and hears of them."""
        self.engine.finish_writing()
        self.collect()


@contextmanager
def open_house(**settings: int | float | str) -> Iterator[House]:
    """A house that is closed again."""
    chosen: dict[str, int | float | str] = {"most_legs": 16, "codec_workers": 0, "ports": "21000-23999", **settings}
    house = House(Engine(MediaSettings(**chosen), DtlsIdentity(datetime(2026, 1, 1, tzinfo=UTC))))  # type: ignore[arg-type]
    try:
        yield house
    finally:
        house.engine.close(house.now)
        for party in house.parties.values():
            party.close()
