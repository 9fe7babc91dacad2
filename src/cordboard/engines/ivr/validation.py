"""Whether an IVR can work: every fault at once, each with its place and the fix."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from cordboard.engines.callflow.attributes import KEYPAD
from cordboard.engines.callflow.voices import DEFAULT_VOICE, VOICES
from cordboard.engines.ivr.models import Action, ConfigurationOptions, IvrDefinition, Menu, Option
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.phone import parse_number

LONGEST_NAME: Final = 100
LONGEST_TEXT: Final = 4096
MOST_MENUS: Final = 50
MOST_OPTIONS: Final = 100
MOST_ACTIONS: Final = 20
MOST_DIGITS: Final = 20
TERMINAL: Final = frozenset({"nextMenu", "hangup"})
_NAME: Final = re.compile(r"[^/?#\x00-\x1f]+")

Faults = Iterator[FieldError]


def validate(definition: IvrDefinition) -> None:
    """Raises InvalidInputError that names each fault, by path (`menus[1].options[0].dtmfKey`)."""
    faults = [*_name("ivrName", definition.ivr_name), *_configuration(definition.configuration_options)]
    faults += _menus(definition)
    if faults:
        raise InvalidInputError(faults)


def _name(path: str, name: str) -> Faults:
    if not name.strip() or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        yield FieldError(path, f"must be 1 to {LONGEST_NAME} characters, without / ? # and line breaks")


def _configuration(options: ConfigurationOptions) -> Faults:
    path = "configurationOptions"
    if options.tts_voice not in VOICES:
        yield FieldError(f"{path}.ttsVoice", f"{options.tts_voice!r} is no voice; take one such as {DEFAULT_VOICE}")
    yield from _range(f"{path}.maxAttempts", options.max_attempts, 1, 10)
    yield from _range(f"{path}.timeout", options.timeout, 1, 60)
    yield from _range(f"{path}.minDigits", options.min_digits, 1, MOST_DIGITS)
    yield from _range(f"{path}.maxDigits", options.max_digits, 1, MOST_DIGITS)
    if options.min_digits > options.max_digits:
        yield FieldError(f"{path}.minDigits", f"must not be more than maxDigits ({options.max_digits})")
    yield from _prompts(path, options.say, options.play)


def _range(path: str, value: int, low: int, high: int) -> Faults:
    if not low <= value <= high:
        yield FieldError(path, f"must be from {low} to {high}")


def _prompts(path: str, say: str | None, play: str | None) -> Faults:
    for name, value in (("say", say), ("play", play)):
        if value and len(value) > LONGEST_TEXT:
            yield FieldError(f"{path}.{name}", f"must have at most {LONGEST_TEXT} characters")


def _menus(definition: IvrDefinition) -> Faults:
    menus = definition.menus
    if not 1 <= len(menus) <= MOST_MENUS:
        yield FieldError("menus", f"must be 1 to {MOST_MENUS} menus")
        return
    entries = [menu.menu_id for menu in menus if menu.entry]
    if len(entries) != 1:
        found = f"{', '.join(map(repr, entries))} are" if entries else "none is"
        yield FieldError("menus", f"exactly one menu must have entry true; {found}")
    for menu_id in _twice([menu.menu_id for menu in menus]):
        yield FieldError("menus", f"the menuId {menu_id!r} is there more than once; give each menu its own")
    known = {menu.menu_id for menu in menus}
    for index, menu in enumerate(menus):
        yield from _menu(f"menus[{index}]", menu, definition.configuration_options, known)


def _menu(path: str, menu: Menu, configuration: ConfigurationOptions, known: set[str]) -> Faults:
    yield from _name(f"{path}.menuId", menu.menu_id)
    yield from _prompts(path, menu.say, menu.play)
    if not 1 <= len(menu.options) <= MOST_OPTIONS:
        yield FieldError(f"{path}.options", f"menu {menu.menu_id!r} must have 1 to {MOST_OPTIONS} options")
    for key in _twice([option.key for option in menu.options]):
        yield FieldError(
            f"{path}.options", f"menu {menu.menu_id!r} has dtmfKey {key!r} more than once; each option needs its own"
        )
    for index, option in enumerate(menu.options):
        yield from _option(f"{path}.options[{index}]", option, configuration, known)


def _option(path: str, option: Option, configuration: ConfigurationOptions, known: set[str]) -> Faults:
    low, high = configuration.min_digits, configuration.max_digits
    if not low <= len(option.key) <= high or not set(option.key) <= set(KEYPAD):
        count = "one key" if low == high == 1 else f"{low} to {high} keys"
        yield FieldError(f"{path}.dtmfKey", f"{option.key[:40]!r} must be {count} out of 0-9, * and #")
    yield from _prompts(path, option.say, None)
    if not 1 <= len(option.actions) <= MOST_ACTIONS:
        yield FieldError(f"{path}.actions", f"must be 1 to {MOST_ACTIONS} actions")
    for index, action in enumerate(option.actions):
        place = f"{path}.actions[{index}]"
        yield from _action(place, action, known)
        if action.type in TERMINAL and index < len(option.actions) - 1:
            yield FieldError(place, f"nothing can follow {action.type}; make it the last action")


def _action(path: str, action: Action, known: set[str]) -> Faults:
    check = _CHECKS.get(action.type)
    if check is None:
        yield FieldError(f"{path}.type", f"{action.type[:40]!r} must be one of {', '.join(_CHECKS)}")
        return
    problem = check(action.text, known)
    if problem:
        yield FieldError(f"{path}.value", problem)


def _check_text(text: str, _: set[str]) -> str:
    return "" if 1 <= len(text) <= LONGEST_TEXT else f"must be 1 to {LONGEST_TEXT} characters"


def _check_number(text: str, _: set[str]) -> str:
    return "" if parse_number(text) else f"{text[:40]!r} is not a phone number; send it as +19495551234"


def _check_menu(text: str, known: set[str]) -> str:
    return "" if text in known else f"there is no menu {text[:LONGEST_NAME]!r}; name the menuId of one of this IVR"


def _check_workflow(text: str, _: set[str]) -> str:
    try:
        UUID(text)
    except ValueError:
        return f"{text[:40]!r} is not a workflow id (a UUID)"
    return ""


_CHECKS: Final[dict[str, Callable[[str, set[str]], str]]] = {
    "say": _check_text,
    "play": _check_text,
    "dial": _check_number,
    "nextMenu": _check_menu,
    "hangup": lambda _text, _known: "",
    "workflow": _check_workflow,
}


def _twice(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
