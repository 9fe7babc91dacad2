"""Whatever a template tries, it ends soon, and says at which limit."""

from __future__ import annotations

import pytest
from tests.engines.freemarker.rows import NOW, VALUES

from cordboard.engines.freemarker.budget import Budget
from cordboard.engines.freemarker.faults import FreemarkerError, SpentError
from cordboard.engines.freemarker.limits import Limits
from cordboard.engines.freemarker.template import parse, render

SMALL = Limits(template=2000, nesting=5, depth=10, steps=2000, iterations=100, output=500, string=500, sequence=50)


def _problem(template: str, limits: Limits = SMALL) -> str:
    with pytest.raises(FreemarkerError) as caught:
        render(template, VALUES, now=NOW, limits=limits)
    return caught.value.problem


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("x" * 2001, "a template may have 2000 characters"),
        ("x" * 501, "the result may have 500 characters"),
        ("<#list 1..1000000000 as x></#list>", "the template's loops take more than 100 rounds"),
        ("<#list 1.. as x></#list>", "the template's loops take more than 100 rounds"),
        ("<#list 1..40 as x><#list 1..40 as y></#list></#list>", "the template's loops take more than 100 rounds"),
        ("${(1..1000000000)?join(',')}", "a sequence may have 50 items"),
        ("${(1..)?join(',')}", "a sequence may have 50 items"),
        ("${(1..)?reverse?size}", "a sequence may have 50 items"),
        ("${((1..30) + (1..30))?size}", "a sequence may have 50 items"),
        ("${(1..)?filter(x -> false)?first}", "the template's loops take more than 100 rounds"),
        ("${(1..)?take_while(x -> true)?size}", "a sequence may have 50 items"),
        ("${(1..)?map(x -> x)?take_while(x -> true)?size}", "the template's loops take more than 100 rounds"),

        ("${'a'?left_pad(1000000000)?length}", "a string may have 500 characters"),
        ("${'a'?right_pad(2147483647)?length}", "a string may have 500 characters"),
        ("<#assign x = 'ab'><#list 1..50 as i><#assign x = x + x></#list>", "a string may have 500 characters"),
        ("<#assign x = [1]><#list 1..50 as i><#assign x = x + x></#list>", "a sequence may have 50 items"),
        ("<#assign x = 9><#list 1..50 as i><#assign x = x * x></#list>", "a number may have 1000 digits"),
        ("${'1e999999999'?number}", "a number may have 1000 digits"),
        ("${'aaaaaaaaaaaaaaaaaaaaaaaaa'?replace('', 'bbbbbbbbbbbbbbbbbbbbbbbb')}", "a string may have 500 characters"),
        ("${'" + "a" * 60 + "'?split('')?size}", "a sequence may have 50 items"),
        ("${" + "(" * 11 + "1" + ")" * 11 + "}", "expressions may be nested 10 deep"),
        ("${" + "[" * 900 + "1" + "]" * 900 + "}", "expressions may be nested 10 deep"),
        ("${1" + "?string" * 11 + "}", "expressions may be nested 10 deep"),
        ("${" + "a!" * 30 + "1}", "expressions may be nested 10 deep"),
        ("${" + '"${' * 1 + "(" * 10 + "1" + ")" * 10 + '}"}', "expressions may be nested 10 deep"),
        ("<#if true>" * 6 + "</#if>" * 6, "directives may be nested 5 deep"),
        ("<#if true>" * 100, "directives may be nested 5 deep"),
        ("<#t>" * 21, "a line may have 20 of the tags t, lt, rt and nt"),
        ("<#attempt><#list 1.. as x></#list><#recover>R</#attempt>", "the template's loops take more than 100 rounds"),
        ("<#assign x><#list 1..60 as i>0123456789</#list></#assign>", "the result may have 500 characters"),
        ("<#compress><#list 1..60 as i>0123456789 </#list></#compress>", "the result may have 500 characters"),
        ("<#list 1..50 as i><#list 1..50 as j></#list></#list>", "the template's loops take more than 100 rounds"),
        ("${1?string('" + "0" * 201 + "')}", "a number format may have 200 characters"),
        ("${.now?string('" + "y" * 201 + "')}", "a date format may have 200 characters"),
        ("${.now?string('" + "y" * 33 + "')}", "a field of a date format may be 32 wide"),
    ],
)  # fmt: skip
def test_limits(template: str, problem: str) -> None:
    assert _problem(template) == problem


def test_steps() -> None:
    template = "<#list 1..90 as x>${" + "+".join(["1"] * 40) + "}</#list>"
    assert _problem(template) == "the template takes more than 2000 steps"


def test_copies_cost_steps() -> None:
    """Many large values, each within its limit, come to an end too."""
    template = "<#assign s = []><#list 1..9999 as x><#assign s = s + [big?upper_case]></#list>"
    with pytest.raises(FreemarkerError) as caught:
        render(template, {"big": "x" * 200_000}, now=NOW)
    assert caught.value.problem == "the template takes more than 200000 steps"


def test_what_is_written_and_loops_of_nothing_cost_steps() -> None:
    written, rounds = Budget(10_000), Budget(10_000)
    parse("x" * 1600).render({}, now=NOW, budget=written)
    parse("<#list 1..500 as x></#list>").render({}, now=NOW, budget=rounds)
    assert 10_000 - written.left >= 100
    assert 10_000 - rounds.left >= 500


def test_renderings_share_a_budget() -> None:
    budget = Budget(1000)
    template = parse("<#list 1..30 as x>${" + "+".join(["1"] * 10) + "}</#list>", SMALL)
    template.render({}, now=NOW, budget=budget)
    with pytest.raises(SpentError, match="more than 1000 steps"):
        template.render({}, now=NOW, budget=budget)
    with pytest.raises(SpentError, match="more than 1000 steps"):
        render_in("x", budget)


def test_a_templates_own_limit_comes_before_the_budget() -> None:
    budget = Budget(SMALL.steps + 100)
    with pytest.raises(FreemarkerError, match="the template takes more than 2000 steps"):
        parse("<#list 1..90 as x>${" + "+".join(["1"] * 40) + "}</#list>", SMALL).render({}, now=NOW, budget=budget)
    assert render_in("x", budget) == "x"


def test_a_budget_is_not_to_be_had_by_attempts() -> None:
    template = "<#attempt><#list 1..30 as x>${" + "+".join(["1"] * 10) + "}</#list><#recover>more</#attempt>"
    with pytest.raises(SpentError):
        render_in(template, Budget(100))


def render_in(template: str, budget: Budget) -> str:
    """What a template makes of nothing within a budget."""
    return parse(template, SMALL).render({}, now=NOW, budget=budget)


def test_long_sums_are_not_deep() -> None:
    assert render("${" + "+".join(["1"] * 5000) + "}", {}, now=NOW) == "5,000"
    assert render("${(" + "&&".join(["true"] * 5000) + ")?c}", {}, now=NOW) == "true"


def test_deep_json_is_refused() -> None:
    with pytest.raises(FreemarkerError) as caught:
        render("${json?eval_json?size}", {"json": "[" * 100_000}, now=NOW)
    assert caught.value.problem == "the JSON is nested too deep"


def test_deepest_that_is_allowed() -> None:
    limits = Limits()
    opened = "<#if true>" * (limits.nesting - 1)
    closed = "</#if>" * (limits.nesting - 1)
    lambdas = "${" + "[1]?map(x -> " * 16 + "x" + ")?first" * 16 + "}"
    assert render(f"{opened}{lambdas}{closed}", {}, now=NOW) == "1"


def test_a_template_is_parsed_once_and_rendered_often() -> None:
    template = parse("<#assign x = (x!0) + 1>${x}${name}")
    assert [template.render({"name": name}, now=NOW) for name in "ab"] == ["1a", "1b"]


def test_lines_with_trimming_tags_are_short() -> None:
    assert _problem("<#t>" + "<#-- -->x" * 501, Limits()).startswith("a line with one of the tags t, lt, rt and nt may")


def test_faults_are_located() -> None:
    with pytest.raises(FreemarkerError) as caught:
        render("one\n  two ${nope}", {}, now=NOW)
    assert (caught.value.line, caught.value.column) == (2, 9)
    assert caught.value.problem == "nope is missing: give a default with !, or test it with ??"
