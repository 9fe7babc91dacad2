"""Requests 115 to 118: dispositions."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.dispositions.models import Disposition
from cordboard.domain.dispositions.service import DispositionService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.errors import InvalidInputError

_TAG: Final = "Dispositions"
_PATH: Final = {"key": "major_sale"}
_BODY: Final = {
    "key": "major_sale",
    "description": "Major Sale",
    "tags": ["human", "sale"],
    "direction": "both",
    "triggeredCampaignId": "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf",
}
_SHOWN: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_BODY}


class DispositionBody(msgspec.Struct, rename="camel"):
    """A new disposition. `triggeredCampaignId` names the workflow to run when it is assigned."""

    key: str
    description: str
    tags: list[str] = []
    direction: str = "both"
    triggered_campaign_id: UUID | None = None


class DispositionChangesBody(msgspec.Struct, rename="camel"):
    """What to change. Without `triggeredCampaignId` no workflow is run any more; `key` cannot change."""

    key: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    direction: str | None = None
    triggered_campaign_id: UUID | None = None


class DispositionsResource:
    """`/v4/disposition`."""

    def __init__(self, dispositions: DispositionService) -> None:
        self._dispositions = dispositions

    async def get_dispositions(self, call: Call) -> Reply:
        """The built-in dispositions, then the account's own."""
        found = await self._dispositions.all_of(call.tx, call.principal.account_id)
        return Reply([render_disposition(one) for one in found])

    async def add_disposition(self, call: Call) -> Reply:
        """A new disposition."""
        body: DispositionBody = call.body
        made = await self._dispositions.add(
            call.tx,
            call.principal.account_id,
            key=body.key,
            description=body.description,
            tags=body.tags,
            direction=body.direction,
            campaign_id=body.triggered_campaign_id,
        )
        return Reply([render_disposition(made)])

    async def edit_disposition(self, call: Call) -> Reply:
        """Changes a disposition; of a built-in one only the workflow."""
        body: DispositionChangesBody = call.body
        key = call.path["key"]
        if body.key is not None and body.key.strip().lower() != key.strip().lower():
            raise InvalidInputError.of("key", f"cannot be changed: send {key}, or leave it out")
        changed = await self._dispositions.edit(
            call.tx,
            call.principal.account_id,
            key,
            description=body.description,
            tags=body.tags,
            direction=body.direction,
            campaign_id=body.triggered_campaign_id,
        )
        return Reply([render_disposition(changed)])

    async def delete_disposition(self, call: Call) -> Reply:
        """Removes one of the account's own."""
        return Reply(
            [render_disposition(await self._dispositions.delete(call.tx, call.principal.account_id, call.path["key"]))]
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/disposition", "/v4/disposition/{key}"
        return (
            Endpoint(
                number="115",
                method="GET",
                path=base,
                handler=self.get_dispositions,
                summary="Get dispositions",
                privilege=Privilege.DISPOSITION_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="116",
                method="POST",
                path=base,
                handler=self.add_disposition,
                summary="Create disposition",
                privilege=Privilege.DISPOSITION_UPDATE,
                body=DispositionBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="117",
                method="PUT",
                path=one,
                handler=self.edit_disposition,
                summary="Edit disposition",
                privilege=Privilege.DISPOSITION_UPDATE,
                body=DispositionChangesBody,
                tag=_TAG,
                example=Example(path=_PATH, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="118",
                method="DELETE",
                path=one,
                handler=self.delete_disposition,
                summary="Delete disposition",
                privilege=Privilege.DISPOSITION_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
        )


def render_disposition(one: Disposition) -> dict[str, Any]:
    """A disposition as the reference shows it."""
    return {
        "accountSid": one.account_id,
        "key": one.key,
        "description": one.description,
        "tags": one.tags,
        "direction": one.direction,
        "triggeredCampaignId": one.triggered_campaign_id,
    }
