"""Password rules, who may administer whom, fields of users and pincodes: what needs no database."""

from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.accounts import passwords
from cordboard.domain.accounts.administration import require_reach, role_problems, roles_after
from cordboard.domain.accounts.common_passwords import COMMON
from cordboard.domain.accounts.credentials import hash_of_code, pincode_text
from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.passwords import hash_password, password_problems, verify_password
from cordboard.domain.accounts.privileges import ROLES, Privilege, labels_of, mask_of_roles
from cordboard.domain.accounts.tokens import first_second_after
from cordboard.domain.accounts.user_fields import UserDetails, field_problems, is_address, with_details
from cordboard.kit.errors import PermissionDeniedError
from cordboard.testing.clock import VirtualClock

NAME = "annie.apple@dev.com"
ROLE_SETS = st.lists(st.sampled_from(sorted(ROLES)), max_size=4, unique=True)


def user_with(*roles: str, phone: str = "") -> User:
    return User(UUID(int=1), UUID(int=2), NAME, "", 1, list(roles), None, 0, email=NAME, phone=phone)


@pytest.mark.parametrize(
    "password", ["&OneOneTwoTwo222", "correct horse battery", "åéîøü åéîøü", "9274810563", "x1y2" * 256]
)
def test_length_makes_a_password_good(password: str) -> None:
    assert password_problems(password, NAME) == []


@pytest.mark.parametrize(
    ("password", "problems"),
    [
        ("x1y2z3", ["must have at least 10 characters"]),
        ("x1y2" * 256 + "z", ["may have 1024 characters"]),
        (NAME.upper(), ["must not be the user name"]),
        ("Annie.Apple", ["must not be the user name"]),
        ("QwertyUiop", ["is one of the passwords that are guessed first"]),
        ("\uff50assword123", ["is one of the passwords that are guessed first"]),
        ("ababababab", ["must have at least 4 different characters"]),
        ("", ["must have at least 10 characters", "must have at least 4 different characters"]),
    ],
)
def test_each_broken_rule_is_said(password: str, problems: list[str]) -> None:
    assert password_problems(password, NAME) == problems


def test_the_common_ones_are_of_a_length_that_would_pass() -> None:
    assert len(COMMON) > 200
    assert all(len(one) >= passwords.SHORTEST and one == one.casefold() for one in COMMON)


async def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    stored = await hash_password("caf\u00e9 au lait")

    assert await verify_password(stored, "cafe\u0301 au lait")
    assert not await verify_password(stored, "cafe au lait")


async def test_few_passwords_are_worked_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(2)

    def work(_stored: str | None, _password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(timeout=30)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(passwords, "_verify", work)
    await asyncio.gather(*(verify_password(None, "x") for _ in range(8)))

    assert most == 2


@given(ROLE_SETS, ROLE_SETS, ROLE_SETS)
def test_nobody_gives_what_they_lack(granter: list[str], present: list[str], wanted: list[str]) -> None:
    mask = mask_of_roles(granter)

    problems = role_problems(wanted, present, mask)

    new = set(wanted) - set(present)
    assert bool(problems) == ("platform-admin" in wanted or bool(mask_of_roles(new) & ~mask))
    if not problems:
        after = mask_of_roles(roles_after(wanted, present))
        assert not after & ~(mask | mask_of_roles(present))
        assert ("platform-admin" in roles_after(wanted, present)) == ("platform-admin" in present)


@given(ROLE_SETS, ROLE_SETS)
def test_nobody_reaches_who_has_more(caller: list[str], target: list[str]) -> None:
    lacking = labels_of(mask_of_roles(target) & ~mask_of_roles(caller))
    refusal = pytest.raises(PermissionDeniedError, match=f": {', '.join(lacking)}$") if lacking else nullcontext()

    with refusal:
        require_reach(mask_of_roles(caller), user_with(*target))


@pytest.mark.parametrize(
    ("given_as", "text"),
    [(1234, "001234"), ("001234", "001234"), (" 123456 ", "123456"), (123456, "123456"), (None, ""), ("", "")],
)
def test_a_pincode_is_taken_as_number_or_text(given_as: int | str | None, text: str) -> None:
    assert pincode_text(given_as) == text


def test_a_recovery_code_is_as_good_without_its_hyphens_and_one_users_only() -> None:
    user = UUID(int=7)

    assert hash_of_code(user, "abcd-efgh") == hash_of_code(user, " ABCD EFGH ")
    assert hash_of_code(user, "abcd-efgh") != hash_of_code(UUID(int=8), "abcd-efgh")


@pytest.mark.parametrize(
    "text", ["a@b", "admin@cordboard.localhost", "first.last+tag@sub.example.com", "é@exämple.com"]
)
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "@b", "a@", "a@b@c", "a b@c.com", "a@b..com", "a@.com", "<a@b.com>", "a@b.com\n", "a@" + "b" * 253],
)
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("(949) 555-1234", "+19495551234"), ("+1234567899", "+1234567899"), (" 101 ", "101"), ("", "")],
)
def test_a_phone_number_becomes_e164_where_it_can(typed: str, kept: str) -> None:
    user = with_details(user_with(), UserDetails(phone=typed))

    assert (user.phone, field_problems(user)) == (kept, [])


def test_the_first_second_that_counts_is_after_every_token_so_far() -> None:
    clock = VirtualClock()
    for _ in range(4):
        now = clock.now()
        assert int(now.timestamp()) < first_second_after(now).timestamp() <= now.timestamp() + 1
        clock.advance(0.25)


def test_privileges_have_names_for_people() -> None:
    names = [one.display_name for one in Privilege]

    assert {"Account Create", "DNC Read", "SMS Send", "IVR Update", "AI Use", "Work Group Read"} <= set(names)
    assert len(set(names)) == len(names)
