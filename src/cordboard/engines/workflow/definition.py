"""A workflow's definition: read from its JSON in all the loose forms that it is written in, with every fault named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.nodes.end_repeater import EndRepeater
from cordboard.engines.workflow.nodes.registry import NODE_TYPES
from cordboard.engines.workflow.reading import Members, whole
from cordboard.kit.errors import FieldError, InvalidInputError

SCHEMA_VERSION: Final = 1
MOST_NODES: Final = 1000
_LARGEST_ID: Final = 2**31 - 1
LARGEST_DOCUMENT: Final = 512 * 1024
_KINDS: Final = {kind.lower(): kind for kind in NODE_TYPES}


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that may be run. `within_rounds` are the nodes from which an end of rounds can be reached."""

    start: int
    nodes: dict[int, Node]
    sections: dict[str, int]
    within_rounds: frozenset[int] = frozenset()


def read_definition(text: str) -> Definition:
    """The definition of a JSON text. Raises InvalidInputError with every fault of reading; `validation` says what
    hangs together.
    """
    if len(text) > LARGEST_DOCUMENT:
        raise InvalidInputError.of("workflow", f"may have {LARGEST_DOCUMENT} characters")
    try:
        document = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidInputError.of("workflow", f"is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInputError.of("workflow", "must be a JSON object")
    faults: list[FieldError] = []
    version = whole(document.get("schemaVersion"))
    if version != SCHEMA_VERSION:
        faults.append(FieldError("schemaVersion", f"must be {SCHEMA_VERSION}"))
    nodes = _nodes(document.get("nodes"), faults)
    start = whole(document.get("startNode"))
    if start is None or start not in nodes:
        faults.append(FieldError("startNode", "must be the id of one of the nodes"))
    sections = _sections(document.get("sections"), faults)
    placed = {node_id: node.placed(sections, Members({}, f"node {node_id}", faults)) for node_id, node in nodes.items()}
    if faults:
        raise InvalidInputError(faults)
    return Definition(start=start or 0, nodes=placed, sections=sections, within_rounds=_within_rounds(placed))


def _nodes(given: Any, faults: list[FieldError]) -> dict[int, Node]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_NODES:
        faults.append(FieldError("nodes", f"must be a list of 1 to {MOST_NODES} nodes"))
        return {}
    nodes: dict[int, Node] = {}
    for place, one in enumerate(given):
        node = _node(one, f"nodes[{place}]", faults)
        if node is not None and node.id in nodes:
            faults.append(FieldError(f"nodes[{place}].id", f"{node.id} is the id of another node too"))
        elif node is not None:
            nodes[node.id] = node
    return nodes


def _node(given: Any, place: str, faults: list[FieldError]) -> Node | None:
    if not isinstance(given, Mapping):
        faults.append(FieldError(place, "must be an object"))
        return None
    node_id = whole(given.get("id"))
    if node_id is None or node_id < 0:
        faults.append(FieldError(f"{place}.id", "must be a whole number of 0 or more"))
        return None
    if node_id > _LARGEST_ID:
        faults.append(FieldError(f"{place}.id", f"may be {_LARGEST_ID} at most"))
        return None
    where = f"node {node_id}"
    kind = _kind(given)
    if kind is None:
        faults.append(FieldError(f"{where}.type", f"must be one of {', '.join(NODE_TYPES)}"))
        return None
    children = _children(given.get("children"), where, faults)
    return NODE_TYPES[kind].read(node_id, children, Members(given, where, faults))


def _kind(given: Mapping[str, Any]) -> str | None:
    """The type's name. Some are written without one, and are told by their members."""
    name = given.get("type")
    if isinstance(name, str):
        return _KINDS.get("".join(name.split()).replace("_", "").lower())
    if name is None and "dncType" in given:
        return "dnc"
    if name is None and "numAttempts" in given:
        return "repeater"
    return "section" if name is None and "section" in given else None


def _children(given: Any, where: str, faults: list[FieldError]) -> tuple[int, ...]:
    if given is None:
        return ()
    ids = [whole(one) for one in given] if isinstance(given, list) else [None]
    if any(one is None for one in ids):
        faults.append(FieldError(f"{where}.children", "must be a list of ids of nodes"))
    return tuple(one for one in ids if one is not None)


def _sections(given: Any, faults: list[FieldError]) -> dict[str, int]:
    """A map of names to ids, or a list of such maps."""
    maps = given if isinstance(given, list) else [given] if given is not None else []
    sections: dict[str, int] = {}
    for one in maps:
        if not isinstance(one, Mapping):
            faults.append(FieldError("sections", "must map names to ids of nodes"))
            continue
        for name, value in one.items():
            node_id = whole(value)
            if node_id is None:
                faults.append(FieldError(f"sections.{name}", "must be the id of a node"))
            else:
                sections[str(name)] = node_id
    return sections


def _within_rounds(nodes: Mapping[int, Node]) -> frozenset[int]:
    before: dict[int, list[int]] = defaultdict(list)
    for node in nodes.values():
        for way in node.ways:
            before[way].append(node.id)
    found: set[int] = set()
    waiting = [node.id for node in nodes.values() if isinstance(node, EndRepeater)]
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found.add(node_id)
            waiting += before[node_id]
    return frozenset(found)
