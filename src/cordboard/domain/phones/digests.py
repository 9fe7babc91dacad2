"""What is kept of a SIP phone's password: H(A1) of digest authentication (RFC 7616 3.4.2, RFC 8760). Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from cordboard.kit.errors import FieldError

_SHORTEST: Final = 10
_LONGEST: Final = 128
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")


def ha1_md5(username: str, realm: str, password: str) -> str:
    """In hexadecimal, for phones that know nothing better."""
    return hashlib.md5(_a1(username, realm, password), usedforsecurity=False).hexdigest()


def ha1_sha256(username: str, realm: str, password: str) -> str:
    """In hexadecimal."""
    return hashlib.sha256(_a1(username, realm, password)).hexdigest()


def password_problems(password: str) -> list[FieldError]:
    """What is wrong with a phone's password. Phones differ in how they send other characters, so these are refused."""
    if not _SHORTEST <= len(password) <= _LONGEST or not _PRINTABLE.fullmatch(password):
        text = (
            f"must have {_SHORTEST} to {_LONGEST} printable ASCII characters without spaces; leave it out for a new one"
        )
        return [FieldError("password", text)]
    return []


def _a1(username: str, realm: str, password: str) -> bytes:
    return f"{username}:{realm}:{password}".encode()
