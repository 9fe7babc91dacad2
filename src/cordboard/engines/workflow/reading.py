"""The members of a node as they come: numbers as numbers or texts, booleans likewise, absent or null alike. What is
wrong is collected, each fault with its node, its member and the fix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from datetime import time
from typing import Any, Final

from cordboard.engines.rules.statements import Statement, parse_statements
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid

LONGEST_TEXT: Final = 4096
LARGEST_NUMBER: Final = 10**18 - 1
_WALL: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?", re.IGNORECASE)
_NOON: Final = 12
_UNITS: Final = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
}


class Members:
    """The members of one node, read by the node's type."""

    def __init__(self, given: Mapping[str, Any], where: str, faults: list[FieldError]) -> None:
        self._given = given
        self.where = where
        self._faults = faults

    def fault(self, member: str, problem: str) -> None:
        """Notes that a member is wrong."""
        self._faults.append(FieldError(".".join(one for one in (self.where, member) if one), problem))

    def has(self, *names: str) -> bool:
        """Whether a member of some spelling is there and not empty."""
        return self._found(names) not in (None, "")

    def raw(self, *names: str) -> Any:
        """A member as it came."""
        return self._found(names)

    def rest(self, without: Set[str]) -> dict[str, Any]:
        """Every member but some."""
        return {name: value for name, value in self._given.items() if name not in without and value is not None}

    def text(self, *names: str, required: bool = True, longest: int = LONGEST_TEXT) -> str:
        """A text; numbers and booleans are taken as their spelling."""
        value = self._found(names)
        if value is None or value == "":
            if required:
                self.fault(names[0], "is required")
            return ""
        if not isinstance(value, str | int | float):
            self.fault(names[0], "must be a text")
            return ""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if len(text) > longest:
            self.fault(names[0], f"may have {longest} characters")
        return text

    def one_of(self, choices: Sequence[str], *names: str, default: str | None = None) -> str:
        """A word out of some, in any case of letters."""
        given = self.text(*names, required=default is None)
        if not given:
            return default or choices[0]
        found = next((choice for choice in choices if choice.lower() == given.strip().lower()), None)
        if found is None:
            self.fault(names[0], f"must be one of {', '.join(choices)}")
        return found or choices[0]

    def identifier(self, *names: str) -> str:
        """A UUID."""
        text = self.text(*names)
        if text and parse_uuid(text) is None:
            self.fault(names[0], "must be a UUID")
        return text

    def integer(self, *names: str, default: int | None = None, smallest: int = 0, largest: int = 2**31 - 1) -> int:
        """A whole number within limits."""
        value = self._found(names)
        if value is None or value == "":
            if default is None:
                self.fault(names[0], "is required: a whole number")
            return smallest if default is None else default
        number = whole(value)
        if number is None or not smallest <= number <= largest:
            self.fault(names[0], f"must be a whole number from {smallest} to {largest}")
            return smallest
        return number

    def wall_time(self, *names: str) -> time:
        """A time of day, such as 8:00 am, 17:30 or 08:00:00."""
        text = self.text(*names)
        found = wall_time(text)
        if text and found is None:
            self.fault(names[0], "must be a time of day such as 8:00 am or 17:30")
        return found or time(0)

    def seconds(self, number: int, *names: str) -> int:
        """`number` of the unit that the member names, in seconds."""
        unit = self.text(*names).strip().lower().rstrip("s")
        if unit and unit not in _UNITS:
            self.fault(names[0], f"must be one of {', '.join(name + 's' for name in _UNITS)}")
        return number * _UNITS.get(unit, 0)

    def statements(self, given: Any, member: str) -> tuple[Statement, ...]:
        """Statements."""
        if not isinstance(given, Sequence) or isinstance(given, str):
            self.fault(member, "must be a list of statements")
            return ()
        try:
            return parse_statements(given, f"{self.where}.{member}")
        except InvalidInputError as error:
            self._faults += error.errors
            return ()

    def listed(self, member: str, most: int) -> list[Mapping[str, Any]]:
        """Objects of a list."""
        given = self._found((member,))
        if given is None:
            return []
        if not isinstance(given, list) or len(given) > most or not all(isinstance(one, Mapping) for one in given):
            self.fault(member, f"must be a list of at most {most} objects")
            return []
        return given

    def inside(self, member: str) -> Members:
        """The members of an object."""
        given = self._found((member,))
        if given is not None and not isinstance(given, Mapping):
            self.fault(member, "must be an object")
        return Members(given if isinstance(given, Mapping) else {}, f"{self.where}.{member}", self._faults)

    def at(self, given: Mapping[str, Any], place: str) -> Members:
        """The members of an object of a list."""
        return Members(given, f"{self.where}.{place}", self._faults)

    def _found(self, names: Sequence[str]) -> Any:
        return next((self._given[name] for name in names if self._given.get(name) is not None), None)


def whole(value: Any) -> int | None:
    """A whole number of 18 digits at most, or a text of such digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) <= LARGEST_NUMBER and value == int(value) else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) else None


def wall_time(text: str) -> time | None:
    """A time of day in any of its spellings."""
    match = _WALL.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if match[4].lower() == "pm" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None
