"""What has to hang together in a definition: ways that lead somewhere, nodes that can be reached, circles that wait."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.nodes.control import Control
from cordboard.engines.workflow.nodes.end_repeater import EndRepeater
from cordboard.engines.workflow.nodes.repeater import Repeater
from cordboard.kit.errors import FieldError


def faults_of(definition: Definition) -> list[FieldError]:
    """Every fault, each with its node and the fix; none for a definition that may be published."""
    faults = [*_dangling(definition), *_oddities(definition)]
    if faults:
        return faults
    return [*_unreachable(definition), *_ends_outside(definition), *_spinning(definition.nodes)]


def _dangling(definition: Definition) -> Iterator[FieldError]:
    for node in definition.nodes.values():
        for way in dict.fromkeys((*node.children, *node.ways)):
            if way not in definition.nodes:
                yield FieldError(f"node {node.id}", f"leads to node {way}, which is not there; add it or take it out")
    for name, target in definition.sections.items():
        if target not in definition.nodes:
            yield FieldError(f"sections.{name}", f"begins at node {target}, which is not there")


def _oddities(definition: Definition) -> Iterator[FieldError]:
    for node in definition.nodes.values():
        if isinstance(node, Control) and node.children:
            yield FieldError(f"node {node.id}.children", "must be empty: the campaign ends at a control node")
        if isinstance(node, Repeater) and not node.children:
            yield FieldError(f"node {node.id}.children", "must have the first node of a round")


def _unreachable(definition: Definition) -> Iterator[FieldError]:
    reached = _reachable(definition.nodes, (definition.start,))
    for node_id in sorted(definition.nodes.keys() - reached):
        yield FieldError(f"node {node_id}", "cannot be reached from startNode; lead a way to it or take it out")


def _ends_outside(definition: Definition) -> Iterator[FieldError]:
    rounds = [node for node in definition.nodes.values() if isinstance(node, Repeater)]
    inside = _reachable(definition.nodes, tuple(child for node in rounds for child in node.children))
    for node in definition.nodes.values():
        if isinstance(node, EndRepeater) and node.id not in inside:
            yield FieldError(f"node {node.id}", "ends rounds, but no repeater leads to it")


def _spinning(nodes: Mapping[int, Node]) -> Iterator[FieldError]:
    """Circles of nodes none of which waits: found by taking away, again and again, what leads to no such node."""
    left = {node.id: {way for way in node.ways if not nodes[way].waits} for node in nodes.values() if not node.waits}
    while ended := [node_id for node_id, ways in left.items() if not ways & left.keys()]:
        for node_id in ended:
            del left[node_id]
    circling = sorted(node_id for node_id in left if node_id in _reachable(nodes, nodes[node_id].ways, left.keys()))
    for node_id in circling:
        yield FieldError(
            f"node {node_id}", "is in a circle of nodes that never waits; put a timeDelay or event into it"
        )


def _reachable(nodes: Mapping[int, Node], starts: tuple[int, ...], within: Collection[int] | None = None) -> set[int]:
    """The nodes that ways lead to from `starts`, those included; with `within`, through those nodes only."""
    found: set[int] = set()
    waiting = list(starts)
    while waiting:
        node_id = waiting.pop()
        if node_id not in found and (within is None or node_id in within):
            found.add(node_id)
            waiting += nodes[node_id].ways
    return found
