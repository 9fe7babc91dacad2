"""Delivery receipts (2.11, 5.2.28, appendix B), read as SMSCs write them rather than as they should."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from enum import IntEnum

from msgspec import Struct

from cordboard.wire.smpp.constants import DataCoding, EsmClass
from cordboard.wire.smpp.options import Options
from cordboard.wire.smpp.pdu import DataSm, DeliverSm


class ReceiptState(IntEnum):
    """message_state (5.2.28)."""

    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8


class Receipt(Struct, frozen=True, kw_only=True):
    """What became of a submitted message.

    `message_id` is the SMSC's spelling, which may differ from the one in submit_sm_resp: see `id_variants`.
    `error` is the network's code, None when there is none or it is all zeros. `done_at` is in UTC. `final`
    tells that nothing more is to be expected; ENROUTE, ACCEPTED and states that make no sense are not.
    """

    message_id: str
    state: ReceiptState
    error: str | None = None
    done_at: datetime | None = None
    final: bool = False


_RECEIPT_TYPES = int(EsmClass.DELIVERY_RECEIPT | EsmClass.INTERMEDIATE_NOTIFICATION)
_ACKNOWLEDGEMENT_TYPES = int(EsmClass.DELIVERY_ACKNOWLEDGEMENT | EsmClass.USER_ACKNOWLEDGEMENT)
_NOT_FINAL = frozenset({ReceiptState.ENROUTE, ReceiptState.ACCEPTED})

# A value is a word, and missing altogether when the next key follows straight on.
_KEY = r"(?:id|sub|dlvrd|submit[\s_]*date|done[\s_]*date|stat|err|text)\s*:"
_FIELD = re.compile(rf"(?<![a-z0-9])(id|done|stat|err|text)(?:[\s_]*date)?\s*:\s*(?!{_KEY})(\S*)", re.IGNORECASE)

_STATES_BY_PREFIX = {
    "ENROU": ReceiptState.ENROUTE,
    "BUFFE": ReceiptState.ENROUTE,
    "DELIV": ReceiptState.DELIVERED,
    "EXPIR": ReceiptState.EXPIRED,
    "DELET": ReceiptState.DELETED,
    "UNDEL": ReceiptState.UNDELIVERABLE,
    "FAILE": ReceiptState.UNDELIVERABLE,
    "ACCEP": ReceiptState.ACCEPTED,
    "UNKNO": ReceiptState.UNKNOWN,
    "REJEC": ReceiptState.REJECTED,
}
_STATES_BY_NUMBER = {int(state): state for state in ReceiptState}


def is_receipt(message: DeliverSm | DataSm) -> bool:
    """Whether `message` reports on a submitted message, rather than being a text that somebody sent (5.2.12).

    Receipts and intermediate notifications say so in esm_class, and receipted_message_id says it as well. An
    acknowledgement by the handset or its user is a receipt only when its text has the form of one.
    """
    if message.esm_class & _RECEIPT_TYPES or message.options.receipted_message_id:
        return True
    if not message.esm_class & _ACKNOWLEDGEMENT_TYPES:
        return False
    fields = _read_text(message)
    return bool(fields.get("id")) and bool(fields.get("stat"))


def parse_receipt(message: DeliverSm | DataSm, *, zone: tzinfo = UTC) -> Receipt | None:
    """The receipt in `message`, None when it does not say which message it is about.

    receipted_message_id and message_state win over the text. Dates in the text are local to the SMSC: `zone`.
    """
    fields = _read_text(message)
    options = message.options
    message_id = options.receipted_message_id or fields.get("id")
    if not message_id:
        return None
    state = _state(fields.get("stat", ""), options)
    intermediate = message.esm_class & EsmClass.INTERMEDIATE_NOTIFICATION
    return Receipt(
        message_id=message_id,
        state=state or ReceiptState.UNKNOWN,
        error=_error(fields.get("err"), options),
        done_at=_date(fields.get("done", ""), zone),
        final=state is not None and state not in _NOT_FINAL and not intermediate,
    )


def _read_text(message: DeliverSm | DataSm) -> dict[str, str]:
    """The fields of the form in appendix B, by lower-case key; what follows `text:` is somebody else's."""
    data = message.user_data
    if data and message.esm_class & EsmClass.UDHI:
        data = data[1 + data[0] :]
    text = data.decode("utf-16-be" if message.data_coding == DataCoding.UCS2 else "latin-1", "replace")
    fields: dict[str, str] = {}
    for key, value in _FIELD.findall(text):
        key = key.lower()
        if key == "text":
            break
        fields.setdefault(key, value.rstrip(",;\0"))
    return fields


def _state(word: str, options: Options) -> ReceiptState | None:
    """The state by message_state or by a word such as DELIVRD or UNDELIV; None when it makes no sense."""
    return _STATES_BY_NUMBER.get(options.message_state or 0) or _STATES_BY_PREFIX.get(word[:5].upper())


def _error(text: str | None, options: Options) -> str | None:
    network = options.network_error_code
    code = text or (f"{network.code:03d}" if network else "")
    return code if code.strip("0") else None


def _date(digits: str, zone: tzinfo) -> datetime | None:
    """YYMMDDhhmm as in appendix B, or with seconds or a full year; None when it is no date."""
    if len(digits) not in (10, 12, 14) or not digits.isdecimal():
        return None
    if len(digits) < 14:
        short = _moment(2000 + int(digits[:2]), digits[2:], zone)
        if short is not None or len(digits) == 10:
            return short
    return _moment(int(digits[:4]), digits[4:], zone)


def _moment(year: int, rest: str, zone: tzinfo) -> datetime | None:
    month, day, hour, *smaller = (int(rest[at : at + 2]) for at in range(0, len(rest), 2))
    minute, second = (*smaller, 0)[:2]
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_NUMERIC_ID = re.compile(r"[0-9a-fA-F]{1,20}")  # 64 bits in decimal; longer ids are names, not numbers


def id_variants(message_id: str) -> tuple[str, ...]:
    """`message_id` and then its other spellings, to look up the message that a receipt means.

    SMSCs are known to answer submit_sm in hexadecimal and to write decimal in the receipt, or the reverse, to
    pad with zeros in one place only, and to change the case. A number is read both ways, so a spelling may
    belong to another message of the same SMSC: look up all, take the first in this order that exists.
    """
    spellings = [message_id, message_id.lower(), message_id.upper()]
    if _NUMERIC_ID.fullmatch(message_id):
        bases = (10, 16) if message_id.isdecimal() else (16,)
        for number in (int(message_id, base) for base in bases):
            spellings += (f"{number}", f"{number:x}", f"{number:X}")
            spellings += (f"{number:010d}", f"{number:08x}", f"{number:08X}")
    return tuple(dict.fromkeys(spellings))
