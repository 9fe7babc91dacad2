"""Signatures by which a receiver knows that a delivery is ours, in the manner of Standard Webhooks.

A secret is `whsec_` and the base64 of its key. The signature is HMAC-SHA256 over `id.timestamp.body`; the header
carries one for each valid secret, so that a receiver can change to a new one in its own time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.webhooks.errors import RotatedTooOftenError
from cordboard.domain.webhooks.models import SealedSecret
from cordboard.kit.secrets import KeyRing

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
GRACE: Final = timedelta(hours=24)
_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = 32
_MOST_VALID: Final = 5


class SecretBox:
    """Makes, seals and opens signing secrets; a sealed one is bound to its account."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def new(self, account_id: UUID) -> SealedSecret:
        """A fresh secret, sealed."""
        secret = _PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        return SealedSecret(self._keys.seal(secret, _purpose(account_id)))

    def rotated(self, account_id: UUID, present: Sequence[SealedSecret], now: datetime) -> list[SealedSecret]:
        """A fresh secret in front of those that are still valid. Raises RotatedTooOftenError."""
        old = [replace(one, valid_until=one.valid_until or now + GRACE) for one in present if _holds(one, now)]
        if len(old) >= _MOST_VALID:
            raise RotatedTooOftenError(f"{_MOST_VALID} secrets are valid; wait until the oldest has run out")
        return [self.new(account_id), *old]

    def open_valid(self, account_id: UUID, sealed: Sequence[SealedSecret], now: datetime) -> tuple[str, ...]:
        """The secrets that hold at `now`, the present one first. Raises UnsealError."""
        return tuple(self._keys.open(one.sealed, _purpose(account_id)) for one in sealed if _holds(one, now))


def signature_headers(
    valid_secrets: Sequence[str], message_id: UUID, now: datetime, body: bytes | None
) -> dict[str, str]:
    """The three headers of a signed delivery."""
    timestamp = str(int(now.timestamp()))
    signatures = (sign(secret, str(message_id), timestamp, body or b"") for secret in valid_secrets)
    return {ID_HEADER: str(message_id), TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: " ".join(signatures)}


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """One signature, `v1,` and base64."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _holds(secret: SealedSecret, now: datetime) -> bool:
    return secret.valid_until is None or now < secret.valid_until


def _purpose(account_id: UUID) -> str:
    return f"webhook-secret:{account_id}"
