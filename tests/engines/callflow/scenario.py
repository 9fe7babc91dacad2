"""Scenarios of call flows: a document, what happens, and every command that must follow.

A file holds a JSON line for the request, where it is not the usual one; the document (InboundXML, or JSON of an IVR);
a line `---`; the commands of the start; then, for each event, a line `> {event}` and its commands. Members that have
their default are left out, and so are the parameters that every request tells.

Run as a program with paths it writes the commands anew, to be read before they are committed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import msgspec

from cordboard.engines.callflow.commands import Fetch, FlowCommand, Notify
from cordboard.engines.callflow.events import FlowEvent
from cordboard.engines.callflow.interpreter import Outcome, start, step
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.state import FlowRequest, FlowState
from cordboard.engines.ivr import IvrDefinition, start_ivr, validate

BASE = FlowRequest(
    account_sid="7c8693c6-976e-4324-9123-2c1d811605f9",
    call_sid="6be998f3-d47e-4b17-b80b-0456cf070179",
    from_number="+19792896588",
    to_number="+19792432907",
    direction="inbound",
    url="https://app.example/calls/start.xml?x=1",
)
_CUT = "---\n"
_EVENT = "> "
_ANY_COMMAND: type[FlowCommand] = FlowCommand  # type: ignore[assignment]  # a union is no type for mypy
_ANY_EVENT: type[FlowEvent] = FlowEvent  # type: ignore[assignment]  # likewise


class Scenario(NamedTuple):
    """What a file holds: the request, the document, the events, and the transcript as committed."""

    request: FlowRequest
    document: str
    events: tuple[FlowEvent, ...]
    transcript: str


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file."""
    head, _, transcript = path.read_text().partition(_CUT)
    first, _, rest = head.partition("\n")
    request = BASE
    if first.startswith('{"request"'):
        given = msgspec.json.decode(first)["request"]
        request = msgspec.convert(msgspec.to_builtins(BASE) | given, FlowRequest)
        head = rest
    events = [line[len(_EVENT) :] for line in transcript.splitlines() if line.startswith(_EVENT)]
    return Scenario(request, head, tuple(msgspec.json.decode(line, type=_ANY_EVENT) for line in events), transcript)


def play(scenario: Scenario) -> str:
    """The transcript of what the flow does now. The state is stored and read back before every step."""
    state, commands = begin(scenario)
    lines = [shown(state, command) for command in commands]
    for event in scenario.events:
        state, commands = step(stored(state), event)
        lines.append(_EVENT + msgspec.json.encode(event).decode())
        lines += [shown(state, command) for command in commands]
    return "".join(f"{line}\n" for line in lines)


def begin(scenario: Scenario) -> Outcome:
    """The start of the flow of a scenario."""
    if scenario.document.startswith("{"):
        definition = msgspec.json.decode(scenario.document, type=IvrDefinition)
        validate(definition)
        return start_ivr(scenario.request, definition)
    if not scenario.document.strip():
        return start(scenario.request)
    return start(msgspec.structs.replace(scenario.request, body=scenario.document))


def stored(state: FlowState) -> FlowState:
    """The state as it comes out of the store."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=FlowState)


def shown(state: FlowState, command: FlowCommand) -> str:
    """A command as a line: its name, then the members that are not as usual."""
    usual = Run(state).parameters()
    if isinstance(command, Fetch | Notify):
        # The call's status alone may have changed by the end of the step.
        assert [name for name, _ in command.parameters[: len(usual)]] == [name for name, _ in usual]
        command = msgspec.structs.replace(command, parameters=command.parameters[len(usual) :])
    members = msgspec.to_builtins(command)
    defaults = {field.encode_name: field.default for field in msgspec.structs.fields(command)}
    kept = {
        name: value
        for name, value in members.items()
        if name != "type" and value != [] and (name not in defaults or getattr(command, name) != defaults[name])
    }
    return f"{members['type']} {msgspec.json.encode(kept).decode()}" if kept else str(members["type"])


def rewrite(path: Path) -> None:
    """Writes what the flow does now into a file."""
    head, cut, _ = path.read_text().partition(_CUT)
    path.write_text(head + cut + play(read_scenario(path)))


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        rewrite(Path(argument))
