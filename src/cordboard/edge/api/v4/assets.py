"""Requests 23 to 27: assets."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.assets.models import LARGEST, AssetChanges, AssetKey, AssetType, AssetView, NewFile
from cordboard.domain.assets.service import AssetService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.forms import FormRules
from cordboard.infra.speech.audio import silence, to_wav
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.paging import Page

_TAG: Final = "Assets"
_FILE_FIELDS: Final = ("file", "(file)", "")
_AROUND_THE_FILE: Final = 1024 * 1024
_LARGEST_FORM: Final = max(LARGEST.values()) + _AROUND_THE_FILE
_SLASHES: Final = re.compile(r"[/\\]")
_PATH: Final = {"type": "audio", "name": "myaudio.wav"}
_BODY: Final = {**_PATH, "description": "What callers hear first"}
_FILE: Final = ("testwav.wav", to_wav(silence(milliseconds=600)))
_EXAMPLE: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_BODY,
    "creationDate": 1617669481388,
    "modificationDate": 1617669481388,
    "status": 1,
    "publicUrl": "https://voice.example.com/media/Zq3vN1cJr0l2mB7dZq3vN1cJr0l2mB7d.wav",
    "duration": 1,
    "mimeType": "audio/wave",
    "size": 9644,
    "clientIds": [],
    "workGroups": [],
}


class AssetsQuery(msgspec.Struct):
    """At most 1000 assets at once, of all types or of one."""

    type: AssetType | None = None
    size: int | None = None
    offset: int | None = None


class AssetBody(msgspec.Struct, rename="camel"):
    """The texts of the form, beside the part `file`. `name` is the file's own when it is left out. `clientIds` and
    `workGroups` say who else may see and change the asset: users by id and work groups by name, as a JSON list or with
    commas between; an empty JSON list for nobody.
    """

    type: AssetType
    name: str | None = None
    description: str | None = None
    client_ids: str | None = None
    work_groups: str | None = None


class AssetsResource:
    """`/v4/asset`."""

    def __init__(self, assets: AssetService) -> None:
        self._assets = assets

    async def get_assets(self, call: Call) -> Reply:
        """The assets that the caller may see: their own and those shared with them, or with `asset-read` all of the
        account; the oldest first.
        """
        page = Page.of(call.query.size, call.query.offset)
        found = await self._assets.page(call.tx, call.principal, call.query.type, page)
        return Reply([render_asset(view) for view in found])

    async def upload_asset(self, call: Call) -> Reply:
        """A new asset of a file: audio (WAV or MP3, up to 50 MB), an image (PNG, GIF or JPEG, up to 5 MB) or an
        InboundXML document (up to 100 KB). What the file holds decides, not its name.
        """
        file = _file(call)
        if file is None:
            raise InvalidInputError.of(_FILE_FIELDS[0], "is required: the file, as a part of the form")
        return Reply([render_asset(await self._assets.upload(call.principal, _key(call), file, _changes(call.body)))])

    async def update_asset(self, call: Call) -> Reply:
        """Another file for an asset, which gets another address; the old one answers for an hour. Without a file, other
        words about it. What is left out stays as it is.
        """
        changed = await self._assets.change(call.principal, _key(call), _file(call), _changes(call.body))
        return Reply([render_asset(changed)])

    async def delete_asset(self, call: Call) -> Reply:
        """Removes an asset and its file."""
        key = AssetKey(type=call.path["type"], name=call.path["name"])
        return Reply([render_asset(await self._assets.delete(call.tx, call.principal, key))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/v4/asset"
        return (
            Endpoint(
                number="23, 24",
                method="GET",
                path=base,
                handler=self.get_assets,
                summary="Get assets",
                privilege=Privilege.ASSET_USE,
                alternative=Privilege.ASSET_READ,
                query=AssetsQuery,
                tag=_TAG,
                example=Example(query={"type": "audio"}, response=_EXAMPLE),
            ),
            Endpoint(
                number="25",
                method="DELETE",
                path=base + "/{type}/{name}",
                handler=self.delete_asset,
                summary="Delete asset",
                privilege=Privilege.ASSET_USE,
                alternative=Privilege.ASSET_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_EXAMPLE),
            ),
            Endpoint(
                number="26",
                method="POST",
                path=base,
                handler=self.upload_asset,
                summary="Upload asset",
                privilege=Privilege.ASSET_USE,
                alternative=Privilege.ASSET_UPDATE,
                body=AssetBody,
                form=FormRules(_FILE_FIELDS, _LARGEST_FORM),
                own_transactions=True,
                tag=_TAG,
                example=Example(body=_BODY, file=_FILE, response=_EXAMPLE),
            ),
            Endpoint(
                number="27",
                method="PUT",
                path=base,
                handler=self.update_asset,
                summary="Update asset",
                privilege=Privilege.ASSET_USE,
                alternative=Privilege.ASSET_UPDATE,
                body=AssetBody,
                form=FormRules(_FILE_FIELDS, _LARGEST_FORM, required=False),
                own_transactions=True,
                tag=_TAG,
                example=Example(body=_BODY, file=_FILE, response=_EXAMPLE),
            ),
        )


def render_asset(view: AssetView) -> dict[str, Any]:
    """An asset as the reference shows it, and with whom it is shared."""
    asset = view.asset
    return {
        "accountSid": asset.account_id,
        "type": asset.type,
        "name": asset.name,
        "description": asset.description,
        "creationDate": epoch_ms(asset.created_at),
        "modificationDate": epoch_ms(asset.modified_at),
        "status": 1,
        "publicUrl": view.url,
        "duration": asset.seconds,
        "mimeType": asset.mime_type,
        "size": asset.size,
        "clientIds": asset.client_ids,
        "workGroups": asset.work_groups,
    }


def _file(call: Call) -> NewFile | None:
    came = call.file
    if came is None:
        return None
    return NewFile(path=came.path, size=came.size, filename=_bare(came.filename), content_type=came.content_type)


def _key(call: Call) -> AssetKey:
    """The asset that the form names. Raises InvalidInputError."""
    name = call.body.name or (_bare(call.file.filename) if call.file else "")
    if not name:
        raise InvalidInputError.of("name", "is required")
    return AssetKey(type=call.body.type, name=name)


def _bare(filename: str) -> str:
    """A file's name without the folders that some browsers send with it."""
    return _SLASHES.split(filename)[-1]


def _changes(body: AssetBody) -> AssetChanges:
    """What the texts say. Raises InvalidInputError."""
    clients = None if body.client_ids is None else [_client(one) for one in _listed("clientIds", body.client_ids)]
    groups = None if body.work_groups is None else _listed("workGroups", body.work_groups)
    return AssetChanges(description=body.description, client_ids=clients, work_groups=groups)


def _client(text: str) -> UUID:
    found = parse_uuid(text)
    if found is None:
        raise InvalidInputError.of("clientIds", f"{text[:40]!r} is not the id of a user")
    return found


def _listed(field: str, text: str) -> list[str]:
    """The members of a list in a text of a form. Raises InvalidInputError."""
    if not text.lstrip().startswith("["):
        return [one.strip() for one in text.split(",") if one.strip()]
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.DecodeError as error:
        raise InvalidInputError.of(field, "must be a JSON list of texts, or texts with commas between") from error
