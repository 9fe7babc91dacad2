"""Pages of lists: how many and from where."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.kit.errors import FieldError, InvalidInputError


@dataclass(frozen=True, slots=True)
class Page:
    """`size` rows after skipping `offset`."""

    size: int = 100
    offset: int = 0

    @classmethod
    def of(cls, size: int | None, offset: int | None, *, largest: int = 1000, usual: int = 100) -> Page:
        """The page asked for, with the usual size where none was given. Raises InvalidInputError."""
        page = cls(usual if size is None else size, offset or 0)
        errors = []
        if not 1 <= page.size <= largest:
            errors.append(FieldError("size", f"must be from 1 to {largest}"))
        if page.offset < 0:
            errors.append(FieldError("offset", "must not be negative"))
        if errors:
            raise InvalidInputError(errors)
        return page
