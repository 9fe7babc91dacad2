"""The inbox: 2,000 sockets on one API process, how soon they hear of a text, and what a socket takes of memory; and
what conversations cost the worker a message: `python -m tests.bench.bench_inbox`.

Everything runs on this machine: the sockets' other ends, the platform and PostgreSQL share its cores. An event begins
when its row is in the outbox, and ends when the last octet of its frame is read.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any, cast
from uuid import UUID

import msgspec
import uvloop
from tests.bench import processes
from tests.installation import Served, serving

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import Account, Principal, User
from cordboard.domain.accounts.privileges import mask_of_roles
from cordboard.domain.accounts.tokens import ACCESS_LIFETIME, TokenSigner
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.inbox.recording import Recorder
from cordboard.domain.inbox.subscribers import InboxSubscribers
from cordboard.domain.messaging.events import RECEIVED, SENT, MessageEvent
from cordboard.edge.sockets.entrance import MOST_SOCKETS_OF_USER
from cordboard.edge.sockets.inbox import PATH
from cordboard.infra.db import Database
from cordboard.infra.events import Event, append
from cordboard.kit.clock import SystemClock, epoch_ms, monotonic
from cordboard.kit.ids import Ids
from cordboard.run.platform import SIGNING_FILE

SOCKETS = 2_000
SECONDS = 10
MESSAGES = 10_000
_BATCH = 500
_PATIENCE = 20.0
_NUMBER = "+17145550100"
_LONG_LENGTH, _LONGER_LENGTH = 126, 127

Unused: Any = None


class Ear(asyncio.Protocol):
    """The other end of a socket: reads whole frames. `heard` are seconds from event to frame."""

    def __init__(self, path: str, heard: list[float]) -> None:
        self._path = path
        self._heard = heard
        self._data = bytearray()
        self._in_head = True
        self.is_in = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks to be let in."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's classes
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """The answer, then frames."""
        self._data += data
        if self._in_head:
            head, end, rest = bytes(self._data).partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._in_head, self._data = False, bytearray(rest)
        while (frame := self._frame()) is not None:
            self._take(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing may end a socket here but the bench."""

    def close(self) -> None:
        """Lets go."""
        self._transport.close()

    def _frame(self) -> bytes | None:
        """The next whole frame's payload; servers do not mask."""
        if len(self._data) < 2:
            return None
        length, start = self._data[1], 2
        if length == _LONG_LENGTH:
            length, start = int.from_bytes(self._data[2:4], "big"), 4
        elif length == _LONGER_LENGTH:
            length, start = int.from_bytes(self._data[2:10], "big"), 10
        if len(self._data) < start + length:
            return None
        payload = bytes(self._data[start : start + length])
        del self._data[: start + length]
        return payload

    def _take(self, payload: bytes) -> None:
        if not self.is_in.done():
            self.is_in.set_result(None)
        elif (begun := payload.partition(b'"body":"at ')[2]) and (moment := begun.partition(b'"')[0]):
            self._heard.append(monotonic() - float(moment))


async def main() -> None:
    """Prints the figures."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        async with serving(Path(folder) / "data", [], http__processes="1") as served:
            database = await Database.connect(served.database_url, size=4)
            users = SOCKETS // MOST_SOCKETS_OF_USER
            await _sockets(served, database, await _people(served, database, accounts_=users, users=1), 50)
            await _sockets(served, database, await _people(served, database, accounts_=1, users=users), 2)
            await _costs(served, database)
            await database.close()


async def _sockets(served: Served, database: Database, people: Sequence[tuple[UUID, str]], per_second: int) -> None:
    """SOCKETS sockets, and a text now for one account, now for another."""
    heard: list[float] = []
    api = served.pids("api")[-1]
    before = processes.resident_mib(api)
    started = monotonic()
    ears = await _connect(served, people, heard)
    connected = monotonic() - started
    memory = (processes.resident_mib(api) - before) * 1024 / len(ears)
    owners = list(dict.fromkeys(account_id for account_id, _ in people))
    each = len(ears) // len(owners)
    cpu = processes.cpu_seconds([api])
    events = per_second * SECONDS
    begun = monotonic()
    for index in range(events):
        await asyncio.sleep(max(0.0, begun + index / per_second - monotonic()))
        async with database.transaction() as tx:
            await append(tx, [_event(RECEIVED, owners[index % len(owners)], index, f"at {monotonic()}")])
    async with asyncio.timeout(_PATIENCE):
        while len(heard) < events * each:
            await asyncio.sleep(0.05)
    took = monotonic() - begun
    points = statistics.quantiles(heard, n=1000)
    print(
        f"{len(ears):,} sockets of {len(owners)} account(s), {per_second} texts/s for {each} sockets each"
        f" ({len(heard) / took:,.0f} frames/s): p50 {points[499] * 1000:.0f} ms, p99 {points[989] * 1000:.0f} ms;"
        f" API process {(processes.cpu_seconds([api]) - cpu) / took:.0%} of a core;"
        f" let in at {len(ears) / connected:,.0f}/s, {memory:.0f} KiB a socket"
    )
    for ear in ears:
        ear.close()


async def _connect(served: Served, people: Sequence[tuple[UUID, str]], heard: list[float]) -> list[Ear]:
    loop = asyncio.get_running_loop()
    ears: list[Ear] = []
    for _, token in people:
        ear = partial(Ear, f"{PATH}?authtoken={token}", heard)
        pairs = [await loop.create_connection(ear, "127.0.0.1", served.port) for _ in range(MOST_SOCKETS_OF_USER)]
        ears += [ear for _, ear in pairs]
        await asyncio.wait_for(asyncio.gather(*(ear.is_in for _, ear in pairs)), _PATIENCE)
    return ears


async def _people(served: Served, database: Database, *, accounts_: int, users: int) -> list[tuple[UUID, str]]:
    """Accounts with users: the account and a token of each."""
    clock = SystemClock()
    signer, now, role = (
        TokenSigner.load_or_create(served.data_dir / SIGNING_FILE, clock),
        clock.now(),
        ["account-owner"],
    )
    made = []
    async with database.transaction() as tx:
        for _ in range(accounts_):
            account_id = Ids.random_uuid()
            name = account_id.hex
            account = Account(account_id, account_id, name, f"{name}@bench.example", "", "", "", "", "", 1, now, now)
            await accounts.insert_account(tx, account)
            for _ in range(users):
                user_id = Ids.random_uuid()
                await accounts.insert_user(
                    tx, User(user_id, account_id, f"{user_id.hex}@bench.example", "", 1, role, None, 0), now
                )
                jti = str(Ids.random_uuid())
                principal = Principal(account_id, account_id, user_id, mask_of_roles(role), "session", jti)
                made.append((account_id, signer.sign(principal, now + ACCESS_LIFETIME)))
    return made


async def _costs(served: Served, database: Database) -> None:
    """What the subscriber costs beside nothing else: microseconds of its process and of PostgreSQL a message."""
    ((account_id, _),) = await _people(served, database, accounts_=1, users=1)
    clock = SystemClock()
    contacts = ContactService(clock, Ids(clock))
    subscribers = InboxSubscribers(clock, Recorder(contacts), Unused)
    known = [(account_id, _person(index)) for index in range(_BATCH)]
    async with database.transaction() as tx:
        found = await contacts.find_or_create_by_phone(tx, known)
    ids = {number: str(contact_id) for (_, number), contact_id in found.items()}
    postgres = processes.postgres_of(served.data_dir)
    for topic, verb, named in (
        (SENT, subscribers.message_sent, {}),
        (RECEIVED, subscribers.message_received, ids),
    ):
        ours, before = 0.0, processes.cpu_seconds(postgres)
        for first in range(0, MESSAGES, _BATCH):
            events = [_event(topic, account_id, first + index, "x" * 70, named) for index in range(_BATCH)]
            began = process_time()
            async with database.transaction() as tx:
                await verb(tx, events)
            ours += process_time() - began
        theirs = processes.cpu_seconds(postgres) - before
        print(
            f"{topic}: worker {ours / MESSAGES * 1e6:.0f} us, PostgreSQL {theirs / MESSAGES * 1e6:.0f} us"
            f" a message, in batches of {_BATCH}"
        )


def _person(index: int) -> str:
    return f"+1949{2_000_000 + index % _BATCH}"


def _event(topic: str, account_id: UUID, index: int, text: str, ids: dict[str, str] | None = None) -> Event:
    clock = SystemClock()
    other, inbound = _person(index), topic == RECEIVED
    message = MessageEvent(
        account_sid=str(account_id),
        message_sid=str(Ids(clock).time_uuid()),
        direction="inbound" if inbound else "outbound",
        to=_NUMBER if inbound else other,
        sender=other if inbound else _NUMBER,
        text=text,
        status="success",
        contact_id=(ids or {}).get(other),
        created_at=epoch_ms(clock.now()),
    )
    return Event(topic, account_id, other, msgspec.to_builtins(message), clock.now())


if __name__ == "__main__":
    uvloop.run(main())
