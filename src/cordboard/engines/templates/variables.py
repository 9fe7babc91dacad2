"""The platform's variable replacement: `%%NAME%%`, `%%NAME|fallback%%` and the older `%NAME%`.

A name is matched without regard to case against the keys of the scopes, the first scope that has it wins. What stands
for a name is never expanded again, and a name that nobody knows stays as it was typed, unless a fallback follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

Scope = Mapping[str, str]
Escape = Callable[[str, str], str]
"""Called with a variable's lower-case name and its value; answers what to put in its place."""

# Each alternative reads on from its first percent sign and possessively, so that hostile texts cost linear time.
# The older form is taken in capitals only, and not where its last sign opens a double one: `5%A%%NAME%%`.
_VARIABLE: Final = re.compile(
    r"""
    %%(?P<name>[A-Za-z_][\w.-]*+)(?:\|(?P<fallback>(?:[^%]|%(?!%))*+))?%%
    | %(?P<older>[A-Z_][A-Z0-9_.-]*+)%(?!%[A-Za-z_][\w.-]*+(?:\||%%))
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as it stands in a text: `typed` whole, `name` in lower case, `fallback` None if there is none."""

    typed: str
    name: str
    fallback: str | None


class Lookup:
    """Finds values in scopes; one a text, because it indexes keys that are not in lower case when first needed."""

    __slots__ = ("_folded", "_scopes")

    def __init__(self, scopes: tuple[Scope, ...]) -> None:
        self._scopes = scopes
        self._folded: dict[str, str] | None = None

    def value(self, name: str) -> str | None:
        """The value of a lower-case name in the first scope that has it, else None."""
        if self._folded is None:
            if self._scopes and name in self._scopes[0]:
                return self._scopes[0][name]
            self._folded = self._fold()
        return self._folded.get(name)

    def _fold(self) -> dict[str, str]:
        folded: dict[str, str] = {}
        for scope in reversed(self._scopes):
            folded.update((key.lower(), value) for key, value in scope.items() if key.lower() not in scope)
            folded.update((key, value) for key, value in scope.items() if key.lower() == key)
        return folded

    def found(self, variable: Variable) -> str | None:
        """The value that replaces a variable, None when its fallback or itself should: an empty value yields too."""
        value = self.value(variable.name)
        return None if value == "" and variable.fallback is not None else value


def render(text: str, *scopes: Scope, escape: Escape | None = None) -> str:
    """`text` with its variables replaced.

    An empty value gives way to a fallback. `escape` shapes values, not fallbacks, which the author wrote in place.
    """
    if "%" not in text:
        return text
    lookup = Lookup(scopes)

    def replacement(match: re.Match[str]) -> str:
        variable = _variable(match)
        value = lookup.found(variable)
        if value is None:
            return variable.typed if variable.fallback is None else variable.fallback
        return value if escape is None else escape(variable.name, value)

    return _VARIABLE.sub(replacement, text)


def pieces(text: str) -> Iterator[str | Variable]:
    """The literal stretches and the variables of a text, in order."""
    end = 0
    for match in _VARIABLE.finditer(text):
        if match.start() > end:
            yield text[end : match.start()]
        yield _variable(match)
        end = match.end()
    if end < len(text):
        yield text[end:]


def variables(text: str) -> tuple[str, ...]:
    """The distinct names that a text uses, in lower case, in order of appearance."""
    return tuple(dict.fromkeys(_variable(match).name for match in _VARIABLE.finditer(text)))


def missing(text: str, *scopes: Scope) -> tuple[str, ...]:
    """The distinct names that `render` would leave as typed."""
    lookup = Lookup(scopes)
    unknown = (
        variable.name
        for variable in map(_variable, _VARIABLE.finditer(text))
        if variable.fallback is None and lookup.value(variable.name) is None
    )
    return tuple(dict.fromkeys(unknown))


def _variable(match: re.Match[str]) -> Variable:
    return Variable(match[0], (match["name"] or match["older"]).lower(), match["fallback"])
