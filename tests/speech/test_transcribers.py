"""Audio made words: over HTTP, and offline with the model that comes along."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.speech.conftest import MakeSpeech
from tests.speech.sounds import sound_file

from cordboard.infra.speech.building import Speech
from cordboard.infra.speech.port import SpeechError, Transcript, Utterance
from cordboard.testing.openai_api import FakeOpenAi

SOUND = sound_file("wav", "pcm_s16le", seconds=0.5)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A WAV file."""
    path = tmp_path / "recording.wav"
    path.write_bytes(SOUND)
    return path


async def test_an_api_is_given_the_file_the_language_and_the_hints(make_speech: MakeSpeech, recording: Path) -> None:
    async with FakeOpenAi(text=" Press two. ") as openai:
        speech = await make_speech(base_url=openai.url(), api_key="sk-test", transcription_model="whisper-large")
        understood = await speech.transcriber.transcribe(recording, language="de-DE", hints=("Müller", "Vertrieb"))

    assert understood == Transcript(text="Press two.", provider="openai")
    (upload,) = openai.uploads
    assert upload.fields == {
        "model": "whisper-large",
        "language": "de",
        "response_format": "json",
        "prompt": "Müller, Vertrieb",
    }
    assert (upload.file_name, upload.content_type) == ("recording.wav", "audio/wav")
    assert upload.data == SOUND


async def test_the_offline_recogniser_answers_and_says_that_it_is_weak(speech: Speech) -> None:
    spoken = await speech.speaker.render(Utterance(text="go forward ten meters", voice="en-us-standard-male-1"))

    understood = await speech.transcriber.transcribe(spoken)

    assert (understood.provider, understood.weak) == ("pocketsphinx", True)
    assert understood.text  # what it understands is a guess; that it hears speech is what can be asked of it


async def test_the_offline_recogniser_steps_in(make_speech: MakeSpeech, recording: Path) -> None:
    async with FakeOpenAi() as openai:
        openai.mode = "fail"
        speech = await make_speech(base_url=openai.url(), api_key="sk-test")

        assert (await speech.transcriber.transcribe(recording)).weak
        with pytest.raises(SpeechError, match="fr-FR is not understood offline"):
            await speech.transcriber.transcribe(recording, language="fr-FR")
    assert openai.asked == 1


async def test_an_answer_without_a_text_is_a_failure(make_speech: MakeSpeech, recording: Path) -> None:
    async with FakeOpenAi() as openai:
        openai.mode = "garble"
        speech = await make_speech(base_url=openai.url(), api_key="sk-test")

        with pytest.raises(SpeechError, match="openai: the answer holds no text; pocketsphinx: nl-NL"):
            await speech.transcriber.transcribe(recording, language="nl-NL")


async def test_what_cannot_be_transcribed_is_said(speech: Speech, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    long.write_bytes(sound_file("wav", "pcm_mulaw", seconds=121))

    with pytest.raises(SpeechError, match="cannot be read: No such file"):
        await speech.transcriber.transcribe(tmp_path / "none.wav")
    with pytest.raises(SpeechError, match="longer than 120 s"):
        await speech.transcriber.transcribe(long)
