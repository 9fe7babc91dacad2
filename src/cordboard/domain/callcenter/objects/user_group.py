"""User groups: what their users may do and see (requests 286 to 289 call them agent groups)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from cordboard.domain.callcenter.objects.fields import Line, LongId, Name, Url, Word, YesNo
from cordboard.domain.callcenter.objects.kind import CenterObject

ADMIN: Final = "ADMIN"
AGENTS: Final = "AGENTS"
ALL_CAMPAIGNS: Final = "-ALL-CAMPAIGNS-"
ALL_GROUPS: Final = "--ALL-GROUPS--"
EVERY_GROUP: Final = "---ALL---"

Override = Literal["DISABLED", "Y", "N"]
Ids = tuple[Annotated[str, Meta(max_length=50)], ...]


class UserGroup(CenterObject, frozen=True, kw_only=True):
    """Lists are ids; `allowed_campaigns` with `-ALL-CAMPAIGNS-` are all, viewable groups with `--ALL-GROUPS--` too."""

    kind: ClassVar[str] = "user_group"
    key_field: ClassVar[str] = "user_group"

    user_group: LongId
    group_name: Name
    allowed_campaigns: Ids = ()
    qc_allowed_campaigns: Ids = ()
    qc_allowed_inbound_groups: Ids = ()
    group_shifts: Ids = ()
    forced_timeclock_login: Literal["Y", "N", "ADMIN_EXEMPT"] = "N"
    shift_enforcement: Literal["OFF", "START", "ALL", "ADMIN_EXEMPT"] = "OFF"
    agent_status_viewable_groups: Ids = ()
    agent_status_view_time: YesNo = "N"
    agent_call_log_view: YesNo = "N"
    agent_xfer_consultative: YesNo = "Y"
    agent_xfer_dial_override: YesNo = "Y"
    agent_xfer_vm_transfer: YesNo = "Y"
    agent_xfer_blind_transfer: YesNo = "Y"
    agent_xfer_dial_with_customer: YesNo = "Y"
    agent_xfer_park_customer_dial: YesNo = "Y"
    agent_xfer_park_3way: YesNo = "Y"
    agent_fullscreen: YesNo = "N"
    allowed_reports: tuple[Annotated[str, Meta(max_length=100)], ...] = ("ALL REPORTS",)
    webphone_url_override: Line = ""
    webphone_systemkey_override: Annotated[str, Meta(max_length=100)] = ""
    webphone_dialpad_override: Literal["DISABLED", "Y", "N", "TOGGLE", "TOGGLE_OFF"] = "DISABLED"
    webphone_layout: Line = ""
    admin_viewable_groups: Ids = ()
    admin_viewable_call_times: Ids = ()
    allowed_custom_reports: Ids = ()
    agent_allowed_chat_groups: Ids = ()
    admin_ip_list: Annotated[str, Meta(max_length=30)] = ""
    agent_ip_list: Annotated[str, Meta(max_length=30)] = ""
    api_ip_list: Annotated[str, Meta(max_length=30)] = ""
    allowed_queue_groups: Ids = ()
    reports_header_override: Literal[
        "DISABLED", "LOGO_ONLY_SMALL", "LOGO_ONLY_LARGE", "ALT_1", "ALT_2", "ALT_3", "ALT_4"
    ] = "DISABLED"
    admin_home_url: Url = ""
    script_id: Word = ""
    hide_take_call_in_queue: YesNo = "N"
    hide_number_take_call_in_queue: YesNo = "N"

    @classmethod
    def built_in(cls) -> tuple[UserGroup, ...]:
        """Administrators, and agents of every campaign."""
        return (
            UserGroup(
                user_group=ADMIN,
                group_name="ADMINISTRATORS",
                allowed_campaigns=(ALL_CAMPAIGNS,),
                agent_status_viewable_groups=(ALL_GROUPS,),
                admin_viewable_groups=(EVERY_GROUP,),
                admin_viewable_call_times=(EVERY_GROUP,),
                agent_allowed_chat_groups=(ALL_GROUPS,),
            ),
            UserGroup(user_group=AGENTS, group_name="Agents", allowed_campaigns=(ALL_CAMPAIGNS,)),
        )

    def allows(self, campaign_id: str) -> bool:
        """Whether its users may work on a campaign, and touch its lists."""
        return ALL_CAMPAIGNS in self.allowed_campaigns or campaign_id in self.allowed_campaigns
