"""Number sets (requests 119 to 125): numbers that share their settings."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.numbers import repository
from cordboard.domain.numbers.errors import NumberSetNotFoundError
from cordboard.domain.numbers.models import NumberChanges, NumberSet
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import Ids


class NumberSetService:
    """The verbs of sets. A number is in one set at most; joining, and every edit of the set, gives it the set's
    settings.
    """

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def all_of(self, tx: Tx, account_id: UUID) -> list[NumberSet]:
        """The account's sets."""
        return await repository.sets_of(tx, account_id)

    async def get(self, tx: Tx, account_id: UUID, set_id: UUID) -> NumberSet:
        """A set with its members. Raises NumberSetNotFoundError."""
        found = await repository.find_set(tx, account_id, set_id)
        if found is None:
            raise NumberSetNotFoundError("numberSetId")
        return found

    async def add(self, tx: Tx, account_id: UUID, changes: NumberChanges, numbers: Sequence[str]) -> NumberSet:
        """A new set with its first members. Raises InvalidInputError naming numbers that are not the account's."""
        if not changes.name:
            raise InvalidInputError.of("name", "is required")
        new = NumberSet(
            account_id=account_id,
            id=self._ids.time_uuid(),
            name=changes.name,
            forward_number=changes.forward_number or "",
            caller_id_name=changes.caller_id_name or "",
            urls=dict(changes.urls),
            keyword_actions=changes.keyword_actions or {},
            created_at=self._clock.now(),
        )
        await repository.insert_set(tx, new)
        return await self._join(tx, new, numbers)

    async def edit(self, tx: Tx, account_id: UUID, set_id: UUID, changes: NumberChanges) -> NumberSet:
        """Changes what is given and pushes the settings to every member. Raises NumberSetNotFoundError."""
        present = await self.get(tx, account_id, set_id)
        changed = replace(
            present,
            name=changes.name or present.name,
            forward_number=present.forward_number if changes.forward_number is None else changes.forward_number,
            caller_id_name=present.caller_id_name if changes.caller_id_name is None else changes.caller_id_name,
            urls={**present.urls, **changes.urls},
            keyword_actions=present.keyword_actions if changes.keyword_actions is None else changes.keyword_actions,
        )
        await repository.update_set(tx, changed)
        await repository.push_settings(tx, changed)
        return changed

    async def add_numbers(self, tx: Tx, account_id: UUID, set_id: UUID, numbers: Sequence[str]) -> NumberSet:
        """Puts numbers into a set. Raises NumberSetNotFoundError, InvalidInputError."""
        return await self._join(tx, await self.get(tx, account_id, set_id), numbers)

    async def remove_numbers(self, tx: Tx, account_id: UUID, set_id: UUID, numbers: Sequence[str]) -> NumberSet:
        """Takes numbers out of a set; they keep their settings. Raises NumberSetNotFoundError, InvalidInputError."""
        members = await self.get(tx, account_id, set_id)
        _refuse_strangers(numbers, members.phone_numbers, "is not in this set")
        await repository.leave_set(tx, account_id, set_id, numbers)
        return replace(members, phone_numbers=tuple(one for one in members.phone_numbers if one not in numbers))

    async def delete(self, tx: Tx, account_id: UUID, set_id: UUID) -> NumberSet:
        """Removes a set; its numbers stay. Raises NumberSetNotFoundError."""
        members = await self.get(tx, account_id, set_id)
        await repository.leave_set(tx, account_id, set_id, members.phone_numbers)
        await repository.delete_set(tx, account_id, set_id)
        return replace(members, phone_numbers=())

    async def _join(self, tx: Tx, members: NumberSet, numbers: Sequence[str]) -> NumberSet:
        if not numbers:
            return members
        joined = await repository.join_set(tx, members, numbers)
        _refuse_strangers(numbers, joined, "is not a number of this account")
        return replace(members, phone_numbers=tuple(sorted({*members.phone_numbers, *joined})))


def _refuse_strangers(numbers: Sequence[str], known: Sequence[str], problem: str) -> None:
    """Raises InvalidInputError for each number that is not known."""
    errors = [FieldError("phoneNumbers", f"{number} {problem}") for number in numbers if number not in known]
    if errors:
        raise InvalidInputError(errors)
