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
from cordboard.domain.compliance.events import DNC_CHANGED, Action, DncEvent
from cordboard.domain.compliance.models import (
    GLOBAL_SELECTOR,
    Candidate,
    Decision,
    DncEntry,
    DncKey,
    MatchRule,
    OptOutWord,
    Source,
    StoredDecision,
    Subtype,
    Word,
)
from cordboard.domain.compliance.ports import ContactMarks, OwnedNumbers
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError
from cordboard.kit.paging import Page

_LONGEST_WORD: Final = 160
_MOST_WORDS: Final = 200


class ComplianceService:
    """The verbs of compliance."""

    def __init__(self, clock: Clock, numbers: OwnedNumbers, contacts: ContactMarks) -> None:
        self._clock = clock
        self._numbers = numbers
        self._contacts = contacts

    async def decide(self, tx: Tx, candidates: Sequence[Candidate], now: datetime) -> list[Decision]:
        """The gate: one decision a candidate, in order, and its row in the ledger. At submit only what is stopped is
        written: that it was let through was written when it was accepted.
        """
        if not candidates:
            return []
        listed = await repository.selectors_listed(tx, candidates)
        asked = any(candidate.federal for candidate in candidates)
        federal = await repository.federally_listed(tx, candidates) if asked else set()
        decided = [
            (candidate, rules.decide(candidate, rules.Facts(now, listed.get(index, ()), index in federal)))
            for index, candidate in enumerate(candidates)
        ]
        written = [(c, d) for c, d in decided if c.at != "submit" or d.verdict != "allow"]
        await repository.add_decisions(tx, written, now)
        return [decision for _, decision in decided]

    async def listed(self, tx: Tx, candidates: Sequence[Candidate]) -> list[bool]:
        """Whether each candidate's recipient is on the account's list for the channel, and with `federal` instead:
        whether it is on the national one. Nothing is decided, and nothing written.
        """
        own = await repository.selectors_listed(tx, candidates) if candidates else {}
        federal = await repository.federally_listed(tx, candidates) if candidates else set()
        return [place in federal if one.federal else place in own for place, one in enumerate(candidates)]

    async def has_federal_list(self, tx: Tx) -> bool:
        """Whether the installation has a national do-not-call list."""
        return await repository.has_federal_list(tx)

    async def load_federal_list(self, tx: Tx, numbers: Iterable[str]) -> int:
        """Replaces the national list; answers how many numbers it has."""
        return await repository.replace_federal_list(tx, numbers)

    async def decisions_of(self, tx: Tx, account_id: UUID, subject_id: UUID) -> list[StoredDecision]:
        """Why something was sent, late or not at all. Raises NotFoundError."""
        found = await repository.decisions_of(tx, account_id, subject_id)
        if not found:
            raise NotFoundError("messageSid")
        return found

    async def classify(
        self, tx: Tx, texts: Sequence[tuple[UUID, str]], senders: Sequence[str] | None = None
    ) -> list[Word | None]:
        """What each text to an account asks for. With the texts' senders, YES of one who is opted out means start."""
        own: dict[UUID, list[OptOutWord]] = defaultdict(list)
        for word in await repository.words(tx, list({account_id for account_id, _ in texts})):
            own[word.account_id].append(word)
        agreed = await self._agreed(tx, texts, senders or [""] * len(texts))
        return [
            optout.classify(text, own[account_id], opted_out=opted_out)
            for (account_id, text), opted_out in zip(texts, agreed, strict=True)
        ]

    async def opt_out(self, tx: Tx, people: Sequence[tuple[UUID, str]], source: Source = "stop") -> list[bool]:
        """Lists people who asked for it, for all of the account's numbers; False where they were listed already."""
        now = self._clock.now()
        entries = [
            DncEntry(
                account_id=account_id,
                endpoint=endpoint,
                selector=GLOBAL_SELECTOR,
                subtype="sms",
                source=source,
                created_at=now,
            )
            for account_id, endpoint in people
        ]
        return _for_each(people, await self._add(tx, entries))

    async def opt_in(self, tx: Tx, people: Sequence[tuple[UUID, str]], source: Source = "start") -> list[bool]:
        """Unlists people who asked for it, for every number of the account; False where they were not listed."""
        removed = await repository.remove_channel(tx, people, "sms")
        await self._changed(tx, removed, "removed", source)
        return _for_each(people, removed)

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

    async def add_many(self, tx: Tx, account_id: UUID, wanted: Sequence[DncKey]) -> list[str | None]:
        """Lists endpoints by the thousand (requests 59 and 60): None where one is listed now, else what is wrong."""
        named = {one.selector for one in wanted} - {GLOBAL_SELECTOR}
        known = {GLOBAL_SELECTOR} | (await self._numbers.owned(tx, account_id, sorted(named)) if named else set())
        now = self._clock.now()
        entries = [
            DncEntry(
                account_id=account_id,
                endpoint=one.endpoint,
                selector=one.selector,
                subtype=one.subtype,
                source="api",
                created_at=now,
            )
            for one in dict.fromkeys(wanted)
            if one.selector in known
        ]
        await self._add(tx, entries)
        return [None if one.selector in known else f"selector {_not_ours(one.selector)}" for one in wanted]

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
        await self._changed(tx, [removed], "removed", "api")
        return removed

    async def words(self, tx: Tx, account_id: UUID) -> list[OptOutWord]:
        """The account's own opt-out words."""
        return await repository.words(tx, [account_id])

    async def put_word(self, tx: Tx, account_id: UUID, match: str, match_rule: MatchRule) -> OptOutWord:
        """Adds an opt-out word, or changes how one is compared. Raises InvalidInputError."""
        match = match.strip()
        if not optout.normalise(match) or len(match) > _LONGEST_WORD:
            raise InvalidInputError.of("match", f"must have 1 to {_LONGEST_WORD} characters, and not punctuation only")
        word = OptOutWord(account_id=account_id, match=match, match_rule=match_rule, created_at=self._clock.now())
        stored = await repository.put_word(tx, word)
        if len(await repository.words(tx, [account_id])) > _MOST_WORDS:
            raise InvalidInputError.of("match", f"an account may have {_MOST_WORDS} words; remove one first")
        return stored

    async def remove_word(self, tx: Tx, account_id: UUID, match: str) -> OptOutWord:
        """Removes an opt-out word. Raises NotFoundError."""
        removed = await repository.remove_word(tx, account_id, match.strip())
        if removed is None:
            raise NotFoundError("match")
        return removed

    async def _check_selectors(self, tx: Tx, account_id: UUID, selectors: Sequence[str]) -> None:
        named = [selector for selector in dict.fromkeys(selectors) if selector != GLOBAL_SELECTOR]
        owned = await self._numbers.owned(tx, account_id, named) if named else set()
        errors = [FieldError("selector", _not_ours(selector)) for selector in named if selector not in owned]
        if errors:
            raise InvalidInputError(errors)

    async def _agreed(self, tx: Tx, texts: Sequence[tuple[UUID, str]], senders: Sequence[str]) -> list[bool]:
        """Which texts are a plain YES of somebody who is opted out."""
        people = [(account_id, sender) for (account_id, _), sender in zip(texts, senders, strict=True)]
        said_yes = [optout.normalise(text) == optout.AGREEMENT for _, text in texts]
        if not any(said_yes):
            return said_yes
        listed = await repository.globally_listed(tx, people)
        return [yes and (*person, "sms") in listed for yes, person in zip(said_yes, people, strict=True)]

    async def _add(self, tx: Tx, entries: Sequence[DncEntry]) -> list[DncEntry]:
        """Answers those that were not there."""
        added = await repository.add_entries(tx, entries)
        await self._changed(tx, added, "added")
        return added

    async def _changed(self, tx: Tx, entries: Sequence[DncEntry], action: Action, source: Source | None = None) -> None:
        """Tells of entries that came or went, by the `source` that they came by or another, and marks contacts."""
        now = self._clock.now()
        events = [
            Event(DNC_CHANGED, entry.account_id, entry.endpoint, _payload(entry, action, source or entry.source), now)
            for entry in entries
        ]
        await append(tx, events)
        await self._mark_contacts(tx, entries)

    async def _mark_contacts(self, tx: Tx, changed: Sequence[DncEntry]) -> None:
        """A contact is marked while any channel is barred to all of the account's numbers."""
        people = sorted({_person(entry) for entry in changed if entry.selector == GLOBAL_SELECTOR})
        if not people:
            return
        listed = await repository.globally_listed(tx, people)
        barred = {(account_id, endpoint) for account_id, endpoint, subtype in listed if subtype != "bypass"}
        for dnc in (True, False):
            concerned = [person for person in people if (person in barred) is dnc]
            if concerned:
                await self._contacts.mark_dnc(tx, concerned, dnc)


def _not_ours(selector: str) -> str:
    return f"{selector} is neither {GLOBAL_SELECTOR} nor a number of this account"


def _person(entry: DncEntry) -> tuple[UUID, str]:
    return entry.account_id, entry.endpoint


def _for_each(people: Sequence[tuple[UUID, str]], changed: Iterable[DncEntry]) -> list[bool]:
    """Whether each person's entries changed; who is named twice changed once."""
    left = {_person(entry) for entry in changed}
    answers = []
    for person in people:
        answers.append(person in left)
        left.discard(person)
    return answers


def _payload(entry: DncEntry, action: Action, source: Source) -> dict[str, str]:
    payload: dict[str, str] = msgspec.to_builtins(
        DncEvent(
            account_sid=str(entry.account_id),
            endpoint=entry.endpoint,
            selector=entry.selector,
            subtype=entry.subtype,
            action=action,
            source=source,
        )
    )
    return payload
