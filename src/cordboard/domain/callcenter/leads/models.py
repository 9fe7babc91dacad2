"""Lists and leads."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from cordboard.domain.callcenter.objects.fields import NONE, YesNo

DEFAULT_LIST: Final = 999
MANUAL_LIST: Final = 998
NEW: Final = "NEW"
LATEST_EXPIRATION: Final = date(2099, 12, 31)
TIME_ZONE_METHODS: Final = ("COUNTRY_AND_AREA_CODE", "POSTAL_CODE", "NANPA_PREFIX", "OWNER_TIME_ZONE_CODE")

_Form = Annotated[str, Meta(max_length=100)]
_Transfer = Annotated[str, Meta(max_length=50)]


class ListSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is set of a list, in the dialects' names. `local_call_time` "campaign" leaves that to the campaign;
    `reset_time` are times of the day as HHMM, joined by hyphens; `daily_reset_limit` -1 is none.
    """

    list_name: Annotated[str, Meta(min_length=2, max_length=30)]
    list_description: Annotated[str, Meta(max_length=255)] = ""
    active: YesNo = "N"
    outbound_cid: Annotated[str, Meta(max_length=20)] = ""
    script: Annotated[str, Meta(max_length=20)] = ""
    am_message: _Form = ""
    drop_inbound_group: Annotated[str, Meta(max_length=20)] = NONE
    web_form_address: _Form = ""
    web_form_address_two: _Form = ""
    web_form_address_three: _Form = ""
    reset_time: _Form = ""
    daily_reset_limit: int = -1
    time_zone_setting: Literal["COUNTRY_AND_AREA_CODE", "POSTAL_CODE", "NANPA_PREFIX", "OWNER_TIME_ZONE_CODE"] = (
        "COUNTRY_AND_AREA_CODE"
    )
    local_call_time: Annotated[str, Meta(max_length=20)] = "campaign"
    expiration_date: date = LATEST_EXPIRATION
    xferconf_one: _Transfer = ""
    xferconf_two: _Transfer = ""
    xferconf_three: _Transfer = ""
    xferconf_four: _Transfer = ""
    xferconf_five: _Transfer = ""


class LeadList(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it is kept. `campaign_id` is empty where none dials it; `resets_today` are those of `resets_day`."""

    account_id: UUID
    list_id: int
    campaign_id: str
    settings: ListSettings
    resets_today: int = 0
    resets_day: date | None = None
    created_at: datetime
    modified_at: datetime


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to call, in the dialects' names; `agent` is what they call `user`. `phone_number` has digits alone,
    without the country's `phone_code`. `called_since_last_reset` is N until it is called, then Y, or Y1 to Y10 where it
    was recycled. `gmt_offset_now` is in hours, summer time counted in.
    """

    account_id: UUID
    lead_id: int
    list_id: int
    entry_list_id: int = 0
    entry_date: datetime
    modify_date: datetime
    status: str = NEW
    agent: str = ""
    vendor_lead_code: str = ""
    source_id: str = ""
    called_since_last_reset: str = "N"
    gmt_offset_now: Decimal = Decimal(0)
    phone_code: str = "1"
    phone_number: str
    title: str = ""
    first_name: str = ""
    middle_initial: str = ""
    last_name: str = ""
    address1: str = ""
    address2: str = ""
    address3: str = ""
    city: str = ""
    state: str = ""
    province: str = ""
    postal_code: str = ""
    country_code: str = ""
    gender: str = "U"
    date_of_birth: date | None = None
    alt_phone: str = ""
    email: str = ""
    security_phrase: str = ""
    comments: str = ""
    called_count: int = 0
    last_local_call_time: datetime | None = None
    rank: int = 0
    owner: str = ""
    custom: dict[str, str] = {}


Where = Literal["LIST", "CAMPAIGN", "SYSTEM"]
"""In a list, in the lists of its campaign, or in all."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Among which leads one is looked for: of some lists, or of all; `newer_than` those loaded since."""

    list_ids: list[int] | None = None
    newer_than: datetime | None = None


class Found(msgspec.Struct, frozen=True):
    """A lead that is there already; `by` says by which of its numbers it was found, PHONE or ALT, where that was to be
    found out.
    """

    lead_id: int
    list_id: int
    by: str = ""
