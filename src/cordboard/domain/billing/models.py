"""Balances, charges and prices. Amounts are micro-units of the account's currency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

import msgspec

Service = Literal[
    "sms_out", "mms_out", "sms_in", "mms_in", "number_month", "call_out", "call_in", "call_sip", "carrier_lookup"
]
"""What is sold: a segment out, a media message out, a message in, one with media; a number for a month; a minute of a
call out, in, or to a SIP address or phone; a carrier lookup.
"""

SERVICES: Final[tuple[Service, ...]] = (
    "sms_out",
    "mms_out",
    "sms_in",
    "mms_in",
    "number_month",
    "call_out",
    "call_in",
    "call_sip",
    "carrier_lookup",
)
EVERY_SERVICE: Final = "*"
"""Stands for all of them in a rate that prices none: its surcharge and tax go for each."""

NumberType = Literal["local", "toll_free", "short_code"]
NUMBER_TYPES: Final[tuple[NumberType, ...]] = ("local", "toll_free", "short_code")
Lob = Literal["api", "broadcast"]
"""Line of business: single requests, or campaigns and workflows."""

Mode = Literal["prepaid", "postpaid"]
_WHOLE: Final = 100_000_000
"""A hundred percent, as rates write percentages."""


class Balance(msgspec.Struct, frozen=True):
    """`held` is reserved for what is under way. Prepaid accounts may spend `balance - held`, postpaid ones what they
    like.
    """

    account_id: UUID
    mode: Mode
    currency: str
    balance: int
    held: int

    @property
    def available(self) -> int:
        """What is not reserved."""
        return self.balance - self.held

    def covers(self, amount: int) -> bool:
        """Whether `amount` may be reserved or charged."""
        return self.mode == "postpaid" or self.available >= amount


class Funds(msgspec.Struct, frozen=True):
    """A parent's own balance, and what it and its subaccounts have together in its currency."""

    own: Balance
    total: int

    @classmethod
    def of(cls, own: Balance, others: Sequence[Balance]) -> Funds:
        """`others` are the subaccounts' balances."""
        return cls(own, own.balance + sum(one.balance for one in others if one.currency == own.currency))


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What is used: enough to price it and to name its item.

    `number` prices by its prefix and tells the country: the other party's, or for calls in and monthly charges the
    account's own. `own` is the account's number, whose type counts; empty where none takes part. `inbound` tells the
    two directions of SIP apart.
    """

    account_id: UUID
    service: Service
    number: str
    own: str = ""
    lob: Lob = "api"
    inbound: bool = False


class Terms(msgspec.Struct, frozen=True):
    """What a unit costs, and what is added: `surcharge` a unit, `surcharge_percent` of the cost, `tax_percent` of cost
    and surcharge; percentages are millionths of a percent.
    """

    price: int
    surcharge: int = 0
    surcharge_percent: int = 0
    tax_percent: int = 0

    def quote(self, units: int, cost: int | None = None) -> Quote:
        """What `units` come to; `cost` where it is known already. Percentages are rounded up to a micro-unit."""
        cost = self.price * units if cost is None else cost
        if not (self.surcharge or self.surcharge_percent or self.tax_percent):
            return Quote(self.price, cost)
        surcharge = self.surcharge * units + -(-cost * self.surcharge_percent // _WHOLE)
        return Quote(self.price, cost, surcharge, -(-(cost + surcharge) * self.tax_percent // _WHOLE))


class Quote(msgspec.Struct, frozen=True):
    """`price` of a unit, and what all units come to."""

    price: int
    cost: int
    surcharge: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        """What is to be reserved or charged."""
        return self.cost + self.surcharge + self.tax

    def at_most(self, held: int) -> Quote:
        """The same with no more added than was reserved for: terms may have risen since."""
        if self.total <= held:
            return self
        surcharge = max(0, min(self.surcharge, held - self.cost))
        return Quote(self.price, self.cost, surcharge, max(0, min(self.tax, held - self.cost - surcharge)))


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """The end of something: `held` becomes free, and what was used is booked at `cost` (which may be 0) with what is
    added to it. `quantity` is how many units are billed, 0 for nothing; `seconds` how long it took, if it has a
    duration.
    """

    usage: Usage
    held: int
    cost: int
    quantity: int
    seconds: int = 0
    subject_id: UUID | None
    description: str


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a rate card. It goes for one account or for all (None), one service or `*`, one type of number or any
    (empty), and numbers that start with `prefix`. What is None is not said by this line. Percentages are millionths of
    a percent.
    """

    account_id: UUID | None = None
    service: str
    number_type: str = ""
    prefix: str = ""
    price: int | None = None
    surcharge: int | None = None
    surcharge_percent: int | None = None
    tax_percent: int | None = None


class UsageLine(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an item was used in some days: `entries` bookings of `quantity` units."""

    item_code: str
    kind: str
    sub_type: str
    lob: Lob
    entries: int
    quantity: int
    seconds: int
    cost: int
    surcharge: int
    tax: int


class BalanceAlert(msgspec.Struct, frozen=True):
    """Whom to tell when the balance falls below either amount."""

    alert_amount: int
    min_amount: int
    email: str
