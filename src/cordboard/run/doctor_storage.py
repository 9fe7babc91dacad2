"""What the doctor looks at where files are kept: whether one can be stored, read and removed."""

from __future__ import annotations

from typing import Final

from cordboard.infra.blobs import Blobs, BlobStoreError
from cordboard.infra.blobs.building import build_blobs
from cordboard.kit.ids import Ids
from cordboard.run.findings import Finding
from cordboard.run.platform import MEDIA_FOLDER
from cordboard.run.settings import Settings

_SUBJECT: Final = "storage"
_PROBE: Final = b"written by cordboard doctor, to be removed at once"
_NAME_OCTETS: Final = 24


async def storage_finding(settings: Settings) -> Finding:
    """Stores a file of a few bytes, reads it and removes it. A folder that is not there yet is not made: it is to
    belong to whoever runs the platform.
    """
    folder = settings.data_path / MEDIA_FOLDER
    where = settings.storage.url or str(folder)
    if not settings.storage.url and not folder.exists():
        return Finding(_SUBJECT, "good", f"{folder} will be made when the first file comes")
    try:
        given = await _probed(build_blobs(settings.storage, folder, settings.http.public_url))
    except BlobStoreError as error:
        return Finding(_SUBJECT, "bad", f"{where}: {error.more_info}", _fix(settings))
    if given != _PROBE:
        text = f"{where} does not give back what was stored"
        return Finding(_SUBJECT, "bad", text, "let nothing change or hold back what is written there")
    return Finding(_SUBJECT, "good", f"{where} takes, gives and removes files")


async def _probed(blobs: Blobs) -> bytes | None:
    """What comes back of the probe. Raises BlobStoreError."""
    name = f"{Ids.token(_NAME_OCTETS)}.txt"
    await blobs.put(name, _PROBE)
    try:
        return await blobs.get(name)
    finally:
        await blobs.delete(name)


def _fix(settings: Settings) -> str:
    if settings.storage.url:
        return "check the storage settings, and that the keys may put, get and delete objects there"
    return "give the folder to the user that runs cordboard, and keep room on the disk"
