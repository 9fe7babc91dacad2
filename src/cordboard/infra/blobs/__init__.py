"""Files that the platform keeps for its users: on the local disk, under unguessable names."""

from cordboard.infra.blobs.local import LocalBlobs

__all__ = ["LocalBlobs"]
