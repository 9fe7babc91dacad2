"""IVRs for tests."""

from __future__ import annotations

from typing import Any

import msgspec

from cordboard.engines.ivr import IvrDefinition

WORKFLOW = "0f8fad5b-d9cb-469f-a165-70867728950e"


def ivr(**changes: Any) -> dict[str, Any]:
    """An IVR as JSON has it, with one menu, and members changed by their JSON names."""
    whole = {
        "ivrName": "front desk",
        "configurationOptions": {"ttsVoice": "en-gb-standard-male-1", "say": "Welcome"},
        "menus": [menu("main", entry=True)],
    }
    return whole | changes


def menu(menu_id: str, *options: dict[str, Any], entry: bool = False) -> dict[str, Any]:
    """A menu; without options it has one that hangs up."""
    return {"menuId": menu_id, "entry": entry, "options": list(options) or [option(1, ("hangup", None))]}


def option(key: str | int, *actions: tuple[str, Any]) -> dict[str, Any]:
    """An option with its actions as pairs of type and value."""
    return {"dtmfKey": key, "actions": [{"type": kind, "value": value} for kind, value in actions]}


def read(whole: dict[str, Any]) -> IvrDefinition:
    """The definition of an IVR as JSON has it."""
    return msgspec.convert(whole, IvrDefinition)


EVERYTHING = read(
    ivr(
        menus=[
            menu(
                "main",
                option(1, ("say", "Thanks"), ("play", "jingle"), ("dial", "+19495551234"), ("workflow", WORKFLOW)),
                option("2", ("nextMenu", "more")),
                option("*", ("hangup", None)),
                entry=True,
            ),
            menu("more", option("0", ("nextMenu", "main"))),
        ]
    )
)
