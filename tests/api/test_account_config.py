"""Requests 12 to 21: an account's configuration, and what it keeps for services outside."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.harness import Api, Tenant

from cordboard.domain.accounts.config_keys import BadValueError, config_keys
from cordboard.domain.accounts.external_config import LONGEST_VALUE, MASK, MOST_ENTRIES
from cordboard.domain.accounts.settings import AccountSettings, parse_settings
from cordboard.kit.secrets import UnsealError

CONFIG = "/ams/v3/accounts/config"
EXTERNAL = "/ams/v3/accounts/external/config"
READ_ONLY = (
    "funded",
    "requests_per_second",
    "concurrent_calls",
    "calls_per_second",
    "daily_call_spend",
    "dialling_caps",
    "federal_dnc",
)
SECRET = "sk-not-a-real-key-5f1e"
FUNDED = {"key": "funded", "value": "true"}


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account whose configuration it is."""
    return await api.account()


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


async def settings_of(api: Api, tenant: Tenant) -> AccountSettings:
    async with api.platform.database.transaction() as tx:
        return await api.platform.accounts.settings(tx, tenant.id)


async def opened(api: Api, tenant: Tenant, provider: str) -> dict[str, str]:
    async with api.platform.database.transaction() as tx:
        return await api.platform.people.external_config.opened(tx, tenant.id, provider)


async def test_values_are_kept_and_shown_to_their_account_only(api: Api, acme: Tenant, stranger: Tenant) -> None:
    saved = (await api.post(f"{CONFIG}/", acme, {"key": "company_phone", "value": "1 (800) 555-1234"})).only

    assert saved == {"key": "company_phone", "value": "+18005551234"}
    assert (await api.get(f"{CONFIG}/company_phone", acme)).only == saved
    assert (await api.get(f"{CONFIG}/", acme)).payload == [FUNDED, saved]
    assert (await api.get(CONFIG, acme, keys="company_phone, zip,nonsense")).payload == [saved]
    assert (await api.get(CONFIG, stranger)).payload == [FUNDED]
    assert (await api.get(f"{CONFIG}/company_phone", stranger)).errors == [("404", "key")]


async def test_several_are_saved_at_once_and_the_last_of_a_key_counts(api: Api, acme: Tenant) -> None:
    given = [{"key": "state", "value": "NV"}, {"key": "zip", "value": "90210"}, {"key": "state", "value": "CA"}]

    saved = (await api.put(CONFIG, acme, given)).payload

    assert saved == [{"key": "state", "value": "CA"}, {"key": "zip", "value": "90210"}]
    assert (await api.get(CONFIG, acme)).payload == [FUNDED, *saved]


async def test_an_empty_value_and_a_delete_unset_a_key(api: Api, acme: Tenant) -> None:
    state = {"key": "state", "value": "CA"}
    await api.post(CONFIG, acme, state)

    assert (await api.delete(f"{CONFIG}/state/", acme)).only == state
    assert (await api.delete(f"{CONFIG}/state", acme)).errors == [("404", "key")]
    await api.post(CONFIG, acme, state)
    assert (await api.post(CONFIG, acme, {"key": "state", "value": " "})).only == {"key": "state", "value": ""}

    assert (await api.get(CONFIG, acme)).payload == [FUNDED]
    assert await api.fetch("select from account_settings") == []


async def test_settings_work_at_once(api: Api, acme: Tenant) -> None:
    assert (await settings_of(api, acme)).stop_reply == ""

    await api.put(
        CONFIG,
        acme,
        [
            {"key": "stop_reply", "value": "Bye"},
            {"key": "quiet_hours_start", "value": "21:00"},
            {"key": "substitute_look_alikes", "value": "TRUE"},
        ],
    )

    changed = await settings_of(api, acme)
    assert (changed.stop_reply, changed.substitute_look_alikes) == ("Bye", True)
    assert str(changed.quiet_hours_start) == "21:00:00"
    await api.delete(f"{CONFIG}/stop_reply", acme)
    assert (await settings_of(api, acme)).stop_reply == ""


@pytest.mark.parametrize("key", [*READ_ONLY, "nonsense", "'; drop table accounts; --"])
async def test_what_limits_an_account_and_what_is_unknown_cannot_be_written(api: Api, acme: Tenant, key: str) -> None:
    async with api.platform.database.transaction() as tx:
        if key in AccountSettings.__struct_fields__ and key not in ("federal_dnc", "dialling_caps"):
            await api.platform.accounts.change_setting(tx, acme.id, key, "7")
    before = await api.fetch("select * from account_settings")

    for answer in (
        await api.post(CONFIG, acme, {"key": key, "value": "1000"}),
        await api.put(CONFIG, acme, [{"key": "state", "value": "CA"}, {"key": key, "value": "1000"}]),
        await api.delete(f"{CONFIG}/{key}".replace("'", "%27"), acme),
    ):
        assert answer.status == 401
        assert answer.body["error"][0]["message"] == "Permission denied"
        assert key in str(answer.errors[0][1])
    assert await api.fetch("select * from account_settings") == before


async def test_a_parent_cannot_raise_the_limits_of_its_subaccount_either(api: Api, acme: Tenant) -> None:
    child = await api.account("child", parent=acme.id)

    answer = await api.post(CONFIG, acme, {"key": "concurrent_calls", "value": "9", "accountSid": child.sid})

    assert answer.status == 401


async def test_the_operator_sets_limits_and_nobody_says_who_is_funded(api: Api) -> None:
    operator = await api.account("operator", role="platform-admin")
    child = await api.account("child", parent=operator.id)

    saved = await api.post(CONFIG, operator, {"key": "concurrent_calls", "value": "9", "accountSid": child.sid})

    assert saved.only == {"key": "concurrent_calls", "value": "9"}
    assert (await settings_of(api, child)).concurrent_calls == 9
    assert (await api.get(f"{CONFIG}/concurrent_calls", child)).only["value"] == "9"
    assert (await api.post(CONFIG, operator, {"key": "funded", "value": "true"})).status == 401


async def test_funded_says_whether_there_is_anything_to_spend(api: Api, acme: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, acme.id, "prepaid")
    assert (await api.get(f"{CONFIG}/funded", acme)).only["value"] == "false"

    async with api.platform.database.transaction() as tx:
        await api.platform.billing.credit(tx, acme.id, 1_000_000, "a test")

    assert (await api.get(f"{CONFIG}/funded", acme)).only["value"] == "true"


BAD_VALUES = [
    ("company_phone", "nobody"),
    ("company_name", "x" * 256),
    ("address1", "two\nlines"),
    ("country", "USA"),
    ("dnc_callback_url", "ftp://example.com"),
    ("dnc_callback_url", "example.com"),
    ("dnc_callback_method", "PATCH"),
    ("quiet_hours_start", "25:00"),
    ("quiet_hours_end", "9pm"),
    ("substitute_look_alikes", "yes"),
    ("help_reply", "x" * 1601),
    ("call_threshold", "0"),
    ("call_threshold_hours", "721"),
    ("call_threshold", "-1"),
    ("call_threshold", "9" * 40),
]


@pytest.mark.parametrize(("key", "value"), BAD_VALUES)
async def test_a_bad_value_is_named_by_its_key_and_nothing_is_saved(
    api: Api, acme: Tenant, key: str, value: str
) -> None:
    for answer in (
        await api.post(CONFIG, acme, {"key": key, "value": value}),
        await api.put(CONFIG, acme, [{"key": "state", "value": "CA"}, {"key": key, "value": value}]),
    ):
        assert (answer.status, answer.errors) == (400, [("400", key)])
    assert await api.fetch("select from account_settings") == []


async def test_a_list_has_bounds(api: Api, acme: Tenant) -> None:
    for configs in ([], [{"key": "state", "value": "CA"}] * 101):
        assert (await api.put(CONFIG, acme, configs)).errors == [("400", "configs")]
    for entries in ([], [{"provider": "p", "key": "k", "value": "v"}] * 101):
        assert (await api.put(EXTERNAL, acme, entries)).errors == [("400", "configs")]


def test_every_setting_of_the_platform_is_declared() -> None:
    assert set(AccountSettings.__struct_fields__) - set(config_keys(allow_private_urls=True)) == set()


def test_addresses_of_this_network_are_no_callbacks() -> None:
    url = config_keys(allow_private_urls=False)["dnc_callback_url"]

    for address in ("http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/x"):
        with pytest.raises(BadValueError):
            url.value_of(address)
    assert url.value_of("https://example.com/dnc") == "https://example.com/dnc"


_LIKELY = st.sampled_from(
    ["", "true", "False", "0", "1", "720", "721", "007", "21:00", "24:00", "09:30:15", "25", "25.5", "+1876=5,+882=0"]
) | st.text(max_size=30)


@given(name=st.sampled_from(sorted(AccountSettings.__struct_fields__)), value=_LIKELY)
def test_what_a_key_takes_is_what_the_platform_understands(name: str, value: str) -> None:
    try:
        kept = config_keys(allow_private_urls=True)[name].value_of(value)
    except BadValueError:
        return

    assert config_keys(allow_private_urls=True)[name].value_of(kept) == kept
    parse_settings({name: kept})


async def test_secrets_are_sealed_and_never_told(api: Api, acme: Tenant, stranger: Tenant) -> None:
    given = [
        {"provider": "mailgun", "key": "domain", "value": "mg.example.com"},
        {"provider": "mailgun", "key": "api_key", "encryptedValue": SECRET},
    ]
    with capture_logs() as logs:
        saved = (await api.put(f"{EXTERNAL}/", acme, given)).payload
        single = (await api.post(EXTERNAL, acme, {"provider": "sendgrid", "key": "k", "encryptedValue": SECRET})).only
    masked = {"provider": "mailgun", "key": "api_key", "encryptedValue": MASK}

    assert saved == [given[0], masked]
    assert single["encryptedValue"] == "********"
    assert (await api.get(EXTERNAL, acme)).payload == [masked, given[0], single]
    assert (await api.get(EXTERNAL, stranger)).payload == []
    assert await opened(api, acme, "mailgun") == {"domain": "mg.example.com", "api_key": SECRET}
    assert await opened(api, stranger, "mailgun") == {}
    stored = await api.fetch("select * from external_settings")
    assert SECRET not in repr(stored)
    assert SECRET not in repr(logs)
    assert [bool(row["value"]) for row in stored].count(True) == 1


async def test_a_sealed_value_works_in_its_own_place_only(api: Api, acme: Tenant, stranger: Tenant) -> None:
    await api.post(EXTERNAL, acme, {"provider": "p", "key": "k", "encryptedValue": SECRET})
    async with api.platform.database.transaction() as tx:
        await tx.execute("update external_settings set account_id = $1", stranger.id)

    with pytest.raises(UnsealError):
        await opened(api, stranger, "p")


async def test_the_mask_sent_back_leaves_a_secret_as_it_is(api: Api, acme: Tenant) -> None:
    await api.post(EXTERNAL, acme, {"provider": "p", "key": "k", "encryptedValue": SECRET})
    shown = (await api.get(EXTERNAL, acme)).payload

    assert (await api.put(EXTERNAL, acme, shown)).payload == shown

    assert await opened(api, acme, "p") == {"k": SECRET}
    answer = await api.post(EXTERNAL, acme, {"provider": "p", "key": "new", "encryptedValue": MASK})
    assert (answer.status, answer.errors) == (400, [("400", "encryptedValue")])


async def test_a_value_is_replaced_and_removed(api: Api, acme: Tenant, stranger: Tenant) -> None:
    for key, value in (("a", "1"), ("b", "2"), ("a", "3")):
        await api.post(EXTERNAL, acme, {"provider": "p", "key": key, "value": value})
    await api.post(EXTERNAL, acme, {"provider": "q", "key": "a", "value": "4"})
    first = {"provider": "p", "key": "a", "value": "3"}

    assert (await api.delete(f"{EXTERNAL}/p", stranger)).errors == [("404", "provider")]
    assert (await api.delete(f"{EXTERNAL}/p/a", stranger)).errors == [("404", "key")]
    assert (await api.delete(f"{EXTERNAL}/p/a", acme)).only == first
    assert (await api.delete(f"{EXTERNAL}/p/a", acme)).errors == [("404", "key")]
    await api.post(EXTERNAL, acme, first)
    assert [one["key"] for one in (await api.delete(f"{EXTERNAL}/p/", acme)).payload] == ["a", "b"]
    assert (await api.delete(f"{EXTERNAL}/p", acme)).errors == [("404", "provider")]
    assert [one["provider"] for one in (await api.get(EXTERNAL, acme)).payload] == ["q"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": ""}, "provider"),
        ({"provider": "a b"}, "provider"),
        ({"provider": "x" * 101}, "provider"),
        ({"key": "a/b"}, "key"),
        ({"value": None}, "value"),
        ({"encryptedValue": SECRET}, "value"),
        ({"value": ""}, "value"),
        ({"value": None, "encryptedValue": ""}, "encryptedValue"),
        ({"value": "x" * (LONGEST_VALUE + 1)}, "value"),
        ({"value": None, "encryptedValue": "x" * (LONGEST_VALUE + 1)}, "encryptedValue"),
    ],
)
async def test_a_bad_external_value_is_named_and_nothing_is_saved(
    api: Api, acme: Tenant, changes: dict[str, Any], field: str
) -> None:
    good = {"provider": "p", "key": "k", "value": "v"}

    for answer in (
        await api.post(EXTERNAL, acme, {**good, **changes}),
        await api.put(EXTERNAL, acme, [good, {**good, "key": "other", **changes}]),
    ):
        assert (answer.status, answer.errors) == (400, [("400", field)])
        assert SECRET not in str(answer.body)
    assert await api.fetch("select from external_settings") == []


async def test_the_number_of_external_values_is_limited(api: Api, acme: Tenant) -> None:
    entries = [{"provider": "p", "key": f"k{index}", "value": "v"} for index in range(MOST_ENTRIES)]
    for start in range(0, MOST_ENTRIES, 100):
        await api.put(EXTERNAL, acme, entries[start : start + 100])

    assert (await api.post(EXTERNAL, acme, {**entries[0], "value": "w"})).status == 200
    answer = await api.post(EXTERNAL, acme, {**entries[0], "key": "one-too-many"})

    assert (answer.status, answer.errors) == (400, [("400", "provider")])


async def test_privileges_are_needed(api: Api) -> None:
    await api.assert_privileges(
        (
            ("GET", CONFIG, "acct-read"),
            ("GET", f"{CONFIG}/state", "acct-read"),
            ("POST", CONFIG, "acct-update"),
            ("PUT", CONFIG, "acct-update"),
            ("DELETE", f"{CONFIG}/state", "acct-update"),
            ("GET", EXTERNAL, "acct-read"),
            ("POST", EXTERNAL, "acct-update"),
            ("PUT", EXTERNAL, "acct-update"),
            ("DELETE", f"{EXTERNAL}/p", "acct-update"),
            ("DELETE", f"{EXTERNAL}/p/k", "acct-update"),
        ),
        "basic-reports",
    )
