"""Items and slices: `xs[0]`, `xs[1..3]`, `text[2..]`, `hash["name"]`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cordboard.engines.freemarker.expressions import Expression, member_of
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.numbers import to_bits
from cordboard.engines.freemarker.run import Run, iterated, wrong
from cordboard.engines.freemarker.texts import text_of
from cordboard.engines.freemarker.values import Nothing, Range, Stream, Value


@dataclass(slots=True)
class Item(Expression):
    """`target[index]`: by number, by name, or by a range of numbers."""

    target: Expression
    index: Expression

    def value(self, run: Run) -> Value | None:
        """The item; None past the end of a sequence or for a name that a hash has not."""
        run.spend()
        target = self.target.needed(run)
        index = self.index.needed(run)
        run.place = self.place
        if isinstance(index, Range):
            return _slice(run, target, index, self.target.shown())
        if isinstance(index, str):
            return member_of(target, index, self.target.shown())
        if isinstance(index, Decimal):
            return _at(run, target, to_bits(index, 32), self.target.shown())
        raise wrong(index, "the index", "a number, a string or a range")

    def shown(self) -> str:
        """The sequence."""
        return f"{self.target.shown()}[...]"


def _at(run: Run, target: Value, place: int, what: str) -> Value | None:
    if isinstance(target, list):
        return target[place] if 0 <= place < len(target) else None
    if isinstance(target, Range):
        return target.at(place)
    if isinstance(target, Stream):
        if place < 0:
            return None
        for item in iterated(target, what):
            if place == 0:
                return item
            place -= 1
        return None
    if isinstance(target, dict | Nothing):
        raise wrong(target, what, "a sequence or a string")
    text = text_of(run, target, what)
    if not 0 <= place < len(text):
        raise TemplateError(f"{what} has {len(text)} characters, counted from 0: there is none at {place}")
    return text[place]


def _slice(run: Run, target: Value, span: Range, what: str) -> Value:
    items: list[Value | None] | str
    if isinstance(target, list):
        items = target
    elif isinstance(target, Range):
        return _of_range(run, target, span)
    elif isinstance(target, dict | Stream | Nothing):
        raise wrong(target, what, "a sequence or a string")
    else:
        items = text_of(run, target, what)
    start, end = _bounds(span, len(items), text=isinstance(items, str))
    run.spend(abs(end - start) // 8)
    return items[start:end] if start <= end else list(reversed(items[end + 1 : start + 1]))


def _of_range(run: Run, target: Range, span: Range) -> Value:
    size = 2**31 - 1 if target.size is None else target.size
    start, end = _bounds(span, size, text=False)
    step = target.step if start <= end else -target.step
    first = target.first + start * target.step
    run.spend()
    if target.size is None and span.size is None:
        return Range(first, target.step, None)
    return Range(first, step, abs(end - start))


def _bounds(span: Range, size: int, *, text: bool) -> tuple[int, int]:
    """Where a slice begins and where it ends (past its last item; before it, when it goes backwards)."""
    if span.size == 0:
        return 0, 0
    start = span.first
    if start < 0 or start > size or (start == size and not (span.size is None or span.adaptive)):
        raise TemplateError(f"the slice begins at {start}, outside of the {size} that there are (counted from 0)")
    if span.size is None:
        return start, size
    end = start + span.size * span.step
    if span.step < 0 and text and span.size > 1:
        if span.size == 2 and not span.adaptive:
            return start, start
        raise TemplateError("a slice of a string cannot go backwards")
    if span.adaptive:
        return start, max(-1, min(end, size))
    if end > size or end < -1:
        raise TemplateError(
            f"the slice ends at {end - span.step}, outside of the {size} that there are (counted from 0)"
        )
    return start, end
