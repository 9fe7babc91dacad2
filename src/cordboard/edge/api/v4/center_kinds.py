"""Which kinds of objects the contact centre's JSON requests are about: their paths and examples."""

from __future__ import annotations

from typing import Any, Final

from cordboard.domain.callcenter.objects.call_time import CallTime
from cordboard.domain.callcenter.objects.campaign import CenterCampaign
from cordboard.domain.callcenter.objects.custom_field import CustomField
from cordboard.domain.callcenter.objects.kind import CenterObject
from cordboard.domain.callcenter.objects.status import Status
from cordboard.domain.callcenter.objects.user_group import UserGroup

CENTER_OBJECTS: Final[tuple[tuple[type[CenterObject], str, dict[str, Any]], ...]] = (
    (
        CenterCampaign,
        "campaigns",
        {"campaign_id": "SPRING", "campaign_name": "Spring offer", "dial_method": "RATIO", "dial_statuses": ["NEW"]},
    ),
    (
        UserGroup,
        "user-groups",
        {"user_group": "SALES", "group_name": "Sales", "allowed_campaigns": ["SPRING"]},
    ),
    (
        Status,
        "statuses",
        {"status": "SENT", "status_name": "Offer sent", "selectable": "Y", "human_answered": "Y"},
    ),
    (
        CustomField,
        "custom-fields",
        {"field_id": "101:colour", "list_id": 101, "field_label": "colour", "field_name": "Favourite colour"},
    ),
    (
        CallTime,
        "call-times",
        {"call_time_id": "evenings", "call_time_name": "Evenings", "ct_default_start": 1700, "ct_default_stop": 2000},
    ),
)
"""Kind, path and an example."""
