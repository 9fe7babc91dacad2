"""Privileges as bits with fixed positions, and the roles that bundle them.

A position never changes once released: tokens carry masks. `acct-create` is at 7, as clients of the reference know it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

_MASK_BITS = 32
OPERATOR_ROLE = "platform-admin"
"""Who runs the installation. Made on the command line only: the API neither shows nor gives it."""

_SPELLED = {"Acct": "Account", "Dnc": "DNC", "Sms": "SMS", "Ivr": "IVR", "Ai": "AI", "Workgroup": "Work Group"}


class Privilege(IntEnum):
    """What a request may need. The value is the bit's position; `label` is the name that people see."""

    ACCT_READ = 0
    ACCT_UPDATE = 1
    CONTACT_READ = 2
    CONTACT_READ_ALL = 3
    CONTACT_UPDATE = 4
    CONTACT_DELETE = 5
    NUMBER_READ = 6
    ACCT_CREATE = 7
    NUMBER_UPDATE = 8
    NUMBER_PURCHASE = 9
    SMS_SEND = 10
    LOG_READ = 11
    DNC_READ = 12
    DNC_UPDATE = 13
    TEMPLATE_READ = 14
    TEMPLATE_UPDATE = 15
    CALLBACK_READ = 16
    CALLBACK_UPDATE = 17
    USER_READ = 18
    USER_UPDATE = 19
    ASSET_READ = 20
    ASSET_UPDATE = 21
    SCRIPT_ADMIN = 22
    BILLING_READ = 23
    PLATFORM_ADMIN = 24
    CALL_MAKE = 25
    CALL_READ = 26
    WEBPHONE_USE = 27
    ROUTE_READ = 28
    ROUTE_UPDATE = 29
    IVR_READ = 30
    IVR_UPDATE = 31
    PHONE_READ = 32
    PHONE_UPDATE = 33
    INBOX_READ = 34
    INBOX_READ_ALL = 35
    INBOX_UPDATE = 36
    ASSET_USE = 37
    SCRIPT_RUN = 38
    DISPOSITION_READ = 39
    DISPOSITION_UPDATE = 40
    STATISTICS_READ = 41
    LOG_EXPORT = 42
    AI_USE = 43
    WORKGROUP_READ = 44
    WORKGROUP_UPDATE = 45
    KEY_UPDATE = 46
    WORKFLOW_READ = 47
    WORKFLOW_UPDATE = 48
    WORKFLOW_RUN = 49
    LIVE_LIST_USE = 50
    LIVE_LIST_UPDATE = 51
    CENTER_READ = 52
    CENTER_UPDATE = 53

    @property
    def label(self) -> str:
        """The name in messages and tables, such as `contact-read-all`."""
        return self.name.lower().replace("_", "-")

    @property
    def display_name(self) -> str:
        """The label in words, such as `Account Create`."""
        return " ".join(_SPELLED.get(word, word) for word in self.name.title().split("_"))

    @property
    def symbolic_number(self) -> int:
        """The privilege's bit within its 32-bit word of a token (request 167)."""
        return 1 << (self.value % _MASK_BITS)

    @property
    def bit(self) -> int:
        """The privilege's bit in a mask."""
        return 1 << self.value


def mask_of(privileges: Iterable[Privilege]) -> int:
    """The mask of some privileges."""
    return sum({privilege.bit for privilege in privileges})


def labels_of(mask: int) -> list[str]:
    """The labels of a mask's privileges, by their positions."""
    return [privilege.label for privilege in Privilege if mask & privilege.bit]


_P = Privilege
_CONTACTS = {_P.CONTACT_READ, _P.CONTACT_READ_ALL, _P.CONTACT_UPDATE, _P.CONTACT_DELETE}
_NUMBERS = {_P.NUMBER_READ, _P.NUMBER_UPDATE, _P.NUMBER_PURCHASE}
_AGENT = {_P.CONTACT_READ, _P.NUMBER_READ, _P.ASSET_USE, _P.SCRIPT_RUN, _P.DISPOSITION_READ, _P.LIVE_LIST_USE}
_PEOPLE = {_P.USER_READ, _P.USER_UPDATE, _P.WORKGROUP_READ, _P.WORKGROUP_UPDATE}
_WORKFLOWS = {_P.WORKFLOW_READ, _P.WORKFLOW_UPDATE, _P.WORKFLOW_RUN, _P.LIVE_LIST_USE, _P.LIVE_LIST_UPDATE}
_ASSETS = {_P.ASSET_USE, _P.ASSET_READ, _P.ASSET_UPDATE, _P.TEMPLATE_READ, _P.TEMPLATE_UPDATE}
_ACCOUNT = set(Privilege) - {_P.PLATFORM_ADMIN}

ROLES: dict[str, int] = {
    OPERATOR_ROLE: mask_of(Privilege),
    "account-owner": mask_of(_ACCOUNT),
    "api-owner": mask_of(_ACCOUNT - {_P.ACCT_CREATE, _P.USER_UPDATE, _P.KEY_UPDATE}),
    "contact-admin": mask_of(_CONTACTS | {_P.DNC_READ, _P.DNC_UPDATE}),
    "number-admin": mask_of(_NUMBERS | {_P.ROUTE_READ, _P.ROUTE_UPDATE, _P.PHONE_READ, _P.PHONE_UPDATE}),
    "workflow-admin": mask_of(
        _WORKFLOWS
        | {_P.CONTACT_READ, _P.NUMBER_READ, _P.SCRIPT_RUN, _P.SCRIPT_ADMIN, _P.DISPOSITION_READ, _P.DISPOSITION_UPDATE}
        | {_P.CALLBACK_READ, _P.TEMPLATE_READ, _P.IVR_READ, _P.ASSET_USE}
    ),
    "webrtc-agent": mask_of(_AGENT | {_P.WEBPHONE_USE, _P.CALL_MAKE, _P.CALL_READ}),
    "gi-agent": mask_of(_AGENT | {_P.INBOX_READ, _P.SMS_SEND, _P.TEMPLATE_READ, _P.AI_USE}),
    "settings-admin": mask_of(
        _PEOPLE
        | {_P.ACCT_READ, _P.ACCT_UPDATE, _P.CALLBACK_READ, _P.CALLBACK_UPDATE, _P.INBOX_UPDATE}
        | {_P.DISPOSITION_READ, _P.DISPOSITION_UPDATE, _P.LIVE_LIST_USE, _P.LIVE_LIST_UPDATE}
    ),
    "billing-admin": mask_of({_P.ACCT_READ, _P.BILLING_READ}),
    "basic-reports": mask_of({_P.LOG_READ, _P.LOG_EXPORT, _P.STATISTICS_READ}),
    "mdashboard": mask_of({_P.STATISTICS_READ, _P.CALL_READ, _P.NUMBER_READ, _P.WORKFLOW_READ}),
    "asset-admin": mask_of(_ASSETS),
}

ROLE_LABELS: dict[str, str] = {
    OPERATOR_ROLE: "Platform Operator",
    "account-owner": "Account Owner",
    "api-owner": "API",
    "contact-admin": "Contacts",
    "number-admin": "Numbers",
    "workflow-admin": "Workflow",
    "webrtc-agent": "Webphone",
    "gi-agent": "Inbox",
    "settings-admin": "Users & Accounts",
    "billing-admin": "Billing Admin",
    "basic-reports": "Reporting",
    "mdashboard": "Dashboard",
    "asset-admin": "Assets",
}
"""The names of roles that people see."""


def mask_of_roles(roles: Iterable[str]) -> int:
    """The union of the roles' privileges; unknown names give nothing."""
    mask = 0
    for role in roles:
        mask |= ROLES.get(role, 0)
    return mask


def to_words(mask: int) -> list[int]:
    """A mask as the token carries it: 32-bit words, lowest first."""
    words = []
    while mask:
        words.append(mask & 0xFFFFFFFF)
        mask >>= _MASK_BITS
    return words or [0]


def from_words(words: Iterable[int]) -> int:
    """The inverse of `to_words`."""
    return sum(word << (_MASK_BITS * index) for index, word in enumerate(words))
