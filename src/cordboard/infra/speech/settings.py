"""What can be set about speech."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0, le=120)]
Megabytes = Annotated[int, msgspec.Meta(ge=1)]


class SpeechSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`engine` speaks; espeak is there in any case and steps in when it fails. `base_url` is an OpenAI-compatible API,
    with or without its `/v1`; once it is set, `transcription_model` transcribes, unless that is empty. `piper_url` is
    the whole URL that takes a text, such as `http://127.0.0.1:5000/synthesize`.

    `voices` names the engine's voice for one of our keys (`en-us-standard-female-1`), a language and gender
    (`en-us-female`) or a gender (`female`); the first of these that is there counts. `cache_mb` bounds the audio kept
    on disk, `seconds` one request to an engine.
    """

    engine: Literal["espeak", "openai", "piper"] = "espeak"
    base_url: str = ""
    api_key: str = ""
    model: str = "tts-1"
    transcription_model: str = "whisper-1"
    piper_url: str = ""
    voices: dict[str, str] = {}
    cache_mb: Megabytes = 512
    seconds: Seconds = 10.0

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types and ranges, the setting first."""
        for name, url in (("base_url", self.base_url), ("piper_url", self.piper_url)):
            if url and urlsplit(url).scheme not in ("http", "https"):
                yield f"{name}: must start with http:// or https://"
        if self.engine == "openai" and not self.base_url:
            yield "base_url: the engine openai needs one, such as https://api.openai.com/v1"
        if self.engine == "piper" and not self.piper_url:
            yield "piper_url: the engine piper needs one, such as http://127.0.0.1:5000/synthesize"
