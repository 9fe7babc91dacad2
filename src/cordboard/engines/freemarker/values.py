"""The values that expressions have.

A string is `str`, a number `Decimal`, a boolean `bool`, a sequence `list` or `Range` or, while it is worked through,
`Stream`; a hash is `dict`. JSON's null is None, which counts as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

ENDLESS: Final = 2**31 - 1
"""The size that a range without an end shows."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time of day, both, or an unknown part: `kind` is date, time or datetime. `at` is aware."""

    at: datetime
    kind: str


_YEARS: Final = range(2, 9999)
"""One less at both ends than Python's, so that every time zone can show every moment."""


def moment(at: datetime, kind: str) -> Moment | None:
    """A moment, None outside of the years that there are."""
    return Moment(at, kind) if at.year in _YEARS else None


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `first` on; `size` None goes on for ever. `adaptive` ranges (`..*`) give way when they cut."""

    first: int
    step: int
    size: int | None
    adaptive: bool = False

    def __iter__(self) -> Iterator[Decimal]:
        number, left = self.first, self.size
        while left is None or left > 0:
            yield Decimal(number)
            number += self.step
            left = None if left is None else left - 1

    def at(self, place: int) -> Decimal | None:
        """The number at a place, None past the end."""
        inside = place >= 0 and (self.size is None or place < self.size)
        return Decimal(self.first + place * self.step) if inside else None


@dataclass(slots=True)
class Stream:
    """What is left of an endless range on its way through `?map` and `?filter`."""

    items: Iterator[Value | None]


class Nothing(str):
    """What `!` without a default answers: a string that also passes as an empty sequence and an empty hash."""

    __slots__ = ()


NOTHING: Final = Nothing()


@dataclass(slots=True)
class Function:
    """A lambda, ready to be called."""

    call: Callable[[Value | None], Value | None] = field(repr=False)


Value: TypeAlias = (
    "str | Decimal | bool | Moment | list[Value | None] | dict[str, Value | None] | Range | Stream | Function"
)

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (str, "a string"),
    (bool, "a boolean"),
    (Decimal, "a number"),
    (list, "a sequence"),
    (Range, "a sequence"),
    (Stream, "a sequence"),
    (dict, "a hash"),
    (Function, "a lambda"),
)


def kind_of(value: Value | None) -> str:
    """What a value is, in words."""
    if isinstance(value, Moment):
        return {"date": "a date", "time": "a time", "datetime": "a date-time"}[value.kind]
    return next((kind for cls, kind in _KINDS if isinstance(value, cls)), "missing")
