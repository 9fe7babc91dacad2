"""Recordings of legs and rooms: what is in them, what ends them, what a crash leaves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest
from tests.media.house import OWNER, House, open_house

from cordboard.edge.media.protocol import (
    CloseLeg,
    Direction,
    Failed,
    LeaveRoom,
    LegStatistics,
    PauseRecord,
    Play,
    Record,
    RecordEnded,
    StopRecord,
    ToneClip,
)
from cordboard.edge.media.wav_writer import PART_SUFFIX, WavWriter, recover_recording
from cordboard.testing.rtp import level, tone
from cordboard.wire.audio.frames import Samples
from cordboard.wire.audio.wav import read_samples


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


def _read(path: Path) -> Samples:
    samples, rate = read_samples(path.read_bytes())
    assert rate == 8000
    return samples


def _silence(frames: int) -> Iterator[Samples]:
    return iter([np.zeros(160, np.int16)] * frames)


@pytest.mark.parametrize(
    ("direction", "said", "heard"), [("in", True, False), ("out", False, True), ("both", True, True)]
)
def test_a_leg_is_recorded_by_direction(
    house: House, tmp_path: Path, direction: Direction, said: bool, heard: bool
) -> None:
    path = tmp_path / "folder" / "a.wav"
    house.add("ann", room="r")
    house.add("bob", room="r")
    house.talk = {"ann": tone(440), "bob": tone(1000)}
    house.tick(10)
    house.ask(Record(record="rec", path=str(path), leg="ann", direction=direction))
    house.tick(130)
    assert not path.exists()
    house.ask(StopRecord("rec"))
    house.ask(StopRecord("rec"))
    house.settle()
    assert house.told(RecordEnded) == [
        RecordEnded(record="rec", path=str(path), reason="stopped", duration_ms=2600, voiced_ms=2600)
    ]
    samples = _read(path)
    assert len(samples) == 130 * 160
    assert (level(samples, 440) > 6000) == said
    assert (level(samples, 1000) > 6000) == heard
    assert not list(tmp_path.rglob("*" + PART_SUFFIX))


def test_a_room_is_recorded_with_what_is_played_into_it(house: House, tmp_path: Path) -> None:
    house.add("ann", room="r")
    house.add("bob", room="r")
    house.talk = {"ann": tone(440), "bob": tone(1000)}
    house.tick(10)
    house.ask(Record(record="rec", path=str(tmp_path / "r.wav"), room="r"))
    house.ask(Play(play="p", room="r", clips=[ToneClip((1700,), 1000)], mix=True))
    house.tick(50)
    house.ask(LeaveRoom("bob"))
    house.tick(50)
    house.ask(LeaveRoom("ann"))
    house.settle()
    assert house.told(RecordEnded)[0].reason == "closed"
    samples = _read(tmp_path / "r.wav")
    assert len(samples) == 16000
    for frequency in (440, 1000, 1700):
        assert level(samples[:8000], frequency) > 5000
    assert level(samples[8000:], 440) > 6000
    assert level(samples[8000:], 1000) < 100


def test_closing_a_leg_waits_for_its_recordings(house: House, tmp_path: Path) -> None:
    house.add("ann")
    house.talk = {"ann": tone(440)}
    house.tick(5)
    house.ask(Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann"))
    house.tick(20)
    house.talk = {}
    number = house.begin(CloseLeg("ann"))
    house.settle()
    assert house.told(RecordEnded)[0].reason == "closed"
    assert isinstance(house.answers[number], LegStatistics)
    assert house.told(RecordEnded)[0].duration_ms == 400


def test_the_longest_time_ends_it(house: House, tmp_path: Path) -> None:
    house.add("ann")
    house.ask(Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann", max_seconds=1.5))
    house.tick(100)
    house.settle()
    (ended,) = house.told(RecordEnded)
    assert (ended.reason, ended.duration_ms, ended.voiced_ms) == ("longest", 1500, 0)


def test_silence_of_the_leg_ends_it_whatever_it_hears(house: House, tmp_path: Path) -> None:
    house.add("ann", room="r")
    house.add("bob", room="r")
    house.talk = {"ann": chain(islice(tone(440), 60), _silence(200)), "bob": tone(1000)}
    house.ask(Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann", silence_seconds=2))
    house.tick(200)
    house.settle()
    (ended,) = house.told(RecordEnded)
    assert ended.reason == "silence"
    assert ended.duration_ms == pytest.approx(3200, abs=100)


def test_silence_around_speech_is_trimmed(house: House, tmp_path: Path) -> None:
    house.add("ann")
    house.talk = {"ann": chain(_silence(100), islice(tone(440), 50), _silence(150))}
    house.ask(Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann", trim_silence=True, silence_seconds=2.5))
    house.tick(290)
    house.settle()
    (ended,) = house.told(RecordEnded)
    assert ended.reason == "silence"
    assert ended.voiced_ms == pytest.approx(1000, abs=60)
    assert ended.duration_ms == pytest.approx(1400, abs=60)
    samples = _read(tmp_path / "a.wav")
    assert np.abs(samples[:1200]).max() < 10
    assert level(samples[1760:8000], 440) > 7000


def test_nothing_but_silence_trimmed_is_an_empty_recording(house: House, tmp_path: Path) -> None:
    house.add("ann")
    house.ask(Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann", trim_silence=True, max_seconds=60))
    house.tick(200)
    house.ask(StopRecord("rec"))
    house.settle()
    assert house.told(RecordEnded)[0].duration_ms == 0
    assert len(_read(tmp_path / "a.wav")) == 0


def test_keys_pause_and_end_it(house: House, tmp_path: Path) -> None:
    ann = house.add("ann")
    house.ask(
        Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann", stop_keys="#", pause_keys="0", direction="in")
    )
    house.tick(20)
    for key in ("0", "0"):
        ann.press(key)
        house.tick(30)
    house.ask(PauseRecord("rec", True))
    house.tick(30)
    house.ask(PauseRecord("rec", False))
    house.tick(5)
    ann.press("#")
    house.tick(1)
    house.settle()
    (ended,) = house.told(RecordEnded)
    assert (ended.reason, ended.key, ended.duration_ms) == ("key", "#", (20 + 30 + 5) * 20)


def test_a_client_that_goes_leaves_complete_recordings(house: House, tmp_path: Path) -> None:
    house.add("ann")
    house.ask(Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann"))
    house.tick(70)
    house.engine.close_owner(OWNER, house.now)
    house.settle()
    assert len(_read(tmp_path / "a.wav")) == 70 * 160
    assert house.engine.legs == 0


def test_a_place_that_cannot_be_written_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    house.add("ann")
    house.ask(Record(record="rec", path=str(tmp_path / "file" / "a.wav"), leg="ann"))
    house.tick(60)
    house.ask(StopRecord("rec"))
    house.settle()
    (ended,) = house.told(RecordEnded)
    assert ended.reason == "failed"
    assert ended.error


def test_commands_that_contradict_themselves_are_refused(house: House, tmp_path: Path) -> None:
    house.add("ann")
    path = str(tmp_path / "a.wav")
    for wrong in (
        Record(record="x", path=path),
        Record(record="x", path=path, leg="ann", max_seconds=0),
        Record(record="x", path=path, leg="ann", silence_seconds=-1),
    ):
        answer = house.ask(wrong)
        assert isinstance(answer, Failed)
        assert answer.code == "invalid"
    assert house.ask(Record(record="x", path=path, room="r")) == Failed("unknown", "no room r")
    house.ask(Record(record="x", path=path, leg="ann"))
    assert house.ask(Record(record="x", path=path, leg="ann")) == Failed("invalid", "recording x is under way")


def test_what_a_crash_left_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter()
    file = writer.open(path)
    writer.append(file, np.full(8000, 1234, np.int16).tobytes())
    writer.close()
    part = tmp_path / ("a.wav" + PART_SUFFIX)
    with part.open("ab") as stream:
        stream.write(b"\x01")
    assert recover_recording(path) == 1000
    assert (_read(path) == 1234).all()
    assert recover_recording(path) is None
