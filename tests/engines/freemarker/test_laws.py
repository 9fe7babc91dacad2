"""What holds for any template, any number and any string."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st
from tests.engines.freemarker.rows import NOW, ROWS, VALUES

from cordboard.engines.freemarker.built_ins.table import BUILT_INS
from cordboard.engines.freemarker.faults import FreemarkerError
from cordboard.engines.freemarker.limits import Limits
from cordboard.engines.freemarker.template import render

SMALL = Limits(steps=5000, iterations=300, output=5000, string=5000, sequence=500)
PIECES = (
    "<#if ", "<#elseif ", "<#else>", "</#if>", "<#list ", " as x>", " as k, v>", "</#list>", "<#items as x>",
    "</#items>", "<#sep>", "<#break>", "<#assign x", "<#assign y>", "</#assign>", "<#switch ", "<#case ", "<#default>",
    "</#switch>", "<#attempt>", "<#recover>", "</#attempt>", "<#compress>", "</#compress>", "<#setting number_format=",
    "<#t>", "<#rt>", "<#noparse>", "</#noparse>", "<#-- ", " -->", "${", "}", ">", "/>", "(", ")", "[", "]", "{", "}",
    ",", ":", ".", "..", "..<", "..*", "?", "??", "!", "=", "==", "!=", " gt ", " lte ", "&&", "||", "+", "-", "*", "/",
    "%", "->", "x", "k", "name", "node1.reply", "json", "true", "false", "1", "0", "2.5", "1000000000", '"a"', "'b'",
    'r"c"', '"${name}"', "\n", " ", "[1,2,3]", "(1..5)", '{"a": 1}', ".now", "x -> x", "?string", "?map", "?filter",
    "(x -> x)", "('a')", "(2)", "(1, 2)",
)  # fmt: skip
SUBJECTS = (
    "''", "'a b'", "0", "-2.5", "'NaN'?number", "'INF'?number", "'-INF'?number", "99999999999999999999", "true", "[]",
    "['b','a']", "[3,1]", "[{'a':1}]", "{}", "{'a':1}", ".now", ".now?date", "(1..)", "(5..1)", "(missing!)", "'[1]'",
    "'2020-01-02'", "(1..)?map(x -> x)",
)  # fmt: skip
ARGUMENTS = (
    "''", "'a'", "'%'", "-1", "0", "2", "2.5", "99999999999", "true", "[]", "[1,'a']", "{}", "missing!", ".now",
    "x -> x", "x -> true", "'yyyy'", "'NaN'?number", "(1..)", "'i'", "'America/New_York'",
)  # fmt: skip
FORMATTED = ("0.5?string", "1234.5?string", ".now?string", "'1'?date", "'12'?time", "'1 2'?datetime")
templates = (
    st.text()
    | st.lists(st.sampled_from(PIECES) | st.sampled_from([f"?{name}" for name in BUILT_INS])).map("".join)
    | st.lists(st.sampled_from([row.template for row in ROWS]), max_size=4).map("".join)
)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
strings = st.text(st.characters(codec="utf-8"), max_size=30)


def _rendered(template: str, **values: str) -> str:
    return render(template, values, now=NOW)


def _settles(template: str, values: Mapping[str, str]) -> None:
    """The template renders, or it is at fault: nothing else may come of it."""
    with suppress(FreemarkerError):
        assert len(render(template, values, now=NOW, limits=SMALL)) <= SMALL.output


@given(templates)
def test_any_template(template: str) -> None:
    _settles(template, VALUES)


@given(st.sampled_from(sorted(BUILT_INS)), st.lists(st.sampled_from(ARGUMENTS), max_size=3), st.sampled_from(SUBJECTS))
def test_any_built_in(name: str, arguments: list[str], subject: str) -> None:
    call = f"({', '.join(arguments)})" if arguments else ""
    _settles(f"<#assign x = {subject}?{name}{call}>", VALUES)


@given(strings, st.sampled_from(sorted(BUILT_INS)))
def test_any_subject(text: str, name: str) -> None:
    _settles(f"<#assign x = text?{name}>", {"text": text})


@given(strings, st.sampled_from(FORMATTED))
def test_any_format(text: str, subject: str) -> None:
    _settles("${" + subject + "(text)}", {"text": text})


@given(st.text("GyYMLdDEuFwWaHkKhmsSzZX0#,.;'%¤E- /:x", max_size=12), st.sampled_from(FORMATTED))
def test_any_pattern(text: str, subject: str) -> None:
    _settles("${" + subject + "(text)}", {"text": text})


@given(numbers, numbers)
def test_arithmetic_is_exact(a: Decimal, b: Decimal) -> None:
    with localcontext(prec=200):
        expected = [a + b, a - b, a * b]
        shown = _rendered(
            "${(a?number + b?number)?c} ${(a?number - b?number)?c} ${(a?number * b?number)?c}", a=str(a), b=str(b)
        )
        assert [Decimal(number) for number in shown.split()] == expected


@given(numbers, numbers.filter(bool))
def test_division_rounds_half_up_at_twelve_decimals(a: Decimal, b: Decimal) -> None:
    with localcontext(prec=200):
        expected = (a / b).quantize(Decimal("1e-12"), ROUND_HALF_UP)
        assert Decimal(_rendered("${(a?number / b?number)?c}", a=str(a), b=str(b))) == expected


@given(numbers)
def test_numbers_are_shown_rounded_half_even(number: Decimal) -> None:
    with localcontext(prec=200):
        expected = f"{number.quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"
    assert _rendered('${n?number?string("#,##0.00")}', n=str(number)) == expected


@given(strings, strings, st.integers(0, 40))
def test_strings(text: str, part: str, width: int) -> None:
    values = {"text": text, "part": part}
    laws = {
        "text?length?c": str(len(text)),
        "text?contains(part)?c": str(part in text).lower(),
        "text?starts_with(part)?c": str(text.startswith(part)).lower(),
        "text?index_of(part)?c": str(text.find(part)),
        "text?last_index_of(part)?c": str(text.rfind(part)),
        "text?replace(part, '-')": text.replace(part, "-"),
        "(text + part)?remove_ending(part)": text,
        "(part + text)?remove_beginning(part)": text,
        f"text?left_pad({width}, '.')": text.rjust(width, "."),
        f"text?right_pad({width}, '.')": text.ljust(width, "."),
        "text?upper_case": text.upper(),
    }
    for expression, expected in laws.items():
        assert render("${" + expression + "}", values, now=NOW) == expected


@given(st.lists(st.integers(-1000, 1000)))
def test_sorting(numbers_: list[int]) -> None:
    listed = "[" + ", ".join(map(str, numbers_)) + "]"
    assert render("${" + listed + "?sort?map(x -> x?c)?join(' ')}", {}, now=NOW) == " ".join(map(str, sorted(numbers_)))
