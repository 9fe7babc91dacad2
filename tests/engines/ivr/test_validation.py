"""IVRs that cannot work: each fault is named with its place and the fix, all of them at once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engines.ivr.definitions import EVERYTHING, ivr, menu, option, read

from cordboard.engines.ivr import validate
from cordboard.kit.errors import InvalidInputError


def faults(whole: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        validate(read(whole))
    return [(fault.field, fault.problem) for fault in caught.value.errors]


def one_option(*actions: tuple[str, Any], key: str | int = 1) -> dict[str, Any]:
    return ivr(menus=[menu("main", option(key, *actions), entry=True)])


def test_a_good_one() -> None:
    validate(EVERYTHING)


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"ivrName": " "}, "ivrName", "must be 1 to 100 characters, without / ? # and line breaks"),
        ({"ivrName": "a/b"}, "ivrName", "must be 1 to 100 characters, without / ? # and line breaks"),
        ({"menus": []}, "menus", "must be 1 to 50 menus"),
        ({"menus": [menu("a")]}, "menus", "exactly one menu must have entry true; none is"),
        (
            {"menus": [menu("a", entry=True), menu("b", entry=True)]},
            "menus",
            "exactly one menu must have entry true; 'a', 'b' are",
        ),
        (
            {"menus": [menu("a", entry=True), menu("a")]},
            "menus",
            "the menuId 'a' is there more than once; give each menu its own",
        ),
        (
            {"menus": [{"menuId": "a", "entry": True}]},
            "menus[0].options",
            "menu 'a' must have 1 to 100 options",
        ),
        (
            {"configurationOptions": {"ttsVoice": "alice"}},
            "configurationOptions.ttsVoice",
            "'alice' is no voice; take one such as en-us-standard-female-1",
        ),
        ({"configurationOptions": {"maxAttempts": 0}}, "configurationOptions.maxAttempts", "must be from 1 to 10"),
        ({"configurationOptions": {"timeout": 61}}, "configurationOptions.timeout", "must be from 1 to 60"),
        (
            {"configurationOptions": {"minDigits": 1, "maxDigits": 21}},
            "configurationOptions.maxDigits",
            "must be from 1 to 20",
        ),
        (
            {"configurationOptions": {"say": "x" * 4097}},
            "configurationOptions.say",
            "must have at most 4096 characters",
        ),
        (
            {"menus": [menu("a", option(1, ("hangup", None)), option("1", ("hangup", None)), entry=True)]},
            "menus[0].options",
            "menu 'a' has dtmfKey '1' more than once; each option needs its own",
        ),
    ],
)
def test_faults(changes: dict[str, Any], field: str, problem: str) -> None:
    assert faults(ivr(**changes)) == [(field, problem)]


def test_fewer_digits_than_there_must_be() -> None:
    digits = {"configurationOptions": {"minDigits": 2, "maxDigits": 1}}
    assert ("configurationOptions.minDigits", "must not be more than maxDigits (1)") in faults(ivr(**digits))


@pytest.mark.parametrize("key", ["", "12", "A", "x", "\u0661"])
def test_keys(key: str) -> None:
    [(field, problem)] = faults(one_option(("hangup", None), key=key))
    assert field == "menus[0].options[0].dtmfKey"
    assert problem == f"{key!r} must be one key out of 0-9, * and #"


@pytest.mark.parametrize(
    ("action", "field", "problem"),
    [
        (("sing", "la"), "type", "'sing' must be one of say, play, dial, nextMenu, hangup, workflow"),
        (("say", ""), "value", "must be 1 to 4096 characters"),
        (("play", None), "value", "must be 1 to 4096 characters"),
        (("dial", "ada"), "value", "'ada' is not a phone number; send it as +19495551234"),
        (("nextMenu", "more"), "value", "there is no menu 'more'; name the menuId of one of this IVR"),
        (("workflow", "7"), "value", "'7' is not a workflow id (a UUID)"),
    ],
)
def test_actions(action: tuple[str, Any], field: str, problem: str) -> None:
    assert faults(one_option(action)) == [(f"menus[0].options[0].actions[0].{field}", problem)]


@pytest.mark.parametrize("action", [("hangup", None), ("nextMenu", "main")])
def test_nothing_follows_a_terminal_action(action: tuple[str, Any]) -> None:
    [(field, problem)] = faults(one_option(("say", "Bye"), action, ("say", "never")))
    assert field == "menus[0].options[0].actions[1]"
    assert problem == f"nothing can follow {action[0]}; make it the last action"


def test_an_option_that_does_nothing() -> None:
    assert faults(one_option()) == [("menus[0].options[0].actions", "must be 1 to 20 actions")]


def test_all_faults_at_once() -> None:
    whole = ivr(ivrName="", configurationOptions={"timeout": 0}, menus=[menu("main", option("x", ("dial", 1)))])
    assert [field for field, _ in faults(whole)] == [
        "ivrName",
        "configurationOptions.timeout",
        "menus",
        "menus[0].options[0].dtmfKey",
        "menus[0].options[0].actions[0].value",
    ]
