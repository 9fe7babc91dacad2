"""Files, tones and silence, to legs and into rooms; what ends them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from tests.media.house import House, open_house

from cordboard.edge.media.protocol import (
    Clip,
    CloseLeg,
    Done,
    Failed,
    FileClip,
    LeaveRoom,
    Play,
    PlayEnded,
    SilenceClip,
    StopPlay,
    ToneClip,
)
from cordboard.testing.rtp import dominant_frequency, level, tone
from cordboard.wire.audio.g711 import MU_LAW
from cordboard.wire.audio.wav import WavFormat, build_file, build_header


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    """Half a second of 700 Hz, and some samples that are no whole frame."""
    samples = np.concatenate(list(islice(tone(700), 26)))[: 4000 + 37]
    path = tmp_path / "prompt.wav"
    path.write_bytes(build_file(samples))
    return path


def test_a_file_is_heard_and_its_end_told(house: House, prompt: Path) -> None:
    ann = house.add("ann")
    assert house.ask(Play(play="p", leg="ann", clips=[FileClip(str(prompt))], loops=2)) == Done()
    house.tick(60)
    assert house.told(PlayEnded) == [PlayEnded(play="p", reason="finished", played_ms=1009)]
    heard = ann.audio
    assert dominant_frequency(heard[:4000]) == pytest.approx(700, abs=2)
    assert level(heard[:4000], 700) == pytest.approx(8000, rel=0.03)
    assert np.abs(heard[2 * 4037 : 2 * 4037 + 300]).max() < 10


def test_clips_follow_one_another(house: House, prompt: Path) -> None:
    ann = house.add("ann")
    clips: list[Clip] = [ToneClip((440, 480), 400, 100, 2), SilenceClip(300), FileClip(str(prompt))]
    house.ask(Play(play="p", leg="ann", clips=clips))
    house.tick(100)
    heard = ann.audio
    assert level(heard[:3200], 440) == pytest.approx(level(heard[:3200], 480), rel=0.1)
    assert level(heard[:3200], 440) > 3000
    assert np.abs(heard[3240:3960]).max() < 10
    assert level(heard[4000:7200], 440) > 3000
    assert np.abs(heard[7240:10360]).max() < 10
    assert dominant_frequency(heard[10400:14400]) == pytest.approx(700, abs=2)


def test_mu_law_files_are_played(house: House, tmp_path: Path) -> None:
    octets = MU_LAW.encode(np.concatenate(list(islice(tone(900), 25))))
    path = tmp_path / "mu.wav"
    path.write_bytes(build_header(len(octets), WavFormat.MU_LAW) + octets)
    ann = house.add("ann")
    house.ask(Play(play="p", leg="ann", clips=[FileClip(str(path))]))
    house.tick(25)
    assert b"".join(packet.payload for packet in ann.packets) == octets


@pytest.mark.parametrize("mix", [True, False])
def test_a_play_is_over_or_in_place_of_the_room(house: House, mix: bool) -> None:
    house.add("ann", room="r")
    bob = house.add("bob", room="r")
    house.talk = {"ann": tone(440)}
    house.ask(Play(play="p", leg="bob", clips=[ToneClip((1300,), 1000)], loops=0, mix=mix))
    house.tick(50)
    heard = bob.audio[-4000:]
    assert level(heard, 1300) > 5000
    assert (level(heard, 440) > 5000) == mix
    house.ask(StopPlay("p"))
    house.ask(StopPlay("p"))
    house.tick(30)
    assert level(bob.audio[-3200:], 1300) < 50
    assert [event.reason for event in house.told(PlayEnded)] == ["stopped"]


def test_a_play_into_a_room_is_heard_by_all_who_are_there(house: House) -> None:
    ann, bob = house.add("ann", room="r"), house.add("bob", room="r")
    cid = house.add("cid", room="other")
    house.ask(Play(play="p", room="r", clips=[ToneClip((1300,), 1000)], mix=True))
    house.tick(30)
    late = house.add("late", room="r")
    house.tick(30)
    for party in (ann, bob):
        assert level(party.audio[:4800], 1300) > 5000
    assert level(late.audio[:2400], 1300) > 5000
    assert level(cid.audio, 1300) < 50
    assert house.told(PlayEnded)[0].reason == "finished"


def test_a_room_that_empties_ends_its_plays(house: House) -> None:
    house.add("ann", room="r")
    house.ask(Play(play="p", room="r", clips=[ToneClip((1300,), 1000)], loops=0))
    house.tick(5)
    house.ask(LeaveRoom("ann"))
    assert house.told(PlayEnded) == [PlayEnded(play="p", reason="stopped", played_ms=100)]


def test_a_key_among_stop_keys_ends_a_play(house: House) -> None:
    ann = house.add("ann")
    house.ask(Play(play="p", leg="ann", clips=[SilenceClip(60_000)], stop_keys="12#"))
    house.talk = {"ann": tone(440)}
    house.tick(10)
    ann.press("5")
    house.tick(1)
    assert not house.told(PlayEnded)
    ann.press("#")
    house.tick(1)
    assert house.told(PlayEnded) == [PlayEnded(play="p", reason="key", key="#", played_ms=220)]


def test_closing_a_leg_ends_its_play_first(house: House) -> None:
    house.add("ann")
    house.ask(Play(play="p", leg="ann", clips=[SilenceClip(60_000)]))
    house.tick(5)
    house.ask(CloseLeg("ann"))
    assert house.told(PlayEnded) == [PlayEnded(play="p", reason="stopped", played_ms=100)]


def test_what_cannot_be_opened_is_told(house: House, tmp_path: Path) -> None:
    house.add("ann")
    (tmp_path / "text.wav").write_text("RIFF, or so it says")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "wide.wav").write_bytes(build_header(0, WavFormat.PCM16, 16000))
    for number, name in enumerate(["text.wav", "empty.wav", "wide.wav", "missing.wav"]):
        assert house.ask(Play(play=str(number), leg="ann", clips=[FileClip(str(tmp_path / name))])) == Done()
    house.ask(Play(play="t", leg="ann", clips=[ToneClip((5000,), 100)]))
    house.tick(2)
    failed = house.told(PlayEnded)
    assert [event.reason for event in failed] == ["failed"] * 5
    assert "missing.wav" in (failed[3].error or "")
    assert "16000" in (failed[2].error or "")


def test_nothing_to_play_is_finished_at_once(house: House) -> None:
    house.add("ann")
    house.ask(Play(play="p", leg="ann", clips=[], loops=0))
    house.tick(1)
    assert house.told(PlayEnded) == [PlayEnded(play="p", reason="finished")]


def test_commands_that_contradict_themselves_are_refused(house: House) -> None:
    house.add("ann", room="r")
    clip: list[Clip] = [SilenceClip(1000)]
    assert house.ask(Play(play="p", clips=clip)) == Failed("invalid", "a play goes to a leg or into a room")
    assert isinstance(house.ask(Play(play="p", leg="ann", room="r", clips=clip)), Failed)
    assert house.ask(Play(play="p", leg="nobody", clips=clip)) == Failed("unknown", "no leg nobody")
    assert house.ask(Play(play="p", room="nowhere", clips=clip)) == Failed("unknown", "no room nowhere")
    assert house.ask(Play(play="", leg="ann", clips=clip)) == Failed("invalid", "an id has 1 to 200 characters")
    house.ask(Play(play="p", leg="ann", clips=clip))
    assert house.ask(Play(play="p", leg="ann", clips=clip)) == Failed("invalid", "play p is under way")
