"""Presets for transfers of webphone calls (requests 212 to 215): of the account, a work group or a user."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.work_groups import WorkGroupService
from cordboard.domain.phones import repository
from cordboard.domain.phones.errors import PresetExistsError, PresetNotFoundError, TooManyPhonesError
from cordboard.domain.phones.models import PresetType, TransferPreset
from cordboard.domain.phones.service import PhoneService
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.phone import parse_number

_MOST: Final = 5000
_LONGEST_IDENTIFIER: Final = 255
_LONGEST_DESTINATION: Final = 255
_SIP: Final = ("sip:", "sips:")


class TransferPresetService:
    """The verbs. A user sees the account's presets, those of work groups, and the user's own."""

    def __init__(self, clock: Clock, accounts: AccountService, groups: WorkGroupService, phones: PhoneService) -> None:
        self._clock = clock
        self._accounts = accounts
        self._groups = groups
        self._phones = phones

    async def visible(
        self, tx: Tx, account_id: UUID, client_id: UUID, identifier: str | None = None
    ) -> list[TransferPreset]:
        """What a user may choose from; of one identifier if asked so."""
        found = await repository.presets_of(tx, account_id, identifier)
        return [one for one in found if one.preset_type != "user" or one.identifier == str(client_id)]

    async def add(
        self, tx: Tx, account_id: UUID, preset_type: PresetType, identifier: str, destination: str
    ) -> TransferPreset:
        """A new preset. Raises InvalidInputError, PresetExistsError, TooManyPhonesError."""
        owner = await self._identifier(tx, account_id, preset_type, identifier.strip())
        if await repository.count_presets(tx, account_id) >= _MOST:
            raise TooManyPhonesError(f"an account may have {_MOST} transfer presets")
        new = TransferPreset(
            account_id=account_id,
            preset_type=preset_type,
            identifier=owner,
            destination=await self._destination(tx, account_id, destination),
            created_at=self._clock.now(),
        )
        if not await repository.insert_preset(tx, new):
            raise PresetExistsError("that destination is among the presets")
        return new

    async def delete(
        self, tx: Tx, account_id: UUID, preset_type: PresetType, identifier: str, destination: str
    ) -> TransferPreset:
        """Removes a preset. Raises PresetNotFoundError."""
        number = parse_number(destination) or destination.strip()
        gone = await repository.delete_preset(tx, account_id, preset_type, identifier, number)
        if gone is None:
            raise PresetNotFoundError("destination")
        return gone

    async def _identifier(self, tx: Tx, account_id: UUID, preset_type: PresetType, identifier: str) -> str:
        """Whose the preset is, as it is stored. Raises InvalidInputError."""
        if not identifier or len(identifier) > _LONGEST_IDENTIFIER:
            raise InvalidInputError.of("groupId", f"must have 1 to {_LONGEST_IDENTIFIER} characters")
        if preset_type == "workgroup":
            group = await self._groups.find(tx, account_id, identifier)
            if group is None:
                raise InvalidInputError.of("groupId", "must be the name of a work group of this account")
            return group.name
        owner = parse_uuid(identifier)
        if preset_type == "account" and owner != account_id:
            raise InvalidInputError.of("accountSid", "must be this account's for a preset of type account")
        if preset_type == "user" and not await self._accounts.usernames(tx, account_id, [owner] if owner else []):
            raise InvalidInputError.of("clientId", "must be the id of a user of this account")
        return str(owner)

    async def _destination(self, tx: Tx, account_id: UUID, given: str) -> str:
        """A number in E.164, a SIP address, or a phone of the account. Raises InvalidInputError."""
        destination = parse_number(given) or given.strip()
        is_number = destination.startswith("+")
        is_address = destination.lower().startswith(_SIP) and len(destination) <= _LONGEST_DESTINATION
        if is_number or is_address or await self._phones.find(tx, account_id, destination) is not None:
            return destination
        text = "must be a phone number such as +19495551234, a sip: address, or a phone or user of this account"
        raise InvalidInputError.of("destination", text)
