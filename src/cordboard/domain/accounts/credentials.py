"""Whether somebody is who they say: password and second factor, with failures counted until they lock the user name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Final, TypeAlias
from uuid import UUID

import pyotp

from cordboard.domain.accounts import repository, user_repository
from cordboard.domain.accounts.errors import LockedOutError
from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.passwords import verify_password
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.secrets import KeyRing

MOST_FAILURES: Final = 10
LOCK: Final = timedelta(minutes=15)
TOTP_PURPOSE: Final = "totp"
_TOTP_SECONDS: Final = 30
_PIN_DIGITS: Final = 6
_SEPARATORS: Final = re.compile(r"[\s-]+")


class Flaw(Enum):
    """What was wrong with a proof."""

    PASSWORD = auto()
    PINCODE_MISSING = auto()
    PINCODE_WRONG = auto()


SecondFactor: TypeAlias = Callable[[Tx, User, str], Awaitable[Flaw | None]]
"""Says what is wrong with a pincode of a user, or None."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody claims to be. `user` is as it was when the password was compared; None for an unknown name."""

    username: str
    user: User | None
    matches: bool


class Credentials:
    """Proof in two steps: the slow comparison outside of any transaction, then the judgement inside of one."""

    def __init__(self, *, database: Database, clock: Clock, keys: KeyRing) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys

    async def compare(self, username: str, user: User | None, password: str) -> Claim:
        """Compares a password with the user's. Raises LockedOutError while the name is locked."""
        async with self._database.connection() as connection:
            until = await repository.locked_until(connection, username)
        if until and until > self._clock.now():
            minutes = -(-(until - self._clock.now()).total_seconds() // 60)
            raise LockedOutError(f"too many failed sign-ins; try again in {minutes:.0f} minutes")
        return Claim(username, user, await verify_password(user.password_hash if user else None, password))

    async def judge(self, tx: Tx, claim: Claim, pincode: str, second_factor: SecondFactor | None = None) -> User | Flaw:
        """The user's present record, locked until the transaction ends, or what is wrong, which is counted: commit it.

        A password or status that changed since the comparison is a wrong one. `second_factor` None: the pincode is
        asked for where the user has set one up, and used up.
        """
        user = await repository.lock_user(tx, claim.user.id) if claim.user else None
        if user is None or claim.user is None or not _stands(claim, user):
            flaw: Flaw | None = Flaw.PASSWORD
        else:
            flaw = await (second_factor or self.spend_pincode)(tx, user, pincode)
        if flaw is not None or user is None:
            if flaw is not Flaw.PINCODE_MISSING:
                now = self._clock.now()
                await repository.count_failure(tx, claim.username, now, MOST_FAILURES, now + LOCK)
            return flaw or Flaw.PASSWORD
        await repository.forget_failures(tx, claim.username)
        return user

    async def spend_pincode(self, tx: Tx, user: User, pincode: str) -> Flaw | None:
        """Uses a pincode up, which counts once (RFC 6238 section 5.2), or a recovery code; nothing is asked of a user
        without a second factor.
        """
        if user.totp_secret_sealed is None:
            return None
        if not pincode:
            return Flaw.PINCODE_MISSING
        step = self.step_of(user.totp_secret_sealed, pincode)
        if step is not None and await repository.use_totp_step(tx, user.id, step):
            return None
        used = await user_repository.use_recovery_code(tx, user.id, hash_of_code(user.id, pincode))
        return None if used else Flaw.PINCODE_WRONG

    def step_of(self, secret_sealed: str, pincode: str) -> int | None:
        """The time step that a pincode belongs to, one step of drift forgiven; None for a wrong one."""
        secret = self._keys.open(secret_sealed, TOTP_PURPOSE)
        totp = pyotp.TOTP(secret, digits=_PIN_DIGITS, interval=_TOTP_SECONDS)
        present = int(self._clock.now().timestamp()) // _TOTP_SECONDS
        steps = (present, present - 1, present + 1)
        return next((step for step in steps if pyotp.utils.strings_equal(totp.generate_otp(step), pincode)), None)


def invalid_proof(flaw: Flaw, password_field: str) -> InvalidInputError:
    """How somebody who is signed in is refused: by the fields of the request."""
    match flaw:
        case Flaw.PASSWORD:
            return InvalidInputError.of(password_field, "is not your password")
        case Flaw.PINCODE_MISSING:
            return InvalidInputError.of("pincode", "is required: your two-factor sign-in is on")
        case Flaw.PINCODE_WRONG:
            return InvalidInputError.of("pincode", "is wrong or was used before")


def pincode_text(given: int | str | None) -> str:
    """A pincode as it is compared. A number has lost its leading zeros; a text may have blanks around it."""
    return f"{given:0{_PIN_DIGITS}d}" if isinstance(given, int) else (given or "").strip()


def hash_of_code(user_id: UUID, code: str) -> bytes:
    """What is kept of a recovery code, which is as good in capitals and without its hyphens."""
    return hashlib.sha256(user_id.bytes + _SEPARATORS.sub("", code).lower().encode()).digest()


def _stands(claim: Claim, now: User) -> bool:
    """Whether the comparison still holds for the user's present record."""
    unchanged = claim.user is not None and claim.user.password_hash == now.password_hash
    return claim.matches and unchanged and now.active
