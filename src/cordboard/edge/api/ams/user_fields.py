"""The fields of users in requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.credentials import pincode_text
from cordboard.domain.accounts.models import UserView
from cordboard.domain.accounts.passwords import LONGEST
from cordboard.domain.accounts.privileges import OPERATOR_ROLE
from cordboard.domain.accounts.user_fields import PASSWORD_MASK, NewUser, UserDetails, UserEdit
from cordboard.kit.errors import InvalidInputError

TAG: Final = "User management"
Status = Literal["active", "inactive"]

ACTIVE: Final[Status] = "active"
INACTIVE: Final[Status] = "inactive"
ID: Final = {"clientId": "24554439-118f-4265-bde9-0789702990ac"}
NAME: Final = {"username": "annie@example.com"}
BODY: Final = {
    "firstName": "Annie",
    "lastName": "Apple",
    "phone": "+19495551234",
    "roles": ["webrtc-agent"],
    "username": "annie@example.com",
}
SHOWN: Final = {
    **ID,
    "username": "annie@example.com",
    "password": PASSWORD_MASK,
    "firstName": "Annie",
    "lastName": "Apple",
    "displayName": "Annie Apple",
    "emailAddress": "annie@example.com",
    "phone": "+19495551234",
    "roles": ["webrtc-agent"],
    "userStatus": "active",
    "status": "active",
    "belongAcctId": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "parentAcctId": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "source": "cordboard",
    "avatar": "",
    "webrtcNumber": "",
    "inboxes": [],
    "ucaasExtension": "",
    "ucaasCode": "",
    "twoFactorEnabled": False,
    "createAt": "2026-01-05T12:00:00Z",
    "createAtInEpoch": "2026-01-05T12:00:00.000+00:00",
}


class PageQuery(msgspec.Struct):
    """At most 1000 users at once; 100 unless said otherwise."""

    size: int | None = None
    offset: int | None = None


class _Details(msgspec.Struct, rename="camel", kw_only=True):
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    email_address: str | None = None
    phone: str | None = None
    source: str | None = None
    avatar: str | None = None
    ucaas_extension: str | None = None
    ucaas_code: str | None = None
    belong_acct_id: UUID | None = None
    status: Status | None = None
    user_status: Status | None = None

    @property
    def active(self) -> bool | None:
        """What `status`, or `userStatus`, asks for."""
        wanted = self.status or self.user_status
        return None if wanted is None else wanted == ACTIVE

    @property
    def details(self) -> UserDetails:
        """What is given of the rest."""
        return UserDetails(
            first_name=self.first_name,
            last_name=self.last_name,
            display_name=self.display_name,
            email=self.email_address,
            phone=self.phone,
            source=self.source,
            avatar=self.avatar,
            ucaas_extension=self.ucaas_extension,
            ucaas_code=self.ucaas_code,
        )


class NewUserBody(_Details, rename="camel", kw_only=True):
    """`username` is an e-mail address; `belongAcctId` the caller's account, unless it names a subaccount."""

    username: str
    password: str
    roles: list[str]

    @property
    def new_user(self) -> NewUser:
        """The user to be made."""
        return NewUser(
            username=self.username,
            password=self.password,
            roles=self.roles,
            details=self.details,
            account_id=self.belong_acct_id,
            active=self.active is not False,
        )


class UserBody(_Details, rename="camel", kw_only=True):
    """What is given replaces what was, and the rest stays; `roles` are all that the user is to have."""

    roles: list[str]
    username: str | None = None
    password: str | None = None

    @property
    def edit(self) -> UserEdit:
        """The change."""
        return UserEdit(
            roles=self.roles,
            details=self.details,
            username=self.username,
            account_id=self.belong_acct_id,
            password=self.password,
            active=self.active,
        )


class PasswordBody(msgspec.Struct, rename="camel", kw_only=True):
    """`pincode` is asked for with two-factor sign-in on; a recovery code does as well."""

    old_password: str
    new_password: str
    pincode: int | str | None = None

    def checked(self) -> tuple[str, str, str]:
        """Old and new password and pincode as they are compared. Raises InvalidInputError."""
        if len(self.old_password) > LONGEST:
            raise InvalidInputError.of("oldPassword", f"may have {LONGEST} characters")
        return self.old_password, self.new_password, pincode_text(self.pincode)


class StatusBody(msgspec.Struct):
    """An inactive user cannot sign in."""

    status: Status


def render_user(view: UserView) -> dict[str, Any]:
    """A user as the reference shows it: the status under both of its names, never a password. The display name is made
    of the others where none is set.
    """
    user = view.user
    status = ACTIVE if user.active else INACTIVE
    return {
        "clientId": user.id,
        "username": user.username,
        "password": PASSWORD_MASK,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "displayName": user.display_name or f"{user.first_name} {user.last_name}".strip(),
        "emailAddress": user.email,
        "phone": user.phone,
        "roles": [role for role in user.roles if role != OPERATOR_ROLE],
        "userStatus": status,
        "status": status,
        "belongAcctId": user.account_id,
        "parentAcctId": view.parent_id,
        "source": user.source,
        "avatar": user.avatar,
        "webrtcNumber": view.webrtc_number,
        "inboxes": view.inboxes,
        "ucaasExtension": user.ucaas_extension,
        "ucaasCode": user.ucaas_code,
        "twoFactorEnabled": user.two_factor,
        "createAt": _iso(user.created_at, "seconds").replace("+00:00", "Z"),
        "createAtInEpoch": _iso(user.created_at, "milliseconds"),
    }


def _iso(moment: datetime | None, precision: str) -> str:
    return moment.isoformat(timespec=precision) if moment else ""
