"""Passwords: argon2id, checked off the event loop because a check takes tens of milliseconds on purpose."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_hasher = PasswordHasher()
_at_once = asyncio.Semaphore(2)
# Checked when a user name is unknown, so that the time to answer does not tell.
_NOBODY = _hasher.hash("nobody has this password")


async def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the stored one; None stored takes as long and is False."""
    async with _at_once:
        matches = await asyncio.to_thread(_verify, stored or _NOBODY, password)
    return matches and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
