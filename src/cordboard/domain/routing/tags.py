"""Route tags and the numbers that carry them (requests 62 to 68), and rule sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.routing import repository
from cordboard.domain.routing.checking import check_rule_set_name, check_tag
from cordboard.domain.routing.errors import (
    RouteTagExistsError,
    RouteTagNotFoundError,
    RuleSetInUseError,
    RuleSetNotFoundError,
    TooManyRoutesError,
)
from cordboard.domain.routing.models import RouteTag, RuleSet
from cordboard.engines.rules.statements import parse_statements
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids

_MOST_TAGS: Final = 1000
_MOST_RULE_SETS: Final = 1000


class RouteTagService:
    """The verbs of tags."""

    def __init__(self, clock: Clock, numbers: NumberService) -> None:
        self._clock = clock
        self._numbers = numbers

    async def all_of(self, tx: Tx, account_id: UUID) -> list[RouteTag]:
        """The account's tags."""
        return await repository.tags_of(tx, account_id)

    async def get(self, tx: Tx, account_id: UUID, route_tag: str) -> RouteTag:
        """One of them. Raises RouteTagNotFoundError."""
        found = await repository.find_tag(tx, account_id, route_tag)
        if found is None:
            raise RouteTagNotFoundError("routeTag")
        return found

    async def add(self, tx: Tx, account_id: UUID, route_tag: str, description: str, distribution_type: int) -> RouteTag:
        """A new tag. Raises InvalidInputError, RouteTagExistsError, TooManyRoutesError."""
        check_tag(route_tag, description, distribution_type)
        if await repository.count_tags(tx, account_id) >= _MOST_TAGS:
            raise TooManyRoutesError(f"an account may have {_MOST_TAGS} route tags")
        new = RouteTag(
            account_id=account_id,
            route_tag=route_tag,
            description=description,
            distribution_type=distribution_type,
            created_at=self._clock.now(),
        )
        if not await repository.insert_tag(tx, new):
            raise RouteTagExistsError(f"{route_tag!r} is there; change it with PUT")
        return new

    async def edit(
        self, tx: Tx, account_id: UUID, route_tag: str, description: str | None, distribution_type: int | None
    ) -> RouteTag:
        """Changes what is given. Raises RouteTagNotFoundError, InvalidInputError."""
        present = await self.get(tx, account_id, route_tag)
        changed = replace(
            present,
            description=present.description if description is None else description,
            distribution_type=present.distribution_type if distribution_type is None else distribution_type,
        )
        check_tag(changed.route_tag, changed.description, changed.distribution_type)
        await repository.update_tag(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, route_tag: str) -> RouteTag:
        """Removes a tag with its destinations; numbers lose it. Raises RouteTagNotFoundError."""
        present = await self.get(tx, account_id, route_tag)
        await repository.delete_tag(tx, account_id, route_tag)
        return present

    async def assign(self, tx: Tx, account_id: UUID, route_tag: str, numbers: Sequence[str]) -> list[OwnedNumber]:
        """Gives numbers a tag instead of any other. Raises RouteTagNotFoundError, InvalidInputError."""
        if await repository.find_tag(tx, account_id, route_tag, keep=True) is None:
            raise RouteTagNotFoundError("routeTag")
        return await self._numbers.set_route_tag(tx, account_id, numbers, route_tag)

    async def unassign(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> list[OwnedNumber]:
        """Takes any tag off numbers. Raises InvalidInputError."""
        return await self._numbers.set_route_tag(tx, account_id, numbers, None)


class RuleSetService:
    """The verbs of rule sets."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def all_of(self, tx: Tx, account_id: UUID) -> list[RuleSet]:
        """The account's rule sets."""
        return await repository.rule_sets_of(tx, account_id)

    async def get(self, tx: Tx, account_id: UUID, rule_set_id: UUID) -> RuleSet:
        """One of them. Raises RuleSetNotFoundError."""
        found = await repository.find_rule_set(tx, account_id, rule_set_id)
        if found is None:
            raise RuleSetNotFoundError("ruleSetId")
        return found

    async def add(self, tx: Tx, account_id: UUID, name: str, statements: Sequence[Any]) -> RuleSet:
        """A new one; `statements` as JSON. Raises InvalidInputError, TooManyRoutesError."""
        check_rule_set_name(name)
        if await repository.count_rule_sets(tx, account_id) >= _MOST_RULE_SETS:
            raise TooManyRoutesError(f"an account may have {_MOST_RULE_SETS} rule sets")
        new = RuleSet(
            account_id=account_id,
            id=self._ids.time_uuid(),
            name=name,
            statements=parse_statements(statements),
            created_at=self._clock.now(),
        )
        await repository.insert_rule_set(tx, new)
        return new

    async def edit(
        self, tx: Tx, account_id: UUID, rule_set_id: UUID, name: str | None, statements: Sequence[Any] | None
    ) -> RuleSet:
        """Changes what is given. Raises RuleSetNotFoundError, InvalidInputError."""
        present = await self.get(tx, account_id, rule_set_id)
        changed = replace(
            present,
            name=present.name if name is None else name,
            statements=present.statements if statements is None else parse_statements(statements),
        )
        check_rule_set_name(changed.name)
        await repository.update_rule_set(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, rule_set_id: UUID) -> RuleSet:
        """Removes one that no destination uses. Raises RuleSetNotFoundError, RuleSetInUseError."""
        present = await self.get(tx, account_id, rule_set_id)
        users = await repository.users_of_rule_set(tx, account_id, rule_set_id)
        if users:
            raise RuleSetInUseError(f"destinations of {', '.join(users[:5])} use it; change or delete those first")
        await repository.delete_rule_set(tx, account_id, rule_set_id)
        return present
