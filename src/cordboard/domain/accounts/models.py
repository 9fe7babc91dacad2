"""Accounts, users and the principal behind a token."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege, mask_of_roles

ACTIVE: Final = 1
INACTIVE: Final = 0
CLOSED: Final = 2


class Account(msgspec.Struct, frozen=True):
    """A tenant. A parent is its own `parent_id`; `status` is ACTIVE, INACTIVE or CLOSED."""

    id: UUID
    parent_id: UUID
    name: str
    email: str
    domain: str
    phone: str
    source: str
    first_name: str
    last_name: str
    status: int
    created_at: datetime
    modified_at: datetime

    @property
    def active(self) -> bool:
        """Whether the account may send and be signed in to."""
        return self.status == ACTIVE

    @property
    def is_parent(self) -> bool:
        """Whether it stands on its own."""
        return self.id == self.parent_id


class User(msgspec.Struct, frozen=True):
    """A person who signs in. `status` 1 is active. `totp_secret_sealed` set: a pincode is asked for; `totp_last_step`
    guards against its replay; `totp_pending_sealed` is a secret that was set up and not confirmed. Access tokens issued
    before `tokens_since` are refused. `email` is where notices go.
    """

    id: UUID
    account_id: UUID
    username: str
    password_hash: str
    status: int
    roles: list[str]
    totp_secret_sealed: str | None
    totp_last_step: int
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    email: str = ""
    phone: str = ""
    source: str = "cordboard"
    avatar: str = ""
    ucaas_extension: str = ""
    ucaas_code: str = ""
    totp_pending_sealed: str | None = None
    tokens_since: datetime | None = None
    created_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether the user may sign in."""
        return self.status == 1

    @property
    def two_factor(self) -> bool:
        """Whether signing in takes a pincode."""
        return self.totp_secret_sealed is not None

    @property
    def privileges(self) -> int:
        """The mask that the roles give."""
        return mask_of_roles(self.roles)


class UserView(msgspec.Struct, frozen=True):
    """A user with what other contexts know: the number of the webphone ("" for none) and the inboxes."""

    user: User
    parent_id: UUID
    webrtc_number: str
    inboxes: list[str]


class WorkGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Users of an account under a name, `user_ids` in their order."""

    id: UUID
    account_id: UUID
    name: str
    description: str = ""
    metadata: dict[str, str] = {}
    details: dict[str, str] = {}
    user_ids: list[UUID] = []
    created_at: datetime


class Standing(msgspec.Struct, frozen=True):
    """What a token's bearer may still do: the account's status and own request rate, whether the user is active and the
    key (if it is one) holds, the user's roles now, and since when tokens count.
    """

    account_status: int
    user_active: bool
    key_holds: bool
    rate: str | None
    roles: list[str] | None
    tokens_since: datetime | None


class Principal(msgspec.Struct, frozen=True):
    """Who calls: an account, a user of it, and what the token allows. `requests_per_second` None: the installation's
    default.
    """

    account_id: UUID
    parent_id: UUID
    client_id: UUID
    privileges: int
    kind: Literal["session", "key"]
    token_id: str
    requests_per_second: int | None = None

    def may(self, privilege: Privilege) -> bool:
        """Whether the token carries `privilege`."""
        return bool(self.privileges & privilege.bit)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A long-lived key, as it was recorded; the token itself is not. `user_id` is the user whom it acts for."""

    jti: UUID
    account_id: UUID
    user_id: UUID
    description: str
    roles: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class ConfigEntry(msgspec.Struct, frozen=True):
    """A setting of an account, by its declared key."""

    key: str
    value: str


class ExternalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A setting for a service outside. One of `value` and `value_sealed` is set."""

    provider: str
    key: str
    value: str | None = None
    value_sealed: str | None = None


class Tokens(msgspec.Struct, frozen=True, rename="camel"):
    """What a sign-in answers (request 1)."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105  (the name of a scheme)
