"""Accounts, users and the principal behind a token."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege


class Account(msgspec.Struct, frozen=True):
    """A tenant. A parent is its own `parent_id`; `status` 1 is active, 0 suspended."""

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
        return self.status == 1

    @property
    def is_parent(self) -> bool:
        """Whether it stands on its own."""
        return self.id == self.parent_id


class User(msgspec.Struct, frozen=True):
    """A person who signs in. `totp_secret_sealed` set: a pincode is asked for; `totp_last_step` guards against its
    replay.
    """

    id: UUID
    account_id: UUID
    username: str
    password_hash: str
    status: int
    roles: list[str]
    totp_secret_sealed: str | None
    totp_last_step: int


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


class Tokens(msgspec.Struct, frozen=True, rename="camel"):
    """What a sign-in answers (request 1)."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105  (the name of a scheme)
