"""Whose packets are taken: the named address, a source behind a NAT, nobody else; and what is no packet at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.media.house import House, open_house, remote_of

from cordboard.edge.media.latch import PACKETS_TO_LATCH, Latch
from cordboard.edge.media.protocol import ConnectLeg, Done, Failed, GetStatus, LegOpened, MediaStarted, OpenLeg
from cordboard.testing.rtp import RtpParty, dominant_frequency, level, tone
from cordboard.wire.rtp.rtcp import ReceiverReport, ReportBlock, SenderReport, build_compound, middle_of, parse_compound

NAMED, NAT, OTHER = ("192.0.2.1", 4000), ("192.0.2.1", 5000), ("198.51.100.9", 4000)


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


def test_the_named_source_is_taken_at_once_and_no_other_after_it() -> None:
    latch = Latch()
    latch.expect(NAMED)
    assert latch.takes(NAMED, 1)
    assert not any(latch.takes(NAT, 2) for _ in range(10))
    assert (latch.send_to, latch.refused) == (NAMED, 10)


def test_a_source_behind_a_nat_is_taken_after_some_packets_and_for_good() -> None:
    latch = Latch()
    latch.expect(NAMED)
    assert [latch.takes(NAT, 7) for _ in range(PACKETS_TO_LATCH)] == [False] * (PACKETS_TO_LATCH - 1) + [True]
    assert latch.refused == 0
    assert not latch.takes(NAMED, 7)
    assert (latch.send_to, latch.refused) == (NAT, 1)


@pytest.mark.parametrize("breaker", [(OTHER, 7), (NAT, 8)])
def test_a_candidate_must_be_alone(breaker: tuple[tuple[str, int], int]) -> None:
    latch = Latch()
    latch.expect(NAMED)
    for _ in range(PACKETS_TO_LATCH - 1):
        assert not latch.takes(NAT, 7)
    assert not latch.takes(*breaker)
    assert not latch.takes(NAT, 7)
    assert latch.takes(NAMED, 1)


def test_before_call_control_names_an_address_nothing_is_taken() -> None:
    latch = Latch()
    assert not any(latch.takes(NAMED, 1) for _ in range(10))


def test_named_anew_a_found_source_is_kept_until_another_latches() -> None:
    latch = Latch()
    latch.expect(NAMED)
    for _ in range(PACKETS_TO_LATCH):
        latch.takes(NAT, 7)
    latch.expect(NAMED)
    assert latch.send_to == NAT
    assert latch.takes(NAT, 7)
    latch.expect(OTHER)
    assert latch.send_to == OTHER


def test_a_party_behind_a_nat_hears_where_it_sends_from(house: House) -> None:
    house.add("ann", room="r")
    bob = house.add("bob", room="r", port=9)
    house.talk = {"ann": tone(440), "bob": tone(900)}
    house.tick(40)
    assert dominant_frequency(bob.audio[-3200:]) == pytest.approx(440, abs=2)
    assert house.statistics("bob").remote == f"127.0.0.1:{bob.port}"
    assert {event.leg for event in house.told(MediaStarted)} == {"ann", "bob"}


def test_an_attacker_is_neither_heard_nor_sent_to(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    attacker = RtpParty(ssrc=ann.ssrc)
    attacker.remote = ann.remote
    house.parties["attacker"] = attacker
    house.talk = {"ann": tone(440)}
    house.tick(10)
    house.talk["attacker"] = tone(1500)
    house.tick(50)
    assert level(bob.audio[-4000:], 1500) < 100
    assert not attacker.packets
    assert house.statistics("ann").refused == 50


def test_garbage_is_counted_and_harms_nobody(house: House) -> None:
    ann = house.add("ann", room="r")
    bob = house.add("bob", room="r")
    house.talk = {"ann": tone(440)}
    house.tick(5)
    noise = random.Random(3)
    for size in (0, 1, 2, 11, 12, 13, 171, 172, 173, 639, 640, 641, 1400):
        for first in (0x00, 0x14, 0x80, 0x8F, 0x90, 0xA0, 0xBF, 0xFF):
            ann.send_datagram(bytes([first, noise.choice([0, 8, 101, 200, 127])]) + noise.randbytes(size))
        house.tick()
    house.tick(20)
    ann.ssrc += 1
    house.tick(40)
    assert level(bob.audio[-3200:], 440) == pytest.approx(8000, rel=0.05)
    assert house.statistics("ann").refused > 30


def test_a_flood_does_not_stop_the_tick(house: House) -> None:
    ann = house.add("ann", room="r")
    for frame in islice(tone(440), 300):
        ann.send(frame)
    house.tick(30)
    assert house.statistics("ann").packets_received + house.statistics("ann").lost <= 330


def test_rtcp_on_its_port_is_answered_with_the_round_trip(house: House) -> None:
    ann = house.add("ann", room="r", rtcp_mux=True)
    house.talk = {"ann": tone(440)}
    house.tick(255)
    reports = [parse_compound(datagram) for datagram in ann.others]
    (report,) = [packet for compound in reports for packet in compound if isinstance(packet, SenderReport)]
    assert report.packets >= 200
    assert report.blocks[0].ssrc == ann.ssrc
    assert report.blocks[0].cumulative_lost == 0
    house.tick(5)
    answer = ReceiverReport(ann.ssrc, (ReportBlock(report.ssrc, last_sr=middle_of(report.ntp)),))
    ann.send_datagram(build_compound([answer]))
    house.tick()
    trip = house.statistics("ann").round_trip_ms
    assert trip is not None
    assert 100 <= trip <= 240


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 255), second=st.integers(0, 255), rest=st.binary(max_size=120))
def test_whatever_the_party_sends_the_engine_goes_on(house: House, first: int, second: int, rest: bytes) -> None:
    ann = house.parties.get("ann") or house.add("ann", room="r", rtcp_mux=True)
    ann.send(next(tone(440)))
    ann.send_datagram(bytes([first, second]) + rest)
    ticks = house.ask(GetStatus())
    house.tick()
    assert house.ask(GetStatus()) != ticks


def test_rtcp_has_a_port_of_its_own_where_it_is_not_muxed(house: House) -> None:
    ann, control = house.add("ann"), RtpParty()
    house.parties["control"] = control
    remote = replace(remote_of(ann), rtcp_port=control.port)
    assert house.ask(ConnectLeg("ann", remote)) == Done()
    control.remote = (ann.remote[0], ann.remote[1] + 1)
    house.talk = {"ann": tone(440)}
    house.tick(5)
    control.send_datagram(
        build_compound([SenderReport(ann.ssrc, ntp=0x1234_5678_9ABC_DEF0, timestamp=1, packets=1, octets=1)])
    )
    house.tick(250)
    (compound,) = [parse_compound(datagram) for datagram in control.others]
    report = compound[0]
    assert isinstance(report, SenderReport)
    assert report.blocks[0].last_sr == 0x5678_9ABC
    assert report.blocks[0].delay == pytest.approx(65536 * 245 * 0.02, rel=0.05)
    assert not ann.others


@pytest.mark.parametrize(("host", "port"), [("example.com", 4000), ("::1", 4000), ("127.0.0.1", 70000)])
def test_an_address_that_is_none_is_refused(house: House, host: str, port: int) -> None:
    assert isinstance(house.ask(OpenLeg("x")), LegOpened)
    party = house.add("ann")
    wrong = replace(remote_of(party), host=host, port=port)
    answer = house.ask(ConnectLeg("x", wrong))
    assert isinstance(answer, Failed)
    assert answer.code == "invalid"
    assert house.ask(ConnectLeg("x", remote_of(party))) == Done()
