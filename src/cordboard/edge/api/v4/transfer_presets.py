"""Requests 212 to 215: presets for transfers of webphone calls."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.phones.models import PresetType, TransferPreset
from cordboard.domain.phones.presets import TransferPresetService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError, NotFoundError, PermissionDeniedError

_TAG: Final = "Transfer presets"
_BODY: Final = {"groupId": "wg1", "presetType": "workgroup", "destination": "+12223334444"}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_BODY,
    "created": 1584459850921,
}


class PresetBody(msgspec.Struct, rename="camel", kw_only=True):
    """Whose the preset is: the account's, the `groupId`'s or the `clientId`'s; `groupId` may hold any of the three.
    Left out, the caller's own account or the caller is meant.
    """

    preset_type: PresetType
    destination: str
    group_id: str | None = None
    client_id: str | None = None

    def identifier(self, call: Call) -> str:
        """Whose it is. Raises InvalidInputError for a work group without a name."""
        if self.preset_type == "account":
            return self.group_id or str(call.principal.account_id)
        if self.preset_type == "user":
            return self.client_id or self.group_id or str(call.principal.client_id)
        if not self.group_id:
            raise InvalidInputError.of("groupId", "is required: the name of the work group")
        return self.group_id


class TransferPresetsResource:
    """`/v4/preset/transfer`."""

    def __init__(self, presets: TransferPresetService) -> None:
        self._presets = presets

    async def create_preset(self, call: Call) -> Reply:
        """A new preset. Those that others see too need the privilege `acct-update`."""
        body: PresetBody = call.body
        identifier = body.identifier(call)
        _require_own(call, body.preset_type, identifier)
        account_id = call.principal.account_id
        return _shown(await self._presets.add(call.tx, account_id, body.preset_type, identifier, body.destination))

    async def delete_preset(self, call: Call) -> Reply:
        """Removes a preset. Those that others see too need the privilege `acct-update`."""
        kind = next((one for one in get_args(PresetType) if one == call.path["type"]), None)
        if kind is None:
            raise NotFoundError("type")
        identifier = call.path["groupId"]
        _require_own(call, kind, identifier)
        account_id = call.principal.account_id
        return _shown(await self._presets.delete(call.tx, account_id, kind, identifier, call.path["destination"]))

    async def get_presets(self, call: Call) -> Reply:
        """What the caller may choose from: the account's, the work groups' and the caller's own."""
        found = await self._presets.visible(call.tx, call.principal.account_id, call.principal.client_id)
        return Reply([render_preset(one) for one in found])

    async def get_presets_of(self, call: Call) -> Reply:
        """Those of one account, work group or user, as far as the caller may see them."""
        principal = call.principal
        found = await self._presets.visible(call.tx, principal.account_id, principal.client_id, call.path["groupId"])
        return Reply([render_preset(one) for one in found])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/v4/preset/transfer"
        return (
            Endpoint(
                number="212",
                method="POST",
                path=base,
                handler=self.create_preset,
                summary="Create transfer preset",
                privilege=Privilege.WEBPHONE_USE,
                body=PresetBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="213",
                method="DELETE",
                path=base + "/{groupId}/presetType/{type}/destination/{destination}",
                handler=self.delete_preset,
                summary="Delete transfer preset",
                privilege=Privilege.WEBPHONE_USE,
                tag=_TAG,
                example=Example(
                    path={"groupId": "wg1", "type": "workgroup", "destination": "+12223334444"}, response=_SHOWN
                ),
            ),
            Endpoint(
                number="214",
                method="GET",
                path=base,
                handler=self.get_presets,
                summary="Get transfer presets",
                privilege=Privilege.WEBPHONE_USE,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="215",
                method="GET",
                path=base + "/{groupId}",
                handler=self.get_presets_of,
                summary="Get transfer presets by group",
                privilege=Privilege.WEBPHONE_USE,
                tag=_TAG,
                example=Example(path={"groupId": "wg1"}, response=_SHOWN),
            ),
        )


def render_preset(one: TransferPreset) -> dict[str, Any]:
    """A preset; `groupId` is its identifier, whatever its type."""
    return {
        "accountSid": one.account_id,
        "groupId": one.identifier,
        "presetType": one.preset_type,
        "destination": one.destination,
        "created": epoch_ms(one.created_at),
    }


def _shown(one: TransferPreset) -> Reply:
    return Reply([render_preset(one)])


def _require_own(call: Call, preset_type: PresetType, identifier: str) -> None:
    """Raises PermissionDeniedError where a preset is not the caller's own and the caller may not set up the account."""
    own = preset_type == "user" and identifier.lower() == str(call.principal.client_id)
    if not own and not call.principal.may(Privilege.ACCT_UPDATE):
        raise PermissionDeniedError(f"needs the privilege {Privilege.ACCT_UPDATE.label}")
