"""The second factor of signing in (requests 162 to 165): time-based pincodes (RFC 6238), and recovery codes."""

from __future__ import annotations

import base64
import secrets
from typing import Final
from uuid import UUID

import msgspec
import pyotp

from cordboard.domain.accounts import user_repository
from cordboard.domain.accounts.administration import require_reach
from cordboard.domain.accounts.credentials import TOTP_PURPOSE, Credentials, Flaw, hash_of_code, invalid_proof
from cordboard.domain.accounts.errors import TwoFactorStateError, UserNotFoundError
from cordboard.domain.accounts.models import Principal, User
from cordboard.infra.db import Database, Tx
from cordboard.kit.secrets import KeyRing

RECOVERY_CODES: Final = 10
_CODE_BYTES: Final = 10
_CODE_GROUP: Final = 4
_ISSUER: Final = "Cordboard"


class Setup(msgspec.Struct, frozen=True):
    """What an authenticator app needs, as a secret in base 32 and as a `otpauth://` URI, and the recovery codes. It is
    told once.
    """

    secret: str
    uri: str
    recovery_codes: list[str]


class TwoFactorService:
    """The verbs. Those that ask for a password open their own transactions, as signing in does."""

    def __init__(self, *, database: Database, keys: KeyRing, credentials: Credentials) -> None:
        self._database = database
        self._keys = keys
        self._credentials = credentials

    async def set_up(self, tx: Tx, user_id: UUID) -> Setup:
        """A new secret, which is in force once `confirm` has seen a pincode of it, and codes in place of those before.
        Raises TwoFactorStateError when a second factor is in force.
        """
        user = _found(await user_repository.by_id(tx, user_id))
        secret = pyotp.random_base32()
        if not await user_repository.set_up_totp(tx, user_id, self._keys.seal(secret, TOTP_PURPOSE)):
            raise TwoFactorStateError("it is on; clear it before it is set up anew")
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        await user_repository.keep_recovery_codes(tx, user_id, [hash_of_code(user_id, code) for code in codes])
        uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=_ISSUER)
        return Setup(secret, uri, codes)

    async def confirm(self, user_id: UUID, password: str, pincode: str) -> User:
        """Puts what was set up in force; for a user with a second factor in force it tells whether both match, and uses
        nothing up. Raises InvalidInputError, LockedOutError, TwoFactorStateError.
        """
        user = await self._user(user_id)
        if user.totp_secret_sealed is None and user.totp_pending_sealed is None:
            raise TwoFactorStateError("it is not set up")
        claim = await self._credentials.compare(user.username, user, password)
        async with self._database.transaction() as tx:
            judged = await self._credentials.judge(tx, claim, pincode, self._matches)
        if isinstance(judged, Flaw):
            raise invalid_proof(judged, "password")
        return await self._user(user_id)

    async def clear(self, user_id: UUID, password: str, pincode: str) -> User:
        """Removes the user's own second factor; a recovery code does as well as a pincode. Raises InvalidInputError,
        LockedOutError, TwoFactorStateError.
        """
        user = await self._user(user_id)
        _require_on(user)
        await self._prove(user, password, pincode)
        async with self._database.transaction() as tx:
            await user_repository.clear_totp(tx, user_id)
        return await self._user(user_id)

    async def clear_of(self, principal: Principal, user_id: UUID, password: str, pincode: str) -> User:
        """Removes the second factor of a user of the account that `principal` acts for, with the password and pincode
        of whoever asks. Raises UserNotFoundError, PermissionDeniedError, InvalidInputError, LockedOutError,
        TwoFactorStateError.
        """
        async with self._database.connection() as connection:
            _require_on(await _reachable(connection, principal, user_id))
        await self._prove(await self._user(principal.client_id), password, pincode)
        # A transaction of its own: two who clear each other's would otherwise wait for each other.
        async with self._database.transaction() as tx:
            await _reachable(tx, principal, user_id, lock=True)
            await user_repository.clear_totp(tx, user_id)
            return await _reachable(tx, principal, user_id)

    async def _prove(self, user: User, password: str, pincode: str) -> None:
        claim = await self._credentials.compare(user.username, user, password)
        async with self._database.transaction() as tx:
            judged = await self._credentials.judge(tx, claim, pincode)
        if isinstance(judged, Flaw):
            raise invalid_proof(judged, "password")

    async def _matches(self, tx: Tx, user: User, pincode: str) -> Flaw | None:
        """Judges a pincode by the secret in force, or by the one that was set up, which a right one puts in force."""
        if not pincode:
            return Flaw.PINCODE_MISSING
        secret = user.totp_secret_sealed or user.totp_pending_sealed
        step = self._credentials.step_of(secret, pincode) if secret else None
        if step is None:
            return Flaw.PINCODE_WRONG
        if not user.two_factor:
            await user_repository.confirm_totp(tx, user.id, step)
        return None

    async def _user(self, user_id: UUID) -> User:
        async with self._database.connection() as connection:
            return _found(await user_repository.by_id(connection, user_id))


async def _reachable(tx: Tx, principal: Principal, user_id: UUID, *, lock: bool = False) -> User:
    user = _found(await user_repository.find(tx, principal.account_id, user_id, lock=lock))
    require_reach(principal.privileges, user)
    return user


def _found(user: User | None) -> User:
    if user is None:
        raise UserNotFoundError("clientId")
    return user


def _require_on(user: User) -> None:
    if not user.two_factor:
        raise TwoFactorStateError("it is not on")


def _new_code() -> str:
    """80 random bits that can be read off paper: four groups of four letters and digits."""
    letters = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
    return "-".join(letters[at : at + _CODE_GROUP] for at in range(0, len(letters), _CODE_GROUP))
