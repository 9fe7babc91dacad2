"""A voice process's place, taken by the test: it takes calls that wait, and tells what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tests.harness import Api, Tenant

from cordboard.domain.voice.models import CallCommand, CallRecord, Ending, Progress, Status

NUMBER, SECOND, THIRD = "+17145550100", "+17145550101", "+17145550102"
CALLEE, OTHER_CALLEE = "+19492221234", "+16192331234"
DOCUMENT = "https://example.com/welcome.xml"


class VoiceNode:
    """One process, by the service that a real one works with."""

    def __init__(self, api: Api, name: str = "node-1") -> None:
        self.name = name
        self._api = api
        self._voice = api.platform.voice

    async def beat(self) -> bool:
        """It lives."""
        async with self._api.platform.database.transaction() as tx:
            return await self._voice.beat(tx, self.name, "127.0.0.1:5060")

    async def leave(self) -> None:
        """It is gone, without a word to its calls."""
        async with self._api.platform.database.transaction() as tx:
            await self._voice.leave(tx, self.name)

    async def claim(self, limit: int = 50) -> list[CallRecord]:
        """Takes calls."""
        await self.beat()
        async with self._api.platform.database.transaction() as tx:
            return await self._voice.claim(tx, self.name, limit)

    async def rings(self, *calls: CallRecord, trunk: str | None = None) -> list[CallRecord]:
        """They ring."""
        return await self.progress(*(self.step(call, "dialing", trunk) for call in calls))

    async def answers(self, *calls: CallRecord) -> list[CallRecord]:
        """They are answered."""
        return await self.progress(*(self.step(call, "in-progress") for call in calls))

    def step(self, call: CallRecord, status: Any, trunk: str | None = None) -> Progress:
        """A step of a call, now."""
        return Progress(key=call.key, status=status, at=self._api.clock.now(), trunk=trunk)

    async def progress(self, *steps: Progress) -> list[CallRecord]:
        """Tells steps in one transaction."""
        async with self._api.platform.database.transaction() as tx:
            return await self._voice.progress(tx, steps, self.name)

    async def ends(self, *calls: CallRecord, status: Status = "completed", **more: Any) -> list[CallRecord]:
        """They are over, in one transaction."""
        given = {"reason": "ended by the callee", "hangup_by": "TERMINATOR END", **more}
        endings = [Ending(key=call.key, status=status, at=self._api.clock.now(), **given) for call in calls]
        async with self._api.platform.database.transaction() as tx:
            return await self._voice.finish(tx, endings)

    async def extends(self, call: CallRecord) -> bool:
        """Another minute of a call begins."""
        async with self._api.platform.database.transaction() as tx:
            return await self._voice.extend(tx, call.key)

    async def commands(self) -> Sequence[CallCommand]:
        """Takes what it is asked."""
        async with self._api.platform.database.transaction() as tx:
            return await self._voice.take_commands(tx, self.name, 100)


def body(**changes: Any) -> dict[str, Any]:
    """A good request with some members changed; None leaves one out."""
    usual: dict[str, Any] = {"from": NUMBER, "to": CALLEE, "url": DOCUMENT}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


async def buy(api: Api, tenant: Tenant, *numbers: str) -> None:
    """Buys numbers."""
    bought = await api.post("/v4/number/purchase", tenant, {"phoneNumber": list(numbers)})
    assert len(bought.payload) == len(numbers)


async def place(api: Api, tenant: Tenant, **changes: Any) -> UUID:
    """Makes a call; its id."""
    return UUID((await api.post("/v4/call", tenant, body(**changes))).only["callSid"])


async def prepay(api: Api, tenant: Tenant, amount: int) -> None:
    """Makes an account pay in advance, with so many micro-units to spend."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, tenant.id, "prepaid")
        present = await api.platform.billing.balance(tx, tenant.id)
        await api.platform.billing.credit(tx, tenant.id, amount - present.balance, "a test")


async def set_price(api: Api, price: int, prefix: str = "") -> None:
    """What a minute of an outbound call costs, in micro-units."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_rate(tx, "call_out", prefix, price)


async def change(api: Api, tenant: Tenant, **settings: str) -> None:
    """Changes settings of an account."""
    async with api.platform.database.transaction() as tx:
        for key, value in settings.items():
            await api.platform.accounts.change_setting(tx, tenant.id, key, value)


async def money(api: Api, tenant: Tenant) -> tuple[int, int]:
    """Balance and held amount."""
    async with api.platform.database.transaction() as tx:
        found = await api.platform.billing.balance(tx, tenant.id)
    return found.balance, found.held


async def told(api: Api, topic: str) -> list[dict[str, Any]]:
    """Payloads of events that wait in the outbox."""
    return [row["payload"] for row in await api.fetch("select payload from outbox where topic = $1 order by id", topic)]


async def stored(api: Api, call_id: UUID) -> dict[str, Any]:
    """A call's row."""
    (row,) = await api.fetch("select * from calls where id = $1", call_id)
    return row
