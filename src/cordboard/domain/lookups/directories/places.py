"""Towns of North American number ranges, as numbers were first given out there. Made by `tools/places.py`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final, NamedTuple

_FILE: Final = "places.tsv"
_LENGTHS: Final = (6, 5, 4, 3)


class Place(NamedTuple):
    """A town and its state or province."""

    town: str
    state: str


def place_of(number: str) -> Place | None:
    """The place of an E.164 number's range; None where the plan has none, or for other plans."""
    if not number.startswith("+1"):
        return None
    national, places = number[2:], _places()
    return next((places[national[:length]] for length in _LENGTHS if national[:length] in places), None)


@cache
def _places() -> dict[str, Place]:
    """By prefix; read when the first number is asked for."""
    places = {}
    for line in resources.files(__package__).joinpath(_FILE).read_text("utf-8").splitlines():
        town, state, prefixes = line.split("\t")
        places.update(dict.fromkeys(prefixes.split(), Place(town, state)))
    return places
