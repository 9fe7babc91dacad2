"""REFER: blind and attended, reported to the party, at bad moments."""

from __future__ import annotations

import pytest
from tests.sip.house import event, no_event, opened
from tests.sip.test_dialogs import called
from tests.sip.test_incoming import answered

from cordboard.edge.sip.port import Referred
from cordboard.testing.sip.peer import Peer
from cordboard.wire.sip.refer import parse_sipfrag


async def notified(peer: Peer) -> tuple[int, str]:
    """The next NOTIFY: the status that it tells and the state of the subscription."""
    notify = await peer.request("NOTIFY")
    peer.reply(notify, 200)
    assert notify.headers.get("Event") == "refer"
    return parse_sipfrag(notify.body)[0], notify.headers.get("Subscription-State").partition(";")[0]


async def test_a_blind_transfer_is_accepted_and_reported() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("REFER", headers=[("Refer-To", "<sip:200@example.org>")])
        await house.trunk.response(202)
        assert await notified(house.trunk) == (100, "active")
        assert await event(leg, Referred) == Referred("sip:200@example.org")
        await leg.notify_refer(180, "Ringing")
        assert await notified(house.trunk) == (180, "active")
        await leg.notify_refer(200, "OK")
        assert await notified(house.trunk) == (200, "terminated")
        await leg.notify_refer(200, "OK")
        await house.trunk.nothing()
        no_event(leg)


async def test_an_attended_transfer_names_the_other_call() -> None:
    async with opened() as house:
        other, other_call = await answered(house)
        leg, call = await answered(house)
        replaces = other_call.replaces.replace(";", "%3B").replace("=", "%3D")
        call.send("REFER", headers=[("Refer-To", f"<sip:200@example.org?Replaces={replaces}>")])
        await house.trunk.response(202)
        await notified(house.trunk)
        referred = await event(leg, Referred)
        assert referred.target == "sip:200@example.org"
        assert referred.replaces == other.dialog


async def test_a_party_that_wants_no_reports_gets_none() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("REFER", headers=[("Refer-To", "<sip:200@example.org>"), ("Refer-Sub", "false")])
        assert (await house.trunk.response(202)).headers.get("Refer-Sub") == "false"
        await event(leg, Referred)
        await leg.notify_refer(200, "OK")
        await house.trunk.nothing()


async def test_one_transfer_at_a_time() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("REFER", headers=[("Refer-To", "<sip:200@example.org>")])
        await house.trunk.response(202)
        await notified(house.trunk)
        call.send("REFER", headers=[("Refer-To", "<sip:300@example.org>")])
        await house.trunk.response(491)
        await leg.notify_refer(486, "Busy Here")
        assert await notified(house.trunk) == (486, "terminated")
        call.send("REFER", headers=[("Refer-To", "<sip:300@example.org>")])
        await house.trunk.response(202)


async def test_a_transfer_that_nobody_reports_on_has_failed() -> None:
    async with opened() as house:
        _, call = await called(house)
        call.send("REFER", headers=[("Refer-To", "<sip:200@example.org>")])
        await house.trunk.response(202)
        await notified(house.trunk)
        await house.advance(180)
        assert await notified(house.trunk) == (408, "terminated")


async def test_a_party_that_refuses_reports_gets_no_more() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("REFER", headers=[("Refer-To", "<sip:200@example.org>")])
        await house.trunk.response(202)
        house.trunk.reply(await house.trunk.request("NOTIFY"), 481)
        await house.trunk.nothing()
        await leg.notify_refer(200, "OK")
        await house.trunk.nothing()


BAD = [
    ([], 400),
    ([("Refer-To", "nowhere")], 400),
    ([("Refer-To", "<sip:200@example.org?Replaces=half>")], 400),
    ([("Refer-To", "<sip:200@example.org;method=BYE>")], 501),
]


@pytest.mark.parametrize(("headers", "status"), BAD)
async def test_transfers_that_make_no_sense(headers: list[tuple[str, str]], status: int) -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("REFER", headers=headers)
        await house.trunk.response(status)
        no_event(leg)


async def test_hanging_up_during_a_transfer() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("REFER", headers=[("Refer-To", "<sip:200@example.org>")])
        await house.trunk.response(202)
        await notified(house.trunk)
        await call.hang_up()
        await leg.notify_refer(200, "OK")
        await house.trunk.nothing()
