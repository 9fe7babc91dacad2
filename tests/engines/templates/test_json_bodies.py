"""Variables in JSON bodies: whatever the value, the result is JSON of the author's structure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.engines.templates.json_bodies import escape_json, render_json
from cordboard.engines.templates.variables import render

values = st.text(st.characters(codec="utf-8")) | st.text('"\\{}[]:,%nu0 \n\t/*', max_size=20)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ('{"a": "%%name%%"}', '{"a": "Ada \\"L\\""}'),
        ('{"a": "Hi %NAME%!"}', '{"a": "Hi Ada \\"L\\"!"}'),
        ('{"a": %%name%%}', '{"a": "Ada \\"L\\""}'),
        ('{"a": %%number%%}', '{"a": -1.5e3}'),
        ('{"a": "%%number%%"}', '{"a": "-1.5e3"}'),
        ('{"a": %%truth%%, "b": %%nothing%%}', '{"a": true, "b": null}'),
        ('{"a": %%zeros%%}', '{"a": "007"}'),
        ('{"a": %%phone%%}', '{"a": "+19495551234"}'),
        ('{"a": %%payload%%}', '{"a": {"x": ["%%name%%"]}}'),
        ('{"a": "%%payload%%"}', '{"a": "{\\"x\\": [\\"%%name%%\\"]}"}'),
        ('{"a": "%%unknown%%"}', '{"a": "%%unknown%%"}'),
        ('{"a": %%unknown|null%%}', '{"a": null}'),
        ('{"a": "%%unknown|none%%", "b": %%number%%}', '{"a": "none", "b": -1.5e3}'),
        ('{"say \\"%%name%%\\"": "\\\\", "b": %%name%%}', '{"say \\"Ada \\"L\\"\\"": "\\\\", "b": "Ada \\"L\\""}'),
        ("%%payload%%", '{"x": ["%%name%%"]}'),
    ],
)
def test_rendering(text: str, rendered: str) -> None:
    scope = {
        "name": 'Ada "L"',
        "number": "-1.5e3",
        "truth": "true",
        "nothing": "null",
        "zeros": "007",
        "phone": "+19495551234",
        "payload": '{"x": ["%%name%%"]}',
    }
    assert render_json(text, scope) == rendered


def parsed_with(template: str, value: str) -> Any:
    """What a receiver reads."""
    return json.loads(render_json(template, {"v": value, "w": value}))


@given(values)
def test_a_value_in_a_string_stays_in_it(value: str) -> None:
    template = '{"a": "%%v%%", "b\\\\": ["x%%V%%y", "\\"%V%"], "%%w%%": "\\\\%%v%%", "z": 1}'
    found = parsed_with(template, value)
    expected = {"a": value, "b\\": [f"x{value}y", f'"{value}'], value: f"\\{value}", "z": 1}
    assert found == {**expected, "z": 1}


@given(values)
def test_a_value_outside_a_string_is_one_json_value(value: str) -> None:
    found = parsed_with('{"a": %%v%%, "b": [%%w%%, "%%v%%"], "c": %%unknown|0%%}', value)
    assert list(found) == ["a", "b", "c"]
    assert found["b"][1] == value
    assert found["a"] == found["b"][0]
    assert not isinstance(found["a"], dict | list)
    if isinstance(found["a"], str):
        assert found["a"] == value
    else:
        assert json.loads(value) == found["a"]


@given(values)
def test_the_authors_backslash_cannot_open_a_value(value: str) -> None:
    assert parsed_with('{"path": "C:\\%%v%%", "z": 1}', value) == {"path": f"C:\\{value}", "z": 1}
    assert parsed_with('{"path": "C:\\\\%%v%%", "z": 1}', value) == {"path": f"C:\\{value}", "z": 1}
    assert parsed_with('{"path": "C:\\%%v%%\\%%w%%", "z": 1}', value) == {"path": f"C:\\{value}\\{value}", "z": 1}


@given(values)
def test_fallbacks_and_unknown_names_keep_count_of_quotes(value: str) -> None:
    assert parsed_with('{"a": "\\%%unknown|"%% %%v%%", "z": 1}', value) == {"a": f'" {value}', "z": 1}
    assert parsed_with('{"a": %%unknown|"%%%%v%%", "z": 1}', value) == {"a": value, "z": 1}


@given(values)
def test_escape_json_is_the_inside_of_a_json_string(value: str) -> None:
    assert json.loads(f'"{escape_json("any", value)}"') == value
    assert json.loads(render('{"a": "%%v%%"}', {"v": value}, escape=escape_json)) == {"a": value}


@given(st.text('%vV|"\\{} ', max_size=80), values)
def test_no_template_is_too_odd(template: str, value: str) -> None:
    render_json(template, {"v": value})


def test_names_whose_values_are_json_are_the_callers() -> None:
    assert render_json("[%%v%%]", {"v": "[1]"}, raw=("v",)) == "[[1]]"
    assert render_json("[%%v%%]", {"v": "[1]"}) == '["[1]"]'


@pytest.mark.parametrize("hostile", ['"', "\\", '\\"', "%%v%%", '"%%v%%', "%%v|", '%%v|"%%', "\\%%v%%"])
def test_hostile_templates_take_linear_time(hostile: str) -> None:
    render_json(hostile * (500_000 // len(hostile)), {"v": '"\\'})
