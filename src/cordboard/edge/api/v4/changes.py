"""Bodies of changes: what is given is changed, the rest stays."""

from __future__ import annotations

from typing import Any

import msgspec


def changes_of(kind: type[msgspec.Struct], *more: tuple[str, Any, Any], without: str = "") -> type[msgspec.Struct]:
    """A body with every field of `kind` but one, and `more` as `defstruct` takes them; none is required."""
    fields = [(one.name, one.type | None, None) for one in msgspec.structs.fields(kind) if one.name != without]
    namespace = {"__doc__": "What is given changes."}
    return msgspec.defstruct(f"{kind.__name__}Changes", [*fields, *more], namespace=namespace)


def given(body: msgspec.Struct, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields of those names that a body has."""
    return {name: value for name in names if (value := getattr(body, name, None)) is not None}
