"""The variables that an event offers to URLs, headers and body templates (the webhooks' chapter of the reference)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cordboard.domain.webhooks.moments import as_variable

_ALIASES: Final = {
    "smsid": "messagesid",
    "body": "text",
    "shceduleid": "scheduleid",
    "_actionmethod": "actionmethod",
    "_duration": "duration",
}
"""Other names of members, as the reference spells them."""

_MOMENTS: Final = ("createdtime", "starttime", "endtime")
JSON_VARIABLES: Final = ("payload", "metadata", "mediaurls")
"""Variables whose values are JSON themselves; outside of a string of a JSON body they stand as they are."""


def scope_of(payload: str) -> dict[str, str]:
    """Every member of the event by its lower-case name, `payload` as the whole, and `metadata.key` for each pair.

    A message's text is also `body`, its id `smsid`, its first media URL `mediaurl`. A call's times are ISO 8601.
    """
    members: dict[str, Any] = msgspec.json.decode(payload)
    scope = {name.lower(): text_of(value) for name, value in members.items()}
    for alias, name in _ALIASES.items():
        if name in scope:
            scope.setdefault(alias, scope[name])
    scope.update((name, as_variable(scope[name])) for name in _MOMENTS if name in scope)
    if "mediaUrls" in members:
        scope.setdefault("mediaurl", next(iter(members["mediaUrls"] or ()), ""))
    metadata = members.get("metadata")
    if isinstance(metadata, Mapping) or ("metadata" in members and metadata is None):
        scope.update(_of_metadata(metadata or {}))
    scope["payload"] = payload
    return scope


def fields_of(payload: str) -> list[tuple[str, str]]:
    """The members of the event as form fields."""
    members: dict[str, Any] = msgspec.json.decode(payload)
    return [(name, text_of(value)) for name, value in members.items()]


def text_of(value: Any) -> str:
    """A JSON value as a variable shows it: strings bare, nothing for null, the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _of_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    pairs = {f"metadata.{name.lower()}": text_of(value) for name, value in metadata.items()}
    return {**pairs, "metadata": text_of(metadata)}
