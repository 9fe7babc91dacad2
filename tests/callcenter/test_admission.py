"""Who is let in to the text API, and what the others hear."""

from __future__ import annotations

import pytest
from tests.callcenter.house import NAME, NON_AGENT, Center
from tests.harness import PASSWORD

WRONG = "ERROR: Login incorrect, please try again: |6666|****|BAD|"


async def test_the_version_needs_no_credentials(center: Center) -> None:
    (line,) = await center.lines({"function": "version"})
    now = center.api.clock.now()
    assert line == (
        f"VERSION: 2.14-194|BUILD: 241004-1518|DATE: {now:%Y-%m-%d %H:%M:%S}|EPOCH: {int(now.timestamp())}"
        "|DST: 0|TZ: 0|TZNOW: 0|"
    )


@pytest.mark.parametrize("bad", ["", "wrong", "correct horse battery "])
async def test_a_wrong_password_is_masked_in_the_answer(center: Center, bad: str) -> None:
    assert await center.ask("add_lead", **{"pass": bad}) == [WRONG]


async def test_ten_wrong_passwords_lock_the_user_for_a_quarter_of_an_hour(center: Center) -> None:
    for _ in range(10):
        assert await center.ask("add_lead", **{"pass": "wrong"}) == [WRONG]
    locked = ["ERROR: Too many login attempts, try again in 15 minutes: |6666|LOCK|"]
    assert await center.ask("nothing") == locked
    center.api.clock.advance(901)
    assert await center.ask("nothing") == ["ERROR: NO FUNCTION SPECIFIED"]


async def test_users_below_level_seven_and_inactive_ones_are_nobody(center: Center) -> None:
    await center.user("101", user_level=6)
    await center.user("102", user_level=8, active="N")
    for user in ("101", "102"):
        (line,) = await center.ask("add_lead", user=user)
        assert line == f"ERROR: Login incorrect, please try again: |{user}|****|BAD|"


async def test_a_source_has_two_characters(center: Center) -> None:
    assert await center.ask("add_lead", source="x") == ["ERROR: Invalid Source - x", "ERROR: Invalid Source: |x|"]


async def test_functions_that_a_user_may_not_call_are_refused(center: Center) -> None:
    few = {"user_level": 8, "modify_leads": 1, "vdc_agent_api_access": 1, "api_allowed_functions": ["add_lead"]}
    await center.user("8001", **few)
    await center.user("8002", user_level=8)
    denied = "USER DOES NOT HAVE PERMISSION TO"
    assert await center.ask("add_list", user="8001") == [f"ERROR: auth {denied} USE THIS FUNCTION: |8001|add_list|"]
    assert await center.ask("add_lead", user="8002") == [f"ERROR: add_lead {denied} ADD LEADS TO THE SYSTEM: |8002|0|"]
    assert await center.ask("add_user", user="8002") == [f"ERROR: add_user {denied} ADD USERS: |8002|0|"]


async def test_an_unknown_function_is_none(center: Center) -> None:
    assert await center.ask("brew") == ["ERROR: NO FUNCTION SPECIFIED"]
    assert await center.ask("") == ["ERROR: NO FUNCTION SPECIFIED"]


async def test_a_form_is_as_good_as_a_query_which_comes_first(center: Center) -> None:
    form = {"function": "nothing", "user": NAME, "pass": PASSWORD, "source": "x"}
    answer = await center.http.post(NON_AGENT, params={"source": "test"}, data=form)
    assert answer.text == "ERROR: NO FUNCTION SPECIFIED\n"


async def test_users_of_the_same_name_are_told_apart_by_password_or_account(center: Center) -> None:
    other = await center.api.account("other")
    body = {"user": NAME, "pass": "another-horse-8", "full_name": "x", "user_level": 9, "user_group": "ADMIN"}
    await center.api.post("/v4/cc/users", other, body)
    assert await center.ask("nothing", **{"pass": "another-horse-8"}) == ["ERROR: NO FUNCTION SPECIFIED"]
    assert await center.ask("nothing", accountSid=other.sid) == [WRONG]
    await center.api.put(f"/v4/cc/users/{NAME}", other, {"pass": PASSWORD})
    assert await center.ask("nothing") == [WRONG], "nobody can tell whose it is"
    assert await center.ask("nothing", accountSid=other.sid) == ["ERROR: NO FUNCTION SPECIFIED"]


async def test_a_changed_password_counts_at_once(center: Center) -> None:
    assert await center.ask("nothing") == ["ERROR: NO FUNCTION SPECIFIED"]
    await center.api.put(f"/v4/cc/users/{NAME}", center.owner, {"pass": "another-horse-8"})
    assert await center.ask("nothing") == [WRONG]


async def test_calls_are_logged_without_passwords(center: Center) -> None:
    await center.campaign()
    await center.list(source="postman")
    (row,) = await center.api.fetch("select * from cc_api_log")
    assert (row["name"], row["function"], row["result"], row["source"]) == (NAME, "add_list", "SUCCESS", "postman")
    assert (row["reason"], row["data"]) == ("add_list LIST HAS BEEN ADDED", f"{NAME}|101|A list|SPRING")
    assert PASSWORD not in str(row)


@pytest.mark.parametrize("value", ["'; drop table cc_leads; --", "<script>alert(1)</script>", "\x00\x01", "a|b|c"])
async def test_odd_values_come_back_harmless(center: Center, value: str) -> None:
    good = {"function": "add_lead", "user": NAME, "pass": PASSWORD, "source": "test", "phone_number": "9495551234"}
    for name in ("function", "user", "source", "list_id", "phone_number", "accountSid"):
        for line in await center.lines({**good, name: value}):
            assert not set(line) & set("<>'\";\0")
