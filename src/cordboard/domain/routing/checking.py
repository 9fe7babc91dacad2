"""The rules that tags, destinations and rule sets must keep; a bad one names every field that breaks one."""

from __future__ import annotations

from typing import Final

import msgspec

from cordboard.domain.routing.models import ALL_AT_ONCE, IN_ORDER, RouteDestination
from cordboard.infra.http import check_url
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.phone import parse_number

RESERVED: Final = "assign"
"""The path of assignments stands where a tag of that name would."""

_LONGEST_TAG: Final = 100
_LONGEST_NAME: Final = 255
_LONGEST_DESCRIPTION: Final = 2000
_LONGEST_DESTINATION: Final = 1024
_LARGEST_OPTIONS: Final = 64 * 1024
_MOST_TAGS_APPLIED: Final = 50
_LOWEST_PRIORITY: Final = 1_000_000
_RELAYS: Final = frozenset({"call-relay", "sms-relay"})
_URL_START: Final = ("http://", "https://")


def check_tag(route_tag: str, description: str, distribution_type: int) -> None:
    """Raises InvalidInputError unless a tag may be so."""
    errors = []
    if not route_tag.strip() or len(route_tag) > _LONGEST_TAG or "/" in route_tag:
        errors.append(FieldError("routeTag", f"must have 1 to {_LONGEST_TAG} characters, and no slash"))
    elif route_tag == RESERVED:
        errors.append(FieldError("routeTag", f"must not be {RESERVED!r}, which the API uses itself"))
    errors += _long("description", description, _LONGEST_DESCRIPTION)
    errors += _distribution_problems(distribution_type)
    if errors:
        raise InvalidInputError(errors)


def check_rule_set_name(name: str) -> None:
    """Raises InvalidInputError unless a rule set may be called so."""
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise InvalidInputError.of("name", f"must have 1 to {_LONGEST_NAME} characters")


def clean_destination(dest: str, dest_type: str) -> str:
    """A destination as it is stored: numbers of relays in E.164, anything else without space around it."""
    return (parse_number(dest) or dest.strip()) if dest_type in _RELAYS else dest.strip()


def check_destination(one: RouteDestination, *, allow_private: bool) -> None:
    """Raises InvalidInputError unless a destination may be so. Its rule set is looked up elsewhere."""
    errors = [
        *_dest_problems(one, allow_private=allow_private),
        *_document_problems(one),
        *_long("name", one.name, _LONGEST_NAME),
        *_long("description", one.description, _LONGEST_DESCRIPTION),
        *_distribution_problems(one.distribution_type),
        *_applied_problems(one.apply_tags),
    ]
    if one.callback_url and (problem := check_url(one.callback_url, allow_private)):
        errors.append(FieldError("callbackUrl", problem))
    if len(msgspec.json.encode(one.options)) > _LARGEST_OPTIONS:
        errors.append(FieldError("options", f"may have {_LARGEST_OPTIONS} bytes"))
    if not 0 <= one.priority <= _LOWEST_PRIORITY:
        errors.append(FieldError("priority", f"must be from 0 to {_LOWEST_PRIORITY}; the lowest comes first"))
    if one.status not in (0, 1):
        errors.append(FieldError("status", "must be 1 (on) or 0 (off)"))
    if errors:
        raise InvalidInputError(errors)


def _dest_problems(one: RouteDestination, *, allow_private: bool) -> list[FieldError]:
    if not one.dest or len(one.dest.encode()) > _LONGEST_DESTINATION:
        return [FieldError("dest", f"must have 1 to {_LONGEST_DESTINATION} bytes")]
    if one.dest_type in _RELAYS and parse_number(one.dest) is None:
        return [FieldError("dest", f"must be a phone number such as +19495551234 for {one.dest_type}")]
    is_url = one.dest_type == "sms" or (one.dest_type == "call" and one.dest.lower().startswith(_URL_START))
    problem = check_url(one.dest, allow_private) if is_url else None
    return [FieldError("dest", problem)] if problem else []


def _document_problems(one: RouteDestination) -> list[FieldError]:
    if one.dest_type != "call" or not isinstance(one.options, dict) or "callXml" not in one.options:
        return []
    document = one.options["callXml"]
    if isinstance(document, str) and document.strip():
        return []
    return [FieldError("options.callXml", "must be an InboundXML document as text; leave it out to use dest")]


def _distribution_problems(given: int) -> list[FieldError]:
    if IN_ORDER <= given <= ALL_AT_ONCE:
        return []
    text = "must be 1 (in the order of priority), 2 (round robin), 3 (at random) or 4 (all at once)"
    return [FieldError("distributionType", text)]


def _applied_problems(tags: list[str]) -> list[FieldError]:
    if len(tags) > _MOST_TAGS_APPLIED:
        return [FieldError("applyTags", f"has {len(tags)} tags; at most {_MOST_TAGS_APPLIED} are applied")]
    bad = any(not tag.strip() or len(tag) > _LONGEST_NAME for tag in tags)
    return [FieldError("applyTags", f"a tag must have 1 to {_LONGEST_NAME} characters")] if bad else []


def _long(field: str, text: str, longest: int) -> list[FieldError]:
    return [FieldError(field, f"may have {longest} characters")] if len(text) > longest else []
