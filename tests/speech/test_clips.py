"""Sounds by URL: every kind of file, what is refused, and when a URL is asked anew; recordings as mp3."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path

import numpy as np
import pytest
from tests.speech.sounds import RATE, SoundServer, pitch, sine, sound_file

from cordboard.infra.http import GuardedClient
from cordboard.infra.speech.audio import ClipError, decode, read_wav, to_wav
from cordboard.infra.speech.building import Speech
from cordboard.infra.speech.clips import ClipStore
from cordboard.testing.clock import VirtualClock

TONE = sound_file("wav", "pcm_s16le")
OTHER = sound_file("wav", "pcm_s16le", hertz=800)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("form", "codec", "rate", "layout"),
    [
        ("wav", "pcm_mulaw", 8000, "mono"),
        ("wav", "pcm_alaw", 8000, "mono"),
        ("wav", "pcm_s16le", 48_000, "stereo"),
        ("wav", "pcm_u8", 11_025, "mono"),
        ("wav", "pcm_s24le", 44_100, "stereo"),
        ("mp3", "libmp3lame", 8000, "mono"),
        ("mp3", "libmp3lame", 44_100, "stereo"),
        ("mp3", "libmp3lame", 22_050, "mono"),
    ],
)
async def test_every_usual_file_becomes_telephone_sound(
    speech: Speech, form: str, codec: str, rate: int, layout: str
) -> None:
    async with SoundServer(sound_file(form, codec, rate=rate, layout=layout)) as server:
        path = await speech.clips.fetch(server.url())

    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
    samples = read_wav(path)
    assert pitch(samples) == pytest.approx(400, abs=8)
    assert len(samples) / RATE == pytest.approx(1.0, abs=0.12)  # mp3 pads its ends
    assert np.abs(samples).max() == pytest.approx(10_000, rel=0.2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"<html></html>", "neither an mp3 nor a WAV file"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "neither an mp3 nor a WAV file"),
        (TONE[:40], "cannot be decoded as wav|holds no sound"),
        (b"RIFF\x00\x00\x00\x00WAVE" + bytes(100), "cannot be decoded as wav|holds no sound"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x00" + bytes(3000), "cannot be decoded as mp3|holds no sound"),
        (sound_file("ogg", "libopus", rate=48_000), "neither an mp3 nor a WAV file"),
    ],
)
async def test_what_is_no_sound_is_refused(speech: Speech, data: bytes, reason: str) -> None:
    async with SoundServer(data) as server:
        with pytest.raises(ClipError, match=reason):
            await speech.clips.fetch(server.url())


async def test_what_is_too_large_too_long_or_not_there_is_refused(speech: Speech) -> None:
    async with SoundServer(TONE + bytes(1024 * 1024)) as server:
        with pytest.raises(ClipError, match=r"sound\.wav: .*(larger|bytes)"):
            await speech.clips.fetch(server.url())
        server.status = 404
        server.data = b""
        with pytest.raises(ClipError, match="answers with status 404"):
            await speech.clips.fetch(server.url("other"))
    with pytest.raises(ClipError, match="no connection"):
        await speech.clips.fetch(server.url("gone"))
    with pytest.raises(ClipError, match="60 minutes"):
        decode(to_wav(np.zeros(3601 * 100, dtype=np.int16), 100))


async def test_private_addresses_are_refused(tmp_path: Path, clock: VirtualClock) -> None:
    async with SoundServer(TONE) as server, GuardedClient() as client:
        with pytest.raises(ClipError):
            await ClipStore(client, clock, tmp_path, 10**6).fetch(server.url())

    assert server.answers == []


async def test_a_fresh_sound_is_not_asked_for_again(speech: Speech, clock: VirtualClock) -> None:
    async with SoundServer(TONE, Cache_Control="public, max-age=100", ETag='"1"') as server:
        first = await speech.clips.fetch(server.url())
        clock.advance(99)
        again = await speech.clips.fetch(server.url())
        clock.advance(1)
        validated = await speech.clips.fetch(server.url())
        clock.advance(50)
        await speech.clips.fetch(server.url())

    assert first == again == validated
    assert server.answers == [200, 304]


async def test_a_new_version_is_a_new_file_and_the_old_one_stays_readable(speech: Speech, clock: VirtualClock) -> None:
    async with SoundServer(TONE, Cache_Control="no-cache", ETag='"1"') as server:
        first = await speech.clips.fetch(server.url())
        server.data, server.headers["ETag"] = OTHER, '"2"'
        second = await speech.clips.fetch(server.url())

    assert (pitch(read_wav(first)), pitch(read_wav(second))) == (400, 800)
    assert server.answers == [200, 200]


async def test_the_last_version_is_played_when_the_server_fails(speech: Speech, clock: VirtualClock) -> None:
    async with SoundServer(TONE) as server:
        first = await speech.clips.fetch(server.url())
        clock.advance(3600)
        server.status = 503
        assert await speech.clips.fetch(server.url()) == first
    assert server.answers == [200, 503]
    assert await speech.clips.fetch(server.url()) == first


async def test_a_file_that_is_gone_is_fetched_again(speech: Speech) -> None:
    async with SoundServer(TONE, Cache_Control="max-age=1000", ETag='"1"') as server:
        (await speech.clips.fetch(server.url())).unlink()
        again = await speech.clips.fetch(server.url())

    assert pitch(read_wav(again)) == 400
    assert server.answers == [200, 200]


async def test_many_callers_fetch_once(speech: Speech) -> None:
    async with SoundServer(TONE, Cache_Control="no-store") as server:
        paths = await asyncio.gather(*(speech.clips.fetch(server.url()) for _ in range(20)))

    assert len(set(paths)) == 1
    assert server.answers == [200]


async def test_a_sound_at_hand_is_kept_once(speech: Speech) -> None:
    assert await speech.clips.keep(TONE) == await speech.clips.keep(TONE)


@pytest.mark.parametrize("channels", [1, 2])
async def test_a_recording_becomes_an_mp3_beside_it(tmp_path: Path, channels: int) -> None:
    recording = tmp_path / "recording.wav"
    with wave.open(str(recording), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.repeat(sine(2.0), channels).tobytes())

    made = await ClipStore.to_mp3(recording)

    samples = decode(made.read_bytes())
    assert made == tmp_path / "recording.mp3"
    assert files_in(tmp_path) == ["recording.mp3", "recording.wav"]
    assert pitch(samples) == pytest.approx(400, abs=5)
    assert len(samples) / RATE == pytest.approx(2.0, abs=0.2)
    assert made.stat().st_size < recording.stat().st_size / 2


async def test_what_is_no_recording_becomes_no_mp3(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")

    with pytest.raises(ClipError, match=r"broken\.wav cannot be made an mp3"):
        await ClipStore.to_mp3(broken)
    assert files_in(tmp_path) == ["broken.wav"]


def test_a_wav_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    samples = sine(0.1)
    (tmp_path / "a.wav").write_bytes(to_wav(samples))

    assert np.array_equal(read_wav(tmp_path / "a.wav"), samples)
    assert io.BytesIO(to_wav(samples)).read(4) == b"RIFF"
