"""What built-ins are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.numbers import to_bits
from cordboard.engines.freemarker.run import Run, as_moment, as_number, as_truth, listed, wrong
from cordboard.engines.freemarker.texts import text_of
from cordboard.engines.freemarker.values import Function, Moment, Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call of `?name`, as many as it takes."""

    name: str
    values: tuple[Value, ...]

    def __len__(self) -> int:
        return len(self.values)

    def text(self, place: int, default: str = "") -> str:
        """A string. Raises TemplateError."""
        if place >= len(self.values):
            return default
        value = self.values[place]
        if isinstance(value, str):
            return value
        raise wrong(value, self._what(place), "a string")

    def number(self, place: int) -> Decimal:
        """A number. Raises TemplateError."""
        return as_number(self.values[place], self._what(place))

    def whole(self, place: int, default: int = 0) -> int:
        """A number's whole part. Raises TemplateError."""
        return to_bits(self.number(place), 32) if place < len(self.values) else default

    def function(self, place: int) -> Function:
        """A lambda. Raises TemplateError."""
        value = self.values[place]
        if isinstance(value, Function):
            return value
        raise wrong(value, self._what(place), "a lambda such as x -> x.name")

    def flags(self, place: int, allowed: str) -> str:
        """Flags. Raises TemplateError for one that the built-in has not."""
        given = self.text(place)
        if "r" in given:
            raise TemplateError(f"?{self.name} with regular expressions (flag r) is not supported: use plain texts")
        strange = next((flag for flag in given if flag not in allowed + "cms"), None)
        if strange:
            raise TemplateError(f"?{self.name} has no flag {strange}: it has {', '.join(allowed)}")
        return given

    def _what(self, place: int) -> str:
        return f"argument {place + 1} of ?{self.name}"


Apply: TypeAlias = "Callable[[Run, Value, Arguments], Value | None]"


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """`apply` with `least` to `most` arguments; without any, a call has no parentheses."""

    apply: Apply
    least: int = 0
    most: int = 0


def on_text(
    function: Callable[[Run, str, Arguments], Value | None], least: int = 0, most: int = 0, *, slow: bool = False
) -> BuiltIn:
    """A built-in of strings, and of what shows as one; `slow` if it looks at each character by itself."""

    def apply(run: Run, subject: Value, args: Arguments) -> Value | None:
        text = text_of(run, subject, f"the value before ?{args.name}")
        run.room_for(len(text))
        run.spend(len(text) // 4 if slow else 0)
        return function(run, text, args)

    return BuiltIn(apply, least, most)


def on_number(function: Callable[[Run, Decimal, Arguments], Value], least: int = 0, most: int = 0) -> BuiltIn:
    """A built-in of numbers."""
    return BuiltIn(
        lambda run, subject, args: function(run, as_number(subject, f"the value before ?{args.name}"), args),
        least,
        most,
    )


def on_truth(function: Callable[[bool], Value]) -> BuiltIn:
    """A built-in of booleans."""
    return BuiltIn(lambda _run, subject, args: function(as_truth(subject, f"the value before ?{args.name}")))


def on_moment(function: Callable[[Run, Moment, Arguments], Value], least: int = 0, most: int = 0) -> BuiltIn:
    """A built-in of dates."""
    return BuiltIn(
        lambda run, subject, args: function(run, as_moment(subject, f"the value before ?{args.name}"), args),
        least,
        most,
    )


def on_sequence(
    function: Callable[[Run, list[Value | None], Arguments], Value | None], least: int = 0, most: int = 0
) -> BuiltIn:
    """A built-in of sequences, which it sees whole."""

    def apply(run: Run, subject: Value, args: Arguments) -> Value | None:
        items = listed(run, subject, f"the value before ?{args.name}")
        run.spend(len(items))
        return function(run, items, args)

    return BuiltIn(apply, least, most)
