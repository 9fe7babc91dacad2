"""What can go wrong with searches."""

from __future__ import annotations

from typing import Final

from cordboard.kit.errors import RefusedError

_HINT: Final = (
    "add a statement with equals, contains, begins_with or ends_with that few contacts meet, or ask for less by size"
)


class SearchTooBroadError(RefusedError):
    """Going over so many contacts would take too long."""

    message = "Search takes too long"

    def __init__(self) -> None:
        super().__init__(_HINT)


class TooManyQueriesError(RefusedError):
    """The account keeps as many queries as it may."""

    message = "Too many saved queries"
