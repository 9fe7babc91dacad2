"""What speaks: espeak on this machine, an OpenAI-compatible API, or a Piper server. Each gives a sound file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from cordboard.infra.http import GuardedClient, HttpError
from cordboard.infra.speech.chain import UnavailableError
from cordboard.infra.speech.helper import HelperProcess
from cordboard.infra.speech.port import SpeechError
from cordboard.infra.speech.voices import Voice

_ESPEAK_MODULE: Final = "cordboard.infra.speech.espeak_process"
_OPENAI_VOICES: Final = {"female": ("nova", "shimmer", "coral"), "male": ("onyx", "echo", "ash")}
_OK: Final = range(200, 300)
_NOBODYS: Final = frozenset({401, 402, 403, 404, 429})
_SERVER_FAILURE: Final = 500


class Engine(Protocol):
    """Speaks plain text."""

    @property
    def name(self) -> str:
        """What tells its audio from another's: the engine and what is set of it."""
        ...

    async def speak(self, text: str, voice: Voice) -> bytes:
        """A WAV or mp3 file. Raises SpeechError."""
        ...


class EspeakEngine:
    """espeak-ng in a child process of its own."""

    name = "espeak"

    def __init__(self, *, seconds: float) -> None:
        self._helper = HelperProcess(_ESPEAK_MODULE, seconds=seconds)

    async def speak(self, text: str, voice: Voice) -> bytes:
        """A WAV file. Raises SpeechError."""
        return await self._helper.ask({"text": text, "voice": voice.espeak_name})

    async def close(self) -> None:
        """Ends the child."""
        await self._helper.close()


class OpenAiEngine:
    """`POST /v1/audio/speech`, as OpenAI and those who speak like it have it."""

    def __init__(
        self,
        client: GuardedClient,
        base_url: str,
        api_key: str,
        model: str,
        voices: Mapping[str, str],
        *,
        seconds: float,
    ) -> None:
        self._client = client
        self._url = f"{api_root(base_url)}/audio/speech"
        self._headers = json_headers(api_key)
        self._model = model
        self._voices = voices
        self._seconds = seconds
        self.name = f"openai {self._url} {model}"

    async def speak(self, text: str, voice: Voice) -> bytes:
        """A WAV file. Raises SpeechError."""
        body = {"model": self._model, "input": text, "voice": self._voice(voice), "response_format": "wav"}
        return await post(self._client, self._url, self._headers, msgspec.json.encode(body), self._seconds)

    def _voice(self, voice: Voice) -> str:
        usual = _OPENAI_VOICES[voice.gender]
        return voice.named(self._voices) or usual[(voice.ordinal - 1) % len(usual)]


class PiperEngine:
    """Piper's HTTP server, which speaks in the voice that it was started with unless a voice is named."""

    def __init__(self, client: GuardedClient, url: str, voices: Mapping[str, str], *, seconds: float) -> None:
        self._client = client
        self._url = url
        self._voices = voices
        self._seconds = seconds
        self.name = f"piper {url}"

    async def speak(self, text: str, voice: Voice) -> bytes:
        """A WAV file. Raises SpeechError."""
        body = {"text": text}
        if named := voice.named(self._voices):
            body["voice"] = named
        return await post(self._client, self._url, json_headers(""), msgspec.json.encode(body), self._seconds)


def api_root(base_url: str) -> str:
    """Where an OpenAI-compatible API's paths start: its base URL, with a version where none is in it."""
    root = base_url.rstrip("/")
    return root if urlsplit(root).path.rpartition("/")[2].startswith("v") else f"{root}/v1"


def json_headers(api_key: str) -> dict[str, str]:
    """The headers of a JSON request; authorised where there is a key."""
    headers = {"Content-Type": "application/json"}
    return headers | {"Authorization": f"Bearer {api_key}"} if api_key else headers


async def post(client: GuardedClient, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> bytes:
    """The body of a provider's answer. Raises UnavailableError where another request would fare no better, else
    SpeechError.
    """
    try:
        reply = await client.request("POST", url, headers=headers, body=body, timeout=seconds)
    except HttpError as error:
        raise UnavailableError(error.reason) from error
    if reply.status in _OK:
        return reply.body
    kind = UnavailableError if reply.status in _NOBODYS or reply.status >= _SERVER_FAILURE else SpeechError
    raise kind(f"status {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}")
