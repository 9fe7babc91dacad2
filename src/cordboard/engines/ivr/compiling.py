"""An IVR made a call flow: its menus become sections of verbs that go to each other.

The greeting is heard once, then the entry menu: its `say`, its `play`, and the `say` of each option. The caller may key
at any time. An option's actions run in order; when they end without another menu the call is hung up, as it is after
the last attempt without a choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cordboard.engines.callflow.interpreter import Outcome, start_with
from cordboard.engines.callflow.state import Element, Elements, FlowRequest
from cordboard.engines.callflow.tags import Tag
from cordboard.engines.callflow.verbs.dial import Dial
from cordboard.engines.callflow.verbs.hangup import Hangup
from cordboard.engines.callflow.verbs.menu import OPTION, GoTo, PlayAsset, RecordCall, RunWorkflow
from cordboard.engines.callflow.verbs.menu import Menu as MenuVerb
from cordboard.engines.callflow.verbs.say import Say
from cordboard.engines.ivr.models import Action, IvrDefinition, Menu, Option


def start_ivr(request: FlowRequest, definition: IvrDefinition) -> Outcome:
    """A new flow through an IVR that `validate` has passed; it goes on with `callflow.interpreter.step`.

    `play` values go out as they are, in `PlayAudio.url`: the host finds the asset. The request's URL is not used.
    """
    sections = {menu.menu_id: _section(definition, menu) for menu in definition.menus}
    entry = next(menu for menu in definition.menus if menu.entry)
    options = definition.configuration_options
    greeting = _prompts(options.tts_voice, options.say, options.play)
    recording = (_tag(RecordCall),) if options.recording else ()
    return start_with(request, (*recording, *_section(definition, entry, greeting)), sections)


def _section(definition: IvrDefinition, menu: Menu, greeting: Elements = ()) -> Elements:
    """A menu as verbs; `greeting` is heard before it, and not again when the caller is asked again."""
    options = definition.configuration_options
    heard = greeting + _prompts(options.tts_voice, menu.say, menu.play)
    for option in menu.options:
        heard += _prompts(options.tts_voice, option.say, None)
    attributes = {
        "ivr": definition.ivr_name,
        "version": str(definition.version),
        "menu": menu.menu_id,
        "attempts": str(options.max_attempts),
        "timeout": str(options.timeout),
        "once": str(len(greeting)),
        "least": str(options.min_digits),
        "most": str(options.max_digits),
    }
    choices = tuple(_option(option, options.tts_voice) for option in menu.options)
    verb = Element(name=MenuVerb.name, attributes=attributes, children=(*heard, *choices))
    return (_tag(RecordCall), verb) if menu.recording else (verb,)


def _option(option: Option, voice: str) -> Element:
    actions = tuple(_ACTIONS[action.type](action, voice) for action in option.actions)
    return Element(name=OPTION, attributes={"key": option.key}, children=actions)


def _prompts(voice: str, say: str | None, play: str | None) -> Elements:
    said = (_say(say.strip(), voice),) if say and say.strip() else ()
    played = (_tag(PlayAsset, play.strip()),) if play and play.strip() else ()
    return (*said, *played)


def _say(text: str, voice: str) -> Element:
    return Element(name=Say.name.lower(), attributes={"voice": voice}, text=text)


def _tag(tag: type[Tag], text: str = "") -> Element:
    return Element(name=tag.name.lower(), text=text)


_ACTIONS: Final[dict[str, Callable[[Action, str], Element]]] = {
    "say": lambda action, voice: _say(action.text, voice),
    "play": lambda action, _: _tag(PlayAsset, action.text),
    "dial": lambda action, _: _tag(Dial, action.text),
    "nextMenu": lambda action, _: _tag(GoTo, action.text),
    "hangup": lambda _action, _voice: _tag(Hangup),
    "workflow": lambda action, _: _tag(RunWorkflow, action.text),
}
