"""From an API call over an SMPP carrier to a handset and back, inside one process but over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.carriers.house import HANDSET, NUMBER, Installation, installed

from cordboard.infra.db import Database
from cordboard.testing.smsc import SmscBehaviour


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[Installation]:
    """The usual installation."""
    async with installed(database, tmp_path) as opened:
        yield opened


async def test_a_text_reaches_the_handset_and_its_receipt_the_log(house: Installation) -> None:
    sid = await house.send("Hello wörld €")

    shown = await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")

    assert house.smsc.texts_to(HANDSET) == ["Hello wörld €"]
    assert shown["status"] == "success"
    assert shown["smsType"] == "so"
    assert shown["price"] == 0.0075
    balance = await house.api.fetch("select balance, held from balances where account_id = $1", house.owner.id)
    assert balance == [{"balance": -1_007_500, "held": 0}]  # a month of the number and one segment


async def test_a_long_text_arrives_whole_and_is_delivered_when_every_part_is(house: Installation) -> None:
    text = "".join(f"{index:03d} 😀 " for index in range(60))

    sid = await house.send(text)
    shown = await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")

    assert house.smsc.texts_to(HANDSET) == [text]
    assert shown["smsCount"] == len(house.smsc.submits) > 5


async def test_an_answer_of_the_handset_is_stored_with_a_contact(house: Installation) -> None:
    status = await house.smsc.deliver(HANDSET, NUMBER, "Hi yourself")

    assert status == 0
    rows = await house.api.fetch("select body, sender, contact_id from messages where direction = 'inbound'")
    assert [(row["body"], row["sender"]) for row in rows] == [("Hi yourself", HANDSET)]
    contacts = (await house.api.get("/v4/contact", house.owner)).only
    assert contacts["extData"] == {"phonenumber1": HANDSET}
    assert contacts["contactId"] == str(rows[0]["contact_id"])


@pytest.mark.parametrize("parts", ["udh", "udh16", "sar", "payload"])
async def test_a_long_answer_is_put_together(house: Installation, parts: Any) -> None:
    text = "Ümlaut and €uro " * 40

    await house.smsc.deliver(HANDSET, NUMBER, text, encoding="gsm7", parts=parts)

    rows = await house.api.fetch("select body from messages where direction = 'inbound'")
    assert [row["body"] for row in rows] == [text]


async def test_stop_stops_it_for_good(house: Installation) -> None:
    await house.smsc.deliver(HANDSET, NUMBER, "Stop.")
    await house.smsc.wait_for(lambda: house.smsc.texts_to(HANDSET))

    answer = await house.api.post("/v4/sms", house.owner, {"from": NUMBER, "to": HANDSET, "text": "Buy!"})

    assert "unsubscribed" in house.smsc.texts_to(HANDSET)[0]
    assert answer.status == 400
    assert answer.errors[0][0] == "opted_out"
    assert len(house.smsc.submits) == 1
    house.api.clock.advance(60)
    await house.smsc.deliver(HANDSET, NUMBER, "START")
    await house.smsc.wait_for(lambda: len(house.smsc.submits) == 2)
    house.api.clock.advance(60)
    await house.send("Welcome back")
    await house.smsc.wait_for(lambda: len(house.smsc.submits) == 3)


async def test_a_text_for_nobody_is_refused_for_good(house: Installation) -> None:
    assert await house.smsc.deliver(HANDSET, "+19495559999", "Anybody?") == 0x65


async def test_receipts_early_late_twice_and_in_any_order_are_folded(database: Database, tmp_path: Path) -> None:
    behaviour = SmscBehaviour(
        early_receipts=True, response_latency=0.02, receipt_jitter=0.05, duplicate_receipts_percent=50
    )
    async with installed(database, tmp_path, behaviour) as house:
        sids = [await house.send(f"message {index} " + "x" * (index * 40)) for index in range(10)]
        for sid in sids:
            shown = await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
            assert shown["status"] == "success"
        balance = await house.api.fetch("select held from balances where account_id = $1", house.owner.id)
        assert balance == [{"held": 0}]


async def test_an_undelivered_text_says_so(database: Database, tmp_path: Path) -> None:
    async with installed(database, tmp_path, SmscBehaviour(receipts="undelivered", receipt_error="027")) as house:
        sid = await house.send()
        shown = await house.until(sid, lambda log: log["dlrStatus"] == "Undelivered")
        assert shown["errorCode"] == "027"


async def test_a_refused_text_fails_uncharged(database: Database, tmp_path: Path) -> None:
    async with installed(database, tmp_path, SmscBehaviour(error_destinations={HANDSET[1:]: 0x0B})) as house:
        sid = await house.send()
        shown = await house.until(sid, lambda log: log["status"] == "failed")
        assert shown["price"] == 0
        assert "ESME_RINVDSTADR" in shown["errorMessage"]
        balance = await house.api.fetch("select balance, held from balances where account_id = $1", house.owner.id)
        assert balance == [{"balance": -1_000_000, "held": 0}]


async def test_an_unanswered_submit_is_uncertain_and_not_sent_again(database: Database, tmp_path: Path) -> None:
    behaviour = SmscBehaviour(black_hole_percent=100)
    async with installed(database, tmp_path, behaviour, response_seconds=0.3) as house:
        sid = await house.send()
        shown = await house.until(sid, lambda log: log["status"] == "uncertain")
        assert shown["price"] == 0
        assert len(house.smsc.submits) == 1


async def test_messages_of_a_lost_connection_are_uncertain_and_the_rest_goes_on(
    database: Database, tmp_path: Path
) -> None:
    async with installed(database, tmp_path, SmscBehaviour(hang_up_percent=100)) as house:
        lost = await house.send("lost")
        await house.until(lost, lambda log: log["status"] == "uncertain")
        house.smsc.change(hang_up_percent=0)
        sid = await house.send("after")
        await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
        assert sorted(house.smsc.texts_to(HANDSET)) == ["after", "lost"]


async def test_throttling_slows_and_loses_nothing(database: Database, tmp_path: Path) -> None:
    async with installed(database, tmp_path, SmscBehaviour(throttle_percent=100)) as house:
        sid = await house.send()
        await house.smsc.wait_for(lambda: house.smsc.submits)
        house.smsc.change(throttle_percent=0)
        await asyncio.sleep(0.1)
        house.api.clock.advance(5)
        shown = await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
        assert shown["status"] == "success"


async def test_malformed_pdus_do_not_end_the_platform(house: Installation) -> None:
    house.smsc.deliver_raw(b"\x00\x00\x00\x14\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x09garb")
    house.smsc.deliver_raw(b"\xff" * 16)
    await house.smsc.wait_for(lambda: len(house.smsc.binds) == 2)
    sid = await house.send("still here")
    await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")


async def test_a_transmitter_and_a_receiver_work_as_one(database: Database, tmp_path: Path) -> None:
    async with installed(database, tmp_path, bind="pair") as house:
        await house.smsc.wait_for(lambda: house.smsc.bound == 2)
        sid = await house.send()
        await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
        assert await house.smsc.deliver(HANDSET, NUMBER, "over the receiver") == 0


async def test_hexadecimal_ids_in_answers_are_understood(database: Database, tmp_path: Path) -> None:
    async with installed(
        database, tmp_path, SmscBehaviour(hex_response_ids=True), message_ids="hex_in_answers"
    ) as house:
        sid = await house.send()
        await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
