"""Audio made words: by an OpenAI-compatible API, or offline by a small model that is wrong more often than not."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import msgspec

from cordboard.infra.http import GuardedClient
from cordboard.infra.speech.chain import Chain
from cordboard.infra.speech.engines import api_root, post
from cordboard.infra.speech.helper import HelperProcess
from cordboard.infra.speech.port import SpeechError, Transcript

_SPHINX_MODULE: Final = "cordboard.infra.speech.sphinx_process"
_OFFLINE_SECONDS: Final = 60.0
_ONLINE_SECONDS: Final = 60.0
_LARGEST: Final = 24 * 1024 * 1024
_LONGEST_PROMPT: Final = 1000


class Recogniser(Protocol):
    """A transcriber with a name."""

    @property
    def name(self) -> str:
        """What it is called in a transcript."""
        ...

    async def transcribe(self, audio: Path, *, language: str, hints: tuple[str, ...]) -> Transcript:
        """What is said in a WAV or mp3 file. Raises SpeechError."""
        ...


class _Answer(msgspec.Struct, frozen=True):
    text: str


class OpenAiRecogniser:
    """`POST /v1/audio/transcriptions`."""

    name = "openai"

    def __init__(self, client: GuardedClient, base_url: str, api_key: str, model: str) -> None:
        self._client = client
        self._url = f"{api_root(base_url)}/audio/transcriptions"
        self._authorisation = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._model = model

    async def transcribe(self, audio: Path, *, language: str, hints: tuple[str, ...]) -> Transcript:
        """The text; hints are given as words that may occur. Raises SpeechError."""
        fields = {"model": self._model, "language": language[:2].lower(), "response_format": "json"}
        if hints:
            fields["prompt"] = ", ".join(hints)[:_LONGEST_PROMPT]
        boundary = f"cordboard-{secrets.token_hex(16)}"
        body = _multipart(fields, audio.name, await asyncio.to_thread(_read, audio), boundary)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", **self._authorisation}
        reply = await post(self._client, self._url, headers, body, _ONLINE_SECONDS)
        try:
            answer = msgspec.json.decode(reply, type=_Answer)
        except msgspec.DecodeError as error:
            raise SpeechError("the answer holds no text") from error
        return Transcript(text=answer.text.strip(), provider=self.name)


class OfflineRecogniser:
    """pocketsphinx in a child process of its own; English only, and weak."""

    name = "pocketsphinx"

    def __init__(self, *, seconds: float = _OFFLINE_SECONDS) -> None:
        self._helper = HelperProcess(_SPHINX_MODULE, seconds=seconds)

    async def transcribe(self, audio: Path, *, language: str, hints: tuple[str, ...]) -> Transcript:
        """The text; hints do not help it. Raises SpeechError."""
        if not language.lower().startswith("en"):
            raise SpeechError(f"{language} is not understood offline; set speech.base_url to a transcription API")
        text = await self._helper.ask({"path": str(audio)})
        return Transcript(text=text.decode(), provider=self.name, weak=True)

    async def close(self) -> None:
        """Ends the child."""
        await self._helper.close()


class ChainedTranscriber:
    """`port.Transcriber` over recognisers in the order of preference."""

    def __init__(self, recognisers: Chain[Recogniser]) -> None:
        self._recognisers = recognisers

    async def transcribe(self, audio: Path, *, language: str = "en-US", hints: tuple[str, ...] = ()) -> Transcript:
        """By the first that can. Raises SpeechError."""
        reasons = []
        for recogniser in self._recognisers.candidates():
            try:
                return await recogniser.transcribe(audio, language=language, hints=hints)
            except SpeechError as error:
                self._recognisers.failed(recogniser, error)
                reasons.append(f"{recogniser.name}: {error}")
        raise SpeechError("; ".join(reasons))


def _read(audio: Path) -> bytes:
    try:
        data = audio.read_bytes()
    except OSError as error:
        raise SpeechError(f"the recording cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise SpeechError(f"the recording is larger than {_LARGEST // 1024**2} MB, too large to be transcribed")
    return data


def _multipart(fields: Mapping[str, str], file_name: str, data: bytes, boundary: str) -> bytes:
    """RFC 7578: the fields, then the file."""
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    kind = "audio/mpeg" if file_name.endswith(".mp3") else "audio/wav"
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
