"""Dispositions (requests 115 to 118), and giving them to calls and messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.dispositions import repository
from cordboard.domain.dispositions.errors import BuiltInError, KeyInUseError
from cordboard.domain.dispositions.events import ASSIGNED, DispositionsAssigned
from cordboard.domain.dispositions.models import (
    DIRECTIONS,
    TAGS,
    Assignment,
    Concluded,
    Disposition,
    SubjectType,
    built_in,
)
from cordboard.domain.dispositions.ports import Subjects
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError

MOST: Final = 500
MOST_ASSIGNED: Final = 10
LONGEST_DESCRIPTION: Final = 255
_RESERVED: Final = frozenset({"assign"})
"""Keys that stand for requests."""
_ASSIGNMENTS_KEPT: Final = timedelta(days=397)
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


class DispositionService:
    """The verbs of dispositions."""

    def __init__(self, clock: Clock, subjects: Subjects) -> None:
        self._clock = clock
        self._subjects = subjects

    async def all_of(self, tx: Tx, account_id: UUID) -> list[Disposition]:
        """The built-in ones, then the account's own."""
        return list((await self._by_key(tx, account_id)).values())

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
        if new.key in _RESERVED:
            raise InvalidInputError.of("key", "is the name of a request; choose another")
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

    async def assign(
        self,
        tx: Tx,
        account_id: UUID,
        client_id: UUID,
        subject_type: SubjectType,
        subject_id: UUID,
        *,
        keys: Sequence[str],
        contact_id: UUID | None = None,
    ) -> Assignment:
        """Gives dispositions to a call or a message, instead of those that it had. `contact_id`: with whom it was,
        where the call or the message does not know it or somebody knows better. Those that it did not have yet start
        their workflows. Raises NotFoundError, InvalidInputError.
        """
        find = self._subjects.call if subject_type == "call" else self._subjects.message
        subject = await find(tx, account_id, subject_id)
        if contact_id is not None and not await self._subjects.has_contact(tx, account_id, contact_id):
            raise NotFoundError("contactId")
        known = await self._by_key(tx, account_id)
        assignment = Assignment(
            account_id=account_id,
            subject_id=subject.id,
            subject_type=subject.type,
            dispositions=_fitting(keys, known, subject.direction),
            contact_id=contact_id or subject.contact_id,
            client_id=client_id,
            assigned_at=self._clock.now(),
        )
        former = await repository.assign(tx, assignment)
        added = [known[key] for key in assignment.dispositions if key not in former]
        await append(tx, [_assigned(assignment, subject, added)])
        return assignment

    async def assignment_of(self, tx: Tx, account_id: UUID, subject_id: UUID) -> Assignment | None:
        """The dispositions that a call or a message has; None where it has none."""
        return await repository.assignment_of(tx, account_id, subject_id)

    async def forget_old(self, tx: Tx) -> None:
        """Removes assignments that are as old as the oldest calls and messages; for the upkeep."""
        await repository.forget_assignments(tx, self._clock.now() - _ASSIGNMENTS_KEPT)

    @staticmethod
    async def _by_key(tx: Tx, account_id: UUID) -> dict[str, Disposition]:
        own = await repository.all_of(tx, account_id)
        return built_in(account_id) | {one.key: one for one in own}

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


def _fitting(given: Sequence[str], known: Mapping[str, Disposition], direction: str) -> list[str]:
    """The keys as they are kept, each once. Raises InvalidInputError naming each that names no disposition, or one for
    the other direction.
    """
    if not 1 <= len(given) <= MOST_ASSIGNED:
        raise InvalidInputError.of("dispositions", f"must be 1 to {MOST_ASSIGNED} keys of dispositions")
    keys = [key.strip().lower() for key in given]
    errors = []
    for place, key in enumerate(keys):
        found = known.get(key)
        if found is None:
            errors.append(FieldError(f"dispositions[{place}]", "is no key that GET /v4/disposition lists"))
        elif found.direction not in ("both", direction):
            errors.append(
                FieldError(f"dispositions[{place}]", f"is for {found.direction} only, and this is {direction}")
            )
    if errors:
        raise InvalidInputError(errors)
    return list(dict.fromkeys(keys))


def _assigned(assignment: Assignment, subject: Concluded, added: Sequence[Disposition]) -> Event:
    """The event, in order with those of its call, or with those about the other party of its message."""
    is_call = subject.type == "call"
    told = DispositionsAssigned(
        account_sid=str(assignment.account_id),
        call_sid=str(subject.id) if is_call else None,
        sms_sid=None if is_call else str(subject.id),
        direction=subject.direction,
        to=subject.recipient,
        sender=subject.sender,
        contact_id=str(assignment.contact_id) if assignment.contact_id else None,
        client_id=str(assignment.client_id),
        dispositions=assignment.dispositions,
        dispo_time_ms=epoch_ms(assignment.assigned_at),
        triggered_campaigns={
            one.key: str(one.triggered_campaign_id) for one in added if one.triggered_campaign_id is not None
        },
    )
    other = subject.sender if subject.direction == "inbound" else subject.recipient
    order = str(subject.id) if is_call else other
    return Event(ASSIGNED, assignment.account_id, order, msgspec.to_builtins(told), assignment.assigned_at)
