"""What can go wrong with contacts."""

from __future__ import annotations

from uuid import UUID

from cordboard.kit.errors import ConflictError


class KeyTakenError(ConflictError):
    """A look-up key belongs to another contact, which `more_info` names."""

    message = "Key conflict"

    def __init__(self, key: str, contact_id: UUID) -> None:
        self.key = key
        self.contact_id = contact_id
        super().__init__(f"the key {key} belongs to contactId {contact_id}")
