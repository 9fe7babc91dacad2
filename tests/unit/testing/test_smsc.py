"""The SMSC towards a bare ESME: answers, receipts, redelivery."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.unit.testing.esme import RECEIVER, TRANSMITTER, Esme

from cordboard.testing.certificates import self_signed
from cordboard.testing.clock import VirtualClock
from cordboard.testing.smsc import Smsc, SmscBehaviour

TO = "19495550100"


async def test_submit_is_answered_and_receipted() -> None:
    clock = VirtualClock(datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    async with Smsc(clock=clock) as smsc, Esme(smsc.port) as esme:
        sequence = esme.submit(TO, b"Hello")
        reply = await esme.read()
        assert (reply.command, reply.status, reply.sequence) == (0x80000004, 0, sequence)
        receipt = await esme.read_receipt()
        assert receipt.text == (
            f"id:{reply.message_id} sub:001 dlvrd:001 submit date:2603040506 done date:2603040506 "
            "stat:DELIVRD err:000 text:Hello"
        )
        assert receipt.body.endswith(b"\x00\x1e\x00\x0b" + reply.body + b"\x04\x27\x00\x01\x02")
        await smsc.wait_for(lambda: smsc.deliveries[0].answered_at)
        (submit,) = smsc.submits
        assert (submit.bind, submit.sequence, submit.source) == (1, sequence, "19495550199")
        assert (submit.destination, submit.payload, submit.message_id) == (TO, b"Hello", reply.message_id)
        assert (smsc.deliveries[0].status, smsc.deliveries[0].attempts) == (0, 1)
        assert smsc.texts_to("+" + TO) == ["Hello"]


async def test_credentials_are_checked() -> None:
    async with Smsc(SmscBehaviour(system_id="acme", password="right")) as smsc:
        for system_id, password, status in (("who", "right", 0x0F), ("acme", "wrong", 0x0E)):
            esme = Esme(smsc.port, system_id=system_id, password=password)
            await esme.connect()
            assert (await esme.bind()).status == status
            assert await esme.read_end() == b""
        async with Esme(smsc.port, password="right"):
            assert smsc.bound == 1
        smsc.change(bind_status=0x0D)
        esme = Esme(smsc.port, password="right")
        await esme.connect()
        assert (await esme.bind()).status == 0x0D
        assert await esme.read_end() == b""


async def test_tls() -> None:
    certificate = self_signed()
    trusting = certificate.client_context()
    async with Smsc(certificate=certificate) as smsc, Esme(smsc.port, tls=trusting) as esme:
        esme.submit(TO, b"Hello", registered=0)
        assert (await esme.read()).status == 0


async def test_wrong_state_and_unknown_commands() -> None:
    async with Smsc() as smsc, Esme(smsc.port, RECEIVER) as esme:
        esme.submit(TO, b"Hello")
        assert (await esme.read()).status == 0x04
        assert (await esme.bind()).status == 0x05
        sequence = esme.request(0x00000003)
        nack = await esme.read()
        assert (nack.command, nack.status, nack.sequence) == (0x80000000, 0x03, sequence)
        esme.request(0x15)
        assert (await esme.read()).command == 0x80000015
        esme.request(6)
        assert (await esme.read()).command == 0x80000006
        assert await esme.read_end() == b""
        await smsc.wait_for(lambda: smsc.bound == 0)


async def test_unreadable_pdus_are_refused() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        for body, status in (
            (b"\0\1\1" + b"1" * 11 + b"\0\1\1\0" + bytes(10), 0x0B),
            (b"\0\1\1" + b"1" * 21 + b"\0\1\1" + b"2\0" + bytes(10), 0x0A),
            (b"\0\1\1" + b"1\0\1\1" + b"2\0" + bytes(5), 0x02),
            (b"\0\1\1" + b"1\0\1\1" + b"2\0" + bytes(9) + b"\5abc", 0x01),
            (b"\0\1\1" + b"1\0\1\1" + b"2\0" + bytes(10) + b"\4\x24\0\x09abc", 0xC0),
            (b"\0\1\1" + b"1\0\1\1" + b"2\0" + bytes(3) + b"\0" + b"tomorrow\0" + bytes(5), 0x62),
        ):
            esme.request(4, body)
            assert (await esme.read()).status == status
        esme.writer.write(b"\0\0\0\x08" + bytes(12))
        assert (await esme.read()).status == 0x02
        assert await esme.read_end() == b""
        assert smsc.stats()["refused"] == 6


@pytest.mark.parametrize(
    ("mode", "word", "state", "error"),
    [
        ("undelivered", "UNDELIV", 5, "001"),
        ("expired", "EXPIRED", 3, "042"),
        ("rejected", "REJECTD", 8, "001"),
    ],
)
async def test_failures_in_receipts(mode: str, word: str, state: int, error: str) -> None:
    behaviour = SmscBehaviour().changed(receipts=mode, receipt_error=error)
    async with Smsc(behaviour) as smsc, Esme(smsc.port) as esme:
        esme.submit(TO, b"Hello")
        await esme.read()
        receipt = await esme.read_receipt()
        assert f"stat:{word} err:{error}" in receipt.text
        assert b"\x04\x27\x00\x01" + bytes((state,)) in receipt.body
        assert receipt.body.endswith(b"\x04\x23\x00\x03\x03\x00" + bytes((int(error),)))


async def test_receipts_only_where_asked_for() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        for registered in (0, 2):
            esme.submit(TO, b"quiet", registered=registered)
            assert (await esme.read()).command == 0x80000004
        esme.submit(TO, b"success", registered=3)
        await esme.read()
        assert "text:success" in (await esme.read_receipt()).text
        smsc.change(receipts="undelivered")
        esme.submit(TO, b"failure", registered=2)
        await esme.read()
        assert "text:failure" in (await esme.read_receipt()).text
        smsc.change(receipts="none")
        esme.submit(TO, b"none")
        await esme.read()
        assert smsc.stats()["receipts"] == 2


async def test_receipt_in_text_or_parameters_only() -> None:
    async with Smsc(SmscBehaviour(receipt_format="text")) as smsc, Esme(smsc.port) as esme:
        esme.submit(TO, b"Hello")
        reply = await esme.read()
        assert (await esme.read_receipt()).body.endswith(b"text:Hello")
        smsc.change(receipt_format="tlv")
        esme.submit(TO, b"Hello")
        reply = await esme.read()
        receipt = await esme.read_receipt()
        assert receipt.text == ""
        assert reply.body in receipt.body


async def test_early_receipt_duplicate_and_hexadecimal_id() -> None:
    behaviour = SmscBehaviour(early_receipts=True, duplicate_receipts_percent=100, hex_response_ids=True)
    async with Smsc(behaviour) as smsc, Esme(smsc.port) as esme:
        esme.submit(TO, b"Hello")
        receipts = [await esme.read_receipt(), await esme.read_receipt()]
        reply = await esme.read()
        assert reply.command == 0x80000004
        assert receipts[0].text == receipts[1].text
        assert receipts[0].text.startswith(f"id:{int(reply.message_id, 16)} ")
        assert reply.message_id != str(int(reply.message_id, 16))


async def test_jitter_disorders_receipts() -> None:
    async with Smsc(SmscBehaviour(receipt_jitter=0.1, receipt_delay=0.01)) as smsc, Esme(smsc.port) as esme:
        for number in range(20):
            esme.submit(TO, b"%02d" % number)
        replies = [await esme.read() for _ in range(20)]
        assert {reply.command for reply in replies} == {0x80000004}
        order = [(await esme.read_receipt()).text[-2:] for _ in range(20)]
        assert order != sorted(order)
        assert sorted(order) == [f"{number:02d}" for number in range(20)]


async def test_latency_keeps_the_order_of_responses() -> None:
    async with Smsc(SmscBehaviour(response_latency=0.05)) as smsc, Esme(smsc.port) as esme:
        started = asyncio.get_running_loop().time()
        sequences = [esme.submit(TO, b"Hello", registered=0) for _ in range(50)]
        assert [(await esme.read()).sequence for _ in range(50)] == sequences
        assert asyncio.get_running_loop().time() - started >= 0.05


async def test_receipts_wait_for_a_receiver_of_the_same_system_id() -> None:
    async with Smsc() as smsc, Esme(smsc.port, TRANSMITTER) as transmitter:
        transmitter.submit(TO, b"Hello")
        assert (await transmitter.read()).status == 0
        async with Esme(smsc.port, RECEIVER, system_id="other"):
            assert smsc.deliveries[0].attempts == 0
            async with Esme(smsc.port, RECEIVER) as receiver:
                assert "text:Hello" in (await receiver.read_receipt()).text


async def test_unanswered_deliveries_come_again() -> None:
    async with Smsc() as smsc:
        async with Esme(smsc.port) as first:
            texts = []
            for number in range(3):
                first.submit(TO, b"%d" % number)
                await first.read()
                texts.append((await first.read_receipt(answer=None)).text)
        await smsc.wait_for(lambda: smsc.bound == 0)
        async with Esme(smsc.port) as second:
            assert [(await second.read_receipt()).text for _ in range(3)] == texts
            await smsc.wait_for(lambda: all(delivery.answered_at for delivery in smsc.deliveries))
        assert [delivery.attempts for delivery in smsc.deliveries] == [2, 2, 2]
        assert smsc.stats()["redelivered"] == 3
        async with Esme(smsc.port) as third:
            third.request(0x15)
            assert (await third.read()).command == 0x80000015


async def test_temporary_refusals_are_retried_where_wanted() -> None:
    async with Smsc(SmscBehaviour(retry_refused_after=0.01)) as smsc, Esme(smsc.port) as esme:
        esme.submit(TO, b"Hello")
        await esme.read()
        first = await esme.read_receipt(answer=0x64)
        assert (await esme.read_receipt(answer=0x64)).text == first.text
        assert (await esme.read_receipt()).text == first.text
        await smsc.wait_for(lambda: smsc.deliveries[0].status == 0)


async def test_window_of_deliveries() -> None:
    async with Smsc(SmscBehaviour(deliver_window=2)) as smsc, Esme(smsc.port) as esme:
        for _ in range(3):
            esme.submit(TO, b"Hello")
        replies = [await esme.read() for _ in range(5)]
        deliveries = [reply for reply in replies if reply.command == 5]
        assert len(deliveries) == 2
        assert [delivery.attempts for delivery in smsc.deliveries] == [1, 1, 0]
        esme.write(0x80000005, 0, deliveries[0].sequence, b"\0")
        await esme.read_receipt()


async def test_receivers_share_the_load() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as one, Esme(smsc.port, RECEIVER) as two:
        for _ in range(4):
            one.submit(TO, b"Hello")
        for _ in range(2):
            await two.read_receipt()
        assert {delivery.bind for delivery in smsc.deliveries} == {1, 2}


async def test_slow_reader_is_held_back_and_gets_everything() -> None:
    count = 20_000
    async with Smsc(SmscBehaviour(deliver_window=count)) as smsc, Esme(smsc.port) as esme:
        for _ in range(count):
            esme.submit(TO, b"x" * 100)
        seen = [(await esme.read()).command for _ in range(2 * count)]
        assert seen.count(0x80000004) == seen.count(5) == count
        assert smsc.stats()["submits"] == count
