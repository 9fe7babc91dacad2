"""A contact centre under test: an account with a campaign and a program that calls the text API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from litestar import Litestar
from msgspec.structs import replace
from tests.harness import PASSWORD, Api, Tenant, hash_of_password

from cordboard.domain.callcenter.users import repository
from cordboard.domain.callcenter.users.models import ALL_FLAGS, CenterUser, UserSettings
from cordboard.run.api import non_agent_api

NON_AGENT = "/x5/api/non_agent.php"
NAME = "6666"
BELONGINGS = ("cc_callbacks", "cc_hopper", "cc_lead_phones")
"""Where a lead has what goes with it."""
WITH_BELONGINGS = {
    "callback": "Y",
    "campaign_id": "SPRING",
    "callback_datetime": "NOW",
    "add_to_hopper": "Y",
    "multi_alt_phones": "7275551212_1_work",
}
"""What a lead is added with that has something in each of them."""


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
    """A contact centre with the program, whose password was hashed before: that takes long on purpose."""
    application: Any = Litestar(list(non_agent_api(api.platform).handlers()), openapi_config=None)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://cordboard.test")
    center = Center(api, await api.account(), http)
    now = api.clock.now()
    program = CenterUser(
        account_id=center.owner.id,
        user=NAME,
        password_hash=hash_of_password(),
        settings=replace(UserSettings(full_name="Program", user_level=9, user_group="ADMIN"), **ALL_FLAGS),
        created_at=now,
        modified_at=now,
    )
    async with api.platform.database.transaction() as tx:
        assert await repository.insert(tx, program)
    return center


def lead_of(line: str) -> int:
    """The id of the lead that a line of success tells of."""
    assert line.startswith("SUCCESS: "), line
    return int(line.split("|")[2])
