"""A business with a number set, templates, contacts and campaigns, on the platform under test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

import msgspec
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.domain.workflows.models import Campaign, EndedRun, Run, StartedRun, StartRequest, WorkflowVersion
from cordboard.domain.workflows.repository import campaigns
from cordboard.kit.errors import CordboardError

NUMBERS = ("+17145550100", "+17145550101")
PERSON = "+19492221234"
LOS_ANGELES = -32


@dataclass(slots=True)
class Business:
    """`number_set` has `NUMBERS`. What its campaigns send is taken by `carrier`."""

    api: Api
    owner: Tenant
    number_set: UUID
    carrier: CarrierDouble

    async def template(self, text: str, **members: Any) -> str:
        """A template's id."""
        made = await self.api.post(
            "/v4/smstemplate", self.owner, {"templateTitle": "t", "templateText": text, **members}
        )
        return str(made.only["templateId"])

    async def contact(self, phone: str = PERSON, **ext_data: str) -> UUID:
        """A contact's id."""
        made = await self.api.post("/v4/contact", self.owner, {"extData": {"phonenumber1": phone, **ext_data}})
        return UUID(made.only["contactId"])

    async def campaign(
        self,
        nodes: Sequence[Mapping[str, Any]],
        *,
        hours: tuple[time, time] | None = None,
        sections: Mapping[str, int] | None = None,
        **members: Any,
    ) -> UUID:
        """A campaign with a workflow of `nodes`, which node 1 begins; `hours` protect on the recipient's clock."""
        ids, now = self.api.platform.ids, self.api.clock.now()
        protection: dict[str, Any] = {}
        if hours is not None:
            protection = {"protection_type": 1, "protection_start": hours[0], "protection_end": hours[1]}
            protection["protection_timezone"] = LOS_ANGELES
        campaign = Campaign(
            account_id=self.owner.id,
            id=ids.time_uuid(),
            name="c",
            created_at=now,
            **{"workflow_version": 1, "number_set_id": self.number_set, **protection, **members},
        )
        async with self.api.platform.database.transaction() as tx:
            await campaigns.insert(tx, campaign)
        await self.publish(campaign.id, nodes, sections=sections, version=1)
        return campaign.id

    async def publish(
        self,
        campaign_id: UUID,
        nodes: Sequence[Mapping[str, Any]],
        *,
        sections: Mapping[str, int] | None = None,
        version: int,
    ) -> None:
        """Stores a version of a workflow, without the checks that the API makes."""
        workflow = {"schemaVersion": 1, "startNode": 1, "nodes": nodes, "sections": sections or {}}
        stored = WorkflowVersion(
            account_id=self.owner.id,
            campaign_id=campaign_id,
            version=version,
            definition=msgspec.json.encode(workflow).decode(),
            client_id=None,
            created_at=self.api.clock.now(),
        )
        async with self.api.platform.database.transaction() as tx:
            await campaigns.add_version(tx, stored)

    async def start(self, campaign_id: UUID, contact_id: UUID, **members: Any) -> StartedRun:
        """Starts a campaign for a contact; fails the test when it is refused."""
        (result,) = await self.try_start(campaign_id, contact_id, **members)
        assert isinstance(result, StartedRun), result
        return result

    async def try_start(self, campaign_id: UUID, contact_id: UUID, **members: Any) -> list[StartedRun | CordboardError]:
        """The same, whatever comes of it."""
        request = StartRequest(account_id=self.owner.id, campaign_id=campaign_id, contact_id=contact_id, **members)
        async with self.api.platform.database.transaction() as tx:
            return await self.api.platform.campaigns.service.start(tx, [request])

    async def start_all(self, campaign_id: UUID, contacts: Sequence[UUID]) -> None:
        """Starts a campaign for many."""
        for place in range(0, len(contacts), 500):
            requests = [
                StartRequest(account_id=self.owner.id, campaign_id=campaign_id, contact_id=one)
                for one in contacts[place : place + 500]
            ]
            async with self.api.platform.database.transaction() as tx:
                started = await self.api.platform.campaigns.service.start(tx, requests)
            assert all(isinstance(one, StartedRun) for one in started)

    async def run(self, run_id: UUID) -> Run | EndedRun:
        """A run as it stands."""
        async with self.api.platform.database.connection() as connection:
            return await self.api.platform.campaigns.service.run(connection, self.owner.id, run_id)

    def at(self, moment: datetime) -> None:
        """Moves the clock, and renews the owner's token."""
        self.api.clock.set(moment)
        self.owner = self.api.renewed(self.owner)

    async def send(self) -> list[str]:
        """Lets everything that is due happen, and the carrier take what was sent; answers the texts."""
        await self.api.settle()
        taken = await self.carrier.work()
        await self.api.settle()
        return [one.text for one in taken]

    async def reply(self, text: str, *, sender: str = PERSON, to: str | None = None) -> None:
        """The person writes back, some seconds later, to the number that wrote last, or to `to`."""
        self.api.clock.advance(5)
        number = to or next(one.sender for one in reversed(self.carrier.taken) if one.recipient == sender)
        assert await self.carrier.deliver(sender, number, text)

    async def history(self, run_id: UUID) -> list[tuple[str, str, str]]:
        """Action, place and words of each line of a run's debug log."""
        answer = await self.api.get(f"/v4/logs/debug/{run_id}", self.owner)
        actions = [entry for entry in answer.payload if entry["type"] == "campaignaction"]
        lines = [msgspec.json.decode(entry["data"]) for entry in actions]
        return [(line["action"], line["parameter"], line["response"]) for line in lines]


async def open_business(api: Api) -> Business:
    """A business of its own account."""
    owner = await api.account()
    await api.post("/v4/number/purchase", owner, {"phoneNumber": list(NUMBERS)})
    made = await api.post("/v4/numberset", owner, {"name": "s", "phoneNumbers": list(NUMBERS)})
    return Business(api, owner, UUID(made.only["numberSetId"]), CarrierDouble(api))
