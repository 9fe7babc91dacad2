"""Paths into JSON: whatever is written there is refused, or finds no value twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.engines.workflow.json_paths import JsonPath, JsonPathError

_GOOD = (".a", "['b']", "[0]", "[-1]", "[*]", ".*", "[0:2]", "[::-1]", "..a", "..*", "..[0:]")
_BAD = ("[0,0]", "[*,0]", "['a','a']", "[?@.a]", "[$.a]", " | $.a", " & $.*", ".~", "^", "[", "..")
_PATHS = st.lists(st.sampled_from(_GOOD), max_size=4).flatmap(
    lambda good: st.just(good) | st.sampled_from(_BAD).map(lambda bad: [bad, *good])
)
_JSON = st.recursive(
    st.builds(object),  # no leaf is another one
    lambda inside: (
        st.lists(inside, min_size=1, max_size=3) | st.dictionaries(st.sampled_from(("a", "b", "0")), inside, min_size=1)
    ),
    max_leaves=20,
)


@given(_PATHS, _JSON)
@settings(max_examples=300)
def test_any_path_is_refused_or_finds_no_value_twice(pieces: list[str], document: Any) -> None:
    with suppress(JsonPathError):
        path = JsonPath("$" + "".join(pieces))
        found = path.found_in(document)
        assert len({id(value) for value in found}) == len(found)
        assert path.scans or len(found) <= 1
