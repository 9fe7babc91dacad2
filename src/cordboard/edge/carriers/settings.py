"""What is said of a carrier in the settings file."""

from __future__ import annotations

from typing import Literal

import msgspec


class CarrierSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[carriers]]` entry. `window` is outstanding submits a bind, `tps` segments a second for the whole carrier.

    `bind` "pair": each of the `binds` is a transmitter and a receiver. `message_ids` tells of an SMSC that spells the
    ids of messages in hexadecimal in one place and in decimal in the other.

    SMPP uses host to enquire_seconds; the HTTP kinds use `account` (Twilio's account sid, Telnyx's messaging profile
    id), `api_key`, `public_key` (for webhook signatures) and `base_url` (empty: the carrier's own).
    """

    name: str
    kind: Literal["smpp", "telnyx", "twilio"] = "smpp"
    host: str = ""
    port: int = 2775
    system_id: str = ""
    password: str = ""
    system_type: str = ""
    bind: Literal["transceiver", "transmitter", "receiver", "pair"] = "transceiver"
    binds: int = 1
    window: int = 32
    tps: float = 100
    tls: bool = False
    tls_verify: bool = True
    enquire_seconds: float = 30
    response_seconds: float = 10
    source_ton: int = 1
    source_npi: int = 1
    destination_ton: int = 1
    destination_npi: int = 1
    strip_plus: bool = True
    message_ids: Literal["same", "hex_in_answers", "hex_in_receipts"] = "same"
    account: str = ""
    api_key: str = ""
    public_key: str = ""
    base_url: str = ""
    inventory: tuple[str, ...] = ()
    attributes: tuple[Literal["voice-enabled", "sms-enabled", "mms-enabled"], ...] = ("sms-enabled",)
    cost: str = "0"
    """What the carrier takes for a segment, a decimal string: the cost budget of failover counts it."""
