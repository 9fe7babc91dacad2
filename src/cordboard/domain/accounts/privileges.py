"""Privileges as bits with fixed positions, and the roles that bundle them.

A position never changes once released: tokens carry masks. `acct-create` is at 7, as clients of the reference know it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

_MASK_BITS = 32


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

    @property
    def label(self) -> str:
        """The name in messages and tables, such as `contact-read-all`."""
        return self.name.lower().replace("_", "-")

    @property
    def bit(self) -> int:
        """The privilege's bit in a mask."""
        return 1 << self.value


def mask_of(privileges: Iterable[Privilege]) -> int:
    """The mask of some privileges."""
    return sum({privilege.bit for privilege in privileges})


_CONTACTS = {Privilege.CONTACT_READ, Privilege.CONTACT_READ_ALL, Privilege.CONTACT_UPDATE, Privilege.CONTACT_DELETE}
_NUMBERS = {Privilege.NUMBER_READ, Privilege.NUMBER_UPDATE, Privilege.NUMBER_PURCHASE}
_WEBPHONE = {Privilege.WEBPHONE_USE, Privilege.CALL_MAKE, Privilege.CALL_READ}
_ACCOUNT = set(Privilege) - {Privilege.PLATFORM_ADMIN}

ROLES: dict[str, int] = {
    "platform-admin": mask_of(Privilege),
    "account-owner": mask_of(_ACCOUNT),
    "api-owner": mask_of(_ACCOUNT - {Privilege.ACCT_CREATE, Privilege.USER_UPDATE}),
    "contact-admin": mask_of(_CONTACTS | {Privilege.DNC_READ, Privilege.DNC_UPDATE}),
    "number-admin": mask_of(
        _NUMBERS | {Privilege.ROUTE_READ, Privilege.ROUTE_UPDATE, Privilege.PHONE_READ, Privilege.PHONE_UPDATE}
    ),
    "webrtc-agent": mask_of(_WEBPHONE | {Privilege.CONTACT_READ, Privilege.NUMBER_READ}),
    "settings-admin": mask_of(
        {Privilege.ACCT_READ, Privilege.ACCT_UPDATE, Privilege.CALLBACK_READ, Privilege.CALLBACK_UPDATE}
    ),
    "billing-admin": mask_of({Privilege.ACCT_READ, Privilege.BILLING_READ}),
    "basic-reports": mask_of({Privilege.LOG_READ}),
    "asset-admin": mask_of(
        {Privilege.ASSET_READ, Privilege.ASSET_UPDATE, Privilege.TEMPLATE_READ, Privilege.TEMPLATE_UPDATE}
    ),
    "gi-agent": mask_of({Privilege.CONTACT_READ, Privilege.SMS_SEND, Privilege.TEMPLATE_READ, Privilege.NUMBER_READ}),
}


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
