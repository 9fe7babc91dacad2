"""Privileges, tokens, passwords and settings of accounts: what needs no database."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.passwords import hash_password, verify_password
from cordboard.domain.accounts.privileges import ROLES, Privilege, from_words, mask_of, mask_of_roles, to_words
from cordboard.domain.accounts.settings import AccountSettings, parse_settings
from cordboard.domain.accounts.tokens import TokenSigner
from cordboard.kit.errors import InvalidInputError, UnauthenticatedError
from cordboard.testing.clock import VirtualClock

SIGNER = TokenSigner(Ed25519PrivateKey.generate(), VirtualClock())
PRINCIPAL = Principal(UUID(int=1), UUID(int=2), UUID(int=3), ROLES["gi-agent"], "session", "a-token")


@given(st.integers(0, 2**200))
def test_masks_travel_as_words_of_32_bits(mask: int) -> None:
    words = to_words(mask)

    assert words
    assert all(0 <= word < 2**32 for word in words)
    assert from_words(words) == mask


@given(st.sets(st.sampled_from(Privilege)))
def test_a_mask_allows_what_it_was_made_of(privileges: set[Privilege]) -> None:
    principal = Principal(UUID(int=1), UUID(int=1), UUID(int=3), mask_of(privileges), "key", "a-token")

    assert {privilege for privilege in Privilege if principal.may(privilege)} == privileges


def test_positions_that_clients_know_do_not_move() -> None:
    assert Privilege.ACCT_CREATE.bit == 128
    assert Privilege.CONTACT_READ_ALL.label == "contact-read-all"
    assert len({privilege.bit for privilege in Privilege}) == len(Privilege)


def test_only_the_platforms_own_role_administers_it() -> None:
    assert [role for role, mask in ROLES.items() if mask & Privilege.PLATFORM_ADMIN.bit] == ["platform-admin"]
    assert mask_of_roles(["number-admin", "no such role"]) == ROLES["number-admin"]
    assert mask_of_roles([]) == 0


@pytest.mark.parametrize("kind", ["session", "key"])
def test_a_token_says_who_it_belongs_to(kind: str) -> None:
    principal = Principal(UUID(int=1), UUID(int=2), UUID(int=3), 5, "key" if kind == "key" else "session", "a-token")
    expires_at = VirtualClock().now() + timedelta(minutes=5)

    issued_at = VirtualClock().now().timestamp()
    assert SIGNER.verify(SIGNER.sign(principal, expires_at)) == (principal, expires_at.timestamp(), issued_at)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        SIGNER.verify(text)


def test_another_installations_token_is_refused() -> None:
    other = TokenSigner(Ed25519PrivateKey.generate(), VirtualClock())

    with pytest.raises(UnauthenticatedError):
        SIGNER.verify(other.sign(PRINCIPAL, VirtualClock().now()))


@pytest.mark.parametrize("missing", ["sub", "acct", "pacct", "priv", "kind", "jti", "iat", "exp"])
def test_a_token_without_a_claim_is_refused(missing: str) -> None:
    key = Ed25519PrivateKey.generate()
    signer = TokenSigner(key, VirtualClock())
    claims = jwt.decode(signer.sign(PRINCIPAL, VirtualClock().now()), options={"verify_signature": False})
    del claims[missing]

    with pytest.raises(UnauthenticatedError):
        signer.verify(jwt.encode(claims, key, algorithm="EdDSA"))


def test_the_signing_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "tokens.pem"
    token = TokenSigner.load_or_create(path, VirtualClock()).sign(PRINCIPAL, VirtualClock().now())

    assert TokenSigner.load_or_create(path, VirtualClock()).verify(token)[0] == PRINCIPAL
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_password_is_kept_as_a_salted_hash() -> None:
    first, second = await hash_password("correct horse"), await hash_password("correct horse")

    assert first != second
    assert first.startswith("$argon2id$")
    assert await verify_password(first, "correct horse")
    assert not await verify_password(first, "wrong horse")


@pytest.mark.parametrize("stored", [None, "", "no hash", "$argon2id$broken"])
async def test_no_password_is_right_for_nobody(stored: str | None) -> None:
    assert not await verify_password(stored, "nobody has this password")


def test_settings_are_typed_and_keep_to_the_platforms_own() -> None:
    settings = parse_settings({"substitute_look_alikes": "true", "requests_per_second": "50", "a customer's": "x"})

    assert settings == AccountSettings(substitute_look_alikes=True, requests_per_second=50)
    assert parse_settings({"requests_per_second": ""}) == AccountSettings()


def test_a_wrong_setting_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        parse_settings({"quiet_hours_start": "late"})
