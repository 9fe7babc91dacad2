"""add_list and update_list, line by line."""

from __future__ import annotations

from typing import Any

import pytest
from tests.callcenter.house import BELONGINGS, NAME, WITH_BELONGINGS, Center, lead_of

ERROR, NOTICE = "ERROR: update_list", "NOTICE: update_list"


@pytest.fixture(autouse=True)
async def spring(center: Center) -> None:
    """A campaign."""
    await center.campaign()


async def stored(center: Center, list_id: int = 101) -> dict[str, Any]:
    """A list as it is kept."""
    (row,) = await center.api.fetch("select * from cc_lists where list_id = $1", list_id)
    return row


async def test_a_list_has_the_settings_that_are_given(center: Center) -> None:
    await center.list(
        active="Y",
        list_description="About",
        outbound_cid="+1 (949) 555-1234",
        reset_time="0900-1700",
        tz_method="POSTAL_CODE",
        local_call_time="12pm-5pm",
        expiration_date="2027-01-31",
        xferconf_two="19495551234",
    )
    row = await stored(center)
    assert row["campaign_id"] == "SPRING"
    expected = {
        "list_name": "A list",
        "active": "Y",
        "list_description": "About",
        "outbound_cid": "19495551234",
        "reset_time": "0900-1700",
        "time_zone_setting": "POSTAL_CODE",
        "local_call_time": "12pm-5pm",
        "expiration_date": "2027-01-31",
        "xferconf_two": "19495551234",
    }
    assert expected.items() <= row["settings"].items()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"list_id": "1"}, "YOU MUST USE ALL REQUIRED FIELDS: |6666|1|A list|SPRING"),
        ({"list_name": "A"}, "YOU MUST USE ALL REQUIRED FIELDS: |6666|101|A|SPRING"),
        ({"campaign_id": ""}, "YOU MUST USE ALL REQUIRED FIELDS: |6666|101|A list|"),
        ({"campaign_id": "NONE"}, "CAMPAIGN DOES NOT EXIST: |6666|NONE"),
        ({"reset_time": "2500"}, "RESET TIME IS NOT VALID, THIS IS AN OPTIONAL FIELD: |6666|2500"),
        ({"tz_method": "MOON"}, "TIME ZONE METHOD IS NOT VALID, THIS IS AN OPTIONAL FIELD: |6666|MOON"),
        ({"local_call_time": "never"}, "LOCAL CALL TIME DOES NOT EXIST, THIS IS AN OPTIONAL FIELD: |6666|never"),
        ({"expiration_date": "soon"}, "EXPIRATION DATE IS NOT VALID, THIS IS AN OPTIONAL FIELD: |6666|soon"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_kept(center: Center, given: dict[str, str], line: str) -> None:
    sent = {"list_id": "101", "list_name": "A list", "campaign_id": "SPRING", **given}
    assert await center.ask("add_list", **sent) == [f"ERROR: add_list {line}"]
    assert await center.api.fetch("select 1 from cc_lists") == []


async def test_a_list_is_there_once(center: Center) -> None:
    await center.list()
    again = await center.ask("add_list", list_id=101, list_name="Again", campaign_id="SPRING")
    assert again == [f"ERROR: add_list LIST ALREADY EXISTS: |{NAME}|101"]


async def test_settings_are_changed(center: Center) -> None:
    await center.list()
    await center.campaign("AUTUMN")
    await center.ask("add_lead", list_id=101, phone_number="9495551234", add_to_hopper="Y")
    await center.ask("update_list", list_id=101, active="N", campaign_id="SPRING")
    assert len(await center.api.fetch("select 1 from cc_hopper")) == 1, "its campaign is the same"
    changed = await center.ask("update_list", list_id=101, campaign_id="AUTUMN", active="Y", list_name="Better name")
    assert changed == [f"SUCCESS: update_list LIST HAS BEEN UPDATED - {NAME}|101"]
    assert await center.api.fetch("select 1 from cc_hopper") == [], "another campaign dials it now"
    row = await stored(center)
    assert (row["campaign_id"], row["settings"]["active"], row["settings"]["list_name"]) == (
        "AUTUMN",
        "Y",
        "Better name",
    )


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"list_id": "1"}, f"{ERROR} YOU MUST USE ALL REQUIRED FIELDS: |6666|1"),
        ({"list_id": "555"}, f"{ERROR} LIST DOES NOT EXIST: |6666|555"),
        ({}, f"{NOTICE} NO UPDATES DEFINED: |6666|"),
        ({"campaign_id": "NONE"}, f"{ERROR} CAMPAIGN DOES NOT EXIST: |6666|NONE"),
        ({"reset_time": "9"}, f"{ERROR} RESET TIME IS NOT VALID, THIS IS AN OPTIONAL FIELD: |6666|9"),
        (
            {"list_name": "Short"},
            f"{ERROR} LIST NAME MUST BE FROM 6 TO 30 CHARACTERS, THIS IS AN OPTIONAL FIELD: |6666|Short",
        ),
    ],
)
async def test_a_bad_change_is_said(center: Center, given: dict[str, str], line: str) -> None:
    await center.list()
    before = await stored(center)
    assert await center.ask("update_list", **{"list_id": "101", **given}) == [line]
    assert await stored(center) == before


async def test_a_list_that_is_not_there_may_be_made(center: Center) -> None:
    lines = await center.ask(
        "update_list", list_id=102, list_name="A new list", campaign_id="SPRING", insert_if_not_found="Y"
    )
    assert lines == [
        f"{NOTICE} LIST DOES NOT EXIST, SENDING TO add_list FUNCTION: |{NAME}|102",
        f"SUCCESS: add_list LIST HAS BEEN ADDED - {NAME}|102|A new list|SPRING",
    ]


async def test_leads_are_called_again_after_a_reset_as_often_as_a_day_allows(center: Center) -> None:
    await center.list()
    (line,) = await center.ask("add_lead", list_id=101, phone_number="9495551234")
    await center.api.fetch("update cc_leads set called_since_last_reset = 'Y'")
    await center.api.fetch("""update cc_lists set settings = settings || '{"daily_reset_limit": 1}'""")
    assert await center.ask("update_list", list_id=101, reset_list="Y") == [
        f"{NOTICE} LEADS IN LIST HAVE BEEN RESET - {NAME}|101|1"
    ]
    assert (await center.lead(lead_of(line)))["called_since_last_reset"] == "N"
    assert await center.ask("update_list", list_id=101, reset_list="Y") == [
        f"{NOTICE} LIST RESET FAILED, daily reset limit reached: 1 / 1 - {NAME}|101"
    ]
    center.api.clock.advance(86_400)
    (again,) = await center.ask("update_list", list_id=101, reset_list="Y")
    assert again.startswith(f"{NOTICE} LEADS IN LIST HAVE BEEN RESET")


async def test_leads_and_lists_are_removed_by_who_may(center: Center) -> None:
    await center.list()
    for number in ("9495551234", "9495551235"):
        await center.ask("add_lead", list_id=101, phone_number=number, **WITH_BELONGINGS)
    for table in BELONGINGS:
        assert len(await center.api.fetch(f"select 1 from {table}")) == 2, table
    assert await center.ask("update_list", list_id=101, delete_leads="Y") == [
        f"{NOTICE} LEADS IN LIST HAVE BEEN DELETED - {NAME}|101|2"
    ]
    for table in ("cc_leads", *BELONGINGS):
        assert await center.api.fetch(f"select 1 from {table}") == [], table
    await center.user("8001", user_level=8, modify_lists=1, vdc_agent_api_access=1)
    denied = f"{ERROR} USER DOES NOT HAVE PERMISSION TO DELETE LISTS: |8001|0|"
    assert await center.ask("update_list", list_id=101, delete_list="Y", user="8001") == [denied]
    assert await center.ask("update_list", list_id=101, delete_list="Y") == [
        f"{NOTICE} LIST HAS BEEN DELETED - {NAME}|101|0"
    ]
    assert await center.api.fetch("select 1 from cc_lists") == []


async def test_lists_of_others_do_not_exist(center: Center) -> None:
    await center.list()
    other = await center.api.account("other")
    body = {"user": "7777", "pass": "another-horse-8", "full_name": "x", "user_level": 9, "user_group": "ADMIN"}
    await center.api.post("/v4/cc/users", other, body)
    lines = await center.ask("update_list", list_id=101, active="Y", user="7777", **{"pass": "another-horse-8"})
    assert lines == [f"{ERROR} LIST DOES NOT EXIST: |7777|101"]


async def test_a_restricted_user_touches_the_lists_of_its_campaigns_only(center: Center) -> None:
    await center.campaign("AUTUMN")
    await center.list(101, "SPRING")
    await center.list(102, "AUTUMN")
    group = {"user_group": "SALES", "group_name": "Sales", "allowed_campaigns": ["SPRING"]}
    await center.api.post("/v4/cc/user-groups", center.owner, group)
    rights = {"modify_lists": 1, "modify_leads": 1, "vdc_agent_api_access": 1, "api_list_restrict": 1}
    await center.user("8001", user_level=8, user_group="SALES", **rights)
    assert (await center.ask("update_list", list_id=101, active="Y", user="8001"))[0].startswith("SUCCESS")
    assert await center.ask("update_list", list_id=102, active="Y", user="8001") == [
        f"{ERROR} NOT AN ALLOWED LIST ID - 102"
    ]
    assert await center.ask("add_lead", list_id=102, phone_number="9495551234", user="8001") == [
        "ERROR: add_lead NOT AN ALLOWED LIST ID - 9495551234|102"
    ]
