"""Directives and text, ready to be played. `play` answers BREAK or CONTINUE when a loop or switch is to heed that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from cordboard.engines.freemarker.comparing import compared
from cordboard.engines.freemarker.expressions import Expression, combined
from cordboard.engines.freemarker.faults import ExhaustedError, MissingError, TemplateError
from cordboard.engines.freemarker.run import Loop, Run, iterated
from cordboard.engines.freemarker.values import Nothing, Value, kind_of

BREAK: Final = "break"
CONTINUE: Final = "continue"


@dataclass(slots=True)
class Block(ABC):
    """`place` is its offset in the template."""

    place: int

    @abstractmethod
    def play(self, run: Run) -> str | None:
        """Carries it out."""


Body = list[Block]


def played(body: Body, run: Run) -> str | None:
    """Carries out blocks in order, until one breaks or continues."""
    for block in body:
        signal = block.play(run)
        if signal:
            return signal
    return None


@dataclass(slots=True)
class Written(Block):
    """Text as it stands."""

    text: str

    def play(self, run: Run) -> str | None:
        """Writes it."""
        run.spend()
        run.place = self.place
        run.write(self.text)
        return None


@dataclass(slots=True)
class Shown(Block):
    """`${...}`."""

    expression: Expression

    def play(self, run: Run) -> str | None:
        """Writes what the value shows."""
        run.spend()
        run.write(self.expression.text(run))
        return None


@dataclass(slots=True)
class Signal(Block):
    """`<#break>` or `<#continue>`."""

    signal: str

    def play(self, run: Run) -> str | None:
        """Tells the loop."""
        run.spend()
        return self.signal


@dataclass(slots=True)
class If(Block):
    """`<#if>` with its `<#elseif>`s and `<#else>`, whose condition is None."""

    branches: list[tuple[Expression | None, Body]]

    def play(self, run: Run) -> str | None:
        """Plays the first branch that holds."""
        run.spend()
        for condition, body in self.branches:
            if condition is None or condition.truth(run):
                return played(body, run)
        return None


@dataclass(slots=True)
class ListBlock(Block):
    """`<#list>`: of `names`, or, without, around an `<#items as ...>`."""

    source: Expression
    names: tuple[str, ...]
    body: Body
    otherwise: Body

    def play(self, run: Run) -> str | None:
        """Plays the body for each item, or once around the items."""
        run.spend()
        source = self.source.needed(run)
        run.place = self.place
        rounds = _rounds(source, self.names, self.source.shown())
        first = next(rounds, None)
        if first is None:
            return played(self.otherwise, run)
        chained = _Rounds(source, first, rounds)
        if self.names:
            played_rounds(chained, self.names, self.body, run)
            return None
        run.pending.append(chained)
        try:
            signal = played(self.body, run)
        finally:
            run.pending.pop()
        return None if signal == BREAK else signal


Round: TypeAlias = "tuple[Value | None, ...]"


@dataclass(slots=True)
class _Rounds:
    """The rounds of a list, the first of them read already."""

    source: Value
    first: Round
    rest: Iterator[Round]


def _rounds(source: Value, names: tuple[str, ...], what: str) -> Iterator[Round]:
    if isinstance(source, dict):
        if len(names) == 1:
            raise TemplateError(f"{what} is a hash: list its pairs with `as key, value`, or its ?keys")
        return iter(source.items())
    if len(names) > 1 and not isinstance(source, Nothing):
        raise TemplateError(f"{what} is {kind_of(source)}: only hashes are listed with `as key, value`")
    return ((item,) for item in iterated(source, what))


def played_rounds(rounds: _Rounds, names: tuple[str, ...], body: Body, run: Run) -> None:
    """Plays a body for each round, its variables set."""
    loop = Loop(names)
    scope: dict[str, Value | None] = {}
    run.scopes.append(scope)
    run.loops.append(loop)
    current: Round | None = rounds.first
    try:
        while current is not None:
            run.spend_round()
            following = next(rounds.rest, None)
            loop.has_next = following is not None
            scope.update(zip(names, current, strict=False))
            scope.update(_older(names, loop))
            if played(body, run) == BREAK:
                break
            current = following
            loop.index += 1
    finally:
        run.scopes.pop()
        run.loops.pop()


def _older(names: tuple[str, ...], loop: Loop) -> dict[str, Value | None]:
    """`x_index` and `x_has_next`, as older templates have them."""
    return {f"{names[0]}_index": Decimal(loop.index), f"{names[0]}_has_next": loop.has_next}


@dataclass(slots=True)
class ItemsBlock(Block):
    """`<#items as x>` within a `<#list>` without names."""

    names: tuple[str, ...]
    body: Body

    def play(self, run: Run) -> str | None:
        """Plays the body for each item of the list around."""
        run.spend()
        run.place = self.place
        rounds = run.pending[-1] if run.pending else None
        if not isinstance(rounds, _Rounds):
            raise TemplateError("the items of this list have been listed already")
        if isinstance(rounds.source, dict) != (len(self.names) > 1):
            raise TemplateError("a hash is listed with `as key, value`, a sequence with one name")
        run.pending[-1] = None
        played_rounds(rounds, self.names, self.body, run)
        return None


@dataclass(slots=True)
class Sep(Block):
    """`<#sep>`: between items."""

    body: Body

    def play(self, run: Run) -> str | None:
        """Plays the body unless the item is the last."""
        run.spend()
        return played(self.body, run) if run.loops[-1].has_next else None


@dataclass(slots=True)
class Assign(Block):
    """`<#assign name = value>`; `sign` is the arithmetical one of `+=` and its like, else empty."""

    name: str
    sign: str
    expression: Expression

    def play(self, run: Run) -> str | None:
        """Sets the variable."""
        run.spend()
        value = self.expression.needed(run)
        run.place = self.place
        if self.sign:
            before = run.variables.get(self.name)
            if before is None:
                raise MissingError(f"{self.name} has not been assigned yet, so {self.sign}= has nothing to start from")
            value = combined(run, before, self.sign, value)
        run.assign(self.name, value)
        return None


@dataclass(slots=True)
class Capture(Block):
    """`<#assign name>...</#assign>`."""

    name: str
    body: Body

    def play(self, run: Run) -> str | None:
        """Sets the variable to what the body writes."""
        run.spend()
        with run.captured() as out:
            signal = played(self.body, run)
        run.room_for(sum(map(len, out)))
        run.assign(self.name, "".join(out))
        return signal


@dataclass(slots=True)
class Case:
    """`values` None: the default."""

    value: Expression | None
    body: Body = field(default_factory=list)


@dataclass(slots=True)
class Switch(Block):
    """`<#switch>`: from the first case that is equal on, as far as a break."""

    subject: Expression
    cases: list[Case]

    def play(self, run: Run) -> str | None:
        """Plays the cases."""
        run.spend()
        subject = self.subject.needed(run)
        first = self._first(run, subject)
        chosen = [case for case in self.cases if case.value is None] if first is None else self.cases[first:]
        for case in chosen:
            if played(case.body, run):
                break  # by a continue as well, as in FreeMarker
        return None

    def _first(self, run: Run, subject: Value) -> int | None:
        for place, case in enumerate(self.cases):
            if case.value is None:
                continue
            value = case.value.needed(run)
            run.place = case.value.place
            if compared(subject, "==", value):
                return place
        return None


@dataclass(slots=True)
class Attempt(Block):
    """`<#attempt>` and its `<#recover>`."""

    body: Body
    recovery: Body

    def play(self, run: Run) -> str | None:
        """Plays the body; if something is wrong in it, nothing of it is written and the recovery plays."""
        run.spend()
        depths = len(run.scopes), len(run.loops), len(run.pending)
        try:
            with run.captured() as out:
                signal = played(self.body, run)
        except ExhaustedError:
            raise
        except TemplateError as fault:
            before, run.error = run.error, fault.problem
            del run.scopes[depths[0] :], run.loops[depths[1] :], run.pending[depths[2] :]
            signal = played(self.recovery, run)
            run.error = before
            return signal
        run.pass_on(out)
        return signal


@dataclass(slots=True)
class Compress(Block):
    """`<#compress>`: blanks made one, line breaks too."""

    body: Body

    def play(self, run: Run) -> str | None:
        """Writes what the body writes, without what can be spared."""
        run.spend()
        with run.captured() as out:
            signal = played(self.body, run)
        text = "".join(out)
        run.room_for(len(text))
        words = text.split(None)
        if not words:
            return signal
        made = [words[0]]
        place = text.find(words[0]) + len(words[0])
        for word in words[1:]:
            start = text.find(word, place)
            gap = text[place:start]
            made += ["\n" if "\n" in gap or "\r" in gap else " ", word]
            place = start + len(word)
        run.pass_on(["".join(made)])
        return signal


@dataclass(slots=True)
class Set(Block):
    """`<#setting name=value>`."""

    name: str
    expression: Expression

    def play(self, run: Run) -> str | None:
        """Changes the setting from here on."""
        run.spend()
        value = self.expression.text(run)
        run.place = self.place
        run.change(self.name, value)
        return None


@dataclass(slots=True)
class Stop(Block):
    """`<#stop "why">`."""

    reason: Expression | None

    def play(self, run: Run) -> str | None:
        """Ends the rendering with a fault."""
        reason = self.reason.text(run) if self.reason else "no reason is given"
        run.place = self.place
        raise ExhaustedError(f"the template stops: {reason[:200]}")
