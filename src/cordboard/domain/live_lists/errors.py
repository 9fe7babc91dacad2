"""What can go wrong with live lists."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError, RefusedError


class LiveListNotFoundError(NotFoundError):
    """The account has no live list of this name, or it is not the caller's to work off."""

    message = "Live list not found"
    fix = "Get the live lists; names are told apart by upper and lower case. An administrator of lists gives access."


class LiveListEmptyError(NotFoundError):
    """Nobody is in line whose time is not over."""

    code = "live_list_empty"
    message = "The live list is empty"
    fix = "Ask again when the live lists' WebSocket, or some seconds, tell of a contact."


class LiveListExistsError(ConflictError):
    """A live list of the account has this name already."""

    message = "Live list exists"
    fix = "Edit that list, or choose another name."


class LiveListFullError(RefusedError):
    """As many contacts as a list may hold are in line."""

    code = "live_list_full"
    message = "The live list is full"
    fix = "Work the list off, or give its contacts a time after which they expire."
