"""Reading path variables."""

from __future__ import annotations

from uuid import UUID

from cordboard.edge.api.frame.endpoint import Call
from cordboard.kit.errors import NotFoundError
from cordboard.kit.ids import parse_uuid


def uuid_in_path(call: Call, name: str) -> UUID:
    """The id in the path. Raises NotFoundError: what is no id is nobody's either."""
    found = parse_uuid(call.path[name])
    if found is None:
        raise NotFoundError(name)
    return found
