"""What is known of numbers' carriers, and who asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class NumberFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says of a number; empty or None where it does not. `state` and `country` are ISO 3166 codes."""

    network: str = ""
    company: str = ""
    wireless: bool | None = None
    zip_code: str = ""
    city: str = ""
    state: str = ""
    country: str = ""

    def or_else(self, other: NumberFacts) -> NumberFacts:
        """These facts, with `other` where they are silent."""
        members = {
            name: getattr(other, name) if getattr(self, name) in ("", None) else getattr(self, name)
            for name in self.__struct_fields__
        }
        return NumberFacts(**members)


class CarrierLookup(msgspec.Struct, frozen=True, kw_only=True):
    """A lookup that was paid for. `updated_at` is when its facts were had from their source, `price` micro-units."""

    account_id: UUID
    id: UUID
    phone_number: str
    network: str
    company: str
    wireless: bool | None
    zip_code: str
    city: str
    state: str
    country: str
    price: int
    updated_at: datetime
    created_at: datetime

    @property
    def facts(self) -> NumberFacts:
        """What was answered."""
        return NumberFacts(**{name: getattr(self, name) for name in NumberFacts.__struct_fields__})


class LookupFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Lookups from `start` up to before `end`, after (further back than) `last_id`."""

    start: datetime
    end: datetime
    limit: int
    last_id: UUID | None = None
