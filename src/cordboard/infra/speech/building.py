"""Speech of one process, wired from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cordboard.infra.http import GuardedClient
from cordboard.infra.speech.cache import FileCache
from cordboard.infra.speech.chain import Chain
from cordboard.infra.speech.clips import ClipStore
from cordboard.infra.speech.engines import Engine, EspeakEngine, OpenAiEngine, PiperEngine
from cordboard.infra.speech.settings import SpeechSettings
from cordboard.infra.speech.speaker import CachedSpeaker
from cordboard.infra.speech.transcribers import ChainedTranscriber, OfflineRecogniser, OpenAiRecogniser, Recogniser
from cordboard.kit.clock import Clock

_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Speech:
    """What speaks, what understands, and sounds by URL."""

    speaker: CachedSpeaker
    transcriber: ChainedTranscriber
    clips: ClipStore
    espeak: EspeakEngine
    offline: OfflineRecogniser

    async def close(self) -> None:
        """Ends the child processes. Safe to repeat."""
        await self.espeak.close()
        await self.offline.close()


def build_speech(
    settings: SpeechSettings,
    folder: Path,
    *,
    clip_client: GuardedClient,
    provider_client: GuardedClient,
    clock: Clock,
) -> Speech:
    """Speech that keeps its files in `folder`. `clip_client` fetches customers' URLs: its body limit is the largest
    clip's; `provider_client` reaches what the settings name. Nothing is started before it is used.
    """
    espeak = EspeakEngine(seconds=settings.seconds)
    offline = OfflineRecogniser()
    capacity = settings.cache_mb * _MEGABYTE // 2
    clips = ClipStore(clip_client, clock, folder / "clips", capacity)
    engines = Chain(_engines(settings, provider_client, espeak))
    return Speech(
        speaker=CachedSpeaker(engines, clips, FileCache(folder / "spoken", capacity)),
        transcriber=ChainedTranscriber(Chain(_recognisers(settings, provider_client, offline))),
        clips=clips,
        espeak=espeak,
        offline=offline,
    )


def _engines(settings: SpeechSettings, client: GuardedClient, espeak: EspeakEngine) -> list[Engine]:
    if settings.engine == "openai":
        preferred = OpenAiEngine(
            client,
            settings.base_url,
            settings.api_key,
            settings.model,
            settings.voices,
            seconds=settings.seconds,
        )
        return [preferred, espeak]
    if settings.engine == "piper":
        return [PiperEngine(client, settings.piper_url, settings.voices, seconds=settings.seconds), espeak]
    return [espeak]


def _recognisers(settings: SpeechSettings, client: GuardedClient, offline: OfflineRecogniser) -> list[Recogniser]:
    if not settings.base_url or not settings.transcription_model:
        return [offline]
    online = OpenAiRecogniser(client, settings.base_url, settings.api_key, settings.transcription_model)
    return [online, offline]
