"""Dispositions (requests 115 to 118)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.dispositions import repository
from cordboard.domain.dispositions.errors import BuiltInError, KeyInUseError
from cordboard.domain.dispositions.models import DIRECTIONS, TAGS, Disposition, built_in
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError

MOST: Final = 500
LONGEST_DESCRIPTION: Final = 255
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


class DispositionService:
    """The verbs of dispositions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def all_of(self, tx: Tx, account_id: UUID) -> list[Disposition]:
        """The built-in ones, then the account's own."""
        own = await repository.all_of(tx, account_id)
        return list((built_in(account_id) | {one.key: one for one in own}).values())

    async def add(
        self,
        tx: Tx,
        account_id: UUID,
        *,
        key: str,
        description: str,
        tags: Sequence[str],
        direction: str,
        campaign_id: UUID | None,
    ) -> Disposition:
        """A new one. Raises InvalidInputError, KeyInUseError."""
        new = Disposition(
            account_id=account_id,
            key=key.strip().lower(),
            description=description.strip(),
            tags=_clean_tags(tags),
            direction=direction.strip().lower(),
            triggered_campaign_id=campaign_id,
            created_at=self._clock.now(),
        )
        _check(new)
        if new.key in built_in(account_id) or not await repository.add(tx, new):
            raise KeyInUseError(new.key)
        if await repository.count(tx, account_id) > MOST:
            raise InvalidInputError.of("key", f"is one too many: an account has {MOST} dispositions at most")
        return new

    async def edit(
        self,
        tx: Tx,
        account_id: UUID,
        key: str,
        *,
        description: str | None,
        tags: Sequence[str] | None,
        direction: str | None,
        campaign_id: UUID | None,
    ) -> Disposition:
        """Changes what is given; the workflow always: None takes it away. Of a built-in one the rest may be sent as it
        is. Raises NotFoundError, InvalidInputError.
        """
        present = await self._find(tx, account_id, key)
        changed = replace(
            present,
            description=present.description if description is None else description.strip(),
            tags=present.tags if tags is None else _clean_tags(tags),
            direction=present.direction if direction is None else direction.strip().lower(),
            triggered_campaign_id=campaign_id,
        )
        _check(changed)
        if present.key in built_in(account_id):
            _require_same(present, changed)
        await repository.put(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, key: str) -> Disposition:
        """Removes one of the account's own. Raises NotFoundError, BuiltInError."""
        present = await self._find(tx, account_id, key)
        if present.key in built_in(account_id):
            raise BuiltInError(present.key)
        await repository.delete(tx, account_id, present.key)
        return present

    @staticmethod
    async def _find(tx: Tx, account_id: UUID, key: str) -> Disposition:
        named = key.strip().lower()
        found = await repository.find(tx, account_id, named) or built_in(account_id).get(named)
        if found is None:
            raise NotFoundError("key")
        return found


def _clean_tags(given: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(tag.strip().lower() for tag in given))


def _check(disposition: Disposition) -> None:
    """Raises InvalidInputError naming each bad field."""
    errors = []
    if not _KEY.fullmatch(disposition.key):
        errors.append(FieldError("key", "must be 1 to 64 letters, digits, _ and -, such as major_sale"))
    if not 1 <= len(disposition.description) <= LONGEST_DESCRIPTION:
        errors.append(FieldError("description", f"must have 1 to {LONGEST_DESCRIPTION} characters"))
    errors += [
        FieldError(f"tags[{place}]", f"must be one of {', '.join(TAGS)}")
        for place, tag in enumerate(disposition.tags)
        if tag not in TAGS
    ]
    if disposition.direction not in DIRECTIONS:
        errors.append(FieldError("direction", f"must be one of {', '.join(DIRECTIONS)}"))
    if errors:
        raise InvalidInputError(errors)


def _require_same(present: Disposition, changed: Disposition) -> None:
    """Raises InvalidInputError when more than the workflow of a built-in disposition would change."""
    fields = [name for name in ("description", "tags", "direction") if getattr(present, name) != getattr(changed, name)]
    if fields:
        raise InvalidInputError(
            [FieldError(name, "cannot be changed: this disposition is built in") for name in fields]
        )
