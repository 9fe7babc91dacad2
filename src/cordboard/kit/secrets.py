"""Sealing of secrets at rest: AES-256-GCM under a key ring, so that keys can be rotated.

A sealed value is `v1.<key id>.<base64url(nonce || ciphertext)>`; the purpose is bound in as associated data, so that a
value sealed for one use cannot be moved to another.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "v1"
_NONCE_BYTES = 12


class UnsealError(Exception):
    """The value was not sealed by this key ring, or for another purpose."""


class KeyRing:
    """Seals with the newest key, opens with any. `keys` maps key id to 32 bytes, newest last."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        if any("." in key_id for key_id in keys):
            raise ValueError("a key id must not contain a dot, which ends it in a sealed value")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = list(keys)[-1]

    @classmethod
    def load_or_create(cls, path: Path) -> KeyRing:
        """The ring in the JSON file at `path` (`{"id": "base64"}`, newest last); a new file is readable by its owner
        only.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _create_whole(path, json.dumps({"k1": base64.b64encode(secrets.token_bytes(32)).decode()}))
        stored: dict[str, str] = json.loads(path.read_text())
        return cls({key_id: base64.b64decode(key) for key_id, key in stored.items()})

    def seal(self, value: str, purpose: str) -> str:
        """The sealed form of `value`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        box = self._ciphers[self._newest].encrypt(nonce, value.encode(), purpose.encode())
        return f"{_VERSION}.{self._newest}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def open(self, sealed: str, purpose: str) -> str:
        """The value inside. Raises UnsealError."""
        try:
            version, key_id, encoded = sealed.split(".", 2)
            if version != _VERSION:
                raise UnsealError(purpose)
            box = base64.urlsafe_b64decode(encoded)
            return self._ciphers[key_id].decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], purpose.encode()).decode()
        except (ValueError, KeyError, InvalidTag) as error:
            raise UnsealError(purpose) from error


def _create_whole(path: Path, text: str) -> None:
    """Makes the file, complete and on the disk, unless another process was faster: then its file stays."""
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(partial, path)
    finally:
        Path(partial).unlink()
