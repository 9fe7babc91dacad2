"""A contact centre under test: an account with a campaign and a program that calls the text API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from tests.harness import Api, Tenant

from cordboard.run.api import build_api

NON_AGENT = "/x5/api/non_agent.php"
PASSWORD = "correct-horse-7"
NAME = "6666"


@dataclass(slots=True)
class Center:
    """Its owner, and what its program asks and hears."""

    api: Api
    owner: Tenant
    http: httpx.AsyncClient

    async def ask(self, function: str, **given: Any) -> list[str]:
        """The lines that the program hears."""
        sent = {"function": function, "user": NAME, "pass": PASSWORD, "source": "test", **given}
        return await self.lines({name: str(value) for name, value in sent.items() if value is not None})

    async def lines(self, sent: dict[str, str]) -> list[str]:
        """The same, with every parameter given."""
        answer = await self.http.get(NON_AGENT, params=sent)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text.endswith("\n")
        return answer.text.splitlines()

    async def user(self, user: str, **settings: Any) -> dict[str, Any]:
        """Another user."""
        body = {"user": user, "pass": PASSWORD, "full_name": f"User {user}", "user_group": "AGENTS", **settings}
        made: dict[str, Any] = (await self.api.post("/v4/cc/users", self.owner, body)).only
        return made

    async def campaign(self, campaign_id: str = "SPRING", **fields: Any) -> None:
        """A campaign."""
        body = {"campaign_id": campaign_id, "campaign_name": f"Campaign {campaign_id}", **fields}
        assert (await self.api.post("/v4/cc/campaigns", self.owner, body)).status == 200

    async def list(self, list_id: int = 101, campaign_id: str = "SPRING", **fields: Any) -> None:
        """A list of a campaign."""
        lines = await self.ask("add_list", list_id=list_id, list_name="A list", campaign_id=campaign_id, **fields)
        assert lines == [f"SUCCESS: add_list LIST HAS BEEN ADDED - {NAME}|{list_id}|A list|{campaign_id}"]

    async def lead(self, lead_id: int) -> dict[str, Any]:
        """A lead as it is stored."""
        (row,) = await self.api.fetch("select * from cc_leads where lead_id = $1", lead_id)
        return row


async def open_center(api: Api) -> Center:
    """A contact centre with the program."""
    application: Any = build_api(api.platform)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://cordboard.test")
    center = Center(api, await api.account(), http)
    await center.user(NAME, user_level=9, user_group="ADMIN")
    return center


def lead_of(line: str) -> int:
    """The id of the lead that a line of success tells of."""
    assert line.startswith("SUCCESS: "), line
    return int(line.split("|")[2])
