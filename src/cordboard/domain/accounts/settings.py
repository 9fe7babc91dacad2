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


Amount = Annotated[str, msgspec.Meta(pattern=r"^(\d{1,9}(\.\d{1,6})?)?$")]
"""Money as a decimal text; empty where nothing is set."""

AmountsByPrefix = Annotated[
    str, msgspec.Meta(pattern=r"^(\+\d{1,15}=\d{1,9}(\.\d{1,6})?(, *\+\d{1,15}=\d{1,9}(\.\d{1,6})?)*)?$")
]
"""Money by the beginning of a called number, such as "+1876=5,+882=0"."""


class AccountSettings(msgspec.Struct, frozen=True):
    """`quiet_hours_*`: recipient-local times between which marketing and transactional messages wait; both or none.

    `substitute_look_alikes`: swap typographic characters so that a text stays in GSM-7.

    Calls: at most `concurrent_calls` at once and `calls_per_second` new ones (None: the installation's),
    `daily_call_spend`
    in the currency a day, and `dialling_caps` a day by prefix ("+1876=5,+882=0"); `call_threshold` outbound calls of
    one number within `call_threshold_hours` are told to webhooks.
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
    concurrent_calls: Annotated[int, msgspec.Meta(ge=0)] | None = None
    calls_per_second: Annotated[int, msgspec.Meta(ge=1)] | None = None
    daily_call_spend: Amount = ""
    dialling_caps: AmountsByPrefix = ""
    call_threshold: Annotated[int, msgspec.Meta(ge=1)] | None = None
    call_threshold_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    federal_dnc: bool = False


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
