"""Keys that mean something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from cordboard.edge.calls.party import Party

STAR: Final = "*"
LONGEST_PATTERN: Final = 32
"""Keys of a party that are remembered, to be compared with patterns."""

Stop = Callable[[], None]


def on_key(party: Party, key: str, then: Callable[[], None]) -> Stop:
    """Calls `then` when the party presses a key; the answer ends that."""
    return party.media.listen(lambda digit: then() if digit == key else None)


def on_patterns(party: Party, patterns: Sequence[str], then: Callable[[str], None]) -> Stop:
    """Calls `then` with each pattern whose keys the party has just pressed in a row; the answer ends that."""
    keyed = ""

    def listen(digit: str) -> None:
        nonlocal keyed
        keyed = (keyed + digit)[-LONGEST_PATTERN:]
        for pattern in patterns:
            if pattern and keyed.endswith(pattern):
                then(pattern)

    return party.media.listen(listen)
