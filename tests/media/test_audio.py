"""Audio through the engine: bridges, rooms, laws, packet lengths, the network's faults. Measured by frequency."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest
from tests.media.house import House, open_house, remote_of

from cordboard.edge.media.protocol import (
    CloseLeg,
    ConnectLeg,
    Done,
    Failed,
    JoinRoom,
    LeaveRoom,
    MediaSilent,
    MediaStarted,
    SetMember,
    SetPair,
)
from cordboard.testing.rtp import BadNetwork, RtpParty, dominant_frequency, level, tone
from cordboard.wire.audio.g711 import MU_LAW


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


def test_two_parties_of_a_room_hear_each_other(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", RtpParty(payload_type=8), room="r")
    house.talk = {"ann": tone(440), "bob": tone(1000)}
    house.tick(60)
    assert dominant_frequency(ann.audio[1600:]) == pytest.approx(1000, abs=2)
    assert dominant_frequency(bob.audio[1600:]) == pytest.approx(440, abs=2)
    assert level(bob.audio[-4000:], 440) == pytest.approx(8000, rel=0.03)
    assert {event.leg for event in house.told(MediaStarted)} == {"ann", "bob"}
    numbers = [packet.sequence for packet in ann.packets]
    assert [(b - a) & 0xFFFF for a, b in pairwise(numbers)] == [1] * (len(numbers) - 1)
    stamps = [packet.timestamp for packet in ann.packets]
    assert {(b - a) & 0xFFFFFFFF for a, b in pairwise(stamps)} == {160}
    assert {packet.payload_type for packet in bob.packets} == {8}


def test_a_bridge_passes_every_octet_on(house: House) -> None:
    """Decoded, mixed with nobody and encoded, mu-law stays what it was, delayed by the jitter buffer."""
    house.add("ann", room="r")
    bob = house.add("bob", room="r")
    sent = list(islice(tone(700), 40))
    house.talk = {"ann": iter(sent)}
    house.tick(40)
    heard = b"".join(packet.payload for packet in bob.packets)
    expected = b"".join(MU_LAW.encode(frame) for frame in sent[:38])
    assert heard.endswith(expected)


@pytest.mark.parametrize("samples", [80, 160, 240, 320, 480, 100])
def test_packets_of_any_length_are_reframed(house: House, samples: int) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    stream = np.concatenate(list(islice(tone(600), 200)))
    sent = 0
    for tick in range(100):
        while sent <= tick * 160:
            ann.send(stream[sent : sent + samples])
            sent += samples
        house.tick()
    heard = bob.audio[-8000:]
    assert dominant_frequency(heard) == pytest.approx(600, abs=2)
    assert level(heard, 600) == pytest.approx(8000, rel=0.05)


def test_a_room_of_three_and_its_pair_rules(house: House) -> None:
    parties = {name: house.add(name, room="conf") for name in ("a", "b", "c")}
    house.talk = {"a": tone(400), "b": tone(900), "c": tone(1500)}
    house.ask(SetPair("a", "b", 0.0))
    house.ask(SetPair("c", "b", 0.5))
    house.ask(SetMember("b", mute=True, deaf=False))
    house.tick(60)
    heard = {name: party.audio[-4000:] for name, party in parties.items()}
    assert level(heard["b"], 400) < 50
    assert level(heard["b"], 1500) == pytest.approx(4000, rel=0.05)
    assert level(heard["a"], 900) < 50
    assert level(heard["a"], 1500) == pytest.approx(8000, rel=0.05)
    assert level(heard["c"], 400) == pytest.approx(8000, rel=0.05)
    house.ask(SetMember("b", mute=False, deaf=True))
    house.tick(60)
    assert dominant_frequency(parties["b"].audio[-4000:]) == 0
    assert level(parties["a"].audio[-4000:], 900) == pytest.approx(8000, rel=0.05)
    house.ask(LeaveRoom("a"))
    house.tick(30)
    assert dominant_frequency(parties["a"].audio[-2000:]) == 0


def test_a_leg_moves_between_rooms_and_pair_gains_stay_behind(house: House) -> None:
    house.add("a", room="one")
    b = house.add("b", room="one")
    house.ask(SetPair("a", "b", 0.0))
    house.ask(JoinRoom("two", "b"))
    assert house.ask(SetPair("a", "b", 1.0)) == Failed("unknown", "both legs of a pair must be in the same room")
    house.ask(JoinRoom("one", "b"))
    house.talk = {"a": tone(500)}
    house.tick(40)
    assert level(b.audio[-1600:], 500) == pytest.approx(8000, rel=0.05)


def test_lost_doubled_and_reordered_packets_are_counted_and_concealed(house: House) -> None:
    network = BadNetwork(loss=0.05, duplicates=0.1, reordered=0.1)
    house.add("ann", RtpParty(network=network), room="r")
    bob = house.add("bob", room="r")
    house.talk = {"ann": tone(440)}
    house.tick(500)
    figures = house.statistics("ann")
    assert figures.lost == pytest.approx(25, abs=12)
    assert figures.duplicated == pytest.approx(45, abs=20)
    assert figures.packets_received + figures.lost == pytest.approx(500, abs=2)
    assert 2 < figures.mos < 4.3
    assert dominant_frequency(bob.audio[1600:]) == pytest.approx(440, abs=2)
    clean = house.statistics("bob")
    assert (clean.packets_received, clean.mos, clean.packets_sent) == (0, 0.0, 500)


def test_a_single_lost_packet_is_no_hole(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    for at, frame in enumerate(islice(tone(400), 40)):
        if at == 20:
            ann.sequence += 1
            ann.timestamp = (ann.timestamp + 160) & 0xFFFFFFFF
        else:
            ann.send(frame)
        house.tick()
    audio = bob.audio.reshape(-1, 160).astype(float)
    spoken = np.sqrt((audio[6:] ** 2).mean(axis=1))
    assert spoken.min() > 3000
    assert house.statistics("ann").lost == 1


def test_jitter_is_told_and_the_delay_follows_it(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    waiting: list[np.ndarray[tuple[int, ...], np.dtype[np.int16]]] = []
    for at, frame in enumerate(islice(tone(440), 600)):
        waiting.append(frame)
        if at % 4 == 3:  # bursts of four packets, 80 ms apart
            for each in waiting:
                ann.send(each)
            waiting.clear()
        house.tick()
    figures = house.statistics("ann")
    assert figures.jitter_ms > 15
    assert figures.lost == 0
    audio = bob.audio[-16000:]
    assert level(audio, 440) > 7000
    late_before = figures.late
    for _ in range(25):
        for each in islice(tone(440), 4):
            ann.send(each)
        house.tick(4)
    assert house.statistics("ann").late == late_before


def test_a_pause_of_the_sender_is_silence_and_no_loss(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    house.talk = {"ann": tone(440)}
    house.tick(30)
    house.talk = {}
    bob.forget()
    house.tick(50)
    assert dominant_frequency(bob.audio[-4000:]) == 0
    ann.timestamp = (ann.timestamp + 50 * 160) & 0xFFFFFFFF
    bob.forget()
    house.talk = {"ann": tone(440)}
    house.tick(30)
    assert level(bob.audio[-3200:], 440) == pytest.approx(8000, rel=0.05)
    figures = house.statistics("ann")
    assert (figures.lost, figures.late) == (0, 0)


def test_another_source_of_the_party_is_followed_at_once(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    house.talk = {"ann": tone(440)}
    house.tick(30)
    ann.ssrc, ann.sequence, ann.timestamp = 77, 5, 99
    bob.forget()
    house.talk = {"ann": tone(1200)}
    house.tick(30)
    assert level(bob.audio[-3200:], 1200) == pytest.approx(8000, rel=0.05)
    assert house.statistics("ann").packets_received == 60
    assert house.statistics("ann").lost == 0


def test_a_sender_with_a_slower_clock_is_played_without_end(house: House) -> None:
    """One packet in 50 is missing from the beat, though none is lost."""
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    frames = tone(440)
    for at in range(1000):
        if at % 50:
            ann.send(next(frames))
        house.tick()
    assert house.statistics("ann").lost == 0
    assert level(bob.audio[-1600:], 440) > 6000


def test_a_sender_with_a_faster_clock_does_not_fill_the_buffer(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    frames = tone(440)
    for at in range(3000):
        ann.send(next(frames))
        if at % 500 == 0:
            ann.send(next(frames))
        house.tick()
    marked = np.full(160, 20000, np.int16)
    bob.forget()
    ann.send(marked)
    house.tick(12)
    arrived = [at for at, packet in enumerate(bob.packets) if packet.payload == packet.payload[:1] * 160]
    assert arrived
    assert arrived[0] <= 6


def test_on_hold_a_party_is_sent_nothing(house: House) -> None:
    house.add("ann", room="r")
    bob = house.add("bob", room="r")
    house.talk = {"ann": tone(440)}
    house.tick(20)
    assert house.ask(ConnectLeg("bob", remote_of(bob, receives=False, sends=False))) == Done()
    bob.forget()
    house.tick(20)
    assert not bob.packets
    house.ask(ConnectLeg("bob", remote_of(bob)))
    house.tick(20)
    assert level(bob.audio[-1600:], 440) == pytest.approx(8000, rel=0.05)


def test_a_silent_party_is_told_once_and_again_after_it_spoke(house: House) -> None:
    house.add("ann")
    house.talk = {"ann": tone(440)}
    house.tick(10)
    house.talk = {}
    house.tick(800)
    assert [event.leg for event in house.told(MediaSilent)] == ["ann"]
    assert house.told(MediaSilent)[0].seconds == pytest.approx(10.5, abs=1)
    house.talk = {"ann": tone(440)}
    house.tick(60)
    house.talk = {}
    house.tick(600)
    assert len(house.told(MediaSilent)) == 2


def test_a_slot_that_is_used_again_knows_nothing_of_before(house: House) -> None:
    bob = house.add("bob", room="r")
    for call in range(20):
        name = f"call {call}"
        house.add(name, RtpParty(payload_type=8 if call % 2 else 0, ssrc=call), room="r")
        fresh = house.statistics(name)
        assert (fresh.packets_received, fresh.lost, fresh.refused, fresh.packets_sent, fresh.mos) == (0, 0, 0, 0, 0.0)
        house.talk = {name: tone(440 + 50 * call)}
        house.tick(12)
        assert house.statistics(name).packets_received == 12
        assert level(bob.audio[-1200:], 440 + 50 * call) == pytest.approx(8000, rel=0.1)
        house.ask(CloseLeg(name))
        house.parties.pop(name).close()
        house.talk = {}
        bob.forget()
        house.tick(2)
        assert dominant_frequency(bob.audio) == 0
