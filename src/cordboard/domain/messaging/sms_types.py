"""The log's codes for kinds of messages."""

from __future__ import annotations

from cordboard.kit.phone import is_short_code, is_toll_free


def sms_type_of(number: str, direction: str) -> str:
    """`number` is ours: s, st or sc for a standard, toll-free or short code one, then o or i: `so`, `sto`, `sci` and so
    on.
    """
    kind = "sc" if is_short_code(number) else "st" if is_toll_free(number) else "s"
    return kind + ("o" if direction == "outbound" else "i")
