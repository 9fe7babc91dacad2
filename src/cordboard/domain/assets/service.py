"""Assets: audio, images and documents at a public address (requests 23 to 27)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.work_groups import WorkGroupService
from cordboard.domain.assets import repository
from cordboard.domain.assets.checking import check_changes, check_name, clean_name
from cordboard.domain.assets.errors import (
    AssetExistsError,
    AssetNotFoundError,
    NotYourAssetError,
    TooManyAssetsError,
)
from cordboard.domain.assets.inspection import Facts, inspect
from cordboard.domain.assets.models import Asset, AssetChanges, AssetKey, AssetView, NewFile
from cordboard.domain.assets.tasks import sweep_later
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

MOST_ASSETS: Final = 10_000
"""Of an account."""

GRACE: Final = timedelta(hours=1)
"""How long a replaced file stays for those who were told its address, and how long an upload may take."""

_NAME_OCTETS: Final = 24


class AssetService:
    """The verbs of assets. Those that store a file open their own transactions: none is open meanwhile."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        database: Database,
        blobs: Blobs,
        accounts: AccountService,
        groups: WorkGroupService,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._database = database
        self._blobs = blobs
        self._accounts = accounts
        self._groups = groups

    async def page(self, tx: Tx, caller: Principal, asset_type: str | None, wanted: Page) -> list[AssetView]:
        """What the caller may see, the oldest first."""
        everything = caller.may(Privilege.ASSET_READ)
        groups = [] if everything else await self._groups_of(tx, caller)
        user = None if everything else caller.client_id
        found = await repository.page(tx, caller.account_id, wanted, asset_type=asset_type, user=user, groups=groups)
        return [self._view(asset) for asset in found]

    async def upload(self, caller: Principal, key: AssetKey, file: NewFile, changes: AssetChanges) -> AssetView:
        """A new asset, the caller's. Raises InvalidInputError, PayloadTooLargeError, AssetExistsError,
        TooManyAssetsError, BlobStoreError; nothing is kept then.
        """
        key = _checked(key, changes)
        facts = await asyncio.to_thread(inspect, file, key.type, key.name)
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if await repository.find(tx, caller.account_id, key):
                raise AssetExistsError(f"{key.type} {key.name!r}: change it with PUT")
            if await repository.count(tx, caller.account_id) >= MOST_ASSETS:
                raise TooManyAssetsError(f"an account may have {MOST_ASSETS}: delete some")
            blank = Asset(
                account_id=caller.account_id,
                type=key.type,
                name=key.name,
                description=None,
                owner_id=caller.client_id,
                client_ids=[],
                work_groups=[],
                **await self._content(tx, caller.account_id, file, facts),
                created_at=now,
                modified_at=now,
            )
            asset = await self._changed(tx, blank, changes)
        await self._blobs.put_file(asset.blob, file.path)
        async with self._database.transaction() as tx:
            if not await repository.insert(tx, asset):
                raise AssetExistsError(f"{key.type} {key.name!r} was made just now: change it with PUT")
            return self._view(asset)

    async def change(self, caller: Principal, key: AssetKey, file: NewFile | None, changes: AssetChanges) -> AssetView:
        """Another file in place of an asset's, at another address, or other words about it. Raises what `upload` does
        and AssetNotFoundError, NotYourAssetError; the asset is as it was then.
        """
        key = _checked(key, changes)
        facts = await asyncio.to_thread(inspect, file, key.type, key.name) if file else None
        async with self._database.transaction() as tx:
            present = await self._changeable(tx, caller, key)
            if changes.shares and caller.client_id != present.owner_id and not caller.may(Privilege.ASSET_UPDATE):
                raise NotYourAssetError("its owner, or who has the privilege asset-update, shares an asset")
            content = await self._content(tx, caller.account_id, file, facts) if file and facts else {}
            await self._changed(tx, present, changes)
        if file and content:
            await self._blobs.put_file(content["blob"], file.path)
        now = self._clock.now()
        async with self._database.transaction() as tx:
            present = await self._changeable(tx, caller, key)
            changed = replace(await self._changed(tx, present, changes), **content, modified_at=now)
            await repository.update(tx, changed)
            if content:
                await sweep_later(tx, caller.account_id, present.blob, now + GRACE)
            return self._view(changed)

    async def delete(self, tx: Tx, caller: Principal, key: AssetKey) -> AssetView:
        """Removes an asset; its file goes as soon as the transaction has ended. Raises AssetNotFoundError,
        NotYourAssetError.
        """
        asset = await self._changeable(tx, caller, replace(key, name=clean_name(key.name)))
        await repository.delete(tx, asset)
        await sweep_later(tx, caller.account_id, asset.blob, self._clock.now())
        return self._view(asset)

    async def url_of(self, tx: Tx, account_id: UUID, key: AssetKey) -> str | None:
        """The public address of an asset of the account; None when there is none of that name."""
        asset = await repository.find(tx, account_id, replace(key, name=clean_name(key.name)))
        return self._blobs.url(asset.blob) if asset else None

    async def _changeable(self, tx: Tx, caller: Principal, key: AssetKey) -> Asset:
        """The asset, locked. Raises AssetNotFoundError, NotYourAssetError."""
        asset = await repository.find(tx, caller.account_id, key, lock=True)
        if asset is None:
            raise AssetNotFoundError(f"{key.type} {key.name!r}")
        if caller.may(Privilege.ASSET_UPDATE) or caller.client_id in (asset.owner_id, *asset.client_ids):
            return asset
        if not set(asset.work_groups).isdisjoint(await self._groups_of(tx, caller)):
            return asset
        if caller.may(Privilege.ASSET_READ):
            raise NotYourAssetError("needs the privilege asset-update: the asset is another user's")
        raise AssetNotFoundError(f"{key.type} {key.name!r}")

    async def _content(self, tx: Tx, account_id: UUID, file: NewFile, facts: Facts) -> dict[str, Any]:
        """What an asset is after it has got this file. Should it not get it, the file is swept away."""
        blob = f"{self._ids.token(_NAME_OCTETS)}.{facts.form}"
        await sweep_later(tx, account_id, blob, self._clock.now() + GRACE)
        return {"blob": blob, "mime_type": facts.mime_type, "size": file.size, "seconds": facts.seconds}

    async def _changed(self, tx: Tx, asset: Asset, changes: AssetChanges) -> Asset:
        """The asset with other words about it. Raises InvalidInputError."""
        given: dict[str, Any] = {}
        if changes.description is not None:
            given["description"] = changes.description.strip() or None
        if changes.client_ids is not None:
            given["client_ids"] = await self._users(tx, asset.account_id, changes.client_ids)
        if changes.work_groups is not None:
            given["work_groups"] = await self._group_names(tx, asset.account_id, changes.work_groups)
        return replace(asset, **given)

    async def _users(self, tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> list[UUID]:
        known = await self._accounts.usernames(tx, account_id, client_ids)
        for client_id in client_ids:
            if client_id not in known:
                raise InvalidInputError.of("clientIds", f"{client_id} is no user of the account")
        return list(dict.fromkeys(client_ids))

    async def _group_names(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> list[str]:
        """The names as the groups spell them. Raises InvalidInputError."""
        spelt = []
        for name in names:
            group = await self._groups.find(tx, account_id, name)
            if group is None:
                raise InvalidInputError.of("workGroups", f"{name!r} is no work group of the account")
            spelt.append(group.name)
        return list(dict.fromkeys(spelt))

    async def _groups_of(self, tx: Tx, caller: Principal) -> list[str]:
        return [group.name for group in await self._groups.groups_of(tx, caller.account_id, caller.client_id)]

    def _view(self, asset: Asset) -> AssetView:
        return AssetView(asset, self._blobs.url(asset.blob))


def _checked(key: AssetKey, changes: AssetChanges) -> AssetKey:
    """The key as it is kept. Raises InvalidInputError."""
    cleaned = replace(key, name=clean_name(key.name))
    check_name(cleaned.name)
    check_changes(changes)
    return cleaned
