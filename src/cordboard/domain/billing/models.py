"""Balances, charges and prices. Amounts are micro-units of the account's currency."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

Service = Literal["sms_out", "mms_out", "sms_in", "number_month", "call_out", "call_in", "call_sip", "carrier_lookup"]
"""What the rate card prices: a segment out, a media message out, a message in, a number for a month; a minute of a call
out, in, or to a SIP address or phone; a carrier lookup.
"""

Mode = Literal["prepaid", "postpaid"]


class Balance(msgspec.Struct, frozen=True):
    """`held` is reserved for what is under way. Prepaid accounts may spend `balance - held`, postpaid ones what they
    like.
    """

    account_id: UUID
    mode: Mode
    currency: str
    balance: int
    held: int

    def covers(self, amount: int) -> bool:
        """Whether `amount` may be reserved or charged."""
        return self.mode == "postpaid" or self.balance - self.held >= amount


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """The end of something that was held for: `held` becomes free, `charged` (which may be 0) is booked."""

    account_id: UUID
    held: int
    charged: int
    kind: str
    quantity: int
    subject_id: UUID | None
    description: str
