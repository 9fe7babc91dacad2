"""A line of contacts for agents, filled as workflows fill it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.harness import Answer, Api, Tenant

from cordboard.domain.live_lists.models import NewEntry
from cordboard.infra.db import Tx
from cordboard.kit.errors import CordboardError

BASE = "/v4/livelist"
NAME = "hot leads"


@dataclass(slots=True)
class Floor:
    """An account with agents. `people` are contacts by the names that tests give them."""

    api: Api
    owner: Tenant
    people: dict[str, UUID]

    async def make(self, name: str = NAME, *agents: Tenant) -> dict[str, Any]:
        """A list."""
        client_ids = [str(agent.user.id) for agent in agents]
        made = await self.api.post(BASE, self.owner, {"listName": name, "clientIds": client_ids})
        shown: dict[str, Any] = made.only
        return shown

    async def person(self, name: str) -> UUID:
        """A contact, made once."""
        if name not in self.people:
            phone = f"+1714555{len(self.people):04}"
            made = await self.api.post(
                "/v4/contact", self.owner, {"extData": {"phonenumber1": phone, "firstname": name}}
            )
            self.people[name] = UUID(made.only["contactId"])
        return self.people[name]

    async def entry(
        self,
        person: str,
        *,
        to: str = NAME,
        key: str = "",
        expires_in: float | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> NewEntry:
        """A contact as a run adds it; `expires_in` in seconds."""
        ids = self.api.platform.ids
        return NewEntry(
            account_id=self.owner.id,
            list_name=to,
            key=key or str(ids.random_uuid()),
            contact_id=await self.person(person),
            campaign_id=ids.time_uuid(),
            run_id=ids.time_uuid(),
            variables=dict(variables or {}),
            expires_at=None if expires_in is None else self.api.clock.now() + timedelta(seconds=expires_in),
        )

    async def add(self, *people: str, **how: Any) -> list[CordboardError | None]:
        """Puts people in line, in one transaction."""
        entries = [await self.entry(person, **how) for person in people]
        async with self.api.platform.database.transaction() as tx:
            return await self.put(tx, *entries)

    async def put(self, tx: Tx, *entries: NewEntry) -> list[CordboardError | None]:
        """Puts entries in line."""
        return await self.api.platform.live_lists.service.add(tx, entries)

    async def take(self, agent: Tenant | None = None, name: str = NAME, **more: Any) -> Answer:
        """What asking for the next answers."""
        return await self.api.call("POST", f"{BASE}/queue/{name}", agent or self.owner, **more)

    async def taken(self, name: str = NAME) -> str:
        """The first name of who is taken; "" where nobody is in line."""
        answer = await self.take(name=name)
        return str(answer.only["extData"]["firstname"]) if answer.status == 200 else ""

    async def line(self, name: str = NAME) -> list[str]:
        """The first names of who is in line, expired ones among them."""
        answer = await self.api.get(f"{BASE}/queue/{name}", self.owner, size="100")
        return [one["extData"]["firstname"] for one in answer.payload]
