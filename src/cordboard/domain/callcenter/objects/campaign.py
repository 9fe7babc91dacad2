"""Campaigns: how leads are dialled, and what agents do with them. The dialects name them `campaign_id`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from cordboard.domain.callcenter.objects.fields import Name, Seconds, ShortId, YesNo
from cordboard.domain.callcenter.objects.kind import CenterObject

DialMethod = Literal[
    "MANUAL", "INBOUND_MAN", "RATIO", "ADAPT_HARD_LIMIT", "ADAPT_TAPERED", "ADAPT_AVERAGE", "PREDICTIVE"
]
DncUse = Literal["N", "Y", "AREACODE"]


class CenterCampaign(CenterObject, frozen=True, kw_only=True):
    """`use_campaign_dnc` and `use_internal_dnc`: which do-not-call lists its leads are looked up in;
    `use_other_campaign_dnc`: another campaign whose list is used instead of its own.
    """

    kind: ClassVar[str] = "campaign"
    key_field: ClassVar[str] = "campaign_id"

    campaign_id: ShortId
    campaign_name: Name
    active: YesNo = "Y"
    dial_method: DialMethod = "MANUAL"
    dial_statuses: tuple[Annotated[str, Meta(min_length=1, max_length=8)], ...] = ("NEW",)
    local_call_time: Annotated[str, Meta(max_length=20)] = "9am-9pm"
    manual_dial_list_id: Annotated[int, Meta(ge=10, le=99_999_999_999_999)] = 998
    use_internal_dnc: DncUse = "Y"
    use_campaign_dnc: DncUse = "Y"
    use_other_campaign_dnc: Annotated[str, Meta(max_length=8)] = ""
    wrapup_seconds: Seconds = 0
