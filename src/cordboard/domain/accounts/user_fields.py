"""What requests set of users, and the rules of those fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.accounts.models import User
from cordboard.kit.errors import FieldError
from cordboard.kit.phone import parse_number

PASSWORD_MASK: Final = "*" * 10
"""What is shown in place of a password; sent back, it leaves the password as it is."""

_ADDRESS: Final = re.compile(r"[^@\s<>()\[\],;:\"\\]{1,64}@[^@\s<>()\[\],;:\"\\.]+(\.[^@\s<>()\[\],;:\"\\.]+)*")
_LONGEST_ADDRESS: Final = 254
_DIALLED: Final = re.compile(r"[0-9+*#()./x -]{3,40}")
_LONGEST: Final = {
    "first_name": ("firstName", 100),
    "last_name": ("lastName", 100),
    "display_name": ("displayName", 200),
    "source": ("source", 64),
    "avatar": ("avatar", 2048),
    "ucaas_extension": ("ucaasExtension", 32),
    "ucaas_code": ("ucaasCode", 64),
}


class UserDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a request sets of a user; None leaves it as it is."""

    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    email: str | None = None
    phone: str | None = None
    source: str | None = None
    avatar: str | None = None
    ucaas_extension: str | None = None
    ucaas_code: str | None = None


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user to be made, in the caller's account unless `account_id` names a subaccount of it."""

    username: str
    password: str
    roles: Sequence[str]
    details: UserDetails
    account_id: UUID | None = None
    active: bool = True


class UserEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a user. `username`, `account_id`, `password` and `active` are there to be refused, unless they are
    what the user has.
    """

    roles: Sequence[str]
    details: UserDetails
    username: str | None = None
    account_id: UUID | None = None
    password: str | None = None
    active: bool | None = None


def with_details(user: User, details: UserDetails) -> User:
    """The user with what is given; a phone number that is one becomes E.164."""
    given = {name: value.strip() for name in details.__struct_fields__ if (value := getattr(details, name)) is not None}
    if "phone" in given:
        given["phone"] = parse_number(given["phone"]) or given["phone"]
    return replace(user, **given)


def field_problems(user: User) -> list[FieldError]:
    """What is wrong with a user's fields."""
    errors = []
    if not is_address(user.username):
        errors.append(FieldError("username", "must be an e-mail address"))
    if user.email != user.username and not is_address(user.email):
        errors.append(FieldError("emailAddress", "must be an e-mail address"))
    if user.phone and not _DIALLED.fullmatch(user.phone):
        errors.append(FieldError("phone", "must be a phone number such as +19495551234"))
    for name, (field, longest) in _LONGEST.items():
        value: str = getattr(user, name)
        if len(value) > longest or not value.isprintable():
            errors.append(FieldError(field, f"may have {longest} printable characters"))
    return errors


def is_address(text: str) -> bool:
    """Whether mail can be sent to `text`."""
    return len(text) <= _LONGEST_ADDRESS and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def unchangeable_problems(user: User, edit: UserEdit) -> list[FieldError]:
    """What an edit tries to change that it cannot, and which request can."""
    errors = []
    if edit.username is not None and edit.username.strip().lower() != user.username.lower():
        errors.append(FieldError("username", "cannot be changed"))
    if edit.account_id not in (None, user.account_id):
        errors.append(FieldError("belongAcctId", "cannot be changed: a user stays with the account"))
    if edit.password not in (None, PASSWORD_MASK):
        errors.append(FieldError("password", "cannot be changed here; use PUT /ams/v3/users/password/update"))
    if edit.active not in (None, user.active):
        errors.append(FieldError("status", "cannot be changed here; use PUT /ams/v3/users/status/{clientId}"))
    return errors
