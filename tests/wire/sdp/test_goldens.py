"""Offers as peers make them: each survives us unchanged, and is answered as the file beside it says.

After a change that is meant, `python -m tests.wire.sdp.test_goldens` writes the answers anew; read the difference.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from cordboard.wire.sdp.media import LocalMedia
from cordboard.wire.sdp.negotiation import answer_offer, security_of
from cordboard.wire.sdp.session import Session

OFFERS = Path(__file__).parent / "offers"
NAMES = sorted(path.stem for path in OFFERS.glob("*.sdp"))


def our_media(offer: bytes) -> LocalMedia:
    """What the engine would have opened for an offer."""
    return LocalMedia(
        host="192.0.2.1",
        port=20000,
        ssrc=0x1234,
        security=security_of(offer),
        ice_ufrag="ourfrag1",
        ice_pwd="ourpasswordofmorethan22",
        fingerprint=":".join(["0F"] * 32),
        srtp_key="d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
    )


def answered(name: str) -> str:
    """Our answer and what was negotiated, as the golden has it."""
    offer = (OFFERS / f"{name}.sdp").read_bytes()
    answer, negotiated = answer_offer(offer, our_media(offer))
    outcome = json.dumps(dataclasses.asdict(negotiated), indent=1, sort_keys=True)
    return answer.decode().replace("\r\n", "\n") + "\n" + outcome + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_offer_is_answered(name: str) -> None:
    assert answered(name) == (OFFERS / f"{name}.answer").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_offer_survives(name: str) -> None:
    offer = (OFFERS / f"{name}.sdp").read_bytes()
    written = Session.parse(offer).serialise()
    assert written == offer.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_one(name: str) -> None:
    """As many streams as offered, in their order, and all but one of them refused (RFC 3264, section 6)."""
    offer = (OFFERS / f"{name}.sdp").read_bytes()
    offered = Session.parse(offer).media
    answer = Session.parse(answer_offer(offer, our_media(offer))[0]).media
    assert [(media.kind, media.protocol) for media in answer] == [(media.kind, media.protocol) for media in offered]
    assert sum(media.port != 0 for media in answer) == 1


if __name__ == "__main__":
    for name in NAMES:
        (OFFERS / f"{name}.answer").write_text(answered(name))
