"""Floods, guessers and caps: the rules, and what they do to those who come."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.sip.house import opened
from tests.sip.test_registrar import registered

from cordboard.edge.sip.admission import Admission, TokenBucket

RATES: dict[str, Any] = {
    "packets_per_second": 10,
    "strangers_per_second": 5,
    "calls_per_second": 2,
    "auth_failures": 3,
    "ban_seconds": 300,
    "now": 0.0,
}


@given(st.lists(st.floats(0, 100), max_size=200), st.floats(0.5, 50), st.floats(1, 50))
def test_a_bucket_never_gives_more_than_its_burst_and_rate(times: list[float], rate: float, burst: float) -> None:
    bucket = TokenBucket(rate, burst, 0.0)
    taken = [moment for moment in sorted(times) if bucket.take(moment)]
    for start in range(len(taken)):
        for end in range(start, len(taken)):
            allowed = burst + (taken[end] - taken[start]) * rate
            assert end - start + 1 <= allowed + 1e-6


def test_a_source_that_sends_too_much_is_dropped_and_no_other() -> None:
    admission = Admission(**RATES)
    taken = sum(admission.admits_packet("192.0.2.1", 0.0) for _ in range(150))
    assert taken == 100
    assert admission.dropped == 50
    assert admission.admits_packet("192.0.2.2", 0.0)
    assert admission.admits_packet("192.0.2.1", 0.2)


def test_guessers_are_shut_out_for_a_while() -> None:
    admission = Admission(**RATES)
    for _ in range(2):
        admission.authentication_failed("192.0.2.1", 0.0)
    admission.authentication_failed("192.0.2.1", 61.0)  # the others are forgotten
    assert admission.admits_packet("192.0.2.1", 61.0)
    for _ in range(2):
        admission.authentication_failed("192.0.2.1", 62.0)
    assert not admission.admits_packet("192.0.2.1", 361.0)
    assert admission.admits_packet("192.0.2.2", 361.0)
    assert admission.admits_packet("192.0.2.1", 362.0)
    assert (admission.bans, admission.banned) == (1, 1)


def test_calls_and_strangers_have_rates_of_their_own() -> None:
    admission = Admission(**RATES)
    assert sum(admission.admits_call(0.0) for _ in range(5)) == 2
    assert sum(admission.admits_stranger(0.0) for _ in range(15)) == 10
    assert (admission.calls_refused, admission.strangers_refused) == (3, 5)


async def test_a_guesser_is_shut_out_and_the_trunk_is_not() -> None:
    async with opened(auth_failures=2) as house:
        guesser = await house.peer("phone1", "127.0.0.4")
        for _ in range(2):
            assert (await registered(guesser, password="guess")).status == 403
        guesser.send(guesser.build("OPTIONS", "sip:127.0.0.1"))
        house.trunk.send(house.trunk.build("OPTIONS", "sip:127.0.0.1"))
        await house.trunk.response(200)
        assert guesser.inbox.empty()
        assert house.agent.statistics().bans == 1
        await house.advance(301)
        await guesser.nothing()


async def test_calls_beyond_the_rate_come_later() -> None:
    async with opened(calls_per_second=1) as house:
        house.trunk.invite()
        await house.next_call()
        house.trunk.invite()
        assert (await house.trunk.response(503)).headers.get("Retry-After") == "5"
        await house.advance(1)
        house.trunk.invite()
        await house.next_call()


async def test_calls_beyond_the_cap_are_refused() -> None:
    async with opened(most_calls=1) as house:
        house.trunk.invite()
        await house.next_call()
        house.trunk.invite()
        await house.trunk.response(503)


async def test_strangers_beyond_the_rate_are_dropped_and_their_calls_told_to_wait() -> None:
    async with opened(strangers_per_second=1) as house:
        for _ in range(2):
            await house.settle()  # the probe is a stranger too
        stranger = await house.peer()
        stranger.send(stranger.build("OPTIONS", "sip:127.0.0.1"))
        stranger.invite()
        refusal = await stranger.response(503)
        assert (refusal.cseq.method, refusal.via.param("rport")) == ("INVITE", str(stranger.wire.address[1]))
        assert refusal.to.tag
        house.trunk.invite()
        await house.next_call()
        assert house.agent.statistics().strangers_refused == 2


async def test_a_flood_of_one_source_is_dropped() -> None:
    async with opened(packets_per_second=1) as house:
        flooder = await house.peer("flood", "127.0.0.5")
        for _ in range(30):
            flooder.send(flooder.build("OPTIONS", "sip:127.0.0.1"))
        await house.settle()
        assert house.agent.statistics().dropped == 20
