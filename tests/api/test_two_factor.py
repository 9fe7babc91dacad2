"""Requests 162 to 165: setting a second factor up, confirming, using and clearing it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from tests.api.people import NEW_PASSWORD, USERS, at, problems_of, sign_in, user_of
from tests.harness import PASSWORD, Answer, Api, Tenant

SETUP, CONFIRM, CLEAR = f"{USERS}/setup2fa", f"{USERS}/confirm2fa", f"{USERS}/clear2fa"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with an owner."""
    return await api.account()


def pin(api: Api, setup: dict[str, Any], steps: int = 0) -> str:
    """The pincode that an app shows, now or some steps on."""
    return pyotp.TOTP(setup["secret"]).at(api.clock.now() + timedelta(seconds=30 * steps))


def proof(pincode: Any = None, password: str = PASSWORD) -> dict[str, Any]:
    """A password with a pincode, if there is one."""
    return {"password": password} | ({} if pincode is None else {"pincode": pincode})


async def set_up(api: Api, user: Tenant) -> dict[str, Any]:
    """What the user's app is told."""
    shown: dict[str, Any] = (await api.call("POST", SETUP, user)).only
    return shown


async def turn_on(api: Api, user: Tenant) -> dict[str, Any]:
    """A second factor in force, whose present pincode is not used up any more."""
    setup = await set_up(api, user)
    assert (await api.post(CONFIRM, user, proof(pin(api, setup)))).only["twoFactorEnabled"] is True
    api.clock.advance(90)
    return setup


async def clear(api: Api, user: Tenant, body: dict[str, Any], whose: Tenant | None = None) -> Answer:
    """Clears the user's own second factor, or another's."""
    return await api.call("DELETE", f"{CLEAR}/{whose.user.id}" if whose else CLEAR, user, body)


async def test_a_second_factor_is_set_up_confirmed_and_asked_for(api: Api, owner: Tenant) -> None:
    setup = await set_up(api, owner)

    uri = urlsplit(setup["provisioningUri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert parse_qs(uri.query) == {"secret": [setup["secret"]], "issuer": ["Cordboard"]}
    assert setup["clientId"] == str(owner.user.id)
    assert setup["twoFactorEnabled"] is False
    assert (await sign_in(api, owner)).status == 200
    assert (await api.get(at(owner), owner)).only["twoFactorEnabled"] is False

    shown = (await api.post(CONFIRM, owner, proof(pin(api, setup)))).only

    assert shown == {"clientId": str(owner.user.id), "username": owner.user.username, "twoFactorEnabled": True}
    assert (await api.get(at(owner), owner)).only["twoFactorEnabled"] is True
    assert (await sign_in(api, owner)).errors == [("403", "2FA pincode required")]
    assert (await sign_in(api, owner, pincode=pin(api, setup))).errors == [("403", "2FA pincode is wrong")]
    assert (await sign_in(api, owner, pincode=f" {pin(api, setup, 1)} ")).status == 200


async def test_what_was_set_up_last_is_what_counts(api: Api, owner: Tenant) -> None:
    first, second = await set_up(api, owner), await set_up(api, owner)

    assert problems_of(await api.post(CONFIRM, owner, proof(pin(api, first)))) == [
        ("pincode", "pincode is wrong or was used before")
    ]
    assert (await api.post(CONFIRM, owner, proof(pin(api, second)))).status == 200
    for code, status in ((first["recoveryCodes"][0], 403), (second["recoveryCodes"][0], 200)):
        assert (await sign_in(api, owner, pincode=code)).status == status
    again = await api.call("POST", SETUP, owner)
    assert again.errors == [("409", "it is on; clear it before it is set up anew")]


async def test_it_takes_password_and_pincode_to_confirm(api: Api, owner: Tenant) -> None:
    assert (await api.post(CONFIRM, owner, proof("123456"))).errors == [("409", "it is not set up")]
    setup = await set_up(api, owner)

    for body, problem in (
        (proof(pin(api, setup), "not the password"), ("password", "password is not your password")),
        (proof(), ("pincode", "pincode is required: your two-factor sign-in is on")),
        (proof(setup["recoveryCodes"][0]), ("pincode", "pincode is wrong or was used before")),
        (proof(pin(api, setup, 2)), ("pincode", "pincode is wrong or was used before")),
        (proof(pin(api, setup), "x" * 1025), ("password", "password may have 1024 characters")),
    ):
        assert problems_of(await api.post(CONFIRM, owner, body)) == [problem]
    assert (await sign_in(api, owner)).status == 200


async def test_confirming_again_tells_whether_both_match_and_uses_nothing_up(api: Api, owner: Tenant) -> None:
    setup = await turn_on(api, owner)
    code = pin(api, setup)

    for _ in range(2):
        assert (await api.post(CONFIRM, owner, proof(code))).only["twoFactorEnabled"] is True
    assert (await api.post(CONFIRM, owner, proof(pin(api, setup, 3)))).status == 400
    assert (await sign_in(api, owner, pincode=code)).status == 200


async def test_a_pincode_may_come_as_a_number(api: Api, owner: Tenant) -> None:
    setup = await turn_on(api, owner)
    while not (code := pin(api, setup)).startswith("0"):
        api.clock.advance(30)

    assert len(str(int(code))) < 6
    assert (await api.post(CONFIRM, owner, proof(int(code)))).status == 200
    assert (await sign_in(api, owner, pincode=int(code))).status == 200
    assert (await clear(api, owner, proof(int(pin(api, setup, 1))))).status == 200


async def test_a_recovery_code_stands_once_for_a_pincode(api: Api, owner: Tenant) -> None:
    codes = (await turn_on(api, owner))["recoveryCodes"]
    assert len(set(codes)) == 10

    assert (await sign_in(api, owner, pincode=codes[0])).status == 200
    assert (await sign_in(api, owner, pincode=codes[0])).errors == [("403", "2FA pincode is wrong")]
    assert (await sign_in(api, owner, pincode=codes[1].upper().replace("-", " "))).status == 200
    stored = await api.fetch("select * from recovery_codes")
    assert len(stored) == 8
    assert codes[2] not in repr(stored)
    assert (await clear(api, owner, proof(codes[2]))).status == 200
    assert await api.fetch("select from recovery_codes") == []
    assert (await sign_in(api, owner)).status == 200


async def test_secrets_are_kept_sealed(api: Api, owner: Tenant) -> None:
    secret = (await set_up(api, owner))["secret"]
    (pending,) = await api.fetch("select * from users")
    await turn_on(api, owner)
    (confirmed,) = await api.fetch("select * from users")

    assert pending["totp_pending_sealed"].startswith("v1.")
    assert confirmed["totp_secret_sealed"].startswith("v1.")
    assert confirmed["totp_pending_sealed"] is None
    assert secret not in repr((pending, confirmed))


async def test_ones_own_is_cleared_with_password_and_pincode(api: Api, owner: Tenant) -> None:
    assert (await clear(api, owner, proof())).errors == [("409", "it is not on")]
    setup = await turn_on(api, owner)

    assert problems_of(await clear(api, owner, proof(pin(api, setup), "wrong"))) == [
        ("password", "password is not your password")
    ]
    assert problems_of(await clear(api, owner, proof()))[0][0] == "pincode"
    assert problems_of(await clear(api, owner, proof("000000x")))[0][0] == "pincode"
    assert (await sign_in(api, owner)).status == 403
    assert (await clear(api, owner, proof(pin(api, setup)))).only["twoFactorEnabled"] is False
    assert (await sign_in(api, owner)).status == 200
    assert await api.fetch("select from users where totp_secret_sealed is not null") == []


async def test_anothers_is_cleared_with_ones_own_password_and_pincode(api: Api, owner: Tenant) -> None:
    agent = await user_of(api, owner, "settings-admin")
    assert (await clear(api, owner, proof(), agent)).errors == [("409", "it is not on")]
    await turn_on(api, agent)

    assert problems_of(await clear(api, owner, proof(password="wrong"), agent))[0][0] == "password"
    assert (await clear(api, owner, proof(), agent)).only == {
        "clientId": str(agent.user.id),
        "username": agent.user.username,
        "twoFactorEnabled": False,
    }
    assert (await sign_in(api, agent)).status == 200
    await turn_on(api, agent)
    own = await turn_on(api, owner)
    assert problems_of(await clear(api, owner, proof(), agent))[0][0] == "pincode"
    assert (await clear(api, owner, proof(pin(api, own)), agent)).status == 200
    assert (await sign_in(api, owner)).errors == [("403", "2FA pincode required")]


async def test_whose_second_factor_one_may_clear(api: Api, owner: Tenant) -> None:
    clerk, stranger = await user_of(api, owner, "settings-admin"), await api.account("stranger")
    await turn_on(api, owner)

    refused = await clear(api, clerk, proof(), owner)
    assert (refused.status, refused.body["error"][0]["message"]) == (401, "Permission denied")
    assert (await clear(api, stranger, proof(), owner)).status == 404
    child = await api.account("child", parent=stranger.id)
    await turn_on(api, child)
    path = f"{CLEAR}/{child.user.id}"
    assert (await api.call("DELETE", path, stranger, proof())).status == 404
    assert (await api.call("DELETE", path, stranger, proof(), params={"accountSid": child.sid})).status == 200
    await api.assert_privileges([("DELETE", path, "user-update")], "gi-agent")


async def test_wrong_tries_lock_the_user_name(api: Api, owner: Tenant) -> None:
    setup = await turn_on(api, owner)
    code = pin(api, setup)
    for _ in range(5):
        assert (await api.post(CONFIRM, owner, proof("000000x"))).status == 400
        assert (await clear(api, owner, proof(code, "wrong"))).status == 400

    for answer in (
        await api.post(CONFIRM, owner, proof(code)),
        await clear(api, owner, proof(code)),
        await sign_in(api, owner, pincode=code),
    ):
        assert answer.errors == [("403", "too many failed sign-ins; try again in 15 minutes")]


async def test_a_new_password_takes_the_pincode_too(api: Api, owner: Tenant) -> None:
    setup = await turn_on(api, owner)
    body = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    path = f"{USERS}/password/update"

    assert problems_of(await api.put(path, owner, body))[0][0] == "pincode"
    assert problems_of(await api.put(path, owner, {**body, "pincode": 1}))[0][0] == "pincode"
    assert (await api.put(path, owner, {**body, "pincode": int(pin(api, setup))})).only["twoFactorEnabled"] is True
    assert (await sign_in(api, owner, NEW_PASSWORD, pincode=pin(api, setup, 1))).status == 200


async def test_every_user_has_a_password_and_a_second_factor_of_their_own(api: Api, owner: Tenant) -> None:
    nobody = await user_of(api, owner)
    setup = await turn_on(api, nobody)
    body = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD, "pincode": pin(api, setup)}

    assert (await api.put(f"{USERS}/password/update", nobody, body)).status == 200
    assert (await sign_in(api, nobody, NEW_PASSWORD, pincode=setup["recoveryCodes"][0])).status == 200
