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


class EditRejectedError(ConflictError):
    """The edit came with conflictMode REJECT, and the contact has data already, as every contact has (request 54)."""

    message = "Contact exists"

    def __init__(self, contact_id: UUID) -> None:
        super().__init__(
            f"conflictMode REJECT leaves contactId {contact_id} as it is; send REPLACE, APPEND or OVERWRITE"
        )


class KeysInFluxError(ConflictError):
    """Keys changed hands again and again while they were being claimed; the same request may go better now."""

    message = "Key conflict"

    def __init__(self) -> None:
        super().__init__("the keys are being moved between contacts; try again")
