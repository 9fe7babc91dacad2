"""Requests 186 to 188: the workflow of a campaign, its versions and its picture."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.workflows.models import Publication
from cordboard.domain.workflows.service import CampaignService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.campaigns import PATH, TAG
from cordboard.engines.workflow.definition import read_definition
from cordboard.engines.workflow.drawing import draw
from cordboard.kit.errors import InvalidInputError

_TEXT: Final = '{"schemaVersion":1,"startNode":1,"nodes":[{"id":1,"type":"control"}]}'
_SHOWN: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **PATH, "version": 2, "workflow": _TEXT}
_SVG: Final = "image/svg+xml"


class WorkflowBody(msgspec.Struct):
    """The workflow as a text of JSON; an object is taken as well."""

    workflow: Any = None


class PublishQuery(msgspec.Struct):
    """`preview` shows who waits in older versions and publishes nothing; `apply` moves those whose node is still
    there.
    """

    migrate: Literal["preview", "apply"] | None = None


class VersionQuery(msgspec.Struct):
    """The newest version where none is named."""

    version: int | None = None


class CampaignWorkflowsResource:
    """`/v4/campaign/{campaignId}/workflow`."""

    def __init__(self, campaigns: CampaignService) -> None:
        self._campaigns = campaigns

    async def get_workflow(self, call: Call) -> Reply:
        """The workflow as it was published."""
        found = await self._campaigns.workflow(
            call.tx, call.principal.account_id, uuid_in_path(call, "campaignId"), _version(call)
        )
        return Reply([_render(call, found.version, found.definition)])

    async def put_workflow(self, call: Call) -> Reply:
        """Publishes the next version; every fault is named with its node."""
        caller, campaign_id = call.principal, uuid_in_path(call, "campaignId")
        published = await self._campaigns.publish(
            call.tx, caller.account_id, campaign_id, _text(call.body.workflow), caller.client_id, call.query.migrate
        )
        return Reply([{**_render(call, published.version, published.definition), "waiting": _waiting(published)}])

    async def get_picture(self, call: Call) -> Reply:
        """The workflow as an SVG picture."""
        found = await self._campaigns.workflow(
            call.tx, call.principal.account_id, uuid_in_path(call, "campaignId"), _version(call)
        )
        return Reply([draw(read_definition(found.definition))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        path = "/v4/campaign/{campaignId}/workflow"
        published = {**_SHOWN, "waiting": [{"version": 1, "node": 2, "count": 12, "movable": True}]}
        return (
            Endpoint(
                number="186",
                method="GET",
                path=path,
                handler=self.get_workflow,
                summary="Get workflow",
                privilege=Privilege.WORKFLOW_READ,
                query=VersionQuery,
                tag=TAG,
                example=Example(path=PATH, response=_SHOWN),
            ),
            Endpoint(
                number="187",
                method="POST",
                path=path,
                handler=self.put_workflow,
                summary="Add workflow",
                privilege=Privilege.WORKFLOW_UPDATE,
                body=WorkflowBody,
                query=PublishQuery,
                tag=TAG,
                example=Example(path=PATH, body={"workflow": _TEXT}, response=published),
            ),
            Endpoint(
                number="188",
                method="PUT",
                path=path,
                handler=self.put_workflow,
                summary="Edit workflow",
                privilege=Privilege.WORKFLOW_UPDATE,
                body=WorkflowBody,
                query=PublishQuery,
                tag=TAG,
                example=Example(path=PATH, body={"workflow": _TEXT}, response=published),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=path + ".svg",
                handler=self.get_picture,
                summary="Get workflow as a picture",
                privilege=Privilege.WORKFLOW_READ,
                query=VersionQuery,
                document=_SVG,
                tag=TAG,
                example=Example(path=PATH, response="<svg xmlns='http://www.w3.org/2000/svg'></svg>"),
            ),
        )


def _version(call: Call) -> int | None:
    version: int | None = call.query.version
    if version is not None and not 1 <= version < 2**31:
        raise InvalidInputError.of("version", "must be the number of a version")
    return version


def _text(given: Any) -> str:
    """Raises InvalidInputError."""
    if isinstance(given, str):
        return given
    if isinstance(given, dict):
        return msgspec.json.encode(given).decode()
    raise InvalidInputError.of("workflow", "is required: the workflow as a text of JSON")


def _render(call: Call, version: int, definition: str) -> dict[str, Any]:
    return {
        "accountSid": call.principal.account_id,
        "campaignId": call.path["campaignId"],
        "version": version,
        "workflow": definition,
    }


def _waiting(published: Publication) -> list[dict[str, Any]]:
    return [
        {"version": one.version, "node": one.node, "count": one.count, "movable": one.movable}
        for one in published.waiting
    ]
