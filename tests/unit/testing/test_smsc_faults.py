"""The faults that the SMSC shows when told to."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.testing.esme import RECEIVER, Esme

from cordboard.testing.smsc import Smsc, SmscBehaviour

TO = "19495550100"


async def test_throttling_share_is_repeatable() -> None:
    patterns = []
    for _ in range(2):
        async with Smsc(SmscBehaviour(throttle_percent=30, seed=7)) as smsc, Esme(smsc.port) as esme:
            for _ in range(200):
                esme.submit(TO, b"Hello", registered=0)
            patterns.append([(await esme.read()).status for _ in range(200)])
            assert smsc.stats()["throttled"] == patterns[-1].count(0x58)
            assert smsc.texts_to(TO) == ["Hello"] * patterns[-1].count(0)
    assert patterns[0] == patterns[1]
    assert 30 <= patterns[0].count(0x58) <= 90


async def test_error_for_a_destination() -> None:
    async with Smsc(SmscBehaviour(error_destinations={TO: 0x0B})) as smsc, Esme(smsc.port) as esme:
        esme.submit(TO, b"Hello")
        reply = await esme.read()
        assert (reply.status, reply.body) == (0x0B, b"")
        esme.submit("19495550101", b"Hello")
        assert (await esme.read()).status == 0
        assert [submit.status for submit in smsc.submits] == [0x0B, 0]
        assert smsc.texts_to(TO) == []


async def test_black_hole_loses_the_submit() -> None:
    async with Smsc(SmscBehaviour(black_hole_percent=100)) as smsc, Esme(smsc.port) as esme:
        esme.submit(TO, b"lost")
        await smsc.wait_for(lambda: smsc.submits)
        smsc.change(black_hole_percent=0)
        esme.submit(TO, b"found")
        assert (await esme.read()).sequence == smsc.submits[1].sequence
        assert [(submit.status, bool(submit.message_id)) for submit in smsc.submits] == [
            (None, False),
            (0, True),
        ]
        assert smsc.texts_to(TO) == ["found"]


async def test_hanging_up_before_the_answer_keeps_the_message() -> None:
    async with Smsc(SmscBehaviour(hang_up_percent=100)) as smsc:
        async with Esme(smsc.port) as esme:
            esme.submit(TO, b"Hello")
            with pytest.raises(EOFError):
                await esme.read()
        assert smsc.texts_to(TO) == ["Hello"]
        smsc.change(hang_up_percent=0)
        async with Esme(smsc.port, RECEIVER) as receiver:
            assert "text:Hello" in (await receiver.read_receipt()).text


async def test_disconnects_after_every_so_many_submits() -> None:
    async with Smsc(SmscBehaviour(disconnect_every_submits=2, receipts="none")) as smsc:
        async with Esme(smsc.port) as esme:
            for _ in range(3):
                esme.submit(TO, b"Hello")
            assert [(await esme.read()).status for _ in range(2)] == [0, 0]
            assert await esme.read_end() == b""
        assert len(smsc.submits) == 2
        async with Esme(smsc.port) as esme:
            esme.submit(TO, b"Hello")
            assert (await esme.read()).status == 0
        assert [bind.number for bind in smsc.binds] == [1, 2]


async def test_disconnects_after_a_time_also_when_told_late() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        smsc.change(disconnect_after_seconds=0.01)
        assert await esme.read_end() == b""
        await smsc.wait_for(lambda: smsc.bound == 0)


async def test_disconnect_now() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        smsc.disconnect()
        assert await esme.read_end() == b""


async def test_duplicates_are_counted() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        for text in (b"one", b"two", b"one"):
            esme.submit(TO, text, registered=0)
            await esme.read()
        assert smsc.stats()["duplicates"] == 1
        assert sorted(smsc.references()[TO].values()) == [1, 2]


async def test_counting_only() -> None:
    async with Smsc(keep=False) as smsc, Esme(smsc.port) as esme:
        esme.submit(TO, b"Hello")
        await esme.read()
        await esme.read_receipt()
        assert (smsc.submits, smsc.deliveries) == ([], [])
        assert smsc.stats()["accepted"] == smsc.stats()["receipts"] == 1


def test_behaviour_is_checked() -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        SmscBehaviour(throttle_percent=101)
    with pytest.raises(ValueError, match="1 or more"):
        SmscBehaviour(deliver_window=0)
    with pytest.raises(ValueError, match="no such behaviour: recepts"):
        SmscBehaviour().changed(recepts="none")
    with pytest.raises(msgspec.ValidationError):
        SmscBehaviour().changed(receipts="maybe")


async def test_close_is_safe_to_repeat_and_gives_up_deliveries() -> None:
    smsc = Smsc()
    await smsc.start()
    async with Esme(smsc.port) as esme:
        esme.submit(TO, b"Hello")
        await esme.read()
        await smsc.close()
        await smsc.close()
    with pytest.raises(AssertionError, match="not started"):
        _ = smsc.port
