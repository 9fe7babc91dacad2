"""Handsets call the platform, and calls that go back into it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.sandbox_calls.house import HANDSET, NODE, NUMBER, SECOND, VOICE_HZ, House, buy

from cordboard.domain.sandbox.models import CallPlan
from cordboard.domain.sandbox.repository import CHANNEL
from cordboard.edge.sip.port import Ended, Refused, Ringing, TrunkSource
from cordboard.infra.db.pool import Wakeups
from cordboard.testing.rtp import dominant_frequency


async def asked(house: House, **plan: Any) -> UUID:
    """A handset is to call NUMBER, which an account owns."""
    async with house.api.platform.database.transaction() as tx:
        call = await house.api.platform.sandbox.call_out(tx, HANDSET, NUMBER, CallPlan(**plan))
    return call.id


async def test_a_handset_calls_speaks_and_presses_keys(house: House) -> None:
    await buy(house.api)
    await asked(house, say="A good long hello to you, whoever you are", dtmf="w5")
    await house.phone.look()
    call = await house.next_call()

    assert call.sip.source == TrunkSource("sandbox")
    assert (call.sip.dialled, call.sip.caller.number) == (NUMBER, HANDSET)
    await call.pick_up()
    assert await call.pitch() == pytest.approx(VOICE_HZ, abs=10)
    await call.sound(440, 600)
    await call.media.send_digits("0")
    row = await house.row(lambda row: row["digits"] == "0")
    assert (row["state"], row["direction"], row["node"]) == ("in-progress", "outbound", NODE)
    await call.pressed("5")
    await call.sip.hang_up()

    row = await house.ended()
    assert row["reason"] == "hung up by the other side"
    assert dominant_frequency(await house.recorded(row)) == pytest.approx(440, abs=10)


async def test_a_handset_hangs_up_after_a_while(house: House) -> None:
    await buy(house.api)
    await asked(house, hangup_after_ms=200)
    await house.phone.look()
    call = await house.next_call()
    await call.pick_up()

    await call.event(Ended)

    assert (await house.ended())["reason"] == "the handset hung up"
    assert house.voice.said == []


async def test_a_handset_is_refused(house: House) -> None:
    await buy(house.api)
    await asked(house)
    await house.phone.look()
    call = await house.next_call()

    await call.sip.refuse(486, "Busy Here")

    row = await house.ended()
    assert (row["reason"], row["answered_at"]) == ("SIP 486 Busy Here", None)


async def test_a_handset_does_not_wait_for_ever(house: House) -> None:
    await buy(house.api)
    await asked(house, answer_ms=100)
    await house.phone.look()
    call = await house.next_call()
    await call.sip.ring()

    assert (await call.event(Ended)).by == "remote"

    assert (await house.ended())["reason"] == "not answered within 0.1 s"


async def test_a_handset_hangs_up_when_it_is_told_to(house: House) -> None:
    await buy(house.api)
    call_id = await asked(house)
    await house.phone.look()
    call = await house.next_call()
    await call.pick_up()
    await house.row(lambda row: row["state"] == "in-progress")

    async with house.api.platform.database.transaction() as tx:
        await house.api.platform.sandbox.hang_up(tx, HANDSET, call_id)
    await house.phone.look()

    await call.event(Ended)
    assert (await house.ended())["reason"] == "the handset hung up"


async def test_the_loop_is_woken(house: House) -> None:
    await buy(house.api)
    wakeups = Wakeups(house.api.platform.database)
    loops = house.phone.loops(wakeups)
    running = [asyncio.create_task(wakeups.run()), *(asyncio.create_task(loop()) for loop in loops.values())]  # type: ignore[arg-type]  # loops are coroutine functions
    try:
        await wakeups.listening.wait()
        wakeups.event(CHANNEL).clear()
        await asked(house)
        call = await house.next_call()
        await call.sip.refuse(603)
        await house.ended()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_call_that_nobody_took_ends(house: House) -> None:
    await buy(house.api)
    await asked(house)
    await house.api.fetch("update sandbox_calls set leased_until = clock_timestamp() - interval '1 s' returning 1")

    await house.phone.look()
    await house.phone.look_after()

    row = (await house.rows())[0]
    assert (row["state"], row["reason"]) == ("ended", "no voice process took it")
    assert house.calls.empty()


async def test_a_call_for_an_accounts_number_goes_back_into_the_platform(house: House) -> None:
    await buy(house.api, SECOND)
    calling = await house.call(SECOND)
    called = await house.next_call()

    assert called.sip.source == TrunkSource("sandbox")
    assert (called.sip.dialled, called.sip.caller.number) == (SECOND, NUMBER)
    await called.sip.ring()
    await calling.event(Ringing)
    await called.pick_up()
    await calling.answered()

    playing = asyncio.create_task(called.sound(620, 800))
    assert await calling.pitch() == pytest.approx(620, abs=10)
    await playing
    await calling.media.send_digits("3")
    await called.pressed("3")
    assert await house.rows() == []

    hold = asyncio.create_task(calling.sip.offer_media(calling.media.offer(hold=True)))
    offered = (await called.sip.events.get()).sdp  # type: ignore[union-attr]  # the next that comes is the offer
    await called.sip.answer_offer(await called.media.answer(offered))
    assert b"a=recvonly" in await hold

    await called.sip.hang_up()
    assert (await calling.event(Ended)).by == "remote"


async def test_what_the_platform_says_to_its_own_call_is_passed_on(house: House) -> None:
    await buy(house.api, SECOND)
    calling = await house.call(SECOND)
    called = await house.next_call()

    await called.sip.refuse(486, "Busy Here")

    assert (await calling.event(Refused)).status == 486


async def test_a_caller_that_gives_up_gives_up_on_both_sides(house: House) -> None:
    await buy(house.api, SECOND)
    calling = await house.call(SECOND)
    called = await house.next_call()
    await called.sip.ring()
    await calling.event(Ringing)

    await calling.sip.hang_up()

    assert (await called.event(Ended)).cause == "canceled"
    assert (await calling.event(Refused)).status == 487
