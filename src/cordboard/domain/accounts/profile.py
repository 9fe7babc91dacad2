"""What an account says of itself: checked and laid over what it said before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from cordboard.domain.accounts.models import Account
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.phone import parse_number

_LONGEST_TEXT: Final = 255
_LONGEST_EMAIL: Final = 320
_LONGEST_PHONE: Final = 40
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ().x-]{2,}", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_WIRE_NAMES: Final = {
    "name": "name",
    "email": "emailAddress",
    "domain": "domain",
    "phone": "phone",
    "source": "source",
    "first_name": "firstName",
    "last_name": "lastName",
}


class ProfileChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a request sets of an account; None leaves it as it is, "" empties it."""

    name: str | None = None
    email: str | None = None
    domain: str | None = None
    phone: str | None = None
    source: str | None = None
    first_name: str | None = None
    last_name: str | None = None


def changed_profile(present: Account, changes: ProfileChanges) -> Account:
    """The account with the changes. A phone number is kept as E.164 where it is one, else as it was typed: people call
    it. Raises InvalidInputError naming each bad field as the request spells it.
    """
    given = {name: value.strip() for name, value in msgspec.structs.asdict(changes).items() if value is not None}
    problems = {_WIRE_NAMES[name]: _CHECKS.get(name, _text_problem)(value) for name, value in given.items()}
    if errors := [FieldError(name, problem) for name, problem in problems.items() if problem]:
        raise InvalidInputError(errors)
    if "phone" in given:
        given["phone"] = parse_number(given["phone"]) or given["phone"]
    return msgspec.structs.replace(present, **given)


def _text_problem(value: str) -> str:
    return f"may have {_LONGEST_TEXT} characters" if len(value) > _LONGEST_TEXT else ""


def _name_problem(value: str) -> str:
    return _text_problem(value) if value else "must not be empty"


def _email_problem(value: str) -> str:
    if len(value) > _LONGEST_EMAIL:
        return f"may have {_LONGEST_EMAIL} characters"
    return "" if not value or _EMAIL.fullmatch(value) else "must be an e-mail address"


def _phone_problem(value: str) -> str:
    if len(value) > _LONGEST_PHONE:
        return f"may have {_LONGEST_PHONE} characters"
    return "" if not value or _PHONE.fullmatch(value) else "must be a phone number such as +19495551234"


_CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "name": _name_problem,
    "email": _email_problem,
    "phone": _phone_problem,
}
