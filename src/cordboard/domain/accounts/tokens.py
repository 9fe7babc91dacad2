"""Access tokens: JWTs signed with Ed25519 (RFC 8037). The claims are those that clients of the reference read."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import from_words, to_words
from cordboard.kit.clock import Clock
from cordboard.kit.errors import UnauthenticatedError

ACCESS_LIFETIME = timedelta(minutes=120)
_ALGORITHM = "EdDSA"
_REQUIRED = ["sub", "acct", "pacct", "priv", "kind", "jti", "iat", "exp"]


class Verified(NamedTuple):
    """What a token says: whose it is, and the epoch seconds of its expiry and its issue."""

    principal: Principal
    expires_at: float
    issued_at: float


def first_second_after(now: datetime) -> datetime:
    """Since when tokens count if those issued so far shall not. A token tells the second of its issue only, so those of
    the present second are counted among the older ones.
    """
    return now.replace(microsecond=0) + timedelta(seconds=1)


class TokenSigner:
    """Signs and checks access tokens with the key in `path`, which is made on the first use."""

    def __init__(self, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._private = key
        self._public = key.public_key()
        self._clock = clock

    @classmethod
    def load_or_create(cls, path: Path, clock: Clock) -> TokenSigner:
        """A signer with the PEM key of the file; a new file is readable by its owner only."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{path} holds no Ed25519 key")
        return cls(key, clock)

    def sign(self, principal: Principal, expires_at: datetime, *, earliest: datetime | None = None) -> str:
        """The token of a principal. It says that it was issued now, or at `earliest` if that is later: the claim has
        whole seconds only.
        """
        issued_at = self._clock.now() if earliest is None else max(earliest, self._clock.now())
        claims = {
            "sub": str(principal.client_id),
            "acct": str(principal.account_id),
            "pacct": str(principal.parent_id),
            "priv": to_words(principal.privileges),
            "kind": principal.kind,
            "jti": principal.token_id,
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode(claims, self._private, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Verified:
        """What a token says. Raises UnauthenticatedError. The caller checks the expiry it caches."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
            principal = Principal(
                account_id=UUID(claims["acct"]),
                parent_id=UUID(claims["pacct"]),
                client_id=UUID(claims["sub"]),
                privileges=from_words(claims["priv"]),
                kind="key" if claims["kind"] == "key" else "session",
                token_id=claims["jti"],
            )
            return Verified(principal, float(claims["exp"]), float(claims["iat"]))
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise UnauthenticatedError("Bad token") from error
