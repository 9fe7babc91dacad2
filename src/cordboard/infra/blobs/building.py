"""The store that the settings name."""

from __future__ import annotations

from pathlib import Path

from cordboard.infra.blobs.local import LocalBlobs
from cordboard.infra.blobs.names import BlobUrls
from cordboard.infra.blobs.objects import open_objects
from cordboard.infra.blobs.port import Blobs
from cordboard.infra.blobs.settings import StorageSettings


def build_blobs(settings: StorageSettings, folder: Path, public_url: str) -> Blobs:
    """Blobs in the bucket of the settings, else in `folder`; `public_url` is the API's, which serves them unless the
    settings say where else. Raises BlobStoreError for options that the store does not know.
    """
    if not settings.url:
        return LocalBlobs(folder, public_url)
    base = settings.public_url.rstrip("/") or f"{public_url.rstrip('/')}/media"
    return open_objects(settings, BlobUrls(base))
