"""The declared list of an account's configuration keys (requests 12 to 16): what each takes and who may write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import phonenumbers

from cordboard.infra.http import check_url
from cordboard.kit.phone import parse_number

_LONGEST_LINE: Final = 255
_LONGEST_REPLY: Final = 1600
_LONGEST_CAPS: Final = 2000
_MOST_HOURS: Final = 720
_LARGEST: Final = 1_000_000
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
_DIGITS: Final = re.compile(r"\d{1,9}", re.ASCII)
_AMOUNT: Final = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
_CAP: Final = re.compile(r"\+\d{1,15}=\d{1,9}(\.\d{1,6})?", re.ASCII)
_METHODS: Final = ("GET", "POST")
FUNDED: Final = "funded"

Access: TypeAlias = Literal["tenant", "operator", "nobody"]
"""Who writes a key: the account itself, only the platform's operator (limits, grants), or nobody (it is computed)."""


class BadValueError(ValueError):
    """A value that its key does not take; the text says what it takes."""


Check: TypeAlias = Callable[[str], str]
"""The value as it is kept. Raises BadValueError."""


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One key. An empty value unsets it, whatever `check` says."""

    name: str
    check: Check
    written_by: Access = "tenant"

    def value_of(self, given: str) -> str:
        """The value as it is kept. Raises BadValueError."""
        return self.check(given.strip()) if given.strip() else ""


def config_keys(*, allow_private_urls: bool) -> dict[str, ConfigKey]:
    """The keys by name, in the order in which they are shown."""
    keys = (
        ConfigKey(FUNDED, _line, "nobody"),
        ConfigKey("company_name", _line),
        ConfigKey("company_phone", _phone),
        ConfigKey("address1", _line),
        ConfigKey("address2", _line),
        ConfigKey("city", _line),
        ConfigKey("state", _line),
        ConfigKey("zip", _line),
        ConfigKey("country", _country),
        ConfigKey("dnc_callback_url", _url(allow_private_urls)),
        ConfigKey("dnc_callback_method", _method),
        ConfigKey("quiet_hours_start", _time),
        ConfigKey("quiet_hours_end", _time),
        ConfigKey("substitute_look_alikes", _boolean),
        ConfigKey("stop_reply", _reply),
        ConfigKey("help_reply", _reply),
        ConfigKey("start_reply", _reply),
        ConfigKey("call_threshold", _whole(1, _LARGEST)),
        ConfigKey("call_threshold_hours", _whole(1, _MOST_HOURS)),
        ConfigKey("requests_per_second", _whole(1, _LARGEST), "operator"),
        ConfigKey("concurrent_calls", _whole(0, _LARGEST), "operator"),
        ConfigKey("calls_per_second", _whole(1, _LARGEST), "operator"),
        ConfigKey("daily_call_spend", _amount, "operator"),
        ConfigKey("dialling_caps", _caps, "operator"),
        ConfigKey("federal_dnc", _boolean, "operator"),
    )
    return {key.name: key for key in keys}


def _text(most: int, value: str) -> str:
    if len(value) > most:
        raise BadValueError(f"may have {most} characters")
    return value


def _line(value: str) -> str:
    if not value.isprintable():
        raise BadValueError("must be a line of printable characters")
    return _text(_LONGEST_LINE, value)


def _reply(value: str) -> str:
    return _text(_LONGEST_REPLY, value)


def _phone(value: str) -> str:
    number = parse_number(value)
    if number is None:
        raise BadValueError("must be a phone number such as +19495551234")
    return number


def _country(value: str) -> str:
    code = value.upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise BadValueError("must be a country's two letters (ISO 3166), such as US")
    return code


def _url(allow_private: bool) -> Check:
    def check(value: str) -> str:
        if problem := check_url(value, allow_private):
            raise BadValueError(f"cannot be called: {problem}")
        return value

    return check


def _method(value: str) -> str:
    if value.upper() not in _METHODS:
        raise BadValueError("must be GET or POST")
    return value.upper()


def _time(value: str) -> str:
    if not _TIME.fullmatch(value):
        raise BadValueError("must be a time of the day such as 21:00")
    return value


def _boolean(value: str) -> str:
    if value.lower() not in ("true", "false"):
        raise BadValueError("must be true or false")
    return value.lower()


def _whole(least: int, most: int) -> Check:
    def check(value: str) -> str:
        if not _DIGITS.fullmatch(value) or not least <= int(value) <= most:
            raise BadValueError(f"must be a whole number from {least} to {most}")
        return str(int(value))

    return check


def _amount(value: str) -> str:
    if not _AMOUNT.fullmatch(value):
        raise BadValueError("must be an amount such as 25 or 25.50")
    return value


def _caps(value: str) -> str:
    caps = [cap.strip() for cap in value.split(",")]
    if not all(map(_CAP.fullmatch, caps)):
        raise BadValueError("must be amounts by prefix such as +1876=5,+882=0")
    return _text(_LONGEST_CAPS, ",".join(caps))
