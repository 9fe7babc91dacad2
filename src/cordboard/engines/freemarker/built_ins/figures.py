"""Built-ins of numbers and booleans."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from cordboard.engines.freemarker.built_ins.common import Arguments, BuiltIn, on_number
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.number_formats import computer_text
from cordboard.engines.freemarker.numbers import ROUNDING, negated, to_bits
from cordboard.engines.freemarker.run import Run, wrong
from cordboard.engines.freemarker.values import Value

_LETTERS: Final = 26


def _rounded(mode: str) -> BuiltIn:
    def rounded(_run: Run, number: Decimal, _args: Arguments) -> Value:
        if not number.is_finite():
            raise TemplateError("NaN and infinity cannot be rounded")
        whole = number.quantize(Decimal(1), mode, ROUNDING)
        return whole if whole else Decimal(0)

    return on_number(rounded)


def _half_up(_run: Run, number: Decimal, _args: Arguments) -> Value:
    """As Java: the half goes up, also below zero."""
    if not number.is_finite():
        raise TemplateError("NaN and infinity cannot be rounded")
    raised = ROUNDING.add(number, Decimal("0.5"))
    whole = raised.quantize(Decimal(1), decimal.ROUND_FLOOR, ROUNDING)
    return whole if whole else Decimal(0)


def _narrowed(bits: int) -> BuiltIn:
    return on_number(lambda _run, number, _args: Decimal(to_bits(number, bits)))


def _same(_run: Run, number: Decimal, _args: Arguments) -> Value:
    return number


def _letters(base: str) -> BuiltIn:
    def letters(_run: Run, number: Decimal, args: Arguments) -> Value:
        whole = to_bits(number, 32)
        if whole < 1:
            raise TemplateError(f"?{args.name} counts from 1")
        made = ""
        while whole > 0:
            whole, letter = divmod(whole - 1, _LETTERS)
            made = chr(ord(base) + letter) + made
        return made

    return on_number(letters)


def _computer(_run: Run, subject: Value, args: Arguments) -> Value:
    if isinstance(subject, bool):
        return "true" if subject else "false"
    if isinstance(subject, Decimal):
        return computer_text(subject)
    raise wrong(subject, f"the value before ?{args.name}", "a number or a boolean")


def _test(test: Callable[[Decimal], bool]) -> BuiltIn:
    return on_number(lambda _run, number, _args: test(number))


FIGURES: Final[dict[str, BuiltIn]] = {
    "abs": on_number(lambda _run, number, _args: negated(number) if number < 0 else number),
    "ceiling": _rounded(decimal.ROUND_CEILING),
    "floor": _rounded(decimal.ROUND_FLOOR),
    "round": on_number(_half_up),
    "byte": _narrowed(8),
    "short": _narrowed(16),
    "int": _narrowed(32),
    "float": on_number(_same),
    "double": on_number(_same),
    "c": BuiltIn(_computer),
    "is_nan": _test(Decimal.is_nan),
    "is_infinite": _test(Decimal.is_infinite),
    "upper_abc": _letters("A"),
    "lower_abc": _letters("a"),
}
