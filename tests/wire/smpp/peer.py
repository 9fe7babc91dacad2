"""What session tests share: a session that is bound already, and the PDUs of its peer."""

from __future__ import annotations

from typing import Any

from cordboard.wire.smpp import (
    BindMode,
    BindResp,
    BindSettings,
    Bound,
    ClientSession,
    DeliverSm,
    FrameSplitter,
    Header,
    Options,
    Pdu,
    SubmitSm,
    decode,
    encode,
)

MESSAGE = SubmitSm(source_addr="15", destination_addr="16", short_message=b"hi")
DELIVERY = DeliverSm(source_addr="16", destination_addr="15", short_message=b"ho")
VERSION_34 = Options({0x0210: b"\x34"})


def opened(mode: BindMode = "transceiver", window: int = 3, **settings: Any) -> ClientSession:
    """A session whose bind (sequence 1, at time 0) has been written."""
    session = ClientSession(BindSettings(system_id="esme", mode=mode), window=window, **settings)
    session.connected(0.0)
    session.take_output()
    return session


def bound(mode: BindMode = "transceiver", window: int = 3, **settings: Any) -> ClientSession:
    """A session that was bound at time 0; its next sequence is 2."""
    session = opened(mode, window, **settings)
    assert session.receive(encode(BindResp(mode=mode, system_id="smsc"), 1), 0.0) == [Bound("smsc", None)]
    return session


def written(session: ClientSession) -> list[tuple[Header, Pdu]]:
    """The PDUs that the session has to say."""
    return [decode(frame) for frame in FrameSplitter().feed(session.take_output())]
