"""What the SMSC remembers of its traffic."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

import msgspec

BindMode = Literal["receiver", "transmitter", "transceiver"]


class BindRecord(msgspec.Struct, frozen=True):
    """A bind that was accepted. `number` counts from 1; `bound_at` is monotonic seconds."""

    number: int
    system_id: str
    mode: BindMode
    system_type: str
    interface_version: int
    bound_at: float


class Submit(msgspec.Struct, frozen=True, gc=False):
    """A submit_sm as it came. `payload` is the text's bytes without the user data header `udh`, also when
    they came as message_payload; `received_at` is monotonic seconds; `message_id` is empty unless the SMSC
    took the message; `status` is the answer, None where none is given."""

    bind: int
    sequence: int
    source_ton: int
    source_npi: int
    source: str
    destination_ton: int
    destination_npi: int
    destination: str
    service_type: str
    esm_class: int
    protocol_id: int
    priority: int
    schedule: str
    validity_period: str
    registered_delivery: int
    data_coding: int
    udh: bytes
    payload: bytes
    tlvs: dict[int, bytes]
    received_at: float
    message_id: str
    status: int | None


@dataclass(slots=True, eq=False)
class Delivery:
    """A deliver_sm on its way to the other side: a receipt, or a message that a handset sent. Times are
    monotonic seconds."""

    number: int
    kind: Literal["receipt", "message"]
    message_id: str
    source: str
    destination: str
    body: bytes
    answered: asyncio.Future[int] | None = None
    attempts: int = 0
    bind: int = 0
    sent_at: float | None = None
    answered_at: float | None = None
    status: int | None = None
