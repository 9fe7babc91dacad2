"""Keys in both directions, as events and as tones, and who answered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest
from tests.media.house import House, open_house

from cordboard.edge.media.keypad import KeyReceiver
from cordboard.edge.media.protocol import (
    DetectMachine,
    DigitPressed,
    DigitsSent,
    Done,
    Failed,
    MachineDetected,
    SendDigits,
)
from cordboard.testing.rtp import BadNetwork, RtpParty, tone
from cordboard.wire.audio.dtmf import DtmfDetector, key_samples
from cordboard.wire.rtp.telephone_event import LONGEST_DURATION, TelephoneEvent


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


def test_each_key_is_told_once_when_it_goes_down(house: House) -> None:
    ann = house.add("ann")
    house.talk = {"ann": tone(440)}
    house.tick(3)
    for key in "19*#A":
        house.talk = {}
        for _ in ann.pressing(key):
            house.tick()
        house.talk = {"ann": tone(440)}
        house.tick(3)
    assert house.told(DigitPressed) == [DigitPressed("ann", key) for key in "19*#A"]
    assert house.statistics("ann").jitter_ms < 1


def test_keys_survive_a_bad_network(house: House) -> None:
    network = BadNetwork(loss=0.2, duplicates=0.3, reordered=0.3)
    ann = house.add("ann", RtpParty(network=network))
    keys = "0123456789" * 5
    for key in keys:
        ann.press(key, frames=6)
        house.tick(10)
    assert "".join(event.digit for event in house.told(DigitPressed)) == keys


def test_a_key_held_for_long_is_one_key() -> None:
    keys = KeyReceiver()
    start = 0xFFFF_0000
    assert keys.hear(start, TelephoneEvent(5, 160)) == "5"
    assert keys.hear(start, TelephoneEvent(5, LONGEST_DURATION)) is None
    following = (start + LONGEST_DURATION) & 0xFFFFFFFF
    assert keys.hear(following, TelephoneEvent(5, 160)) is None
    assert keys.hear((following + 8000) & 0xFFFFFFFF, TelephoneEvent(5, 160)) == "5"
    assert keys.hear(start, TelephoneEvent(5, LONGEST_DURATION, end=True)) is None
    assert keys.hear(77, TelephoneEvent(16, 160)) is None


def test_digits_go_out_as_events_in_place_of_audio(house: House) -> None:
    ann = house.add("ann")
    house.tick(2)
    assert house.ask(SendDigits("ann", "1w#", tone_ms=100, gap_ms=60)) == Done()
    house.tick(60)
    events = ann.events
    by_start: dict[int, list[TelephoneEvent]] = {}
    for packet, event in events:
        by_start.setdefault(packet.timestamp, []).append(event)
    assert [(group[0].key, len(group), sum(event.end for event in group)) for group in by_start.values()] == [
        ("1", 7, 3),
        ("#", 7, 3),
    ]
    first = next(iter(by_start.values()))
    assert [event.duration for event in first] == [160, 320, 480, 640, 800, 800, 800]
    assert [packet.marker for packet, _ in events[:3]] == [True, False, False]
    starts = list(by_start)
    assert (starts[1] - starts[0]) & 0xFFFFFFFF == (5 + 3 + 25) * 160
    numbers = [packet.sequence for packet in ann.packets]
    assert [(b - a) & 0xFFFF for a, b in pairwise(numbers)] == [1] * (len(numbers) - 1)
    assert house.told(DigitsSent) == [DigitsSent("ann")]


def test_digits_go_out_as_tones_without_events(house: House) -> None:
    ann = house.add("ann", event_type=None)
    house.ask(SendDigits("ann", "159D"))
    house.ask(SendDigits("ann", "0"))
    house.tick(60)
    detector = DtmfDetector(1)
    frames = ann.audio[: len(ann.audio) // 160 * 160].reshape(-1, 160)
    heard = [key.key for frame in frames for key in detector.feed(np.zeros(1, np.intp), frame[None, :])]
    assert "".join(heard) == "159D0"
    assert len(house.told(DigitsSent)) == 2


def test_tones_are_heard_only_where_there_are_no_events(house: House) -> None:
    house.add("ann", event_type=None)
    house.add("bob")
    keyed = np.concatenate([key_samples("7", 100), np.zeros(1600, np.int16)]).reshape(-1, 160)
    house.talk = {"ann": iter(keyed), "bob": iter(keyed)}
    house.tick(len(keyed))
    assert house.told(DigitPressed) == [DigitPressed("ann", "7", tone=True)]


@pytest.mark.parametrize(("digits", "tone_ms"), [("", 100), ("12x", 100), ("1" * 201, 100), ("1", 10)])
def test_what_cannot_be_keyed_is_refused(house: House, digits: str, tone_ms: int) -> None:
    house.add("ann")
    answer = house.ask(SendDigits("ann", digits, tone_ms=tone_ms))
    assert isinstance(answer, Failed)
    assert answer.code == "invalid"


def test_a_long_greeting_is_a_machine_and_silence_is_unknown(house: House) -> None:
    house.add("ann")
    house.add("bob")
    house.ask(DetectMachine("ann", 5))
    house.ask(DetectMachine("bob", 2))
    noise = np.random.default_rng(2).normal(0, 3000, (300, 160)).astype(np.int16)
    house.talk = {"ann": islice(iter(noise), 300)}
    house.tick(250)
    told = {event.leg: event for event in house.told(MachineDetected)}
    assert told["ann"].answered_by == "machine"
    assert told["ann"].after_ms < 5000
    assert told["bob"].answered_by == "unknown"
    assert told["bob"].after_ms == 2000
