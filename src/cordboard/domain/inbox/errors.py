"""What can be wrong with inboxes and conversations."""

from __future__ import annotations

from uuid import UUID

from cordboard.kit.errors import ConflictError, NotFoundError


class InboxNotFoundError(NotFoundError):
    """No such inbox, or none that the caller may see."""

    message = "Inbox not found"


class InboxExistsError(ConflictError):
    """An inbox of the account has that name."""

    message = "An inbox has that name"


class DefaultInboxError(ConflictError):
    """The account's own inbox stays."""

    message = "The default inbox cannot be deleted"


class TooManyInboxesError(ConflictError):
    """An account may have only so many."""

    message = "Too many inboxes"


class EntryMovedError(ConflictError):
    """A newer event was published in the conversation since the caller looked."""

    message = "A newer event has come"

    def __init__(self, time: UUID) -> None:
        super().__init__(f"the conversation's entry is now at time {time}; look at it first")
