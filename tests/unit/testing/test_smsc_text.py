"""Texts through the SMSC, both ways, and its alphabet."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.testing.esme import Esme

from cordboard.testing.smsc import Smsc
from cordboard.testing.smsc.text import Encoding, Parts, Slot, decode, encode_characters, slot_of, split

HANDSET, OURS = "19495550100", "19495550199"
_GSM_EXTRAS = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà^{}\\[~]|€\f"
_GSM = _GSM_EXTRAS + "".join(map(chr, range(0x20, 0x60))).replace("[", "").replace("\\", "").replace("`", "")


def test_known_spellings() -> None:
    assert b"".join(encode_characters("@£€[]", "gsm7")) == b"\x00\x01\x1b\x65\x1b\x3c\x1b\x3e"
    assert decode(b"\x1b\x65\x02\x11", 0) == "€$_"
    assert decode("😀".encode("utf-16-be"), 8) == "😀"
    assert decode(b"caf\xe9", 3) == "café"
    assert decode(b"Hi", 0xF1) == "Hi"
    assert decode(b"caf\xe9", 0xF5) == "café"
    with pytest.raises(ValueError, match="not in the GSM alphabet: ç"):
        encode_characters("ç", "gsm7")


def test_half_characters_show() -> None:
    assert decode("😀".encode("utf-16-be")[:2], 8) == "\ufffd"
    assert decode(b"abc\x1b", 0) == "abc\ufffd"
    assert decode(b"\x80", 0) == "\ufffd"


@given(st.text(alphabet=_GSM), st.sampled_from(["udh", "udh16", "sar", "payload"]))
def test_gsm_text_survives_splitting(text: str, parts: Parts) -> None:
    assert "".join(decode(piece, 0) for piece in split(text, "gsm7", parts)) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.sampled_from(["udh", "udh16", "sar"]))
def test_ucs2_text_survives_splitting(text: str, parts: Parts) -> None:
    pieces = split(text, "ucs2", parts)
    assert "".join(decode(piece, 8) for piece in pieces) == text
    assert all(len(piece) <= 140 for piece in pieces)


def test_slots() -> None:
    assert slot_of(b"\x05\x00\x03\x07\x02\x01", {}) == Slot(7, 2, 1)
    assert slot_of(b"\x06\x08\x04\x01\x07\x02\x01", {}) == Slot(0x107, 2, 1)
    assert slot_of(b"\x0a\x05\x04\x0b\x84\x23\xf0\x00\x03\x07\x02\x02", {}) == Slot(7, 2, 2)
    assert slot_of(b"", {0x20C: b"\0\x09", 0x20E: b"\3", 0x20F: b"\2"}) == Slot(9, 3, 2)
    assert slot_of(b"", {}) is None
    assert slot_of(b"\x04\x05\x02\x0b\x84", {}) is None


async def test_parts_are_put_together() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        for number in (2, 1, 2, 3):
            header = b"\x05\x00\x03\x2a\x03" + bytes((number,))
            esme.submit(HANDSET, header + b"part%d " % number, esm_class=0x40, registered=0)
            await esme.read()
        for number in (1, 2):
            sar = b"\x02\x0c\0\2\0\x2b\x02\x0e\0\1\2\x02\x0f\0\1" + bytes((number,))
            esme.submit(HANDSET, "é½".encode("utf-16-be"), coding=8, registered=0, tlvs=sar)
            await esme.read()
        esme.submit(HANDSET, b"", registered=0, tlvs=b"\x04\x24\0\x03abc")
        await esme.read()
        assert smsc.texts_to(HANDSET) == ["part1 part2 part3 ", "é½é½", "abc"]


@pytest.mark.parametrize("parts", ["udh", "udh16", "sar", "payload"])
@pytest.mark.parametrize("encoding", ["gsm7", "ucs2", "latin1"])
async def test_handset_texts_reach_the_esme(encoding: Encoding, parts: Parts) -> None:
    text = "Grüsse " * 40
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        sending = asyncio.create_task(smsc.deliver(HANDSET, OURS, text, encoding=encoding, parts=parts))
        expected = split(text, encoding, parts)
        for piece in expected:
            got = await esme.read_receipt()
            assert piece in got.body
            assert b"19495550100\0\1\x0119495550199\0" in got.body
        assert await sending == 0
        assert len(expected) == smsc.stats()["messages"]
        assert (len(expected) > 1) is (parts != "payload")


async def test_deliver_tells_the_refusal_and_waits_for_a_bind() -> None:
    async with Smsc() as smsc:
        with pytest.raises(RuntimeError, match="nobody has bound"):
            await smsc.deliver(HANDSET, OURS, "Hi")
        sending = asyncio.create_task(smsc.deliver(HANDSET, OURS, "Hi", system_id="acme"))
        async with Esme(smsc.port) as esme:
            assert (await esme.read_receipt(answer=0x64)).text == "Hi"
            assert await sending == 0x64


async def test_raw_bytes_keep_alive_and_unbind() -> None:
    async with Smsc() as smsc, Esme(smsc.port) as esme:
        smsc.deliver_raw(b"\0\0\0\x11" + b"\0\0\0\x05" + bytes(4) + b"\0\0\0\x63" + b"\xff")
        malformed = await esme.read()
        assert (malformed.command, malformed.sequence, malformed.body) == (5, 0x63, b"\xff")
        asking = asyncio.create_task(smsc.send_enquire_link())
        question = await esme.read()
        assert question.command == 0x15
        esme.write(0x80000015, 0, question.sequence)
        await asking
        leaving = asyncio.create_task(smsc.unbind())
        farewell = await esme.read()
        assert farewell.command == 6
        esme.write(0x80000006, 0, farewell.sequence)
        await leaving
        assert await esme.read_end() == b""
        await smsc.wait_for(lambda: smsc.bound == 0)
        with pytest.raises(RuntimeError, match="no receiver"):
            smsc.deliver_raw(b"x")
