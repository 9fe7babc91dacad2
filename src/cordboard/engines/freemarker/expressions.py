"""Expressions, ready to be evaluated. `value` answers None for what is missing; `needed` raises for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from cordboard.engines.freemarker.comparing import compared
from cordboard.engines.freemarker.faults import MissingError, TemplateError
from cordboard.engines.freemarker.numbers import calculated, negated
from cordboard.engines.freemarker.run import Run, as_number, as_truth, wrong
from cordboard.engines.freemarker.texts import text_of
from cordboard.engines.freemarker.values import NOTHING, Function, Nothing, Range, Value


@dataclass(slots=True)
class Expression(ABC):
    """`place` is its offset in the template, `height` how deep it is nested."""

    place: int
    height: int = field(init=False, default=1)

    @abstractmethod
    def value(self, run: Run) -> Value | None:
        """Evaluates it."""

    def shown(self) -> str:
        """What messages call it."""
        return "this"

    def needed(self, run: Run) -> Value:
        """Its value, which must be there. Raises MissingError."""
        value = self.value(run)
        if value is None:
            run.place = self.place
            raise wrong(None, self.shown(), "a value")
        return value

    def truth(self, run: Run) -> bool:
        """Its value, which must be a boolean."""
        value = self.needed(run)
        run.place = self.place
        return as_truth(value, self.shown())

    def number(self, run: Run) -> Decimal:
        """Its value, which must be a number."""
        value = self.needed(run)
        run.place = self.place
        return as_number(value, self.shown())

    def text(self, run: Run) -> str:
        """The text that its value shows."""
        value = self.needed(run)
        run.place = self.place
        return text_of(run, value, self.shown())


def quiet(expression: Expression, run: Run) -> Value | None:
    """The value on the left of `!` and `??`: parentheses forgive whatever is missing within them."""
    if not isinstance(expression, Parenthesis):
        return expression.value(run)
    try:
        return expression.value(run)
    except MissingError:
        return None


@dataclass(slots=True)
class Literal(Expression):
    """A string, number or boolean."""

    constant: Value

    def value(self, run: Run) -> Value | None:
        """The constant."""
        run.spend()
        return self.constant


@dataclass(slots=True)
class Pieces(Expression):
    """A string with interpolations."""

    parts: list[str | Expression]

    def value(self, run: Run) -> Value | None:
        """The string."""
        run.spend()
        made = [part if isinstance(part, str) else part.text(run) for part in self.parts]
        run.room_for(sum(map(len, made)))
        return "".join(made)


@dataclass(slots=True)
class Items(Expression):
    """A sequence written out."""

    items: list[Expression]

    def value(self, run: Run) -> Value | None:
        """The sequence."""
        run.items_for(len(self.items))
        run.spend()
        return [item.needed(run) for item in self.items]


@dataclass(slots=True)
class Pairs(Expression):
    """A hash written out."""

    pairs: list[tuple[Expression, Expression]]

    def value(self, run: Run) -> Value | None:
        """The hash."""
        run.items_for(len(self.pairs))
        run.spend()
        return {key.text(run): value.needed(run) for key, value in self.pairs}


@dataclass(slots=True)
class Names(Expression):
    """A variable, or names with dots between them: a value of the whole name, else members of a variable."""

    names: tuple[str, ...]

    def value(self, run: Run) -> Value | None:
        """The variable. Members of what the template itself has made come first."""
        run.spend()
        if len(self.names) == 1:
            return run.variable(self.names[0])
        if not run.local(self.names[0]):
            return run.values.get(".".join(self.names).lower())
        found = run.variable(self.names[0])
        for done, name in enumerate(self.names[1:], 1):
            run.place = self.place
            found = member_of(found, name, ".".join(self.names[:done]))
        return found

    def shown(self) -> str:
        """The names."""
        return ".".join(self.names)


@dataclass(slots=True)
class Special(Expression):
    """`.now` and its like."""

    read: Callable[[Run], Value | None]

    def value(self, run: Run) -> Value | None:
        """What it stands for."""
        run.spend()
        return self.read(run)


@dataclass(slots=True)
class Parenthesis(Expression):
    """An expression in parentheses."""

    inner: Expression

    def value(self, run: Run) -> Value | None:
        """The value within."""
        return self.inner.value(run)

    def shown(self) -> str:
        """What is within."""
        return self.inner.shown()


@dataclass(slots=True)
class Member(Expression):
    """A member of a hash."""

    target: Expression
    name: str

    def value(self, run: Run) -> Value | None:
        """The member."""
        run.spend()
        found = self.target.value(run)
        run.place = self.place
        return member_of(found, self.name, self.target.shown())

    def shown(self) -> str:
        """The path."""
        return f"{self.target.shown()}.{self.name}"


def member_of(found: Value | None, name: str, what: str) -> Value | None:
    """A member of a hash. Raises TemplateError."""
    if isinstance(found, dict):
        return found.get(name)
    if isinstance(found, Nothing):
        return None
    raise wrong(found, what, "a hash")


@dataclass(slots=True)
class Sum(Expression):
    """Numbers added and subtracted, or multiplied and divided, from left to right; `+` also joins what is no number."""

    first: Expression
    steps: list[tuple[str, int, Expression]]

    def value(self, run: Run) -> Value | None:
        """The result."""
        total = self.first.needed(run)
        for sign, place, operand in self.steps:
            right = operand.needed(run)
            run.spend()
            run.place = place
            total = combined(run, total, sign, right)
        return total


def combined(run: Run, left: Value, sign: str, right: Value) -> Value:
    """Two values under an arithmetical operator. Raises TemplateError."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return calculated(left, sign, right)
    if sign != "+":
        what = f"the left side of {sign}" if not isinstance(left, Decimal) else f"the right side of {sign}"
        raise wrong(right if isinstance(left, Decimal) else left, what, "a number")
    if isinstance(left, dict) and isinstance(right, dict):
        run.items_for(len(left) + len(right))
        return {**left, **right}
    if isinstance(left, list | Range) and isinstance(right, list | Range):
        return _joined(run, left, right)
    if isinstance(left, Nothing) and not isinstance(right, str | Decimal):
        return right
    if isinstance(right, Nothing) and isinstance(left, dict | list | Range):
        return left
    one, other = text_of(run, left, "the left side of +"), text_of(run, right, "the right side of +")
    run.room_for(len(one) + len(other))
    return one + other


def _joined(run: Run, left: list[Value | None] | Range, right: list[Value | None] | Range) -> Value:
    sizes = [len(one) if isinstance(one, list) else one.size for one in (left, right)]
    run.items_for(sum(run.limits.sequence + 1 if size is None else size for size in sizes))
    return [*left, *right]


@dataclass(slots=True)
class Sign(Expression):
    """A number with a sign."""

    minus: bool
    operand: Expression

    def value(self, run: Run) -> Value | None:
        """The number."""
        run.spend()
        number = self.operand.number(run)
        return negated(number) if self.minus else number


@dataclass(slots=True)
class Not(Expression):
    """The other boolean."""

    operand: Expression

    def value(self, run: Run) -> Value | None:
        """The boolean."""
        run.spend()
        return not self.operand.truth(run)


@dataclass(slots=True)
class Logic(Expression):
    """Booleans under `&&`, or under `||`; the later ones are read only when it depends on them."""

    every: bool
    operands: list[Expression]

    def value(self, run: Run) -> Value | None:
        """The boolean."""
        run.spend()
        if self.every:
            return all(operand.truth(run) for operand in self.operands)
        return any(operand.truth(run) for operand in self.operands)


@dataclass(slots=True)
class Comparison(Expression):
    """Two values compared."""

    left: Expression
    sign: str
    right: Expression

    def value(self, run: Run) -> Value | None:
        """The boolean."""
        left, right = self.left.needed(run), self.right.needed(run)
        run.spend(1 + len(left) // 1024 if isinstance(left, str) else 1)
        run.place = self.place
        return compared(left, self.sign, right)


@dataclass(slots=True)
class Default(Expression):
    """`a!b`: the second where the first is missing. Without a second it is empty: a string, sequence and hash alike."""

    target: Expression
    fallback: Expression | None

    def value(self, run: Run) -> Value | None:
        """The first of both that is there."""
        run.spend()
        found = quiet(self.target, run)
        if found is not None:
            return found
        return self.fallback.value(run) if self.fallback else NOTHING

    def shown(self) -> str:
        """The default."""
        return self.fallback.shown() if self.fallback else "this"


@dataclass(slots=True)
class Exists(Expression):
    """Whether a value is there."""

    target: Expression

    def value(self, run: Run) -> Value | None:
        """The boolean."""
        run.spend()
        return quiet(self.target, run) is not None


@dataclass(slots=True)
class Lambda(Expression):
    """`x -> expression`."""

    name: str
    body: Expression

    def value(self, run: Run) -> Value | None:
        """The lambda, ready to be called."""

        def call(given: Value | None) -> Value | None:
            run.spend_round()
            run.scopes.append({self.name: given})
            try:
                return self.body.value(run)
            finally:
                run.scopes.pop()

        return Function(call)


@dataclass(slots=True)
class Span(Expression):
    """A range: `sign` is `..`, `..<` or `..*`; without `last` it has no end."""

    first: Expression
    sign: str
    last: Expression | None

    def value(self, run: Run) -> Value | None:
        """The range."""
        run.spend()
        start = _whole(self.first.number(run))
        if self.last is None:
            return Range(start, 1, None)
        end = _whole(self.last.number(run))
        if self.sign == "..*":
            return Range(start, 1 if end >= 0 else -1, abs(end), adaptive=True)
        step = 1 if start <= end else -1
        return Range(start, step, abs(end - start) + (self.sign == ".."))


def _whole(number: Decimal) -> int:
    if not number.is_finite() or abs(number) >= 2**31:
        raise TemplateError("the ends of a range must lie within 2147483647 of zero")
    return int(number)
