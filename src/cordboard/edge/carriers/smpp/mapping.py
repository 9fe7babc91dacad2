"""Messages as SMPP carries them, and what SMPP says as the platform records it. Pure."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Final

from cordboard.domain.messaging.models import DeliveryState, InboundPart, Outcome, ReceiptReport, Submission
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.kit.phone import is_short_code, parse_number
from cordboard.wire.smpp import (
    DataSm,
    DeliverSm,
    EsmClass,
    Npi,
    ReceiptState,
    RegisteredDelivery,
    Status,
    SubmitSm,
    Ton,
    parse_receipt,
    relative_time,
)
from cordboard.wire.smpp.times import MAX_RELATIVE
from cordboard.wire.sms.alphabets import decode
from cordboard.wire.sms.segments import plan
from cordboard.wire.sms.udh import Concatenation, concatenation_header, split_user_data

_THROTTLED: Final = frozenset({Status.ESME_RTHROTTLED, Status.ESME_RMSGQFUL})
_TEMPORARY: Final = frozenset({Status.ESME_RSYSERR, Status.ESME_RX_T_APPN, Status.ESME_RINVBNDSTS})
_STATES: Final[dict[ReceiptState, DeliveryState]] = {
    ReceiptState.DELIVERED: "delivered",
    ReceiptState.UNDELIVERABLE: "undelivered",
    ReceiptState.EXPIRED: "expired",
    ReceiptState.REJECTED: "rejected",
    ReceiptState.DELETED: "failed",
}
_MOST_REFERENCES: Final = 256


def submits_of(submission: Submission, carrier: CarrierSettings, now: datetime) -> list[tuple[int, SubmitSm]]:
    """The submit_sm of each part to hand over, with the part's number."""
    planned = plan(submission.text)
    total = len(planned.segments)
    reference = zlib.crc32(submission.message_id.bytes) % _MOST_REFERENCES
    submits = []
    for part in submission.parts:
        payload = planned.segments[part - 1]
        if total > 1:
            payload = concatenation_header(Concatenation(reference, total, part)) + payload
        submits.append((part, _submit(submission, carrier, payload, planned.data_coding, now, udh=total > 1)))
    return submits


def _submit(
    submission: Submission, carrier: CarrierSettings, payload: bytes, data_coding: int, now: datetime, *, udh: bool
) -> SubmitSm:
    short = is_short_code(submission.sender)
    return SubmitSm(
        source_addr_ton=Ton.NETWORK_SPECIFIC if short else carrier.source_ton,
        source_addr_npi=Npi.UNKNOWN if short else carrier.source_npi,
        source_addr=_written(submission.sender, carrier),
        dest_addr_ton=carrier.destination_ton,
        dest_addr_npi=carrier.destination_npi,
        destination_addr=_written(submission.recipient, carrier),
        esm_class=EsmClass.UDHI if udh else 0,
        validity_period=_validity(submission.valid_until, now),
        registered_delivery=RegisteredDelivery.FINAL_RECEIPT,
        data_coding=data_coding,
        short_message=payload,
    )


def outcome_of(status: int) -> Outcome:
    """What a command_status in an answer to submit_sm means (5.1.3)."""
    if status == Status.ESME_ROK:
        return "accepted"
    if status in _THROTTLED:
        return "throttled"
    return "unavailable" if status in _TEMPORARY else "refused"


def canonical_id(message_id: str, *, hexadecimal: bool) -> str:
    """One spelling of an SMSC's message id for answers and receipts, whose case and padding may differ; `hexadecimal`
    ones become decimal, for SMSCs that write one here and the other there."""
    spelled = message_id.strip().lower()
    if hexadecimal:
        try:
            return str(int(spelled, 16))
        except ValueError:
            return spelled
    return spelled.lstrip("0") or "0"


def receipt_of(message: DeliverSm | DataSm, carrier: CarrierSettings) -> ReceiptReport | None:
    """The receipt in a delivery; None when it does not say what it is about."""
    receipt = parse_receipt(message)
    if receipt is None:
        return None
    return ReceiptReport(
        carrier=carrier.name,
        remote_id=canonical_id(receipt.message_id, hexadecimal=carrier.message_ids == "hex_in_receipts"),
        state=_STATES.get(receipt.state, "enroute"),
        final=receipt.final and receipt.state in _STATES,
        error_code=receipt.error,
        done_at=receipt.done_at,
    )


def inbound_of(message: DeliverSm | DataSm, carrier: CarrierSettings) -> InboundPart:
    """The text, or the part of one, in a delivery: concatenated by UDH or by sar_ parameters, or whole."""
    data = split_user_data(message.user_data) if message.esm_class & EsmClass.UDHI else None
    body = data.body if data else message.user_data
    sender = _read(message.source_addr, message.source_addr_ton)
    recipient = _read(message.destination_addr, message.dest_addr_ton)
    place = (data.concatenation if data else None) or _sar(message)
    if place is None or place.total == 1:
        return InboundPart(
            carrier=carrier.name, sender=sender, recipient=recipient, text=decode(body, message.data_coding)
        )
    return InboundPart(
        carrier=carrier.name,
        sender=sender,
        recipient=recipient,
        payload=body,
        data_coding=message.data_coding,
        reference=f"{place.reference}/{place.total}",
        number=place.number,
        total=place.total,
    )


def _sar(message: DeliverSm | DataSm) -> Concatenation | None:
    options = message.options
    reference, total, number = options.sar_msg_ref_num, options.sar_total_segments, options.sar_segment_seqnum
    if reference is None or total is None or number is None or not 1 <= number <= total:
        return None
    return Concatenation(reference, total, number)


def _written(number: str, carrier: CarrierSettings) -> str:
    return number.removeprefix("+") if carrier.strip_plus else number


def _read(address: str, ton: int) -> str:
    """An address as we know numbers: E.164, a short code, or a name as it is."""
    if is_short_code(address) or not address.lstrip("+").isdigit():
        return address
    international = address if address.startswith("+") else f"+{address}"
    first, second = (international, address) if ton == Ton.INTERNATIONAL else (address, international)
    return parse_number(first) or parse_number(second) or address


def _validity(valid_until: datetime | None, now: datetime) -> str:
    if valid_until is None:
        return ""
    return relative_time(min(max(valid_until - now, timedelta(seconds=1)), MAX_RELATIVE))
