"""Phones, where they can be reached, and their users."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

WebphoneState = Literal["available", "unavailable"]
PresetType = Literal["account", "workgroup", "user"]

AVAILABLE: Final[WebphoneState] = "available"
UNAVAILABLE: Final[WebphoneState] = "unavailable"


class SipPhone(msgspec.Struct, frozen=True, kw_only=True):
    """A SIP phone of an account. `username` is unique in the installation and in lower case; `client_id` the user whose
    it is, if anybody's; `caller_id` the account's number that it calls from. The digests (RFC 7616, H(A1)) are sealed.
    """

    username: str
    account_id: UUID
    client_id: UUID | None = None
    display_name: str = ""
    extension: str = ""
    caller_id: str = ""
    enabled: bool = True
    ha1_md5_sealed: str
    ha1_sha256_sealed: str
    created_at: datetime


class PhoneChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a request sets of a phone; None leaves it as it is. `client_id`, `extension` and `caller_id` "" take them
    off.
    """

    password: str | None = None
    client_id: str | None = None
    display_name: str | None = None
    extension: str | None = None
    caller_id: str | None = None
    enabled: bool | None = None


class PhoneCredentials(msgspec.Struct, frozen=True):
    """What a registrar checks an answer to its challenge with: H(A1) in hexadecimal."""

    account_id: UUID
    user: str
    ha1_md5: str
    ha1_sha256: str


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """An address under which a phone can be reached through a voice process. `user_name` is a SIP phone's, or the
    clientId of a browser phone's user; `remote` is where its packets come from.
    """

    account_id: UUID
    user_name: str
    contact: str
    node: str
    user_agent: str = ""
    remote: str = ""
    browser: bool = False
    registered_at: datetime
    expires_at: datetime


class FoundPhone(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands behind a name. `users` are the names under which its phones register; `client_id` the user."""

    account_id: UUID
    users: tuple[str, ...]
    client_id: UUID | None = None
    display_name: str = ""
    caller_id: str = ""


class Webphone(msgspec.Struct, frozen=True, kw_only=True):
    """A webphone user as stored. `login_at` None: not connected just now; `call_id` and `conf_id`: what the user is
    in.
    """

    account_id: UUID
    client_id: UUID
    status: WebphoneState = UNAVAILABLE
    login_at: datetime | None = None
    call_id: UUID | None = None
    conf_id: UUID | None = None
    last_action_at: datetime | None = None


class WebphoneUser(msgspec.Struct, frozen=True, kw_only=True):
    """A webphone user as shown: with name, number and the voice processes that hold a connection."""

    webphone: Webphone
    username: str = ""
    number: str = ""
    number_set_id: UUID | None = None
    nodes: tuple[str, ...] = ()


class AssignedNumber(msgspec.Struct, frozen=True):
    """The number of a user's webphone, and the set that it is in."""

    phone_number: str
    number_set_id: UUID | None


class TransferPreset(msgspec.Struct, frozen=True, kw_only=True):
    """Somewhere to transfer a webphone call to. `identifier`: the account's id, a work group's name or a user's id."""

    account_id: UUID
    preset_type: PresetType
    identifier: str
    destination: str
    created_at: datetime
