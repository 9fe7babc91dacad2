"""Files that the platform keeps for its users, under unguessable names: on the local disk or in an object store."""

from cordboard.infra.blobs.errors import BlobStoreError
from cordboard.infra.blobs.local import LocalBlobs
from cordboard.infra.blobs.port import Blobs

__all__ = ["BlobStoreError", "Blobs", "LocalBlobs"]
