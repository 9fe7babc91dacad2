"""IVRs as they are stored, and how often their options were chosen. What they consist of is `engines.ivr`'s."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from cordboard.engines.ivr import IvrDefinition


class Ivr(msgspec.Struct, frozen=True):
    """A version of an IVR of an account, the present one or an archived one."""

    account_id: UUID
    definition: IvrDefinition


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """How often callers keyed `key` (empty: what is no option) in a menu of a version on a day."""

    name: str
    version: int
    menu: str
    key: str
    day: date
    choices: int


class ChoiceFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Days, both inclusive, of one version or of all."""

    first: date
    last: date
    version: int | None = None
