"""Words made audio: espeak for real, providers over real HTTP, and what is kept."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.speech.conftest import MakeSpeech
from tests.speech.sounds import SoundServer, pitch, sound_file

from cordboard.engines.callflow.voices import VOICES
from cordboard.infra.speech.audio import Samples, read_wav
from cordboard.infra.speech.building import Speech
from cordboard.infra.speech.cache import FileCache
from cordboard.infra.speech.helper import HelperProcess
from cordboard.infra.speech.port import SpeechError, Utterance
from cordboard.infra.speech.settings import SpeechSettings
from cordboard.infra.speech.ssml import SsmlError
from cordboard.infra.speech.voices import ESPEAK_LANGUAGES, voice_of
from cordboard.run.settings import SettingsError, load_settings
from cordboard.testing.openai_api import FakeOpenAi
from cordboard.testing.piper import FakePiper
from cordboard.testing.speech_api import Mode, SpeechServer

VOICE = "en-us-standard-female-1"
TONE = 440.0
# The selectable voices of the IVR chapter: language, and how many there are of each quality and gender.
LISTED = {
    "de-de": "pf2 pm2 sf1 sm1",
    "en-au": "pf2 pm2 sf2 sm2",
    "en-gb": "pf2 pm2 sf2 sm2",
    "en-us": "pf3 pm3 sf2 sm2",
    "es-es": "sf1",
    "fr-ca": "sf2 sm2",
    "fr-fr": "pf2 pm2 sf2 sm2",
    "it-it": "pf1 sf1",
    "ja-jp": "pf1 sf1",
    "ko-kr": "pf1 sf1",
    "nl-nl": "pf1 sf1",
    "pt-br": "sf1",
    "sv-se": "pf1 sf1",
    "tr-tr": "pf1 sf1",
}
WORDS = {"p": "premium", "s": "standard", "f": "female", "m": "male"}
KEYS = [
    f"{locale}-{WORDS[group[0]]}-{WORDS[group[1]]}-{ordinal}"
    for locale, groups in LISTED.items()
    for group in groups.split()
    for ordinal in range(1, int(group[2]) + 1)
]


async def heard(speech: Speech, text: str, voice: str = VOICE, *, ssml: bool = False) -> Samples:
    return read_wav(await speech.speaker.render(Utterance(text=text, voice=voice, ssml=ssml)))


def loud(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0


async def test_espeak_speaks_and_its_audio_is_kept(speech: Speech) -> None:
    utterance = Utterance(text="Please hold the line.", voice=VOICE)

    first = await speech.speaker.render(utterance)
    written = first.stat().st_ino
    again = await speech.speaker.render(utterance)

    samples = read_wav(first)
    assert 0.8 < len(samples) / 8000 < 3
    assert loud(samples) > 1000
    assert (again, again.stat().st_ino) == (first, written)


async def test_every_voice_of_the_list_speaks_in_a_way_of_its_own(speech: Speech) -> None:
    audio = {key: (await heard(speech, "1 2 3", key)).tobytes() for key in KEYS}

    assert set(KEYS) == set(VOICES)
    assert all(len(samples) > 8000 for samples in audio.values())
    assert {voice_of(key).locale for key in KEYS} == set(ESPEAK_LANGUAGES)
    same = {voice_of(key).espeak_name for key in KEYS if key.startswith(("en-gb", "en-au"))}
    assert len(same) == 8  # there is no Australian accent
    assert len({audio[key] for key in KEYS if key.startswith("en-us")}) == 10


async def test_an_unknown_voice_is_the_default_one(speech: Speech) -> None:
    assert (await heard(speech, "hello", "klingon-1")).tobytes() == (await heard(speech, "hello")).tobytes()


async def test_nothing_to_say_is_no_sound(speech: Speech) -> None:
    assert len(await heard(speech, "  ")) == 0


@pytest.mark.parametrize("text", ["[[h@l'oU]] <x>", "\x01\x02 hi", "\U0001f600 ok", "a" * 3000, "\u202e right to left"])
async def test_odd_texts_are_spoken(speech: Speech, text: str) -> None:
    assert len(await heard(speech, text)) > 1000


async def test_breaks_and_beeps_last_as_long_as_they_say(speech: Speech) -> None:
    plain = await heard(speech, "one")
    rested = await heard(speech, 'one<break time="2s"/>', ssml=True)
    beeped = await heard(speech, '<say-as interpret-as="expletive">bloody</say-as>', ssml=True)

    assert len(rested) - len(plain) == 16_000
    assert not rested[-16_000:].any()
    assert (len(beeped), round(pitch(beeped))) == (480 * 8, 1000)


async def test_a_clip_is_played_as_edited(speech: Speech) -> None:
    async with SoundServer(sound_file("wav", "pcm_s16le", rate=16_000, seconds=1)) as server:
        edit = 'clipBegin="200ms" clipEnd="700ms" repeatCount="2" soundLevel="-6dB"'
        whole = await heard(speech, f'<audio src="{server.url()}"/>', ssml=True)
        part = await heard(speech, f'<audio src="{server.url()}" {edit}/>', ssml=True)
        fast = await heard(speech, f'<audio src="{server.url()}" speed="200%"/>', ssml=True)

    assert abs(len(whole) - 8000) < 50
    assert (len(part), round(loud(part) / loud(whole), 1)) == (8000, 0.5)
    assert abs(len(fast) - len(whole) / 2) < 2
    assert round(pitch(fast), -1) == 800
    assert server.answers == [200]


async def test_what_stands_in_an_audio_tag_is_said_when_the_clip_cannot_be_had(speech: Speech) -> None:
    async with SoundServer(b"<html>") as server:
        said = await heard(speech, f'<audio src="{server.url()}"><desc>bell</desc>one</audio>', ssml=True)
        silent = await heard(speech, f'<audio src="{server.url()}"/>', ssml=True)

    assert said.tobytes() == (await heard(speech, "one")).tobytes()
    assert len(silent) == 0


async def test_broken_ssml_is_refused_before_anything_speaks(make_speech: MakeSpeech) -> None:
    async with FakePiper() as piper:
        speech = await make_speech(engine="piper", piper_url=f"{piper.url()}/synthesize")
        with pytest.raises(SsmlError, match="line 1, column 4"):
            await heard(speech, "1 < 2", ssml=True)

    assert piper.asked == 0


async def test_many_callers_of_one_text_are_one_request(make_speech: MakeSpeech) -> None:
    async with FakePiper() as piper:
        speech = await make_speech(engine="piper", piper_url=f"{piper.url()}/synthesize")
        paths = await asyncio.gather(
            *(speech.speaker.render(Utterance(text="hello", voice=VOICE)) for _ in range(20)),
        )

    assert len(set(paths)) == 1
    assert piper.spoken == [{"text": "hello"}]


async def test_who_gives_up_leaves_the_work_to_the_others(make_speech: MakeSpeech) -> None:
    async with FakePiper() as piper:
        speech = await make_speech(engine="piper", piper_url=f"{piper.url()}/synthesize")
        impatient, patient = (
            asyncio.create_task(speech.speaker.render(Utterance(text="hello", voice=VOICE))) for _ in range(2)
        )
        await asyncio.sleep(0)
        impatient.cancel()

        assert pitch(read_wav(await patient)) == pytest.approx(TONE, abs=5)
    assert piper.asked == 1


async def test_openai_is_asked_in_its_own_words(make_speech: MakeSpeech) -> None:
    async with FakeOpenAi() as openai:
        speech = await make_speech(
            engine="openai",
            base_url=openai.url(),
            api_key="sk-test",
            model="tts-1-hd",
            voices={"male": "verse", "en-us-female": "sage", "en-us-premium-female-2": "marin"},
        )
        spoken = await heard(speech, "0123456789")
        for voice in ("en-us-premium-female-2", "de-de-standard-male-1", "de-de-premium-female-2"):
            await heard(speech, "x", voice)

    assert pitch(spoken) == pytest.approx(TONE, abs=5)
    assert len(spoken) == pytest.approx(4000, abs=20)
    first = openai.spoken[0]
    assert (first.model, first.input, first.response_format) == ("tts-1-hd", "0123456789", "wav")
    assert [request.voice for request in openai.spoken] == ["sage", "marin", "verse", "shimmer"]


async def test_piper_is_told_the_voice_where_one_is_named(make_speech: MakeSpeech) -> None:
    async with FakePiper() as piper:
        speech = await make_speech(
            engine="piper", piper_url=f"{piper.url()}/synthesize", voices={"de-de-male": "de_DE-thorsten-medium"}
        )
        await heard(speech, "hallo", "de-de-standard-male-1")

    assert piper.spoken == [{"text": "hallo", "voice": "de_DE-thorsten-medium"}]


@pytest.mark.parametrize("mode", ["refuse", "fail", "garble", "hang"])
async def test_espeak_steps_in_when_the_provider_fails(make_speech: MakeSpeech, speech: Speech, mode: Mode) -> None:
    async with FakePiper() as piper:
        piper.mode = mode
        speaking = await make_speech(engine="piper", piper_url=f"{piper.url()}/synthesize", seconds=2)

        fallback = await heard(speaking, "hello")
        piper.mode = "answer"
        again = await heard(speaking, "good bye")

    assert fallback.tobytes() == (await heard(speech, "hello")).tobytes()
    rests = mode in ("fail", "hang")
    assert (piper.asked, round(pitch(again)) == TONE) == ((1, False) if rests else (2, True))


async def test_the_fallbacks_audio_is_not_taken_for_the_providers(make_speech: MakeSpeech) -> None:
    async with FakePiper() as piper:
        piper.mode = "refuse"
        speech = await make_speech(engine="piper", piper_url=f"{piper.url()}/synthesize")
        await heard(speech, "hello")
        piper.mode = "answer"

        assert pitch(await heard(speech, "hello")) == pytest.approx(TONE, abs=5)


async def test_a_wrong_key_of_openai_is_a_failure(make_speech: MakeSpeech) -> None:
    async with FakeOpenAi(api_key="another") as openai:
        speech = await make_speech(engine="openai", base_url=f"{openai.url()}/v1", api_key="sk-test")

        assert len(await heard(speech, "hello")) > 1000
    assert (openai.asked, openai.spoken) == (1, [])


async def test_a_helper_that_crashed_is_started_anew(speech: Speech) -> None:
    await heard(speech, "one")
    process = speech.espeak._helper._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()

    assert len(await heard(speech, "two")) > 1000


async def test_a_helper_that_takes_too_long_is_ended() -> None:
    helper = HelperProcess("cordboard.infra.speech.espeak_process", seconds=0.001)

    with pytest.raises(SpeechError, match=r"no answer within 0\.001 s"):
        await helper.ask({"text": "hello", "voice": "en"})

    assert helper._process is None


async def test_a_helper_refuses_what_it_cannot_do() -> None:
    helper = HelperProcess("cordboard.infra.speech.espeak_process", seconds=10)

    with pytest.raises(SpeechError, match="espeak has no voice xx"):
        await helper.ask({"text": "hello", "voice": "xx"})
    assert (await helper.ask({"text": "hello", "voice": "en"}))[:4] == b"RIFF"
    await helper.close()


async def test_the_cache_forgets_what_was_not_asked_for(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 1000)
    for age, name in enumerate(("aaa", "bbb", "ccc", "ddd")):
        path = await cache.put(name, b"x" * 240)
        os.utime(path, (age, age))
    assert cache.find("aaa") is not None  # asked for again, so that it is the newest

    await cache.put("eee", b"x" * 240)

    assert [name for name in ("aaa", "bbb", "ccc", "ddd", "eee") if cache.find(name)] == ["aaa", "ddd", "eee"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"engine": "openai"}, "base_url"),
        ({"engine": "piper"}, "piper_url"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"piper_url": "localhost:5000"}, "piper_url"),
    ],
)
def test_settings_that_lack_something(settings: dict[str, Any], named: str) -> None:
    (problem,) = SpeechSettings(**settings).problems()

    assert problem.startswith(f"{named}: ")


def test_settings_are_checked_when_they_are_loaded() -> None:
    with pytest.raises(SettingsError, match=r"^speech\.piper_url: "):
        load_settings(environ={"CORDBOARD_SPEECH__ENGINE": "piper"})
    with pytest.raises(SettingsError, match=r"^lookup\.url: "):
        load_settings(environ={"CORDBOARD_LOOKUP__URL": "carriers.example"})


def test_settings_as_they_come_are_right() -> None:
    assert list(SpeechSettings().problems()) == []


def test_the_fakes_are_of_one_kind() -> None:
    assert issubclass(FakePiper, SpeechServer)
    assert issubclass(FakeOpenAi, SpeechServer)
