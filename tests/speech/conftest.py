"""Speech with its files in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cordboard.infra.http import GuardedClient
from cordboard.infra.speech.building import Speech, build_speech
from cordboard.infra.speech.settings import SpeechSettings
from cordboard.testing.clock import VirtualClock

MakeSpeech = Callable[..., Awaitable[Speech]]
_LARGEST_CLIP = 1024 * 1024


@pytest.fixture
def clock() -> VirtualClock:
    """The time that cached sounds go by."""
    return VirtualClock()


@pytest.fixture
async def make_speech(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[MakeSpeech]:
    """Speech with some settings, ended with the test."""
    opened: list[Speech] = []
    client = GuardedClient(allow_private=True, max_body_bytes=_LARGEST_CLIP)
    providers = GuardedClient(allow_private=True)

    async def make(**settings: Any) -> Speech:
        folder = tmp_path / "speech"
        opened.append(
            build_speech(SpeechSettings(**settings), folder, clip_client=client, provider_client=providers, clock=clock)
        )
        return opened[-1]

    yield make
    for speech in opened:
        await speech.close()
    await client.close()
    await providers.close()


@pytest.fixture
async def speech(make_speech: MakeSpeech) -> Speech:
    """Speech as it comes: espeak, and the offline recogniser."""
    return await make_speech()
