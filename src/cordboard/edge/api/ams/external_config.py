"""External account configuration, requests 17 to 21: what an account keeps for services outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from cordboard.domain.accounts.external_config import MASK, ExternalConfigService, ExternalValue
from cordboard.domain.accounts.models import ExternalEntry
from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.errors import InvalidInputError

_TAG: Final = "Account configuration"
_MOST_AT_ONCE: Final = 100
_DOMAIN: Final = {"provider": "mailgun", "key": "domain", "value": "mg.example.com"}
_SECRET: Final = {"provider": "mailgun", "key": "api_key", "encryptedValue": "not-a-real-key"}
_MASKED: Final = {**_SECRET, "encryptedValue": MASK}


class ExternalBody(msgspec.Struct, rename="camel"):
    """A value for a provider: plain, or kept sealed and never shown again."""

    provider: str
    key: str
    value: str | None = None
    encrypted_value: str | None = None


class ExternalsBody(msgspec.Struct):
    """Several of them: the list that the request sends, or an object around it."""

    configs: list[ExternalBody]


class ExternalConfigResource:
    """`/ams/v3/accounts/external/config`."""

    def __init__(self, external: ExternalConfigService) -> None:
        self._external = external

    async def get_configs(self, call: Call) -> Reply:
        """All values; sealed ones as a mask."""
        return _reply(await self._external.entries(call.tx, call.principal.account_id))

    async def save_config(self, call: Call) -> Reply:
        """Sets one value."""
        return await self._save(call, [call.body])

    async def save_configs(self, call: Call) -> Reply:
        """Sets several values, or none of them."""
        body: ExternalsBody = call.body
        if not 0 < len(body.configs) <= _MOST_AT_ONCE:
            raise InvalidInputError.of("configs", f"must be 1 to {_MOST_AT_ONCE} values")
        return await self._save(call, body.configs)

    async def delete_provider(self, call: Call) -> Reply:
        """Removes all values of a provider."""
        return _reply(await self._external.delete(call.tx, call.principal.account_id, call.path["provider"]))

    async def delete_key(self, call: Call) -> Reply:
        """Removes one value of a provider."""
        removed = await self._external.delete(
            call.tx, call.principal.account_id, call.path["provider"], call.path["key"]
        )
        return _reply(removed)

    async def _save(self, call: Call, given: Sequence[ExternalBody]) -> Reply:
        values = [
            ExternalValue(provider=one.provider, key=one.key, value=one.value, secret=one.encrypted_value)
            for one in given
        ]
        return _reply(await self._external.save(call.tx, call.principal.account_id, values))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/ams/v3/accounts/external/config"
        return (
            Endpoint(
                number="17",
                method="GET",
                path=base,
                handler=self.get_configs,
                summary="Get external account configs",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                tag=_TAG,
                example=Example(response=_MASKED),
            ),
            Endpoint(
                number="18",
                method="POST",
                path=base,
                handler=self.save_config,
                summary="Save external account config",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                body=ExternalBody,
                tag=_TAG,
                example=Example(body=_SECRET, response=_MASKED),
            ),
            Endpoint(
                number="19",
                method="PUT",
                path=base,
                handler=self.save_configs,
                summary="Save multiple external account configs",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                body=ExternalsBody,
                bare_list="configs",
                tag=_TAG,
                example=Example(body={"configs": [_DOMAIN, _SECRET]}, response=_DOMAIN),
            ),
            Endpoint(
                number="20",
                method="DELETE",
                path=base + "/{provider}",
                handler=self.delete_provider,
                summary="Delete external account configs of a provider",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                tag=_TAG,
                example=Example(path={"provider": "mailgun"}, response=_DOMAIN),
            ),
            Endpoint(
                number="21",
                method="DELETE",
                path=base + "/{provider}/{key}",
                handler=self.delete_key,
                summary="Delete external account config",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                tag=_TAG,
                example=Example(path={"provider": "mailgun", "key": "api_key"}, response=_MASKED),
            ),
        )


def _reply(entries: Sequence[ExternalEntry]) -> Reply:
    return Reply([_rendered(entry) for entry in entries])


def _rendered(entry: ExternalEntry) -> dict[str, str]:
    shown = {"provider": entry.provider, "key": entry.key}
    if entry.value_sealed is not None:
        return {**shown, "encryptedValue": MASK}
    return {**shown, "value": entry.value or ""}
