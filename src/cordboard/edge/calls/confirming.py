"""A callee of several takes the call by a key."""

from __future__ import annotations

import asyncio
import contextlib

from cordboard.edge.calls.keys import on_key
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.sounds import BEEP, Sounds
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.infra.speech.port import SpeechError


async def confirm(party: Party, sounds: Sounds, key: str, prompt_url: str, seconds: float) -> bool:
    """Whether the party presses the key while its prompt plays again and again; one that does not is ended."""
    pressed = asyncio.Event()
    stop = on_key(party, key, pressed.set)
    prompt = asyncio.create_task(_prompt(party, sounds, prompt_url))
    try:
        await first_of(pressed, party.ended, seconds=seconds)
    finally:
        stop()
        prompt.cancel()
        await asyncio.gather(prompt, return_exceptions=True)
    if not pressed.is_set():
        party.end(End(status="no_answer", reason="the call was not confirmed by a key", by="SYSTEM END"))
    return not party.is_over


async def _prompt(party: Party, sounds: Sounds, url: str) -> None:
    clips: list[Clip] = list(BEEP)
    with contextlib.suppress(SpeechError):  # a beep is better than nothing
        clips = await sounds.url(url) if url else clips
    with contextlib.suppress(EngineError):  # the party has gone
        await party.media.play(clips, loops=0)
