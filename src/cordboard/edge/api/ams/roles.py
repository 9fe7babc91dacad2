"""Requests 166 and 167: the roles that users can have, and the privileges that they give."""

from __future__ import annotations

from typing import Any

from cordboard.domain.accounts.privileges import OPERATOR_ROLE, ROLE_LABELS, ROLES, Privilege, labels_of
from cordboard.edge.api.ams.user_fields import TAG
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply


async def get_roles(_call: Call) -> Reply:
    """The roles that can be given. They change with the version of the platform only."""
    return Reply([render_role(name) for name in ROLES if name != OPERATOR_ROLE])


async def get_privileges(_call: Call) -> Reply:
    """The privileges that roles give, with their places in a token's masks: 32 to a number, the lowest first."""
    return Reply([render_privilege(one) for one in Privilege if one is not Privilege.PLATFORM_ADMIN])


def render_role(name: str) -> dict[str, Any]:
    """A role with the labels of its privileges, by their positions."""
    return {"name": name, "displayName": ROLE_LABELS[name], "privileges": labels_of(ROLES[name])}


def render_privilege(privilege: Privilege) -> dict[str, Any]:
    """A privilege and its bit."""
    return {
        "name": privilege.label,
        "displayName": privilege.display_name,
        "binaryPos": privilege.value,
        "symbolicNumber": privilege.symbolic_number,
    }


ENDPOINTS = (
    Endpoint(
        number="166",
        method="GET",
        path="/ams/v2/roles/all",
        handler=get_roles,
        summary="Get roles",
        privilege=Privilege.USER_READ,
        session_only=True,
        tag=TAG,
        example=Example(response=render_role("contact-admin")),
    ),
    Endpoint(
        number="167",
        method="GET",
        path="/ams/v2/privileges/all",
        handler=get_privileges,
        summary="Get privileges",
        privilege=Privilege.USER_READ,
        session_only=True,
        tag=TAG,
        example=Example(response=render_privilege(Privilege.ACCT_CREATE)),
    ),
)
