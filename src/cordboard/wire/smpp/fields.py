"""C-octet strings (3.1) within the size limits of section 5.2. Sizes count the closing NUL."""

from __future__ import annotations

from cordboard.wire.smpp.constants import Status
from cordboard.wire.smpp.errors import InvalidFieldError, MalformedPduError

SYSTEM_TYPE_SIZE = 13  # 5.2.3
ADDRESS_RANGE_SIZE = 41  # 5.2.7
ADDRESS_SIZE = 21  # 5.2.8, 5.2.9
DATA_SM_ADDRESS_SIZE = 65  # 4.7.1
SERVICE_TYPE_SIZE = 6  # 5.2.11
TIME_SIZE = 17  # 5.2.15, 5.2.16
MESSAGE_ID_SIZE = 65  # 5.2.23

CREDENTIAL_SIZE = 65
"""For system_id and password. SMPP 3.4 allows 16 and 9 (5.2.1, 5.2.2), but carriers hand out longer ones."""


def write_text(value: str, field: str, size: int) -> bytes:
    """`value` and its NUL. Raises InvalidFieldError when it is not Latin-1 or exceeds `size` octets."""
    if not value:
        return b"\0"
    try:
        octets = value.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidFieldError(field, f"{value!r} has characters outside Latin-1") from None
    if len(octets) >= size:
        raise InvalidFieldError(field, f"{len(octets)} characters, at most {size - 1} are allowed")
    if b"\0" in octets:
        raise InvalidFieldError(field, "contains NUL, which would end it early")
    return octets + b"\0"


def read_text(data: bytes, at: int, field: str, size: int) -> tuple[str, int]:
    """The string that begins at `at`, and where the next field begins. Raises MalformedPduError."""
    end = data.find(0, at, at + size)
    if end < 0:
        raise _unterminated(data, at, field, size)
    return data[at:end].decode("latin-1"), end + 1


def _unterminated(data: bytes, at: int, field: str, size: int) -> MalformedPduError:
    if len(data) - at < size:
        return MalformedPduError(f"{field} is cut off by the end of the PDU", Status.ESME_RINVCMDLEN)
    return MalformedPduError(f"{field} is longer than {size - 1} characters", Status.ESME_RINVPARLEN)
