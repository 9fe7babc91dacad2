"""From a request to the text that the handset will show, and its segments. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cordboard.engines.templates.variables import render
from cordboard.kit.errors import InvalidInputError
from cordboard.wire.sms.segments import plan, segment_count

LONGEST_TEXT: Final = 1600
"""Characters of a message after its variables are replaced."""


class Composed:
    """A text as it goes out, its encoding and the number of its segments; media messages count as one."""

    __slots__ = ("encoding", "segments", "text")

    def __init__(self, text: str, encoding: str, segments: int) -> None:
        self.text = text
        self.encoding = encoding
        self.segments = segments


def compose(
    template: str, scopes: tuple[Mapping[str, str], ...], *, substitute: bool, media: bool, field: str
) -> Composed:
    """`template` with its variables replaced, planned into segments. Raises InvalidInputError naming `field`."""
    text = render(template, *scopes) if scopes else template
    if not text.strip() and not media:
        raise InvalidInputError.of(field, "is empty once its variables are replaced; a message needs text or media")
    if len(text) > LONGEST_TEXT:
        raise InvalidInputError.of(field, f"has {len(text)} characters; at most {LONGEST_TEXT} can be sent")
    planned = plan(text, substitute=substitute and not media)
    return Composed(planned.text, planned.encoding, 1 if media else segment_count(planned.text))
