"""Users of the contact centre."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from cordboard.domain.callcenter.objects.fields import Flag, LongId, YesNo
from cordboard.domain.callcenter.objects.user_group import AGENTS, Override

LOWEST_READER: Final = 7
LOWEST_WRITER: Final = 8
HIGHEST: Final = 9
ALL_FUNCTIONS: Final = "ALL_FUNCTIONS"

_Hundred = Annotated[str, Meta(max_length=100)]
_FLAGS: Final = (
    "vdc_agent_api_access",
    "view_reports",
    "modify_leads",
    "modify_lists",
    "modify_users",
    "delete_users",
    "delete_lists",
    "ast_admin_access",
    "ast_delete_phones",
    "change_agent_campaign",
    "agentcall_manual",
)


class UserSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is set of a user, in the dialects' names. `modify_leads` from 1 to 4 and the other flags at 1 allow what
    they name; `agentcall_manual` 1 allows calls by hand. `api_allowed_functions` are names, or ALL_FUNCTIONS;
    `api_list_restrict` keeps programs to the lists of the user group's campaigns. `wrapup_seconds_override` -1 leaves
    that to the campaign.
    """

    full_name: Annotated[str, Meta(min_length=1, max_length=50)]
    user_level: Annotated[int, Meta(ge=1, le=HIGHEST)] = 1
    user_group: LongId = AGENTS
    active: YesNo = "Y"
    email: _Hundred = ""
    phone_login: Annotated[str, Meta(max_length=20)] = ""
    voicemail_id: Annotated[str, Meta(max_length=10)] = ""
    custom_one: _Hundred = ""
    custom_two: _Hundred = ""
    custom_three: _Hundred = ""
    custom_four: _Hundred = ""
    custom_five: _Hundred = ""
    hotkeys_active: Flag = 0
    wrapup_seconds_override: Annotated[int, Meta(ge=-1, le=9999)] = -1
    agent_choose_ingroups: Flag = 1
    agent_choose_blended: Flag = 1
    closer_default_blended: Flag = 0
    closer_campaigns: tuple[LongId, ...] = ()
    scheduled_callbacks: Flag = 1
    agentonly_callbacks: Flag = 0
    agentcall_manual: Annotated[int, Meta(ge=0, le=5)] = 0
    agent_call_log_view_override: Override = "DISABLED"
    agent_lead_search_override: Literal[
        "NOT_ACTIVE", "ENABLED", "LIVE_CALL_INBOUND", "LIVE_CALL_INBOUND_AND_MANUAL", "DISABLED"
    ] = "NOT_ACTIVE"
    force_change_password: YesNo = "N"  # noqa: S105  (a setting, no password)
    api_allowed_functions: tuple[Annotated[str, Meta(max_length=40)], ...] = (ALL_FUNCTIONS,)
    api_list_restrict: Flag = 0
    api_only_user: Flag = 0
    vdc_agent_api_access: Flag = 0
    view_reports: Flag = 0
    modify_leads: Annotated[int, Meta(ge=0, le=6)] = 0
    modify_lists: Flag = 0
    modify_users: Flag = 0
    delete_users: Flag = 0
    delete_lists: Flag = 0
    ast_admin_access: Flag = 0
    ast_delete_phones: Flag = 0
    change_agent_campaign: Flag = 0

    def may_call(self, function: str) -> bool:
        """Whether a program may call a function as this user."""
        return ALL_FUNCTIONS in self.api_allowed_functions or function in self.api_allowed_functions


ALL_FLAGS: Final = dict.fromkeys(_FLAGS, 1)
"""What a user of the highest level may."""


class CenterUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user as it is kept."""

    account_id: UUID
    user: str
    password_hash: str
    settings: UserSettings
    failed_logins: int = 0
    locked_until: datetime | None = None
    last_login_at: datetime | None = None
    last_ip: str = ""
    created_at: datetime
    modified_at: datetime
