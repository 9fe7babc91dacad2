"""The rules for what is said about an asset."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from cordboard.domain.assets.models import AssetChanges
from cordboard.kit.errors import FieldError, InvalidInputError

LONGEST_NAME: Final = 255
LONGEST_DESCRIPTION: Final = 2000
MOST_SHARED: Final = 100
_UNFIT: Final = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")


def clean_name(name: str) -> str:
    """A name as it is kept and looked for: composed characters, no space around it."""
    return unicodedata.normalize("NFC", name).strip()


def check_name(name: str) -> None:
    """Raises InvalidInputError unless an asset may be called so: the name stands in the path of requests."""
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInputError.of("name", f"must have 1 to {LONGEST_NAME} characters")
    if _UNFIT.search(name) or name in (".", ".."):
        raise InvalidInputError.of("name", "must not hold slashes or control characters, nor be . or ..")


def check_changes(changes: AssetChanges) -> None:
    """Raises InvalidInputError for what is too long."""
    errors = [*_many("clientIds", changes.client_ids), *_many("workGroups", changes.work_groups)]
    if len(changes.description or "") > LONGEST_DESCRIPTION:
        errors.append(FieldError("description", f"may have {LONGEST_DESCRIPTION} characters"))
    if errors:
        raise InvalidInputError(errors)


def _many(field: str, shared_with: Sequence[object] | None) -> list[FieldError]:
    too_many = len(shared_with or ()) > MOST_SHARED
    return [FieldError(field, f"may have {MOST_SHARED} members")] if too_many else []
