"""Contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

ConflictMode = Literal["REJECT", "REPLACE", "APPEND", "OVERWRITE"]
"""How given data meets what is there: refused, in its place, added where new, or added and overwriting."""

PHONE_FIELD: Final = "phonenumber1"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `created` is a time UUID, `timezone` an id of the platform's table, `removed_keys` keys that it once
    had.
    """

    account_id: UUID
    id: UUID
    created: UUID
    dnc: int
    timezone: int
    ext_data: dict[str, str]
    keys: list[str]
    removed_keys: list[str]
    archived: bool
    created_at: datetime

    @property
    def phone(self) -> str | None:
        """The number to call and text."""
        return self.ext_data.get(PHONE_FIELD) or None
