"""A definition as a picture: an SVG without scripts and without references to anything outside of it.

Nodes lie in layers by their distance from the start. The same definition always gives the same picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.wording import detail_of, labelled_ways

_WIDTH, _HEIGHT = 230, 56
_GAP, _LAYER_GAP, _MARGIN = 40, 84, 30
_LONGEST_DETAIL: Final = 38
_LONGEST_LABEL: Final = 30
_LONGEST_TITLE: Final = 200
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LABEL_STYLE: Final = ' fill="#06c" stroke="#fff" stroke-width="4" paint-order="stroke"'
_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" text-anchor="middle">\n'
    "<title>Workflow</title>\n"
    '<defs><marker id="way-end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>\n'
    '<rect width="{width}" height="{height}" fill="#fff"/>\n'
)


class Place(NamedTuple):
    """Where a node's box begins, and in which layer."""

    x: int
    y: int
    layer: int


def draw(definition: Definition) -> str:
    """The picture of a definition. Ways to nodes that are not there are left out."""
    places = _places(definition)
    width = max(place.x for place in places.values()) + _WIDTH + 2 * _MARGIN
    height = max(place.y for place in places.values()) + _HEIGHT + _MARGIN
    lines = [line for node in definition.nodes.values() for line in _lines(node, places)]
    boxes = [_box(node, places[node.id], start=node.id == definition.start) for node in definition.nodes.values()]
    return _HEAD.format(width=width, height=height) + "\n".join((*lines, *boxes)) + "\n</svg>\n"


def _places(definition: Definition) -> dict[int, Place]:
    places: dict[int, Place] = {}
    for number, layer in enumerate(_layers(definition)):
        for column, node_id in enumerate(layer):
            x = _MARGIN + column * (_WIDTH + _GAP)
            places[node_id] = Place(x, _MARGIN + number * (_HEIGHT + _LAYER_GAP), number)
    return places


def _layers(definition: Definition) -> Iterator[list[int]]:
    """The nodes by their distance from the start; those that no way leads to come last."""
    seen = {definition.start}
    layer = [definition.start]
    while layer:
        yield layer
        following = dict.fromkeys(way for node_id in layer for way, _ in labelled_ways(definition.nodes[node_id]))
        layer = [way for way in following if way in definition.nodes and way not in seen]
        seen.update(layer)
    if apart := [node_id for node_id in definition.nodes if node_id not in seen]:
        yield apart


def _lines(node: Node, places: dict[int, Place]) -> Iterator[str]:
    ways = [(way, label) for way, label in labelled_ways(node) if way in places]
    for order, (way, label) in enumerate(ways):
        yield _line(node.id, way, label, places, (order + 1) / (len(ways) + 1))


def _line(node_id: int, way: int, label: str, places: dict[int, Place], share: float) -> str:
    """A line from below a box to above another; from the right side to the right side where it leads back."""
    start, end = places[node_id], places[way]
    if end.layer > start.layer:
        x, y, to_x, to_y = start.x + round(_WIDTH * share), start.y + _HEIGHT, end.x + _WIDTH // 2, end.y
        bend = _LAYER_GAP // 2
        curve = f"M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}"
        middle = ((x + to_x) // 2, (y + to_y) // 2)
    else:
        x, y, to_x, to_y = start.x + _WIDTH, start.y + round(_HEIGHT * share), end.x + _WIDTH, end.y + _HEIGHT // 2
        side = max(x, to_x) + _GAP
        curve = f"M{x} {y}C{side} {y} {side} {to_y} {to_x} {to_y}"
        middle = (side - _GAP // 2, (y + to_y) // 2)
    title = f"{node_id} to {way}" + (f": {label}" if label else "")
    line = f'<path d="{curve}" fill="none" stroke="#555" marker-end="url(#way-end)"/>'
    text = _text(*middle, label, _LONGEST_LABEL, _LABEL_STYLE) if label else ""
    return f'<g class="way"><title>{_safe(title, _LONGEST_TITLE)}</title>{line}{text}</g>'


def _box(node: Node, place: Place, *, start: bool) -> str:
    detail = detail_of(node)
    middle = place.x + _WIDTH // 2
    title = f"{node.kind} {node.id}" + (f": {detail}" if detail else "")
    colour = "#e6f4ea" if start else "#fff"
    return (
        f'<g class="node"><title>{_safe(title, _LONGEST_TITLE)}</title>'
        f'<rect x="{place.x}" y="{place.y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{colour}" stroke="#333"/>'
        + _text(middle, place.y + 22, f"{node.kind} {node.id}", _LONGEST_DETAIL, ' font-weight="bold"')
        + (_text(middle, place.y + 42, detail, _LONGEST_DETAIL, ' font-size="10"') if detail else "")
        + "</g>"
    )


def _text(x: int, y: int, text: str, longest: int, style: str) -> str:
    return f'<text x="{x}" y="{y}"{style}>{_safe(text, longest)}</text>'


def _safe(text: str, longest: int) -> str:
    """A text as XML may hold it, cut where it is long."""
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    return escape(_NOT_XML.sub("\ufffd", shown), {'"': "&quot;", "'": "&apos;"})
