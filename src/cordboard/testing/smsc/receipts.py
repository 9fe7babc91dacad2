"""Delivery receipts (SMPP 3.4 appendix B, and the optional parameters of 5.3.2.12, .31, .35)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cordboard.testing.smsc import codec
from cordboard.testing.smsc.behaviour import Receipts, SmscBehaviour
from cordboard.testing.smsc.codec import Message
from cordboard.testing.smsc.records import Submit

_STATES: Final[dict[Receipts, tuple[str, int]]] = {
    "delivered": ("DELIVRD", 2),
    "expired": ("EXPIRED", 3),
    "undelivered": ("UNDELIV", 5),
    "rejected": ("REJECTD", 8),
}
_ASKED_ALWAYS, _ASKED_ON_FAILURE, _ASKED_ON_SUCCESS = 1, 2, 3
_GSM_NETWORK: Final = 3
_QUOTED: Final = 20


def is_due(submit: Submit, receipts: Receipts) -> bool:
    """Whether the submit's registered_delivery (5.2.17) asks for a receipt of that outcome."""
    asked = submit.registered_delivery & 0x03
    if receipts == "none" or not asked:
        return False
    return asked == _ASKED_ALWAYS or asked == (_ASKED_ON_SUCCESS if receipts == "delivered" else _ASKED_ON_FAILURE)


def receipt_body(submit: Submit, message_id: str, behaviour: SmscBehaviour, now: datetime) -> bytes:
    """The deliver_sm body of the receipt for a submit, from its destination to its source."""
    word, state = _STATES[behaviour.receipts]
    error = behaviour.receipt_error or ("000" if behaviour.receipts == "delivered" else "001")
    text, tlvs = b"", {}
    if behaviour.receipt_format != "tlv":
        text = _text(submit, message_id, word, error, now)
    if behaviour.receipt_format != "text":
        tlvs = _tlvs(message_id, state, error)
    return codec.build_message(
        Message(
            service_type="",
            source_ton=submit.destination_ton,
            source_npi=submit.destination_npi,
            source=submit.destination,
            destination_ton=submit.source_ton,
            destination_npi=submit.source_npi,
            destination=submit.source,
            esm_class=codec.ESM_RECEIPT,
            protocol_id=0,
            priority=0,
            schedule="",
            validity_period="",
            registered_delivery=0,
            replace_if_present=0,
            data_coding=0,
            default_message=0,
            short_message=text,
            tlvs=tlvs,
        )
    )


def _text(submit: Submit, message_id: str, word: str, error: str, now: datetime) -> bytes:
    date = now.strftime("%y%m%d%H%M")
    delivered = "001" if word == "DELIVRD" else "000"
    head = (
        f"id:{message_id} sub:001 dlvrd:{delivered} submit date:{date} done date:{date} stat:{word} err:{error} text:"
    )
    return head.encode("ascii") + submit.payload[:_QUOTED]


def _tlvs(message_id: str, state: int, error: str) -> dict[int, bytes]:
    tlvs = {
        codec.TAG_RECEIPTED_MESSAGE_ID: codec.c_string(message_id),
        codec.TAG_MESSAGE_STATE: bytes((state,)),
    }
    if error.isdigit() and int(error):
        tlvs[codec.TAG_NETWORK_ERROR] = bytes((_GSM_NETWORK,)) + int(error).to_bytes(2, "big")
    return tlvs
