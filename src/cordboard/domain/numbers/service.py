"""Numbers (requests 107 to 113, 136): offered, bought, set up, and how fast each may send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts.errors import AccountSuspendedError
from cordboard.domain.accounts.service import AccountService
from cordboard.domain.numbers import moving_repository, pace, repository
from cordboard.domain.numbers.errors import (
    NoSmsNumberError,
    NoVoiceNumberError,
    NumberNotFoundError,
    NumberSetNotFoundError,
)
from cordboard.domain.numbers.inventory import Inventory, type_of
from cordboard.domain.numbers.models import Capacity, NumberChanges, NumberSet, OfferedNumber, OwnedNumber, PaceRequest
from cordboard.domain.numbers.months import month_after
from cordboard.domain.numbers.ports import NumberCharges
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.kit.areas import region_of
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, FieldError, InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.kit.timezones import timezone_of_number

__all__ = ["NumberService", "PaceRequest"]

RENEWAL_TIMER: Final = "numbers.renew"

Pick: TypeAlias = Callable[[Tx, UUID, UUID, int], Awaitable[list[OwnedNumber]]]
"""Draws so many numbers of an account's set."""


class NumberService:
    """The verbs of numbers."""

    def __init__(
        self, *, clock: Clock, ids: Ids, accounts: AccountService, inventory: Inventory, charges: NumberCharges
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._accounts = accounts
        self._inventory = inventory
        self._charges = charges

    async def sync_inventory(self, tx: Tx, offers: Sequence[tuple[str, Sequence[str], Sequence[str]]]) -> None:
        """Makes (carrier, numbers, attributes) the inventory, besides what was imported; for the start of an
        installation. A carrier may stand there several times, for numbers that can do different things. What carriers
        offered that are not among them goes.
        """
        kept: dict[str, list[str]] = defaultdict(list)
        for carrier, numbers, _ in offers:
            kept[carrier] += numbers
        await repository.forget_carriers(tx, list(kept))
        for carrier, numbers in kept.items():
            await repository.keep_offers(tx, carrier, numbers)
        for carrier, numbers, attributes in offers:
            await repository.offer(tx, carrier, numbers, attributes)

    async def import_inventory(self, tx: Tx, offers: Sequence[OfferedNumber]) -> None:
        """Adds numbers to the inventory that no settings list, until their carrier goes."""
        await repository.import_inventory(tx, offers)

    async def offered(
        self, tx: Tx, area_codes: Sequence[str] | None, kind: str | None, per_area: int
    ) -> list[OfferedNumber]:
        """What can be bought (request 108)."""
        return await self._inventory.offered(tx, area_codes, kind, per_area)

    async def purchase(
        self, tx: Tx, account_id: UUID, numbers: Sequence[str], members: NumberSet | None
    ) -> tuple[list[OwnedNumber], list[FieldError]]:
        """Buys what can be bought (request 109) and tells what cannot; a set gives its settings to what was bought.
        Raises AccountSuspendedError.
        """
        taken = await self._take(tx, account_id, numbers, members)
        # Looked at once the numbers are ours, which a deletion of the account waits for.
        if not (await self._accounts.get(tx, account_id)).active:
            raise AccountSuspendedError
        bought: list[OwnedNumber] = []
        refused: list[FieldError] = []
        for number in dict.fromkeys(numbers):
            new = taken.get(number)
            if new is None:
                refused.append(FieldError(number, "is not available; pick one of the available numbers"))
            elif not await self._charges.charge_month(tx, account_id, number, new.phone_sid):
                await repository.delete(tx, account_id, number)
                refused.append(FieldError(number, "costs more than the balance; add funds"))
            else:
                bought.append(new)
        await moving_repository.end_quarantine(tx, account_id, [number.phone_number for number in bought])
        await arm(tx, [renewal_of(number) for number in bought])
        return bought, refused

    async def get(self, tx: Tx, account_id: UUID, number: str) -> OwnedNumber:
        """A number of the account. Raises NumberNotFoundError."""
        return _found(await repository.find(tx, account_id, number))

    async def owns_any(self, tx: Tx, account_id: UUID) -> bool:
        """Whether the account has numbers."""
        return bool(await repository.page(tx, account_id, "", 1))

    async def page(self, tx: Tx, account_id: UUID, start: str, size: int) -> tuple[list[OwnedNumber], str | None, int]:
        """The account's numbers from `start` on, the number at which the next page starts, and how many there are in
        all.
        """
        found = await repository.page(tx, account_id, start, size + 1)
        following = found[size].phone_number if len(found) > size else None
        return found[:size], following, await repository.count(tx, account_id)

    async def edit(self, tx: Tx, account_id: UUID, number: str, changes: NumberChanges) -> OwnedNumber:
        """Changes what is given. Raises NumberNotFoundError."""
        present = _found(await repository.lock(tx, account_id, number))
        changed = replace(
            present,
            friendly_name=present.friendly_name if changes.friendly_name is None else changes.friendly_name,
            urls={**present.urls, **changes.urls},
            keyword_actions=present.keyword_actions if changes.keyword_actions is None else changes.keyword_actions,
        )
        await repository.update(tx, changed)
        return changed

    async def senders(self, tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], OwnedNumber]:
        """Those of (account, number) that are so."""
        found = await repository.senders(tx, list(dict.fromkeys(pairs))) if pairs else []
        return {(number.account_id, number.phone_number): number for number in found}

    async def sets_of_numbers(self, tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
        """The number set that each of (account, number) is in; none for those in no set."""
        return await repository.sets_of_numbers(tx, pairs) if pairs else {}

    async def owners(self, tx: Tx, numbers: Sequence[str]) -> dict[str, OwnedNumber]:
        """Whoever owns the numbers: where inbound traffic finds its account."""
        return {number.phone_number: number for number in await repository.owners(tx, numbers)}

    async def set_route_tag(
        self, tx: Tx, account_id: UUID, numbers: Sequence[str], route_tag: str | None
    ) -> list[OwnedNumber]:
        """Gives numbers a tag of inbound routing (request 67), or none (68). Raises InvalidInputError naming those that
        are not the account's.
        """
        changed = await repository.set_route_tag(tx, account_id, numbers, route_tag)
        known = {number.phone_number for number in changed}
        strangers = [number for number in dict.fromkeys(numbers) if number not in known]
        if strangers:
            problems = [FieldError("phoneNumbers", f"{number} is not a number of this account") for number in strangers]
            raise InvalidInputError(problems)
        return sorted(changed, key=lambda number: number.phone_number)

    async def assign_user(self, tx: Tx, account_id: UUID, number: str, user_id: UUID) -> OwnedNumber:
        """Makes a number the one that a user's webphone calls from (request 114); the user's earlier one is free again.
        Raises NumberNotFoundError.
        """
        _found(await repository.lock(tx, account_id, number))
        await repository.assign_user(tx, account_id, number, user_id)
        return _found(await repository.find(tx, account_id, number))

    async def assigned_to(self, tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, OwnedNumber]:
        """The numbers of users' webphones, by user."""
        found = await repository.assigned_to(tx, account_id, user_ids) if user_ids else []
        return {number.assigned_user: number for number in found if number.assigned_user}

    async def pick_from_set(self, tx: Tx, account_id: UUID, set_id: UUID, count: int) -> list[OwnedNumber]:
        """`count` senders of a set at random, those first that are free soonest. Raises NumberSetNotFoundError,
        NoSmsNumberError.
        """
        members = await self._senders_of(tx, account_id, set_id)
        free_at = await repository.read_pace(tx, account_id, [member.phone_number for member in members])
        return pace.pick(members, free_at, count, self._clock.now())

    async def pick_callers(self, tx: Tx, account_id: UUID, set_id: UUID, count: int) -> list[OwnedNumber]:
        """`count` numbers of a set that can call, drawn at random; each once before one comes again. Raises
        NumberSetNotFoundError, NoVoiceNumberError.
        """
        members = await repository.callers(tx, account_id, set_id)
        if not members:
            if await repository.find_set(tx, account_id, set_id) is None:
                raise NumberSetNotFoundError("numberSetId")
            raise NoVoiceNumberError("the number set has no number that is voice-enabled; add one")
        return [members[index % len(members)] for index in range(count)]

    async def capacity(self, tx: Tx, account_id: UUID, set_id: UUID) -> Capacity:
        """What the set's senders can send together. Raises NumberSetNotFoundError, NoSmsNumberError."""
        members = await self._senders_of(tx, account_id, set_id)
        free_at = await repository.read_pace(tx, account_id, [member.phone_number for member in members])
        return pace.capacity(members, free_at, self._clock.now())

    async def pick_each(
        self, tx: Tx, wanted: Sequence[tuple[UUID, UUID]], pick: Pick
    ) -> list[OwnedNumber | CordboardError]:
        """For each account and set one of its numbers, drawn by `pick_from_set` or `pick_callers`; or what that raised.
        In order.
        """
        places: dict[tuple[UUID, UUID], list[int]] = defaultdict(list)
        for place, key in enumerate(wanted):
            places[key].append(place)
        picked: dict[int, OwnedNumber | CordboardError] = {}
        for (account_id, set_id), group in places.items():
            try:
                picked |= zip(group, await pick(tx, account_id, set_id, len(group)), strict=True)
            except CordboardError as error:
                picked |= dict.fromkeys(group, error)
        return [picked[place] for place in range(len(wanted))]

    async def reserve_pace(self, tx: Tx, requests: Sequence[PaceRequest], now: datetime) -> list[datetime | None]:
        """When each may leave, in order (see `pace.reserve`)."""
        if not requests:
            return []
        pairs = {(request.account_id, request.phone_number) for request in requests}
        locked = await repository.lock_pace(tx, list(pairs), now)
        places = pace.reserve(requests, locked, now)
        await repository.move_pace(tx, locked)
        return places

    @staticmethod
    async def _senders_of(tx: Tx, account_id: UUID, set_id: UUID) -> list[OwnedNumber]:
        members = await repository.members(tx, account_id, set_id)
        if not members:
            if await repository.find_set(tx, account_id, set_id) is None:
                raise NumberSetNotFoundError("numberSetId")
            raise NoSmsNumberError("the number set has no number that is sms-enabled; add one")
        return members

    async def _take(
        self, tx: Tx, account_id: UUID, numbers: Sequence[str], members: NumberSet | None
    ) -> dict[str, OwnedNumber]:
        """Makes the account own what nobody does; all of it before the first charge and in one order, so that two
        purchases never wait for each other.
        """
        offers = await self._inventory.offers_of(tx, numbers)
        wanted = [self._new(account_id, offers[number], members) for number in sorted(offers)]
        taken = {new.phone_number: new for new in wanted if await repository.insert(tx, new)}
        # Looked at once they are ours: a release that was under way has ended by then.
        for number in await moving_repository.resting_for_others(tx, account_id, list(taken)):
            await repository.delete(tx, account_id, number)
            del taken[number]
        return taken

    def _new(self, account_id: UUID, offer: OfferedNumber, members: NumberSet | None) -> OwnedNumber:
        now = self._clock.now()
        actions: dict[str, dict[str, Any]] = dict(members.keyword_actions) if members else {}
        return OwnedNumber(
            account_id=account_id,
            phone_number=offer.phone_number,
            phone_sid=self._ids.time_uuid(),
            friendly_name="",
            carrier=offer.carrier,
            number_type=type_of(offer.phone_number),
            attributes=offer.attributes,
            region=region_of(offer.phone_number),
            timezone=timezone_of_number(offer.phone_number),
            urls=dict(members.urls) if members else {},
            keyword_actions=actions,
            number_set_id=members.id if members else None,
            assigned_user=None,
            purchase_date=now,
            renewal_date=month_after(now, now.day),
        )


def _found(number: OwnedNumber | None) -> OwnedNumber:
    if number is None:
        raise NumberNotFoundError("phoneNumber")
    return number


def renewal_of(number: OwnedNumber) -> Timer:
    """Charges a number for its next month."""
    return Timer(RENEWAL_TIMER, number.account_id, number.phone_number, number.renewal_date)
