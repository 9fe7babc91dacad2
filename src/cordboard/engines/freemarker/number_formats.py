"""Numbers as text, in the manner of Java's DecimalFormat for English: `#,##0.00`, `0.###`, `0%`, `$0.00;($0.00)`."""

from __future__ import annotations

import decimal
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from cordboard.engines.freemarker.faults import ExhaustedError, TemplateError
from cordboard.engines.freemarker.numbers import ROUNDING

_NAMED: Final = {
    "": "#,##0.###",
    "number": "#,##0.###",
    "currency": "¤#,##0.00",
    "percent": "#,##0%",
}
_LONGEST: Final = 200
_MODES: Final = {
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING,
    "floor": decimal.ROUND_FLOOR,
    "halfUp": decimal.ROUND_HALF_UP,
    "halfDown": decimal.ROUND_HALF_DOWN,
    "halfEven": decimal.ROUND_HALF_EVEN,
}
_MODE: Final = re.compile(r"\s*roundingMode\s*=\s*['\"]?(\w+)['\"]?\s*")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A pattern as read. `group` 0: no grouping; `power`: 2 for percent, 3 for per mille."""

    prefix: str
    suffix: str
    least_whole: int
    least_decimals: int
    most_decimals: int
    group: int
    power: int
    point: bool = False
    negative: tuple[str, str] | None = None
    rounding: str = decimal.ROUND_HALF_EVEN

    def text(self, number: Decimal) -> str:
        """The number in this format."""
        before, after = self.prefix, self.suffix
        if number.is_nan():
            return "NaN"
        if number.is_signed():
            before, after = self.negative or (f"-{self.prefix}", self.suffix)
        if number.is_infinite():
            return f"{before}∞{after}"
        return f"{before}{self._digits(number.copy_abs(), negative=number.is_signed())}{after}"

    def _digits(self, number: Decimal, *, negative: bool) -> str:
        mode = _mirrored(self.rounding) if negative else self.rounding
        scaled = number.scaleb(self.power, ROUNDING)
        rounded = scaled.quantize(Decimal(1).scaleb(-self.most_decimals), mode, ROUNDING)
        whole, _, decimals = f"{rounded:f}".partition(".")
        decimals = decimals.rstrip("0").ljust(self.least_decimals, "0")
        whole = whole.lstrip("0").rjust(self.least_whole, "0")
        if not whole and not decimals:
            whole = "0"
        point = "." if decimals or self.point else ""
        return f"{self._grouped(whole)}{point}{decimals}"

    def _grouped(self, whole: str) -> str:
        if not self.group:
            return whole
        head = len(whole) % self.group
        groups = [whole[:head]] if head else []
        return ",".join(groups + [whole[place : place + self.group] for place in range(head, len(whole), self.group)])


def number_text(number: Decimal, pattern: str) -> str:
    """A number in a format: a pattern, or one of number, currency, percent, computer and c. Raises TemplateError."""
    if pattern in ("computer", "c"):
        return computer_text(number)
    return _format(pattern).text(number)


def computer_text(number: Decimal) -> str:
    """A number as programs read it: no grouping, at most 16 decimals."""
    if not number.is_finite():
        return {"Infinity": "INF", "-Infinity": "-INF"}.get(str(number), "NaN")
    rounded = number.quantize(Decimal(1).scaleb(-16), decimal.ROUND_HALF_EVEN, ROUNDING)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _mirrored(mode: str) -> str:
    return {
        decimal.ROUND_CEILING: decimal.ROUND_FLOOR,
        decimal.ROUND_FLOOR: decimal.ROUND_CEILING,
    }.get(mode, mode)


@lru_cache(maxsize=256)
def _format(pattern: str) -> NumberFormat:
    if len(pattern) > _LONGEST:
        raise ExhaustedError(f"a number format may have {_LONGEST} characters")
    main, semicolons, extras = _NAMED.get(pattern, pattern).partition(";;")
    positive, *negatives = _halves(main)
    read = _read(positive, pattern)
    if negatives and not _DIGIT.search(positive):
        raise TemplateError(
            f"{pattern!r} is no number format: digits must stand before the semicolon, such as 0.00;(0)"
        )
    if negatives and negatives[0]:
        other = _read(negatives[0], pattern)
        affixes = (other.prefix, other.suffix)
        if affixes != (read.prefix, read.suffix):
            read = replace(read, negative=affixes)
    return replace(read, rounding=_rounding(extras)) if semicolons and extras.strip() else read


def _rounding(extras: str) -> str:
    match = _MODE.fullmatch(extras)
    if match is None or match[1] not in _MODES:
        raise TemplateError(f"after ;; a number format may name a roundingMode, one of {', '.join(_MODES)}")
    return _MODES[match[1]]


def _halves(pattern: str) -> list[str]:
    """The positive pattern, and the negative one if there is one; a quoted semicolon parts nothing."""
    quoted = False
    for place, sign in enumerate(pattern):
        if sign == "'":
            quoted = not quoted
        elif sign == ";" and not quoted:
            return [pattern[:place], pattern[place + 1 :]]
    return [pattern]


_DIGIT: Final = re.compile(r"[#0.]")
_DIGITS: Final = re.compile(r"(?P<whole>[#,]*[0,]*)(?P<rest>\.(?P<zeros>0*)(?P<hashes>\#*))?")


def _read(pattern: str, whole_pattern: str) -> NumberFormat:
    prefix, place, power = _affix(pattern, 0, stop="#0,.")
    match = _DIGITS.match(pattern, place)
    whole, rest, zeros, hashes = match.groups("") if match else ("", "", "", "")
    suffix, end, other_power = _affix(pattern, place + len(whole) + len(rest), stop="#0,.E")
    if end < len(pattern) or (power and other_power):
        raise TemplateError(
            f"{whole_pattern!r} is no number format: write such as 0.00, #,##0.## or 0%; other text goes in '...'"
        )
    if not whole and not rest:
        # A pattern without digits, such as a bare word, stands before the number.
        return NumberFormat(prefix + suffix, "", 0 if pattern else 1, 0, 0 if pattern else 3, 0, power)
    least_whole = whole.count("0")
    if rest and not least_whole and not zeros and (hashes or "#" in whole):
        # Java shows one digit at least: before the point if the pattern has a place there, else after it.
        least_whole, zeros, hashes = (1, "", hashes) if whole else (0, "0", hashes[1:])
    return NumberFormat(
        prefix=prefix,
        suffix=suffix,
        least_whole=least_whole,
        least_decimals=len(zeros),
        most_decimals=len(zeros) + len(hashes),
        group=len(whole) - 1 - whole.rfind(",") if "," in whole else 0,
        power=power or other_power,
        point=bool(rest and not zeros and not hashes),
    )


def _affix(pattern: str, place: int, *, stop: str) -> tuple[str, int, int]:
    """The text before or after the digits, where it ends, and the power that a percent sign in it raises."""
    made: list[str] = []
    power, quoted = 0, False
    while place < len(pattern):
        sign = pattern[place]
        if sign == "'":
            if pattern[place + 1 : place + 2] == "'":
                made.append("'")
                place += 1
            else:
                quoted = not quoted
        elif not quoted and sign in stop and (sign != "E" or pattern[place + 1 : place + 2] == "0"):
            break
        elif sign == "¤" and not quoted:
            double = pattern[place + 1 : place + 2] == "¤"
            made.append("USD" if double else "$")
            place += double
        else:
            power = {"%": 2, "‰": 3}.get(sign, power) if not quoted else power
            made.append(sign)
        place += 1
    return "".join(made), place, power
