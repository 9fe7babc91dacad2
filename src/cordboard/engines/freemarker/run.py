"""One rendering under way: its variables, its settings, what it has written and what it may still spend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from cordboard.engines.freemarker.faults import ExhaustedError, MissingError, TemplateError
from cordboard.engines.freemarker.limits import Limits
from cordboard.engines.freemarker.values import Function, Moment, Nothing, Range, Stream, Value, kind_of
from cordboard.engines.freemarker.zones import zone_named

_CHARACTERS_A_STEP: Final = 16
UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `<#setting>` changes."""

    number_format: str = "number"
    boolean_format: str = ""
    date_format: str = ""
    time_format: str = ""
    datetime_format: str = ""
    time_zone: tzinfo = UTC

    def format_of(self, kind: str) -> str:
        """The format of dates, times or date-times."""
        return {"date": self.date_format, "time": self.time_format}.get(kind, self.datetime_format)


@dataclass(slots=True)
class Loop:
    """A loop's round: `index` counts from 0."""

    names: tuple[str, ...]
    index: int = 0
    has_next: bool = False


class Run:
    """Mutable; lives for one rendering. `place` is where it is in the template, `steps_left` what it may still spend,
    below 0 once it wanted more.
    """

    def __init__(self, values: Mapping[str, str], now: datetime, limits: Limits, steps: int) -> None:
        self.values = {name.lower(): value for name, value in values.items()}
        self.now = now
        self.limits = limits
        self.settings = Settings()
        self.variables: dict[str, Value | None] = {}
        self.scopes: list[dict[str, Value | None]] = []
        self.loops: list[Loop] = []
        self.pending: list[object | None] = []
        """The lists whose `<#items>` are to come."""
        self.place = 0
        self.error: str | None = None
        """What `<#recover>` recovers from."""
        self.steps_left = steps
        self._iterations = limits.iterations
        self._written = 0
        self._out: list[str] = []

    def spend(self, steps: int = 1) -> None:
        """Pays for work. Raises ExhaustedError when nothing is left."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise ExhaustedError(f"the template takes more than {self.limits.steps} steps")

    def spend_round(self) -> None:
        """Pays for a round of a loop, a lambda's included."""
        self.spend()
        self._iterations -= 1
        if self._iterations < 0:
            raise ExhaustedError(f"the template's loops take more than {self.limits.iterations} rounds")

    def pay_for(self, value: Value | None) -> None:
        """Pays for a value in proportion to its size; refuses what is too large."""
        if isinstance(value, str):
            self.room_for(len(value))
        elif isinstance(value, list | dict):
            self.items_for(len(value))

    def room_for(self, characters: int) -> None:
        """Pays for a string about to be made."""
        if characters > self.limits.string:
            raise ExhaustedError(f"a string may have {self.limits.string} characters")
        self.spend(characters // _CHARACTERS_A_STEP)

    def items_for(self, items: int) -> None:
        """Pays for a sequence or hash about to be made."""
        if items > self.limits.sequence:
            raise ExhaustedError(f"a sequence may have {self.limits.sequence} items")
        self.spend(items)

    def write(self, text: str) -> None:
        """Adds to what is rendered."""
        self._written += len(text)
        if self._written > self.limits.output:
            raise ExhaustedError(f"the result may have {self.limits.output} characters")
        self.spend(len(text) // _CHARACTERS_A_STEP)
        self._out.append(text)

    def written(self) -> str:
        """What has been rendered."""
        return "".join(self._out)

    @contextmanager
    def captured(self) -> Iterator[list[str]]:
        """Collects what is written within, instead of rendering it."""
        before = self._out
        out: list[str] = []
        self._out = out
        try:
            yield out
        finally:
            self._out = before

    def pass_on(self, captured: Sequence[str]) -> None:
        """Renders what has been captured; it was paid for when it was written."""
        self._out.extend(captured)

    def assign(self, name: str, value: Value) -> None:
        """Sets a variable of the template."""
        if name not in self.variables and len(self.variables) >= self.limits.sequence:
            raise ExhaustedError(f"a template may have {self.limits.sequence} variables")
        self.variables[name] = value

    def change(self, name: str, value: str) -> None:
        """Changes a setting."""
        if name == "time_zone":
            self.settings = replace(self.settings, time_zone=zone_named(value))
            return
        if name == "boolean_format" and value != "c" and value.count(",") != 1:
            raise TemplateError("boolean_format takes two texts with a comma between them, such as yes,no; or c")
        changes = {name: "" if name == "boolean_format" and value == "true,false" else value}
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]  # all but time_zone are texts

    def local(self, name: str) -> bool:
        """Whether the template itself has a variable of that name."""
        return name in self.variables or any(name in scope for scope in self.scopes)

    def variable(self, name: str) -> Value | None:
        """The variable of the template, else the caller's value of the name in any case of letters."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        if self.variables.get(name) is not None:
            return self.variables[name]
        return self.values.get(name.lower())

    def loop(self, name: str) -> Loop:
        """The innermost loop with a variable of that name."""
        for loop in reversed(self.loops):
            if name in loop.names:
                return loop
        raise TemplateError(f"{name} is no variable of a loop here: only those have ?index, ?counter, ?has_next")


def iterated(value: Value | None, what: str) -> Iterator[Value | None]:
    """The items of a sequence. Raises TemplateError."""
    if isinstance(value, list | Range):
        return iter(value)
    if isinstance(value, Stream):
        return value.items
    if isinstance(value, Nothing):
        return iter(())
    raise wrong(value, what, "a sequence")


def listed(run: Run, value: Value | None, what: str) -> list[Value | None]:
    """A sequence whole. Raises TemplateError, and ExhaustedError if it is too long."""
    if isinstance(value, list):
        return value
    if isinstance(value, Range):
        run.items_for(run.limits.sequence + 1 if value.size is None else value.size)
        return list(value)
    items: list[Value | None] = []
    for item in iterated(value, what):
        items.append(item)
        run.items_for(1)
        if len(items) > run.limits.sequence:
            run.items_for(len(items))
    return items


def wrong(value: Value | None, what: str, wanted: str) -> TemplateError:
    """The fault of a value of the wrong kind."""
    if value is None:
        return MissingError(f"{what} is missing: give a default with !, or test it with ??")
    hint = ""
    if wanted == "a number" and isinstance(value, str):
        hint = "; ?number makes one of a string"
    elif isinstance(value, Function):
        hint = "; lambdas only go into ?map, ?filter, ?take_while and ?drop_while"
    return TemplateError(f"{what} is {kind_of(value)}, where {wanted} is needed{hint}")


def as_number(value: Value | None, what: str) -> Decimal:
    """A number. Raises TemplateError."""
    if isinstance(value, Decimal):
        return value
    raise wrong(value, what, "a number")


def as_truth(value: Value | None, what: str) -> bool:
    """A boolean. Raises TemplateError."""
    if isinstance(value, bool):
        return value
    raise wrong(value, what, "a boolean")


def as_moment(value: Value | None, what: str) -> Moment:
    """A date, time or date-time. Raises TemplateError."""
    if isinstance(value, Moment):
        return value
    raise wrong(value, what, "a date")
