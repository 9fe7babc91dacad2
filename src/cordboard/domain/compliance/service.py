"""Who may be contacted when: the gate, DNC entries, opt-out words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.compliance import optout, repository, rules
from cordboard.domain.compliance.errors import DncNotFoundError
from cordboard.domain.compliance.events import DNC_CHANGED, DncEvent
from cordboard.domain.compliance.models import (
    GLOBAL_SELECTOR,
    Candidate,
    Decision,
    DncEntry,
    MatchRule,
    OptOutWord,
    StoredDecision,
    Subtype,
    Word,
)
from cordboard.domain.compliance.ports import OwnedNumbers
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError
from cordboard.kit.paging import Page

_LONGEST_WORD: Final = 160
_MOST_WORDS: Final = 200


class ComplianceService:
    """The verbs of compliance."""

    def __init__(self, clock: Clock, numbers: OwnedNumbers) -> None:
        self._clock = clock
        self._numbers = numbers

    async def decide(self, tx: Tx, candidates: Sequence[Candidate], now: datetime) -> list[Decision]:
        """The gate: one decision a candidate, in order, and its row in the ledger. At submit only what is stopped is
        written: that it was let through was written when it was accepted."""
        if not candidates:
            return []
        listed = await repository.selectors_listed(tx, candidates)
        decided = [
            (candidate, rules.decide(candidate, rules.Facts(now, listed.get(index, ()))))
            for index, candidate in enumerate(candidates)
        ]
        written = [(c, d) for c, d in decided if c.at != "submit" or d.verdict != "allow"]
        await repository.add_decisions(tx, written, now)
        return [decision for _, decision in decided]

    async def decisions_of(self, tx: Tx, account_id: UUID, subject_id: UUID) -> list[StoredDecision]:
        """Why something was sent, late or not at all. Raises NotFoundError."""
        found = await repository.decisions_of(tx, account_id, subject_id)
        if not found:
            raise NotFoundError("messageSid")
        return found

    async def classify(self, tx: Tx, texts: Sequence[tuple[UUID, str]]) -> list[Word | None]:
        """What each text to an account asks for."""
        own: dict[UUID, list[OptOutWord]] = defaultdict(list)
        for word in await repository.words(tx, list({account_id for account_id, _ in texts})):
            own[word.account_id].append(word)
        return [optout.classify(text, own[account_id]) for account_id, text in texts]

    async def opt_out(self, tx: Tx, people: Sequence[tuple[UUID, str]]) -> list[bool]:
        """Lists people who asked for it, for all of the account's numbers; False where they were listed already."""
        now = self._clock.now()
        entries = [
            DncEntry(
                account_id=account_id,
                endpoint=endpoint,
                selector=GLOBAL_SELECTOR,
                subtype="sms",
                source="stop",
                created_at=now,
            )
            for account_id, endpoint in people
        ]
        added = {key[:2] for key in await self._add(tx, entries)}
        return [person in added for person in people]

    async def opt_in(self, tx: Tx, people: Sequence[tuple[UUID, str]]) -> list[bool]:
        """Unlists people who asked for it, for every number of the account; False where they were not listed."""
        removed = await repository.remove_channel(tx, people, "sms")
        await self._tell(tx, removed, "removed", source="start")
        found = {(entry.account_id, entry.endpoint) for entry in removed}
        return [person in found for person in people]

    async def add(
        self, tx: Tx, account_id: UUID, endpoint: str, selectors: Sequence[str], subtypes: Sequence[Subtype]
    ) -> list[DncEntry]:
        """Lists an endpoint for each selector and channel (request 58); what is there stays. Raises
        InvalidInputError.
        """
        await self._check_selectors(tx, account_id, selectors)
        now = self._clock.now()
        entries = [
            DncEntry(
                account_id=account_id,
                endpoint=endpoint,
                selector=selector,
                subtype=subtype,
                source="api",
                created_at=now,
            )
            for selector in dict.fromkeys(selectors)
            for subtype in dict.fromkeys(subtypes)
        ]
        await self._add(tx, entries)
        wanted = {(entry.selector, entry.subtype) for entry in entries}
        present = await repository.entries_for(tx, account_id, endpoint)
        return [entry for entry in present if (entry.selector, entry.subtype) in wanted]

    async def get(self, tx: Tx, account_id: UUID, endpoint: str, selector: str, subtype: str) -> DncEntry:
        """One entry (request 61). Raises DncNotFoundError."""
        found = await repository.entry(tx, account_id, endpoint, selector, subtype)
        if found is None:
            raise DncNotFoundError("endpoint")
        return found

    async def entries_for(self, tx: Tx, account_id: UUID, endpoint: str) -> list[DncEntry]:
        """What is listed about an endpoint."""
        return await repository.entries_for(tx, account_id, endpoint)

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[DncEntry]:
        """The account's entries."""
        return await repository.page(tx, account_id, wanted)

    async def remove(self, tx: Tx, account_id: UUID, endpoint: str, selector: str, subtype: str) -> DncEntry:
        """Removes an entry. Raises DncNotFoundError."""
        removed = await repository.remove_entry(tx, account_id, endpoint, selector, subtype)
        if removed is None:
            raise DncNotFoundError("endpoint")
        await self._tell(tx, [removed], "removed", source="api")
        return removed

    async def words(self, tx: Tx, account_id: UUID) -> list[OptOutWord]:
        """The account's own opt-out words."""
        return await repository.words(tx, [account_id])

    async def put_word(self, tx: Tx, account_id: UUID, match: str, match_rule: MatchRule) -> OptOutWord:
        """Adds an opt-out word. Raises InvalidInputError."""
        match = match.strip()
        if not optout.normalise(match) or len(match) > _LONGEST_WORD:
            raise InvalidInputError.of("match", f"must have 1 to {_LONGEST_WORD} characters, and not punctuation only")
        if len(await repository.words(tx, [account_id])) >= _MOST_WORDS:
            raise InvalidInputError.of("match", f"an account may have {_MOST_WORDS} words; remove one first")
        word = OptOutWord(account_id=account_id, match=match, match_rule=match_rule, created_at=self._clock.now())
        await repository.put_word(tx, word)
        return word

    async def remove_word(self, tx: Tx, account_id: UUID, match: str) -> OptOutWord:
        """Removes an opt-out word. Raises NotFoundError."""
        removed = await repository.remove_word(tx, account_id, match.strip())
        if removed is None:
            raise NotFoundError("match")
        return removed

    async def _check_selectors(self, tx: Tx, account_id: UUID, selectors: Sequence[str]) -> None:
        errors = [
            FieldError("selector", f"{selector} is neither {GLOBAL_SELECTOR} nor a number of this account")
            for selector in selectors
            if selector != GLOBAL_SELECTOR and not await self._numbers.owns(tx, account_id, selector)
        ]
        if errors:
            raise InvalidInputError(errors)

    async def _add(self, tx: Tx, entries: Sequence[DncEntry]) -> list[tuple[UUID, str, str, str]]:
        added = await repository.add_entries(tx, entries)
        keys = set(added)
        new = [entry for entry in entries if (entry.account_id, entry.endpoint, entry.selector, entry.subtype) in keys]
        await self._tell(tx, new, "added")
        return added

    async def _tell(self, tx: Tx, entries: Iterable[DncEntry], action: str, *, source: str | None = None) -> None:
        now = self._clock.now()
        await append(
            tx,
            [
                Event(DNC_CHANGED, entry.account_id, entry.endpoint, _payload(entry, action, source), now)
                for entry in entries
            ],
        )


def _payload(entry: DncEntry, action: str, source: str | None) -> dict[str, str]:
    payload: dict[str, str] = msgspec.to_builtins(
        DncEvent(
            account_sid=str(entry.account_id),
            endpoint=entry.endpoint,
            selector=entry.selector,
            subtype=entry.subtype,
            action=action,
            source=source or entry.source,
        )
    )
    return payload
