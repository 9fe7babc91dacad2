"""Account configuration, requests 12 to 16."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.config import AccountConfigService
from cordboard.domain.accounts.models import ConfigEntry
from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.errors import InvalidInputError

_TAG: Final = "Account configuration"
_MOST_AT_ONCE: Final = 100


class ConfigBody(msgspec.Struct):
    """A value under a key; an empty one unsets it."""

    key: str
    value: str


class ConfigsBody(msgspec.Struct):
    """Several of them: the list that the request sends, or an object around it."""

    configs: list[ConfigBody]


class ConfigQuery(msgspec.Struct):
    """`keys` has commas between them; unknown ones are left out of the answer."""

    keys: str | None = None


class AccountConfigResource:
    """`/ams/v3/accounts/config`."""

    def __init__(self, configuration: AccountConfigService) -> None:
        self._configuration = configuration

    async def get_configs(self, call: Call) -> Reply:
        """What is set of the account's configuration."""
        query: ConfigQuery = call.query
        keys = None if query.keys is None else {key.strip() for key in query.keys.split(",")}
        return _reply(await self._configuration.entries(call.tx, call.principal.account_id, keys))

    async def get_config(self, call: Call) -> Reply:
        """One key's value."""
        return _reply([await self._configuration.get(call.tx, call.principal.account_id, call.path["key"])])

    async def save_config(self, call: Call) -> Reply:
        """Sets one key."""
        return await self._save(call, [call.body])

    async def save_configs(self, call: Call) -> Reply:
        """Sets several keys, or none of them."""
        body: ConfigsBody = call.body
        if not 0 < len(body.configs) <= _MOST_AT_ONCE:
            raise InvalidInputError.of("configs", f"must be 1 to {_MOST_AT_ONCE} keys with their values")
        return await self._save(call, body.configs)

    async def delete_config(self, call: Call) -> Reply:
        """Unsets one key."""
        removed = await self._configuration.delete(
            call.tx, call.principal.account_id, call.path["key"], as_operator=_as_operator(call)
        )
        return _reply([removed])

    async def _save(self, call: Call, given: list[ConfigBody]) -> Reply:
        entries = [ConfigEntry(one.key, one.value) for one in given]
        saved = await self._configuration.save(
            call.tx, call.principal.account_id, entries, as_operator=_as_operator(call)
        )
        return _reply(saved)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/ams/v3/accounts/config", "/ams/v3/accounts/config/{key}"
        state = {"key": "state", "value": "CA"}
        return (
            Endpoint(
                number="12",
                method="GET",
                path=base,
                handler=self.get_configs,
                summary="Get account configs",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                query=ConfigQuery,
                tag=_TAG,
                example=Example(query={"keys": "state,funded"}, response=state),
            ),
            Endpoint(
                number="13",
                method="GET",
                path=one,
                handler=self.get_config,
                summary="Get account config",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                tag=_TAG,
                example=Example(path={"key": "funded"}, response={"key": "funded", "value": "true"}),
            ),
            Endpoint(
                number="14",
                method="POST",
                path=base,
                handler=self.save_config,
                summary="Save account config",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                body=ConfigBody,
                tag=_TAG,
                example=Example(
                    body={"key": "company_phone", "value": "+18005551234"},
                    response={"key": "company_phone", "value": "+18005551234"},
                ),
            ),
            Endpoint(
                number="15",
                method="PUT",
                path=base,
                handler=self.save_configs,
                summary="Save multiple account configs",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                body=ConfigsBody,
                bare_list="configs",
                tag=_TAG,
                example=Example(body={"configs": [state, {"key": "zip", "value": "90210"}]}, response=state),
            ),
            Endpoint(
                number="16",
                method="DELETE",
                path=one,
                handler=self.delete_config,
                summary="Delete account config",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                tag=_TAG,
                example=Example(path={"key": "state"}, response=state),
            ),
        )


def _as_operator(call: Call) -> bool:
    return call.principal.may(Privilege.PLATFORM_ADMIN)


def _reply(entries: list[ConfigEntry]) -> Reply:
    shown: list[Any] = [{"key": entry.key, "value": entry.value} for entry in entries]
    return Reply(shown)
