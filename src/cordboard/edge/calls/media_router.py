"""The events of media engines, handed to whoever waits for them."""

from __future__ import annotations

import asyncio
from typing import Protocol

from cordboard.edge.media.client import MediaClient
from cordboard.edge.media.errors import MediaLostError
from cordboard.edge.media.media_pool import MediaPool
from cordboard.edge.media.protocol import (
    DetectMachine,
    DigitPressed,
    DigitsSent,
    MachineDetected,
    MediaEvent,
    MediaSilent,
    Play,
    PlayEnded,
    RecordEnded,
    SendDigits,
)


class Hearer(Protocol):
    """A leg, as far as events are about it."""

    @property
    def id(self) -> str:
        """The engine's name of it."""
        ...

    def press(self, digit: str, *, audible: bool = False) -> None:
        """Its party pressed a key."""
        ...

    def fall_silent(self, seconds: float) -> None:
        """Nothing comes from its party any more."""
        ...

    def lose(self) -> None:
        """The engine is gone."""
        ...


class MediaRouter:
    """Hands the events of one engine to whoever waits for them."""

    def __init__(self, client: MediaClient) -> None:
        self.client = client
        self._legs: dict[str, Hearer] = {}
        self._waits: dict[str, asyncio.Future[MediaEvent]] = {}

    def add(self, leg: Hearer) -> None:
        """Events of the leg are its own from now on."""
        self._legs[leg.id] = leg

    def remove(self, leg: Hearer) -> None:
        """No longer; what the engine was still to tell of its keys and of who answered does not come any more."""
        self._legs.pop(leg.id, None)
        for name in (keys_of(leg.id), machine_of(leg.id)):
            _lose(self._waits.pop(name, None))

    def expect(self, name: str) -> asyncio.Future[MediaEvent]:
        """The event that ends a play, a recording, a detection or a row of keys."""
        future: asyncio.Future[MediaEvent] = asyncio.get_running_loop().create_future()
        self._waits[name] = future
        return future

    def forget(self, name: str) -> None:
        """Nobody waits for it any more."""
        self._waits.pop(name, None)

    async def ask_and_wait(self, command: Play | SendDigits | DetectMachine, name: str) -> MediaEvent:
        """Has a command carried out whose end is an event. Raises EngineError."""
        future = self.expect(name)
        try:
            await self.client.request(command)
            return await future
        finally:
            if self._waits.get(name) is future:
                self.forget(name)

    def lose(self) -> None:
        """The engine is gone: whoever waits is told, and so is every leg."""
        for future in self._waits.values():
            _lose(future)
        self._waits.clear()
        for leg in list(self._legs.values()):
            leg.lose()

    def take(self, event: MediaEvent) -> None:
        """What the engine tells."""
        if isinstance(event, DigitPressed):
            if leg := self._legs.get(event.leg):
                leg.press(event.digit, audible=event.tone)
        elif isinstance(event, MediaSilent):
            if leg := self._legs.get(event.leg):
                leg.fall_silent(event.seconds)
        elif isinstance(event, PlayEnded | RecordEnded | MachineDetected | DigitsSent):
            self._settle(_name_of(event), event)

    def _settle(self, name: str, event: MediaEvent) -> None:
        future = self._waits.pop(name, None)
        if future is not None and not future.done():
            future.set_result(event)


class Routers:
    """A router for each media engine; new calls get the engine with the least load."""

    def __init__(self) -> None:
        self._routers: dict[MediaClient, MediaRouter] = {}
        self._pool: MediaPool | None = None

    def serve(self, pool: MediaPool) -> None:
        """The engines come from a pool whose handlers are `take` and `lose`."""
        self._pool = pool

    async def pick(self) -> MediaRouter:
        """Raises NoEngineError."""
        if self._pool is None:
            raise RuntimeError("no pool serves the routers yet")
        client = self._pool.pick()
        return self._routers.setdefault(client, MediaRouter(client))

    def take(self, client: MediaClient, event: MediaEvent) -> None:
        """An engine tells something."""
        if router := self._routers.get(client):
            router.take(event)

    def lose(self, client: MediaClient) -> None:
        """An engine is gone, and with it the media of its calls, which end."""
        if router := self._routers.pop(client, None):
            router.lose()


def _name_of(event: PlayEnded | RecordEnded | MachineDetected | DigitsSent) -> str:
    if isinstance(event, PlayEnded):
        return f"play:{event.play}"
    if isinstance(event, RecordEnded):
        return f"record:{event.record}"
    return machine_of(event.leg) if isinstance(event, MachineDetected) else keys_of(event.leg)


def machine_of(leg: str) -> str:
    return f"machine:{leg}"


def keys_of(leg: str) -> str:
    return f"keys:{leg}"


def _lose(future: asyncio.Future[MediaEvent] | None) -> None:
    if future is not None and not future.done():
        future.set_exception(MediaLostError("the media engine is gone, or the call is over"))
        future.exception()  # whoever waited may have gone
