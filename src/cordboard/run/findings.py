"""What a check of the doctor comes to."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What one check came to. `fix` says what to do, where something is to be done."""

    subject: str
    state: Literal["good", "warning", "bad"]
    text: str
    fix: str = ""
