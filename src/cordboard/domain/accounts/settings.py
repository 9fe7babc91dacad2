"""The settings of an account that the platform acts on, typed and checked; stored as strings under their keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

import msgspec

from cordboard.kit.errors import InvalidInputError


class AccountSettings(msgspec.Struct, frozen=True):
    """`quiet_hours_*`: recipient-local times between which marketing and transactional messages wait; both or none.

    `substitute_look_alikes`: swap typographic characters so that a text stays in GSM-7.
    """

    quiet_hours_start: time | None = None
    quiet_hours_end: time | None = None
    requests_per_second: int | None = None
    substitute_look_alikes: bool = False
    dnc_callback_url: str = ""
    dnc_callback_method: str = "POST"
    stop_reply: str = ""
    help_reply: str = ""
    start_reply: str = ""


def parse_settings(stored: Mapping[str, str]) -> AccountSettings:
    """The typed settings; keys that are not the platform's are left alone. Raises InvalidInputError."""
    known = {key: value for key, value in stored.items() if key in AccountSettings.__struct_fields__ and value != ""}
    try:
        return msgspec.convert(known, AccountSettings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInputError.of("settings", str(error)) from error
