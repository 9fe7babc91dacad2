"""Passwords: which are allowed, and their argon2id hashes.

The rules are those of NIST SP 800-63B 5.1.1.2: length counts, composition does not, and what is guessed first is
refused.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from cordboard.domain.accounts.common_passwords import COMMON
from cordboard.kit.errors import FieldError, InvalidInputError

SHORTEST: Final = 10
LONGEST: Final = 1024
# A check fills a core and 64 MiB for a while: a flood of them waits in line.
_AT_ONCE: Final = 2
_FEWEST_DIFFERENT: Final = 4

_hasher = PasswordHasher()


def require_good_password(field: str, password: str, username: str) -> None:
    """Raises InvalidInputError with an error for each rule that `password` breaks for a user of that name."""
    if problems := password_problems(password, username):
        raise InvalidInputError([FieldError(field, problem) for problem in problems])


def password_problems(password: str, username: str) -> list[str]:
    """The rules that a password breaks."""
    plain = _normalised(password).casefold()
    names = {username.casefold(), username.casefold().partition("@")[0]}
    broken = {
        f"must have at least {SHORTEST} characters": len(password) < SHORTEST,
        f"may have {LONGEST} characters": len(password) > LONGEST,
        "must not be the user name": plain in names,
        "is one of the passwords that are guessed first": plain in COMMON,
        f"must have at least {_FEWEST_DIFFERENT} different characters": len(set(plain)) < _FEWEST_DIFFERENT,
    }
    return [problem for problem, breaks in broken.items() if breaks]


async def hash_password(password: str) -> str:
    """The argon2id hash to store, made off the event loop because it takes tens of milliseconds on purpose."""
    return await asyncio.get_running_loop().run_in_executor(_workers(), _hasher.hash, _normalised(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the stored one; None stored takes as long and is False."""
    return await asyncio.get_running_loop().run_in_executor(_workers(), _verify, stored, _normalised(password))


def _normalised(password: str) -> str:
    """The same for a password whichever way a keyboard composes its letters (NIST SP 800-63B 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _verify(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(_nobody() if stored is None else stored, password)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


@cache
def _workers() -> ThreadPoolExecutor:
    """Started with the first password of the process."""
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")


@cache
def _nobody() -> str:
    """Checked when a user name is unknown, so that the time to answer does not tell."""
    return _hasher.hash("nobody has this password")
