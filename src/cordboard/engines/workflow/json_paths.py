"""JSONPath as workflows may use it: what takes time in proportion to the JSON, and no more.

Unions and joined paths reach one value many times, so that a short path would run for days: in `[0,0][0,0]` each pair
of brackets doubles what is looked at. Filters and paths within paths look at all of the JSON for each value.
"""

from __future__ import annotations

from typing import Any, Final

import jsonpath
from jsonpath.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath.selectors import IndexSelector, NameSelector, SliceSelector, WildcardSelector

_MOST_AFTER_DESCENT: Final = 2
_RULE: Final = (
    "may have names, indices, slices and wildcards, one at a time, and one `..` with at most"
    f" {_MOST_AFTER_DESCENT} slices or wildcards from there on"
)


class JsonPathError(Exception):
    """A path that cannot be read, or cannot be followed in some JSON: what is wrong with it."""


class JsonPath:
    """A path as read. `scans`: it may look at all of the JSON; others go straight to one value."""

    def __init__(self, text: str) -> None:
        """Raises JsonPathError."""
        try:
            path = jsonpath.compile(text)
        except (jsonpath.JSONPathError, RecursionError) as error:
            raise JsonPathError(f"is not a JSONPath such as $.status: {_first_line(error)}") from error
        if not isinstance(path, jsonpath.JSONPath) or not _is_in_proportion(list(path.segments)):
            raise JsonPathError(_RULE)
        self._path = path
        self.scans = not path.singular_query()

    def found_in(self, document: Any) -> list[Any]:
        """The values that it leads to. Raises JsonPathError."""
        try:
            return self._path.findall(document)
        except (jsonpath.JSONPathError, RecursionError) as error:
            raise JsonPathError(f"the path fails: {_first_line(error)}") from error


def _is_in_proportion(segments: list[JSONPathSegment]) -> bool:
    """Whether each segment reaches a value once at most, and few segments can reach all of them."""
    kinds = (NameSelector, IndexSelector, SliceSelector, WildcardSelector)
    if any(len(one.selectors) != 1 or not isinstance(one.selectors[0], kinds) for one in segments):
        return False
    descents = [place for place, one in enumerate(segments) if isinstance(one, JSONPathRecursiveDescentSegment)]
    below = segments[descents[0] :] if descents else []
    several = sum(isinstance(one.selectors[0], SliceSelector | WildcardSelector) for one in below)
    return len(descents) <= 1 and several <= _MOST_AFTER_DESCENT


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
