"""Benchmarks of campaigns: an account of their own with a number set, a template, campaigns and contacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import Account
from cordboard.domain.workflows.models import Campaign, WorkflowVersion
from cordboard.domain.workflows.repository import campaigns
from cordboard.infra.db import Database
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.infra.jobs.queue import JobLoop
from cordboard.kit.clock import SystemClock
from cordboard.run.platform import build_platform
from cordboard.run.settings import Settings

SENDER = "72345"
_ADD_PEOPLE = (
    "insert into contacts (account_id, id, created, timezone, ext_data, created_at)"
    " select $1, gen_random_uuid(), gen_random_uuid(), -32, jsonb_build_object('phonenumber1',"
    " '+1949' || (2000000 + n % 8000000)::text, 'firstname', 'Ann', 'lastname', 'Example'), $2"
    " from generate_series(1, $3::int) n"
)


class OwnCampaigns:
    """The platform on a database of its own; `found` comes first. The set has `senders` short codes, which send 100 a
    second each.
    """

    def __init__(self, database: Database, folder: Path, *, senders: int = 1) -> None:
        self.database = database
        self.clock = SystemClock()
        self.platform = build_platform(Settings(data_dir=str(folder)), database, self.clock)
        self.account = self.platform.ids.random_uuid()
        self.template = self.platform.ids.time_uuid()
        self._numbers = self.platform.ids.time_uuid()
        self._senders = senders

    async def found(self) -> None:
        """Makes the account with what it writes from."""
        now = self.clock.now()
        account = Account(self.account, self.account, "bench", "b@b.example", "", "", "cordboard", "", "", 1, now, now)
        async with self.database.transaction() as tx:
            await maintain_partitions(tx, now)
            await accounts.insert_account(tx, account)
            await tx.execute(
                "insert into number_sets (account_id, id, name, created_at) values ($1, $2, 'bench', $3)",
                self.account,
                self._numbers,
                now,
            )
            await tx.execute(
                "insert into numbers (account_id, phone_number, phone_sid, carrier, number_type, attributes,"
                " number_set_id, timezone, purchase_date, renewal_date)"
                " select $1, n::text, gen_random_uuid(), 'sandbox', 4,"
                " '{sms-enabled,mms-enabled}', $3, -32, $4, $4"
                " from generate_series($2::int, $2 + $5 - 1) n",
                self.account,
                int(SENDER),
                self._numbers,
                now,
                self._senders,
            )
            await tx.execute(
                "insert into sms_templates (account_id, id, title, text, created_at) values ($1, $2, 't', $3, $4)",
                self.account,
                self.template,
                "Hello %%FIRSTNAME%%, see you tomorrow at nine.",
                now,
            )

    async def campaign(self, nodes: list[dict[str, Any]]) -> UUID:
        """A campaign whose workflow is published."""
        campaign_id, now = self.platform.ids.time_uuid(), self.clock.now()
        campaign = Campaign(
            account_id=self.account,
            id=campaign_id,
            name="bench",
            number_set_id=self._numbers,
            workflow_version=1,
            created_at=now,
        )
        version = WorkflowVersion(
            account_id=self.account,
            campaign_id=campaign_id,
            version=1,
            definition=workflow_text(nodes),
            client_id=None,
            created_at=now,
        )
        async with self.database.transaction() as tx:
            await campaigns.insert(tx, campaign)
            await campaigns.add_version(tx, version)
        return campaign_id

    async def people(self, count: int) -> list[UUID]:
        """Contacts that have not been used yet."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                _ADD_PEOPLE + " returning id", self.account, self.clock.now(), count, timeout=600
            )
        return [row["id"] for row in rows]

    async def crowd(self, count: int) -> None:
        """The same, without holding them in memory."""
        async with self.database.connection() as connection:
            await connection.execute(_ADD_PEOPLE, self.account, self.clock.now(), count, timeout=600)

    async def value(self, sql: str, *values: Any) -> Any:
        """One value that the database answers."""
        async with self.database.connection() as connection:
            return await connection.fetchval(sql, *values)


def workflow_text(nodes: list[dict[str, Any]]) -> str:
    """A workflow as it is published; node 1 begins."""
    return msgspec.json.encode({"schemaVersion": 1, "startNode": 1, "nodes": nodes}).decode()


async def until_done(jobs: JobLoop) -> None:
    """Works until no job is due."""
    while await jobs.start_due():
        await jobs.settle()
