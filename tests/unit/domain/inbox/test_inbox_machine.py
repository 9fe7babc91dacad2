"""Inboxes under whatever happens, in any order, beside what is kept by hand: entries, counts, conversations, pages and
the feed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.inbox.errors import EntryMovedError
from cordboard.domain.inbox.models import EntryFilter, InboxChanges, OpenFilter, ShownEntry, Viewer
from cordboard.domain.inbox.recording import Recorder
from cordboard.domain.inbox.service import InboxService
from cordboard.domain.inbox.shaping import moment_of
from cordboard.domain.inbox.subscribers import InboxSubscribers
from cordboard.domain.inbox.use_cases.read_conversations import ReadConversations
from cordboard.domain.messaging.events import RECEIVED, ROUTED, SENT, MessageEvent, RoutedMessageEvent
from cordboard.domain.messaging.service import MessagingService
from cordboard.infra.db import Tx
from cordboard.infra.db.pool import prepare_connection
from cordboard.infra.events import Event
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids, time_uuid_at
from cordboard.testing.clock import VirtualClock

T = TypeVar("T")
ACCOUNT = UUID(int=1)
DEFAULT, HERD = str(ACCOUNT), "Herd"
VIEWER = Viewer(ACCOUNT, UUID(int=2), sees_all=True)
NUMBER = "+17145550100"
PEOPLE = tuple(f"+1949222{index:04}" for index in range(6))
Nothing: Any = None

_people = st.sampled_from(PEOPLE)
_back = st.integers(0, 3 * 24 * 60)
_filters = st.sampled_from(["open", "closed", "all"])
_inboxes = st.sampled_from([DEFAULT, HERD])


@dataclass(frozen=True)
class Kept:
    """An entry, kept by hand."""

    time: UUID
    unread: bool = True
    open: bool = True

    @property
    def place(self) -> tuple[datetime, UUID]:
        """Where it stands."""
        return moment_of(self.time), self.time


@dataclass
class Paging:
    """Somebody who reads an inbox page by page, while it goes on. `due`: what nobody has touched since the start."""

    inbox: str
    open: OpenFilter
    size: int
    due: dict[str, UUID]
    seen: dict[str, UUID] = field(default_factory=dict)
    last: UUID | None = None


class Nobody:
    """Accounts without users: inboxes here need none."""

    async def usernames(self, _tx: Tx, _account_id: UUID, _client_ids: object) -> dict[UUID, str]:
        """None."""
        return {}


class Inboxes(RuleBasedStateMachine):
    """The real services on a real database, in one transaction that is never committed."""

    url = ""
    waiting, pagings = Bundle("waiting"), Bundle("pagings")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.clock = VirtualClock()
        self.kept: dict[tuple[str, str], Kept] = {}
        self.events: dict[str, list[UUID]] = {person: [] for person in PEOPLE}
        self.told: list[tuple[str, UUID]] = []
        self.paging: list[Paging] = []
        self.tx: Tx
        self.run(self.open_database())
        contacts = ContactService(self.clock, Ids(self.clock))
        self.inboxes = InboxService(self.clock, Ids(self.clock), cast("AccountService", Nobody()))
        messaging = MessagingService(clock=self.clock, accept=Nothing, claim=Nothing, record=Nothing, receive=Nothing)
        self.reading = ReadConversations(self.inboxes, contacts, messaging)
        self.subscribers = InboxSubscribers(self.clock, Recorder(contacts), Nothing)
        found = self.run(contacts.find_or_create_by_phone(self.tx, [(ACCOUNT, person) for person in PEOPLE]))
        self.ids = {person: found[ACCOUNT, person] for person in PEOPLE}

    async def open_database(self) -> None:
        """The transaction, with the account in it."""
        self.tx = await asyncpg.connect(self.url)
        await prepare_connection(self.tx)
        self.never_committed = self.tx.transaction()
        await self.never_committed.start()
        await self.tx.execute(
            "insert into accounts (id, parent_id, name, created_at, modified_at) values ($1, $1, '', now(), now())",
            ACCOUNT,
        )

    def teardown(self) -> None:
        """Forgets it all."""
        self.run(self.never_committed.rollback())
        self.run(self.tx.close())
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does it."""
        return self.loop.run(work)

    @initialize()
    def make_herd(self) -> None:
        """There is a second inbox."""
        self.run(self.inboxes.create(self.tx, ACCOUNT, InboxChanges(name=HERD)))

    # What happens

    @rule(batch=st.lists(st.tuples(_people, _back), min_size=1, max_size=4))
    def texts_arrive(self, batch: list[tuple[str, int]]) -> None:
        """Texts in one batch, some of them late: the default inbox shows them."""
        events = [self.received(person, back) for person, back in batch]
        self.run(self.subscribers.message_received(self.tx, events))
        for (person, _), event in zip(batch, events, strict=True):
            self.publish(DEFAULT, person, UUID(event.payload["messageSid"]))

    @rule(target=waiting, person=_people, back=_back)
    def text_waits_for_routing(self, person: str, back: int) -> tuple[str, UUID]:
        """A text of which it is not known yet where it goes."""
        event = self.received(person, back, awaits_routing=True)
        self.run(self.subscribers.message_received(self.tx, [event]))
        return person, UUID(event.payload["messageSid"])

    @rule(text=consumes(waiting), names=st.lists(st.sampled_from(["herd", "gone"]), max_size=2, unique=True))
    def text_is_routed(self, text: tuple[str, UUID], names: list[str]) -> None:
        """Now it is known."""
        person, time = text
        routed = RoutedMessageEvent(account_sid=DEFAULT, message_sid=str(time), inboxes=names)
        event = Event(ROUTED, ACCOUNT, person, msgspec.to_builtins(routed), self.clock.now())
        self.run(self.subscribers.message_routed(self.tx, [event]))
        wanted = {HERD if name == "herd" else DEFAULT for name in names} or {DEFAULT}
        for inbox in sorted(wanted, key=self.id_of):
            self.publish(inbox, person, time)

    @rule(person=_people, back=_back, publish=st.booleans())
    def message_is_sent(self, person: str, back: int, publish: bool) -> None:
        """One of our own, which is told of twice; published where the person was shown last, if at all."""
        shown = [(kept.place, inbox) for (inbox, one), kept in self.kept.items() if one == person]
        inbox = max(shown)[1] if shown else DEFAULT
        event = self.message(SENT, person, back, direction="outbound", metadata={"publish": publish})
        for _ in range(2):
            self.run(self.subscribers.message_sent(self.tx, [event, event]))
        if publish:
            self.publish(inbox, person, UUID(event.payload["messageSid"]), news=False)

    @rule(inbox=_inboxes, person=_people, status=st.sampled_from(["read", "unread", None]), state=_filters)
    def mark(self, inbox: str, person: str, status: Literal["read", "unread"] | None, state: OpenFilter) -> None:
        """Somebody looks at a conversation, closes it, opens it."""
        if kept := self.kept.get((inbox, person)):
            open_ = None if state == "all" else state
            self.run(self.reading.mark(self.tx, VIEWER, inbox, kept.time, status, open_))
            self.change(
                inbox,
                person,
                replace(
                    kept,
                    unread=kept.unread if status is None else status == "unread",
                    open=kept.open if open_ is None else open_ == "open",
                ),
            )

    @rule(inbox=_inboxes, person=_people)
    def mark_by_what_was(self, inbox: str, person: str) -> None:
        """Whoever has not seen the newest event marks nothing."""
        kept = self.kept.get((inbox, person))
        for time in self.events[person]:
            if kept and time != kept.time:
                with pytest.raises(EntryMovedError, match=str(kept.time)):
                    self.run(self.reading.mark(self.tx, VIEWER, inbox, time, "read", "closed"))

    @rule()
    def herd_is_deleted_and_made_again(self) -> None:
        """Its conversations go to the default inbox; the new one is empty."""
        self.run(self.inboxes.delete(self.tx, ACCOUNT, HERD))
        self.make_herd()
        for person in PEOPLE:
            moved, there = self.kept.pop((HERD, person), None), self.kept.get((DEFAULT, person))
            if moved is not None:
                newer = max((one for one in (moved, there) if one), key=lambda one: one.place)
                unread = moved.unread or bool(there and there.unread)
                self.change(DEFAULT, person, Kept(newer.time, unread, moved.open or bool(there and there.open)))
        for paging in self.paging:
            if paging.inbox == HERD:
                paging.due.clear()

    # What is seen

    @rule(target=pagings, inbox=_inboxes, open_=_filters, size=st.integers(1, 3))
    def begin_paging(self, inbox: str, open_: OpenFilter, size: int) -> Paging:
        """Somebody begins to read."""
        due = {
            person: kept.time
            for (one, person), kept in self.kept.items()
            if one == inbox and (open_ == "all" or kept.open == (open_ == "open"))
        }
        paging = Paging(inbox, open_, size, due)
        self.paging.append(paging)
        return paging

    @rule(paging=pagings, pages=st.integers(1, 8))
    def read_on(self, paging: Paging, pages: int) -> None:
        """The next pages. Nobody is met twice; at the end nobody is missing whom nothing has moved."""
        for _ in range(pages):
            shown = self.page(paging)
            for one in shown:
                person = one.entry.event["attributes"]["phonenumber1"]
                assert person not in paging.seen
                assert one.entry.time == self.kept[paging.inbox, person].time
                paging.seen[person] = one.entry.time
                paging.last = one.entry.time
            if len(shown) < paging.size:
                assert paging.due.items() <= paging.seen.items()

    @invariant()
    def every_entry_is_as_it_was_kept(self) -> None:
        """The newest first, unread and open as they should be; so are the counts."""
        for inbox in (DEFAULT, HERD):
            mine = [kept for (one, _), kept in self.kept.items() if one == inbox]
            shown = self.page(Paging(inbox, "all", 100, {}))
            assert [Kept(one.entry.time, one.entry.is_unread, one.entry.is_open) for one in shown] == sorted(
                mine, key=lambda kept: kept.place, reverse=True
            )
        for summary in self.run(self.inboxes.summaries(self.tx, VIEWER)):
            open_ = [one for (inbox, _), one in self.kept.items() if inbox == summary.inbox.name and one.open]
            assert (summary.open, summary.unread) == (len(open_), sum(one.unread for one in open_))

    @rule(person=_people, size=st.integers(1, 4))
    def read_a_conversation(self, person: str, size: int) -> None:
        """Every event once, the newest first, in pages of any size."""
        expected = sorted(self.events[person], key=lambda time: (moment_of(time), time), reverse=True)
        seen: list[UUID] = []
        while True:
            before = (moment_of(seen[-1]), seen[-1]) if seen else None
            found = self.run(self.reading.conversation(self.tx, VIEWER, self.ids[person], before, size))
            seen += [one.time for one in found]
            if len(found) < size:
                break
        assert seen == expected

    @invariant()
    def sockets_are_told_of_every_publication_once(self) -> None:
        """In the order of the batches."""
        rows = self.run(self.tx.fetch("select contact_id, time from inbox_feed order by id"))
        assert [(row["contact_id"], row["time"]) for row in rows] == [
            (self.ids[person], time) for person, time in self.told
        ]

    # Tools

    def publish(self, inbox: str, person: str, time: UUID, *, news: bool = True) -> None:
        """Keeps it by hand. Only news is for somebody to read."""
        kept, new = self.kept.get((inbox, person)), Kept(time, unread=news)
        self.told.append((person, time))
        newest = kept is None or kept.place < new.place
        self.change(inbox, person, new if kept is None or newest else Kept(kept.time, unread=news or kept.unread))

    def change(self, inbox: str, person: str, kept: Kept) -> None:
        """An entry is another one: whoever reads just now need not meet it."""
        if self.kept.get((inbox, person)) != kept:
            for paging in self.paging:
                if paging.inbox == inbox:
                    paging.due.pop(person, None)
        self.kept[inbox, person] = kept

    def page(self, paging: Paging) -> list[ShownEntry]:
        """A page of what is old enough."""
        now = self.clock.now()
        wanted = EntryFilter(
            start=now - timedelta(days=30),
            end=now + timedelta(days=1),
            limit=paging.size,
            open=paging.open,
            before=(moment_of(paging.last), paging.last) if paging.last else None,
        )
        return self.run(self.reading.page(self.tx, VIEWER, paging.inbox, wanted))

    def id_of(self, inbox: str) -> UUID:
        """The id of an inbox, by which events that go to several are told."""
        found: UUID | None = self.run(self.tx.fetchval("select id from inboxes where name = $1", inbox))
        return found or ACCOUNT

    def received(self, person: str, back: int, **more: Any) -> Event:
        """A text that came some minutes ago."""
        return self.message(RECEIVED, person, back, direction="inbound", **more)

    def message(self, topic: str, person: str, back: int, direction: str, **more: Any) -> Event:
        time = time_uuid_at(self.clock.now() - timedelta(minutes=back))
        self.events[person].append(time)
        ends: dict[str, Any] = (
            {"to": NUMBER, "sender": person} if direction == "inbound" else {"to": person, "sender": NUMBER}
        )
        message = MessageEvent(
            account_sid=DEFAULT,
            message_sid=str(time),
            direction=direction,
            text="x",
            status="success",
            contact_id=str(self.ids[person]),
            created_at=epoch_ms(moment_of(time)),
            **ends,
            **more,
        )
        return Event(topic, ACCOUNT, person, msgspec.to_builtins(message), self.clock.now())


def test_inboxes_and_conversations_under_whatever_happens(database_url: str) -> None:
    machine = type("InboxesHere", (Inboxes,), {"url": database_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
