"""Reading URLs, and refusing those that are never fetched.

There is no list of forbidden ports: callbacks run on any, and a public host that takes commands on a
line-based port refuses HTTP by itself.
"""

from __future__ import annotations

import re
from typing import Final

from yarl import URL

from cordboard.infra.blobs.names import is_name
from cordboard.infra.http.addresses import AddressPolicy, is_plain_literal, literal_address
from cordboard.infra.http.errors import BlockedAddressError, HttpError, InvalidUrlError

MAX_URL_LENGTH: Final = 4_096
_SCHEMES: Final = ("http", "https")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f\\]")
_HOST_NAME: Final = re.compile(r"[a-zA-Z0-9._-]+")
_LOCAL_NAME: Final = "localhost"
_OWN_FOLDER: Final = "/media"


def parse_url(url: str) -> URL:
    """An absolute http or https URL without credentials. Raises InvalidUrlError."""
    if len(url) > MAX_URL_LENGTH:
        raise InvalidUrlError(f"the URL is longer than {MAX_URL_LENGTH} characters")
    if _UNPRINTABLE.search(url):
        raise InvalidUrlError("the URL holds spaces, control characters or backslashes: percent-encode them")
    try:
        parsed = URL(url)
        port = parsed.port
    except ValueError as error:
        raise InvalidUrlError("the URL cannot be read") from error
    _require_fetchable(parsed)
    if port == 0:
        raise InvalidUrlError("port 0 cannot be connected to")
    return parsed


def _require_fetchable(url: URL) -> None:
    """Raise InvalidUrlError unless this is http or https, with a host and without credentials."""
    if url.scheme not in _SCHEMES:
        raise InvalidUrlError("the URL must start with http:// or https://")
    if not url.raw_host:
        raise InvalidUrlError("the URL has no host")
    if ":" not in url.raw_host and not _HOST_NAME.fullmatch(url.raw_host):
        raise InvalidUrlError("the URL's host is not a host name")
    if url.raw_user is not None or url.raw_password is not None:
        raise InvalidUrlError("the URL must not hold a user name or password")


def require_allowed_host(url: URL, policy: AddressPolicy) -> None:
    """Refuse a host that is the literal of an address that must not be reached, or an odd spelling of any.
    Raises BlockedAddressError or InvalidUrlError."""
    host = url.raw_host or ""
    address = literal_address(host)
    if address is None:
        return
    refusal = policy.refusal(address)
    if refusal:
        raise BlockedAddressError(refusal)
    if not is_plain_literal(host):
        raise InvalidUrlError(f"write the address {host} as {address}")


def _may_be_own_file(url: URL) -> bool:
    """Whether this can be a file that the platform keeps: it is read where it lies, whatever the address; a stranger's
    is judged when it is connected to, like any.
    """
    folder, _, name = url.path.rpartition("/")
    return folder == _OWN_FOLDER and is_name(name)


def check_url(url: str, allow_private: bool) -> str | None:
    """Why a URL that somebody wants to save can never work, as a text for them; None if it may. Names are
    not resolved here: an address is judged when it is connected to."""
    try:
        parsed = parse_url(url)
        if _may_be_own_file(parsed):
            return None
        require_allowed_host(parsed, AddressPolicy(allow_private))
    except HttpError as error:
        return error.reason
    name = (parsed.raw_host or "").removesuffix(".").lower()
    if not allow_private and (name == _LOCAL_NAME or name.endswith("." + _LOCAL_NAME)):
        return f"{name} is this machine"
    return None
