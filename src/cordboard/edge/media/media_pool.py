"""The engines of this machine, as a voice process sees them: found by their sockets, kept connected, chosen by load."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from cordboard.edge.media.client import MediaClient
from cordboard.edge.media.errors import MediaError, MediaLostError, NoEngineError
from cordboard.edge.media.protocol import EngineStatus, GetStatus, MediaEvent

_LOOK_SECONDS: Final = 1.0
_CONNECT_SECONDS: Final = 2.0
_MOST_ENGINES: Final = 64

PoolEventHandler: TypeAlias = Callable[[MediaClient, MediaEvent], None]
LostHandler: TypeAlias = Callable[[MediaClient], None]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Engine:
    client: MediaClient
    status: EngineStatus
    promised: int = 0
    """Calls given to it since its status was asked."""

    @property
    def load(self) -> float:
        return (self.status.legs + self.promised) / max(self.status.most_legs, 1)


class MediaPool:
    """Looks into a directory for sockets, whose names fit `pattern`, again and again. Handlers are called without
    waiting.
    """

    def __init__(
        self, directory: Path, *, on_event: PoolEventHandler, on_lost: LostHandler, pattern: str = "*.sock"
    ) -> None:
        self._directory = directory
        self._pattern = pattern
        self._on_event = on_event
        self._on_lost = on_lost
        self._engines: dict[Path, _Engine] = {}
        self._changed = asyncio.Event()

    @property
    def clients(self) -> tuple[MediaClient, ...]:
        """The engines that are connected."""
        return tuple(engine.client for engine in self._engines.values())

    async def run(self) -> None:
        """Finds engines and asks how they do, until it is cancelled."""
        while True:
            await self.refresh()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._changed.wait()
            self._changed.clear()

    async def refresh(self) -> None:
        """Looks once: connects to engines that are new, and asks all how they do."""
        for path in sorted(self._directory.glob(self._pattern))[:_MOST_ENGINES]:
            if path not in self._engines:
                await self._connect(path)
        await asyncio.gather(*(self._ask(engine) for engine in list(self._engines.values())))

    def pick(self) -> MediaClient:
        """The engine with the least load, where a call's legs are to meet. Raises NoEngineError."""
        free = [engine for engine in self._engines.values() if engine.load < 1 and not engine.client.closed.is_set()]
        if not free:
            raise NoEngineError("no media engine has room for a call")
        engine = min(free, key=_load)
        engine.promised += 1
        return engine.client

    async def close(self) -> None:
        """Leaves all engines; no loss is told."""
        engines, self._engines = self._engines, {}
        for engine in engines.values():
            await engine.client.close()

    async def _connect(self, path: Path) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                client = await MediaClient.connect(path)
                status = await client.request(GetStatus())
        except (OSError, TimeoutError, MediaError, MediaLostError) as error:
            _log.debug("media.no_connection", socket=path.name, error=str(error))
            return
        self._engines[path] = _Engine(client, status)
        client.on_event(lambda event: self._on_event(client, event))
        client.on_close(lambda: self._lost(path))
        _log.info("media.connected", socket=path.name, legs=status.legs, most_legs=status.most_legs)

    async def _ask(self, engine: _Engine) -> None:
        with contextlib.suppress(MediaError, MediaLostError):
            engine.status = await engine.client.request(GetStatus())
            engine.promised = 0

    def _lost(self, path: Path) -> None:
        engine = self._engines.pop(path, None)
        if engine is not None:
            _log.warning("media.lost", socket=path.name)
            self._on_lost(engine.client)
            self._changed.set()


def _load(engine: _Engine) -> float:
    return engine.load
