"""Route destinations: where tags lead (requests 69 to 74)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.routing import repository
from cordboard.domain.routing.checking import check_destination, clean_destination
from cordboard.domain.routing.errors import (
    DestinationExistsError,
    DestinationNotFoundError,
    RouteTagNotFoundError,
    TooManyRoutesError,
)
from cordboard.domain.routing.models import DestinationChanges, DestinationKey, RouteDestination
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import parse_uuid

MOST_OF_A_TAG: Final = 100


class DestinationService:
    """The verbs of destinations."""

    def __init__(self, clock: Clock, *, allow_private_urls: bool) -> None:
        self._clock = clock
        self._allow_private = allow_private_urls

    async def all_of(self, tx: Tx, account_id: UUID) -> list[RouteDestination]:
        """The account's destinations, those of a tag together, the first priority first."""
        return await repository.destinations_of(tx, account_id)

    async def of_tag(self, tx: Tx, account_id: UUID, route_tag: str) -> list[RouteDestination]:
        """Those of a tag. Raises RouteTagNotFoundError."""
        await self._require_tag(tx, account_id, route_tag)
        return await repository.destinations_of(tx, account_id, route_tag)

    async def get(self, tx: Tx, account_id: UUID, key: DestinationKey) -> RouteDestination:
        """One of them. Raises DestinationNotFoundError."""
        found = await repository.find_destination(tx, account_id, _cleaned(key))
        if found is None:
            raise DestinationNotFoundError("dest")
        return found

    async def add(self, tx: Tx, account_id: UUID, key: DestinationKey, changes: DestinationChanges) -> RouteDestination:
        """A new one. Raises RouteTagNotFoundError, InvalidInputError, DestinationExistsError, TooManyRoutesError."""
        await self._require_tag(tx, account_id, key.route_tag)
        if len(await repository.destinations_of(tx, account_id, key.route_tag)) >= MOST_OF_A_TAG:
            raise TooManyRoutesError(f"a route tag may have {MOST_OF_A_TAG} destinations")
        blank = RouteDestination(account_id=account_id, created_at=self._clock.now(), **_cleaned(key)._asdict())
        new = await self._changed(tx, blank, changes)
        if not await repository.insert_destination(tx, new):
            raise DestinationExistsError(f"{key.route_tag!r} has it; change it with PUT")
        return new

    async def edit(
        self, tx: Tx, account_id: UUID, key: DestinationKey, changes: DestinationChanges
    ) -> RouteDestination:
        """Changes what is given. Raises DestinationNotFoundError, InvalidInputError."""
        changed = await self._changed(tx, await self.get(tx, account_id, key), changes)
        await repository.update_destination(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, key: DestinationKey) -> RouteDestination:
        """Removes one. Raises DestinationNotFoundError."""
        present = await self.get(tx, account_id, key)
        await repository.delete_destination(tx, account_id, present.key)
        return present

    async def _changed(self, tx: Tx, present: RouteDestination, changes: DestinationChanges) -> RouteDestination:
        """The destination with the changes, checked. Raises InvalidInputError."""
        given: dict[str, Any] = changes.given()
        if changes.rule_set_id is not None:
            given["rule_set_id"] = await self._rule_set(tx, present.account_id, changes.rule_set_id)
        changed = replace(present, **given)
        check_destination(changed, allow_private=self._allow_private)
        return changed

    @staticmethod
    async def _rule_set(tx: Tx, account_id: UUID, given: str) -> UUID | None:
        if not given:
            return None
        rule_set_id = parse_uuid(given)
        if rule_set_id is None or await repository.find_rule_set(tx, account_id, rule_set_id) is None:
            raise InvalidInputError.of("ruleSetId", "is not the id of a rule set; see GET /v4/route/ruleset")
        return rule_set_id

    @staticmethod
    async def _require_tag(tx: Tx, account_id: UUID, route_tag: str) -> None:
        if await repository.find_tag(tx, account_id, route_tag, keep=True) is None:
            raise RouteTagNotFoundError("routeTag")


def _cleaned(key: DestinationKey) -> DestinationKey:
    return key._replace(dest=clean_destination(key.dest, key.dest_type))
