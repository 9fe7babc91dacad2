"""What all kinds of objects have in common."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import msgspec


class CenterObject(msgspec.Struct, frozen=True, kw_only=True):
    """An object of an account. `kind` names the kind in the table, `key_field` the field that identifies an object
    within its kind; it does not change.
    """

    kind: ClassVar[str]
    key_field: ClassVar[str]

    @property
    def key(self) -> str:
        """What identifies the object."""
        value: str = getattr(self, self.key_field)
        return value

    @classmethod
    def built_in(cls) -> tuple[CenterObject, ...]:
        """Those that every account has from the start. An account that changes one has its own instead."""
        return ()


Kind = TypeVar("Kind", bound=CenterObject)


def changed(present: Kind, changes: dict[str, Any]) -> Kind:
    """An object with fields changed; what identifies it stays."""
    return msgspec.structs.replace(present, **{n: v for n, v in changes.items() if n != present.key_field})
