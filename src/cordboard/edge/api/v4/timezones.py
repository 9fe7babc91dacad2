"""Requests 147 and 148: the table of time zones."""

from __future__ import annotations

from typing import Any, Final

from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.errors import NotFoundError
from cordboard.kit.timezones import ZONES, Zone

_EXAMPLE: Final = {"timezoneId": -28, "name": "MST/MDT", "systemName": "MST7MDT", "dst": 1, "offset": -7}


def render_zone(row: Zone) -> dict[str, Any]:
    """A row as the reference shows it."""
    return {
        "timezoneId": row.timezone_id,
        "name": row.name,
        "systemName": row.system_name,
        "dst": row.dst,
        "offset": row.offset,
    }


async def get_timezones(_call: Call) -> Reply:
    """The whole table."""
    return Reply([render_zone(row) for row in ZONES])


async def get_timezone(call: Call) -> Reply:
    """One row. Raises NotFoundError."""
    row = next((row for row in ZONES if str(row.timezone_id) == call.path["timezoneId"]), None)
    if row is None:
        raise NotFoundError("timezoneId")
    return Reply([render_zone(row)])


ENDPOINTS: Final = (
    Endpoint(
        number="147",
        method="GET",
        path="/v4/timezone",
        handler=get_timezones,
        summary="Get time zones",
        privilege=Privilege.CONTACT_READ,
        tag="Time zones",
        example=Example(response=_EXAMPLE),
    ),
    Endpoint(
        number="148",
        method="GET",
        path="/v4/timezone/{timezoneId}",
        handler=get_timezone,
        summary="Get time zone",
        privilege=Privilege.CONTACT_READ,
        tag="Time zones",
        example=Example(path={"timezoneId": "-28"}, response=_EXAMPLE),
    ),
)
