"""The settings of an account that the platform acts on, typed and checked; stored as strings under their keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated

import msgspec

from cordboard.kit.errors import InvalidInputError

_HOURS_AND_MINUTES = re.compile(r"\d\d:\d\d")


LocalTime = Annotated[time, msgspec.Meta(tz=False)]
"""A time on the recipient's wall: it has no zone."""


class AccountSettings(msgspec.Struct, frozen=True):
    """`quiet_hours_*`: recipient-local times between which marketing and transactional messages wait; both or none.

    `substitute_look_alikes`: swap typographic characters so that a text stays in GSM-7.
    """

    quiet_hours_start: LocalTime | None = None
    quiet_hours_end: LocalTime | None = None
    requests_per_second: int | None = None
    substitute_look_alikes: bool = False
    dnc_callback_url: str = ""
    dnc_callback_method: str = "POST"
    stop_reply: str = ""
    help_reply: str = ""
    start_reply: str = ""


def parse_settings(stored: Mapping[str, str]) -> AccountSettings:
    """The typed settings; keys that are not the platform's are left alone. Raises InvalidInputError."""
    known = {
        key: f"{value}:00" if _HOURS_AND_MINUTES.fullmatch(value) else value
        for key, value in stored.items()
        if key in AccountSettings.__struct_fields__ and value != ""
    }
    try:
        return msgspec.convert(known, AccountSettings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInputError.of("settings", str(error)) from error
