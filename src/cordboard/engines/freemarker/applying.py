"""Built-ins as parts of expressions: the plain ones, and those that do not look at their value, or not at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cordboard.engines.freemarker.built_ins.common import Arguments, BuiltIn
from cordboard.engines.freemarker.comparing import compared
from cordboard.engines.freemarker.date_formats import moment_text
from cordboard.engines.freemarker.expressions import Expression, Names, quiet
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.number_formats import number_text
from cordboard.engines.freemarker.run import Loop, Run, wrong
from cordboard.engines.freemarker.texts import text_of
from cordboard.engines.freemarker.values import NOTHING, Moment, Value, kind_of


@dataclass(slots=True)
class Applied(Expression):
    """`target?name(arguments)`."""

    target: Expression
    name: str
    built_in: BuiltIn
    arguments: list[Expression]

    def value(self, run: Run) -> Value | None:
        """What the built-in answers."""
        subject = self.target.needed(run)
        arguments = Arguments(self.name, tuple(argument.needed(run) for argument in self.arguments))
        run.spend()
        run.place = self.place
        found = self.built_in.apply(run, subject, arguments)
        run.pay_for(found)
        return found

    def shown(self) -> str:
        """The name."""
        return f"{self.target.shown()}?{self.name}"


@dataclass(slots=True)
class Formatted(Expression):
    """`?string` with or without a format."""

    target: Expression
    arguments: list[Expression]

    def value(self, run: Run) -> Value | None:
        """The text."""
        subject = self.target.needed(run)
        run.spend()
        if isinstance(subject, bool):
            return self._of_truth(run, truth=subject)
        styles = [argument.needed(run) for argument in self.arguments]
        run.place = self.place
        if len(styles) > 1:
            raise TemplateError("?string takes one argument here: a format; two are for booleans")
        if not styles:
            return text_of(run, subject, self.target.shown())
        style = styles[0]
        if not isinstance(style, str):
            raise wrong(style, "the format", "a string")
        if isinstance(subject, Decimal):
            return number_text(subject, style)
        if isinstance(subject, Moment):
            return moment_text(subject, style or run.settings.format_of(subject.kind), run.settings.time_zone)
        raise TemplateError(f"{kind_of(subject)} has no formats: ?string(...) is for numbers, dates and booleans")

    def _of_truth(self, run: Run, *, truth: bool) -> Value:
        run.place = self.place
        if not self.arguments:
            return text_of(run, truth, "this") if run.settings.boolean_format else ("true" if truth else "false")
        if len(self.arguments) != 2:
            raise TemplateError("?string takes two texts for a boolean: ?string('yes', 'no')")
        return self.arguments[0 if truth else 1].text(run)


@dataclass(slots=True)
class HasContent(Expression):
    """`?has_content`."""

    target: Expression

    def value(self, run: Run) -> Value | None:
        """Whether the value is there and not empty."""
        run.spend()
        found = quiet(self.target, run)
        if isinstance(found, str | list | dict):
            return len(found) > 0
        return found is not None and getattr(found, "size", None) != 0


@dataclass(slots=True)
class Otherwise(Expression):
    """`?default(a, b)` and `?if_exists`."""

    target: Expression
    fallbacks: list[Expression]

    def value(self, run: Run) -> Value | None:
        """The first that is there."""
        run.spend()
        found = quiet(self.target, run)
        for fallback in self.fallbacks:
            if found is not None:
                break
            found = fallback.value(run)
        return NOTHING if found is None and not self.fallbacks else found


@dataclass(slots=True)
class Then(Expression):
    """`condition?then(a, b)`."""

    target: Expression
    yes: Expression
    no: Expression

    def value(self, run: Run) -> Value | None:
        """One of both; the other is not evaluated."""
        run.spend()
        return self.yes.value(run) if self.target.truth(run) else self.no.value(run)


@dataclass(slots=True)
class Switched(Expression):
    """`value?switch(case, result, ..., otherwise)`."""

    target: Expression
    arguments: list[Expression]

    def value(self, run: Run) -> Value | None:
        """The result of the first case that equals the value."""
        run.spend()
        subject = self.target.needed(run)
        for place in range(0, len(self.arguments) - 1, 2):
            case = self.arguments[place].needed(run)
            run.place = self.place
            if compared(subject, "==", case):
                return self.arguments[place + 1].value(run)
        if len(self.arguments) % 2:
            return self.arguments[-1].value(run)
        raise TemplateError("no case of ?switch is equal to the value: add a last argument for all others")


@dataclass(slots=True)
class OfLoop(Expression):
    """`item?index` and its like."""

    name: str
    read: Callable[[Loop], Value]

    def value(self, run: Run) -> Value | None:
        """What is known of the loop."""
        run.spend()
        run.place = self.place
        return self.read(run.loop(self.name))


@dataclass(slots=True)
class Cycled(Expression):
    """`item?item_cycle("a", "b")`."""

    name: str
    arguments: list[Expression]

    def value(self, run: Run) -> Value | None:
        """The argument whose turn it is."""
        run.spend()
        run.place = self.place
        return self.arguments[run.loop(self.name).index % len(self.arguments)].value(run)


_OF_LOOPS: Final[dict[str, Callable[[Loop], Value]]] = {
    "index": lambda loop: Decimal(loop.index),
    "counter": lambda loop: Decimal(loop.index + 1),
    "has_next": lambda loop: loop.has_next,
    "is_first": lambda loop: loop.index == 0,
    "is_last": lambda loop: not loop.has_next,
    "is_even_item": lambda loop: loop.index % 2 == 1,
    "is_odd_item": lambda loop: loop.index % 2 == 0,
    "item_parity": lambda loop: "even" if loop.index % 2 else "odd",
    "item_parity_cap": lambda loop: "Even" if loop.index % 2 else "Odd",
}
_MOST: Final = 200
_SPECIAL: Final[dict[str, tuple[int, int]]] = {
    "string": (0, 2),
    "default": (1, _MOST),
    "if_exists": (0, 0),
    "exists": (0, 0),
    "has_content": (0, 0),
    "then": (2, 2),
    "switch": (2, _MOST),
    "item_cycle": (1, _MOST),
    **dict.fromkeys(_OF_LOOPS, (0, 0)),
}
STYLED: Final = frozenset({"string", "date", "time", "datetime"})
"""Those that take a format also as a member: `?string.short`, `?date["yyyy"]`."""
SPECIAL: Final = frozenset(_SPECIAL)


def arity_of(name: str, built_in: BuiltIn | None) -> tuple[int, int]:
    """How many arguments a built-in takes, at least and at most."""
    return _SPECIAL[name] if built_in is None else (built_in.least, built_in.most)


def special(place: int, name: str, target: Expression, arguments: list[Expression]) -> Expression:
    """One of the built-ins that are no plain ones. Raises TemplateError."""
    if name in _OF_LOOPS or name == "item_cycle":
        if not isinstance(target, Names) or len(target.names) > 1:
            raise TemplateError(f"?{name} stands behind a loop's variable only", place)
        variable = target.names[0]
        return Cycled(place, variable, arguments) if name == "item_cycle" else OfLoop(place, variable, _OF_LOOPS[name])
    if name == "string":
        return Formatted(place, target, arguments)
    if name == "then":
        return Then(place, target, *arguments)
    if name == "switch":
        return Switched(place, target, arguments)
    if name == "has_content":
        return HasContent(place, target)
    return Otherwise(place, target, arguments)
