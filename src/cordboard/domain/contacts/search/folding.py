"""What contacts hold as searches compare it: without regard to case, the values of many contacts in one text. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cordboard.domain.contacts.search.models import PSEUDO_VARIABLES
from cordboard.engines.rules.statements import Statement

SEPARATOR: Final = "\x1f"
SEGMENT_SIZE: Final = 128
_MOST_PARTS: Final = 3
_MOST_CHOICES: Final = 16
_WHOLE: Final = frozenset({"equals", "equals_one_of"})
_PARTS: Final = frozenset({"contains", "contains_one_of", "begins_with", "ends_with"})


@dataclass(frozen=True, slots=True)
class Segment:
    """Contacts, and what they hold: `texts` a text a field with a value for each contact in turn, `tokens` a list a
    contact with a hash for each field's whole value.
    """

    contact_ids: list[UUID]
    tokens: list[list[int]]
    texts: dict[str, str]


def segment_of(account_id: UUID, contacts: Sequence[tuple[UUID, Mapping[str, str]]]) -> Segment:
    """The segment of some contacts, given as id and extData."""
    columns: dict[str, list[str]] = {}
    tokens: list[list[int]] = []
    for place, (_, ext_data) in enumerate(contacts):
        folded = {variable: fold(value) for variable, value in ext_data.items() if value}
        tokens.append([token(account_id, variable, value) for variable, value in folded.items()])
        for variable, value in folded.items():
            if variable not in columns:
                columns[variable] = [""] * len(contacts)
            columns[variable][place] = value
    return Segment(
        contact_ids=[contact_id for contact_id, _ in contacts],
        tokens=tokens,
        texts={name: SEPARATOR + SEPARATOR.join(values) + SEPARATOR for name, values in columns.items()},
    )


def fold(value: str) -> str:
    """A value as the texts of segments hold it. Equal and contained values stay so."""
    return value.casefold().replace(SEPARATOR, " ")


def token(account_id: UUID, variable: str, folded: str) -> int:
    """A hash of 32 bits. It must never change: it is stored."""
    return zlib.crc32(f"{variable}{SEPARATOR}{folded}".encode(), zlib.crc32(account_id.bytes)) - 2**31


def telling_wholes(statements: Sequence[Statement]) -> list[Statement]:
    """The statements that ask for a whole value which must be there: tokens find it."""
    return [one for one in statements if one.operation in _WHOLE and _must_be_there(one)]


def telling_parts(statements: Sequence[Statement]) -> list[Statement]:
    """The statements that ask for a part of a value which must be there, the longest parts first: texts show it."""
    usable = [
        one
        for one in statements
        if one.operation in _PARTS and len(one.choices) <= _MOST_CHOICES and _must_be_there(one)
    ]
    return sorted(usable, key=lambda one: -min(map(len, one.choices)))[:_MOST_PARTS]


def tokens_of(account_id: UUID, statement: Statement) -> list[int]:
    """The tokens of which a contact has one if the statement, which asks for whole values, holds for it."""
    return [token(account_id, statement.variable, choice) for choice in folded_choices(statement)]


def needles(statement: Statement) -> list[str]:
    """The texts of which one stands in a segment's text if the statement holds for one of its contacts."""
    choices = folded_choices(statement)
    match statement.operation:
        case "begins_with":
            return [f"{SEPARATOR}{choice}" for choice in choices]
        case "ends_with":
            return [f"{choice}{SEPARATOR}" for choice in choices]
        case _:
            return choices


def folded_choices(statement: Statement) -> list[str]:
    """The values to compare with, as segments hold them."""
    return [choice.replace(SEPARATOR, " ") for choice in statement.choices]


def _must_be_there(statement: Statement) -> bool:
    return all(statement.choices) and not statement.negated and statement.variable not in PSEUDO_VARIABLES
