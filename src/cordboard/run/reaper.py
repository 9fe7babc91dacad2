"""Ends what dead voice processes left: calls, conferences, registrations. Every worker and voice process looks."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from cordboard.domain.phones.registrations import RegistrationService
from cordboard.domain.voice.service import VoiceService
from cordboard.infra.db import Database
from cordboard.run.platform import Platform

_EVERY_SECONDS: Final = 2.0
_AFTER_AN_OUTAGE_SECONDS: Final = 3.0
_log = structlog.get_logger(__name__)


class VoiceReaper:
    """Looks every two seconds; several may do so at the same time."""

    def __init__(self, database: Database, voice: VoiceService, registrations: RegistrationService) -> None:
        self._database = database
        self._voice = voice
        self._registrations = registrations

    async def run(self) -> None:
        """Works until cancelled. At the beginning, which may follow an outage of the database, the living get time to
        say that they are.
        """
        await asyncio.sleep(_AFTER_AN_OUTAGE_SECONDS)
        while True:
            await self.once()
            await asyncio.sleep(_EVERY_SECONDS)

    async def once(self) -> None:
        """One look."""
        async with self._database.transaction() as tx:
            reaped = await self._voice.reap(tx)
            await self._registrations.expire(tx, reaped.nodes)
        if reaped.calls or reaped.nodes:
            _log.warning("voice.reaped", calls=reaped.calls, nodes=reaped.nodes)


def reaper_of(platform: Platform) -> VoiceReaper:
    """The reaper of a platform."""
    return VoiceReaper(platform.database, platform.voice, platform.registrations)
