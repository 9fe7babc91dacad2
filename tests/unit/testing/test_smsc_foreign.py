"""The SMSC towards a foreign client (smpp34, in Rust)."""

from __future__ import annotations

import asyncio

import smpp34

from cordboard.testing.smsc import Smsc, SmscBehaviour

TO, OURS = "19495550100", "19495550199"


async def test_submit_receipt_and_message() -> None:
    async with Smsc(SmscBehaviour(system_id="acme", password="secret")) as smsc:
        client = smpp34.Client("127.0.0.1", smsc.port, "acme", "secret", bind_type="TRX")
        session = await client.connect()
        answer = await session.submit_sm(TO, b"Hello", source_addr=OURS, registered_delivery=1)
        assert answer.is_success
        receipt = await session.next()
        assert isinstance(receipt, smpp34.DeliverSmEvent)
        assert receipt.esm_class == 0x04
        assert receipt.short_message.decode().startswith(f"id:{answer.message_id} ")
        tlvs = {tlv.tag: tlv for tlv in receipt.tlvs}
        assert tlvs[0x001E].as_string() == answer.message_id
        assert tlvs[0x0427].as_int() == 2
        sending = asyncio.create_task(smsc.deliver(TO, OURS, "Hi", encoding="ucs2"))
        message = await session.next()
        assert isinstance(message, smpp34.DeliverSmEvent)
        assert (message.source_addr, message.destination_addr, message.data_coding) == (TO, OURS, 8)
        assert message.short_message == "Hi".encode("utf-16-be")
        assert await sending == 0
        assert smsc.texts_to(TO) == ["Hello"]
        await session.unbind()
        await smsc.wait_for(lambda: smsc.bound == 0)


async def test_throttling() -> None:
    async with Smsc(SmscBehaviour(throttle_percent=100)) as smsc:
        session = await smpp34.Client("127.0.0.1", smsc.port, "acme", "secret").connect()
        answer = await session.submit_sm(TO, b"Hello", source_addr=OURS)
        assert (answer.is_success, answer.command_status) == (False, 0x58)
        await session.unbind()
        await smsc.wait_for(lambda: smsc.bound == 0)
