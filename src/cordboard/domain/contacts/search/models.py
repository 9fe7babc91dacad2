"""Searches, and what they find."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.engines.rules.statements import Statement, parse_statements
from cordboard.kit.errors import FieldError, InvalidInputError

LARGEST_SIZE: Final = 10_000
USUAL_SIZE: Final = 1_000
FARTHEST: Final = 1_000_000
PSEUDO_VARIABLES: Final = ("dnc", "timezone")
"""Members of a contact that statements may ask for too, unless its extData has a field of that name."""


class FoundContact(msgspec.Struct, frozen=True):
    """A contact as a search answers it: `ext_data` is the stored JSON, unread."""

    account_id: UUID
    id: UUID
    created: UUID
    dnc: int
    timezone: int
    ext_data: msgspec.Raw
    keys: list[str]
    removed_keys: list[str]


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """The contacts for which all `statements` hold, the oldest first: `size` of them after skipping `offset`."""

    statements: tuple[Statement, ...] = ()
    size: int = USUAL_SIZE
    offset: int = 0

    @classmethod
    def parse(cls, statements: list[Any] | None, size: int | None, offset: int | None, within: str = "") -> Search:
        """A search as JSON gives it. More than `LARGEST_SIZE` contacts are never answered, however many are asked for.

        Raises InvalidInputError naming each bad field, all of them members of `within`.
        """
        prefix = f"{within}." if within else ""
        errors: list[FieldError] = []
        parsed: tuple[Statement, ...] = ()
        try:
            parsed = parse_statements(statements or [], f"{prefix}statements")
        except InvalidInputError as error:
            errors += error.errors
        if size is not None and size < 1:
            errors.append(FieldError(f"{prefix}size", f"must be from 1 to {LARGEST_SIZE}"))
        if offset is not None and not 0 <= offset <= FARTHEST:
            errors.append(FieldError(f"{prefix}from", f"must be from 0 to {FARTHEST}"))
        if errors:
            raise InvalidInputError(errors)
        return cls(statements=parsed, size=USUAL_SIZE if size is None else min(size, LARGEST_SIZE), offset=offset or 0)

    def narrowed(self, statements: tuple[Statement, ...]) -> Search:
        """The same search, for which further statements have to hold."""
        return replace(self, statements=(*self.statements, *statements))


class SavedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A search with a name. `query` is what was asked for: `statements`, and `size` and `from` if they were given."""

    account_id: UUID
    id: UUID
    name: str
    query: dict[str, Any]
    created_at: datetime

    def search(self, size: int | None = None, offset: int | None = None, *, within: str = "") -> Search:
        """The search; `size` and `offset` instead of those that were saved. Raises InvalidInputError."""
        return Search.parse(
            self.query.get("statements"),
            self.query.get("size") if size is None else size,
            self.query.get("from") if offset is None else offset,
            within,
        )
