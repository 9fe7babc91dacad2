"""What a rewording must leave alone: variables, links, addresses, telephone numbers, and the words about opting out.

The checks are on what comes back, so it does not matter what the text talked the writer into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cordboard.engines.templates.variables import Variable, pieces

_LINK: Final = re.compile(
    r"""
    (?:https?://|www\.)[^\s<>"]+
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
    | (?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,4}
      (?:com|net|org|io|co|us|uk|ca|info|biz|ly|me|app|dev|gov|edu|ai|link|page|gl|gd|to|tv|xyz|site|online)
      \b(?:/[^\s<>"]*)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\+?\(?\d(?:[\s().-]{0,2}\d){6,14}")
_WORDS: Final = r"STOP ?ALL|STOP|UNSUBSCRIBE|CANCEL|QUIT|END|REVOKE|OPT-?OUT|OPT ?OUT|HELP|START|ARRET"
_OPT_OUT: Final = re.compile(
    rf"""
    (?i:\b(?:reply|respond|answer|text|txt|send|type|say|press)\s+(?:with\s+)?["'“‘]?(?:{_WORDS})\b["'”’]?)
    (?i:\s*(?:to|2|for|=)\s[^.!?;,\n()]*)?
    | \b(?:{_WORDS})\b(?i:\s*(?:to|2|for|=)\s[^.!?;,\n()]*)?
    | (?i:\b(?:unsubscribe|opt[ -]?out)\b)
    """,
    re.VERBOSE,
)
_AFTER_A_LINK: Final = ".,;:!?)]}'’”"
_SPACES: Final = re.compile(r"\s+")
_NOT_A_DIGIT: Final = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Fixed:
    """What of a text is to be left alone. Numbers are their digits: how they are set apart is the writer's."""

    variables: frozenset[str]
    links: frozenset[str]
    numbers: frozenset[str]
    opt_outs: tuple[str, ...]

    def listed(self) -> list[str]:
        """All of it, for people and writers, in a fixed order."""
        return [*sorted(self.variables), *sorted(self.links), *sorted(self.numbers), *self.opt_outs]


def fixed_parts(text: str) -> Fixed:
    """What must survive in `text`."""
    plain = _without_variables(text)
    links = frozenset(match[0].rstrip(_AFTER_A_LINK) for match in _LINK.finditer(text))
    return Fixed(
        variables=frozenset(_variables(text)),
        links=links,
        numbers=frozenset(_NOT_A_DIGIT.sub("", match[0]) for match in _NUMBER.finditer(_LINK.sub(" ", plain))),
        opt_outs=tuple(dict.fromkeys(_spaced(match[0]) for match in _OPT_OUT.finditer(_LINK.sub(" ", plain)))),
    )


def complaints(text: str, reworded: str, longest: int) -> list[str]:
    """What is wrong with a rewording of `text`, in words; nothing when it may be sent."""
    before, after = fixed_parts(text), fixed_parts(reworded)
    found = [f"lost {part}" for part in _lost(before, after, reworded)]
    found += [f"added {part}" for part in _added(before, after)]
    if len(reworded) > longest:
        found.append(f"has {len(reworded)} characters; at most {longest} are allowed")
    return found


def _lost(before: Fixed, after: Fixed, reworded: str) -> Iterator[str]:
    yield from sorted(before.variables - after.variables)
    yield from sorted(before.links - after.links)
    yield from sorted(before.numbers - after.numbers)
    spaced = _spaced(reworded)
    yield from (part for part in before.opt_outs if part not in spaced)


def _added(before: Fixed, after: Fixed) -> Iterator[str]:
    yield from sorted(after.variables - before.variables)
    yield from sorted(after.links - before.links)
    yield from sorted(after.numbers - before.numbers)


def _variables(text: str) -> Iterator[str]:
    return (piece.typed for piece in pieces(text) if isinstance(piece, Variable))


def _without_variables(text: str) -> str:
    return "".join(" " if isinstance(piece, Variable) else piece for piece in pieces(text))


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
