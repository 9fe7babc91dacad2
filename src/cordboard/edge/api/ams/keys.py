"""Long-lived keys, for programs that call the API."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.keys import KeyService
from cordboard.domain.accounts.models import ApiKey
from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.ams.account_fields import SAMPLE_ID, PageQuery
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.clock import epoch_ms
from cordboard.kit.paging import Page

_TAG: Final = "Keys"
_JTI: Final = "0b1f5c52-7a6e-4c0e-9f0a-4b6a8f1f9d11"
_EXAMPLE: Final = {
    "jti": _JTI,
    "accountSid": SAMPLE_ID,
    "clientId": "5f0c2f6a-4f0e-4a3b-8d0f-2a1b3c4d5e6f",
    "description": "nightly report",
    "roles": ["basic-reports"],
    "created": 1767614400000,
    "expires": 1799150400000,
    "revoked": None,
}


class KeyBody(msgspec.Struct, rename="camel"):
    """A key to make. `expirationInDay` counts from now."""

    description: str
    expiration_in_day: int
    roles: list[str]


class KeysResource:
    """`/ams/v2/keys`."""

    def __init__(self, keys: KeyService) -> None:
        self._keys = keys

    async def create_key(self, call: Call) -> Reply:
        """A key of the caller; its token is in this answer and nowhere else."""
        body: KeyBody = call.body
        key, token = await self._keys.create(
            call.tx,
            call.principal,
            uuid_in_path(call, "accountId"),
            description=body.description,
            roles=body.roles,
            days=body.expiration_in_day,
        )
        return Reply([{**_rendered(key), "encryptToken": token}])

    async def get_keys(self, call: Call) -> Reply:
        """An account's keys without their tokens, the oldest first."""
        page = Page.of(call.query.size, call.query.offset)
        account_id = uuid_in_path(call, "accountId")
        found = await self._keys.page(call.tx, call.principal.account_id, account_id, page)
        return Reply([_rendered(key) for key in found])

    async def revoke_key(self, call: Call) -> Reply:
        """Ends a key."""
        account_id, jti = uuid_in_path(call, "accountId"), uuid_in_path(call, "jti")
        return Reply([_rendered(await self._keys.revoke(call.tx, call.principal.account_id, account_id, jti))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/ams/v2/keys/account/{accountId}"
        return (
            Endpoint(
                number="ours",
                method="POST",
                path=base + "/jti",
                handler=self.create_key,
                summary="Create key",
                secret_answer=True,
                privilege=Privilege.KEY_UPDATE,
                session_only=True,
                body=KeyBody,
                tag=_TAG,
                example=Example(
                    path={"accountId": SAMPLE_ID},
                    body={"description": "nightly report", "expirationInDay": 365, "roles": ["basic-reports"]},
                    response={**_EXAMPLE, "encryptToken": "eyJ..."},
                ),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=base,
                handler=self.get_keys,
                summary="Get keys",
                privilege=Privilege.KEY_UPDATE,
                session_only=True,
                query=PageQuery,
                tag=_TAG,
                example=Example(path={"accountId": SAMPLE_ID}, response=_EXAMPLE),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=base + "/jti/{jti}",
                handler=self.revoke_key,
                summary="Revoke key",
                privilege=Privilege.KEY_UPDATE,
                session_only=True,
                tag=_TAG,
                example=Example(
                    path={"accountId": SAMPLE_ID, "jti": _JTI}, response={**_EXAMPLE, "revoked": 1767700800000}
                ),
            ),
        )


def _rendered(key: ApiKey) -> dict[str, Any]:
    return {
        "jti": key.jti,
        "accountSid": key.account_id,
        "clientId": key.user_id,
        "description": key.description,
        "roles": key.roles,
        "created": epoch_ms(key.created_at),
        "expires": epoch_ms(key.expires_at),
        "revoked": epoch_ms(key.revoked_at) if key.revoked_at else None,
    }
