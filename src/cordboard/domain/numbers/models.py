"""Numbers, what they are set to, and sets of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

LONG_CODE: Final = 1
TOLL_FREE: Final = 2
SHORT_CODE: Final = 4

URL_FIELDS: Final = ("voiceUrl", "voiceFallbackUrl", "smsUrl", "smsFallbackUrl", "heartbeatUrl", "hangupCallbackUrl")
"""What may be set of a number or a set; each has a method beside it, named by `method_of`."""


def method_of(url_field: str) -> str:
    """The member that holds a URL's method: `smsMethod` for `smsUrl`."""
    return url_field.removesuffix("Url") + "Method"


class OwnedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number of an account. `urls` holds what was set of the URL fields and their methods; `route_tag` is the tag of
    inbound routing that it carries, `assigned_user` the user whose webphone calls from it. `overdue_since`: its month
    has not been paid; `suspended`: not for so long that it sends and calls nobody.
    """

    account_id: UUID
    phone_number: str
    phone_sid: UUID
    friendly_name: str
    carrier: str
    number_type: int
    attributes: list[str]
    region: str
    timezone: int
    urls: dict[str, str]
    keyword_actions: dict[str, dict[str, Any]]
    number_set_id: UUID | None
    assigned_user: UUID | None
    route_tag: str | None = None
    purchase_date: datetime
    renewal_date: datetime
    overdue_since: datetime | None = None
    suspended: bool = False

    @property
    def sms_enabled(self) -> bool:
        """Whether it sends texts."""
        return "sms-enabled" in self.attributes

    @property
    def mms_enabled(self) -> bool:
        """Whether it sends media."""
        return "mms-enabled" in self.attributes

    @property
    def voice_enabled(self) -> bool:
        """Whether it makes calls."""
        return "voice-enabled" in self.attributes


class OfferedNumber(msgspec.Struct, frozen=True):
    """A number that can be bought, and the carrier that it will be tied to."""

    phone_number: str
    carrier: str
    attributes: list[str]


class NumberSet(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that share their settings. `phone_numbers` is filled where one set is asked for."""

    account_id: UUID
    id: UUID
    name: str
    forward_number: str
    caller_id_name: str
    urls: dict[str, str]
    keyword_actions: dict[str, dict[str, Any]]
    created_at: datetime
    phone_numbers: tuple[str, ...] = ()


class NumberChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a request sets, already checked; None leaves it as it is. `urls` holds URL fields and methods by their
    names.
    """

    friendly_name: str | None = None
    urls: Mapping[str, str] = {}
    keyword_actions: dict[str, dict[str, Any]] | None = None
    name: str | None = None
    forward_number: str | None = None
    caller_id_name: str | None = None


class Capacity(msgspec.Struct, frozen=True):
    """What senders can send together: segments a second, how long they are taken already on average by their rates,
    and the carriers that they send by.
    """

    rate: float
    wait: timedelta
    carriers: frozenset[str]


class PaceRequest(msgspec.Struct, frozen=True):
    """A place in a sender's queue for `segments`. `bounded`: not when more than 15 minutes are queued already."""

    account_id: UUID
    phone_number: str
    number_type: int
    segments: int
    bounded: bool = True
