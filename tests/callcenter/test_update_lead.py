"""update_lead, line by line."""

from __future__ import annotations

from typing import Any

import pytest
from tests.callcenter.house import BELONGINGS, NAME, WITH_BELONGINGS, Center, lead_of

PHONE = "9495551234"
ERROR, NOTICE, SUCCESS = "ERROR: update_lead", "NOTICE: update_lead", "SUCCESS: update_lead"


@pytest.fixture(autouse=True)
async def spring(center: Center) -> None:
    """A campaign with two lists, and one with another."""
    await center.campaign()
    await center.campaign("AUTUMN")
    await center.list(101)
    await center.list(102)
    await center.list(103, "AUTUMN")


async def lead(center: Center, **given: Any) -> int:
    """A lead of list 101."""
    lines = await center.ask("add_lead", **{"phone_number": PHONE, "list_id": 101, **given})
    return lead_of(lines[0])


async def update(center: Center, **given: Any) -> list[str]:
    """The lines for a change."""
    return await center.ask("update_lead", **given)


async def test_fields_are_changed_and_emptied(center: Center) -> None:
    lead_id = await lead(center, first_name="Ann", city="Irvine")
    lines = await update(
        center,
        lead_id=lead_id,
        first_name="Bea",
        city="--BLANK--",
        status="SALE",
        user_field="101",
        list_id_field="102",
    )
    assert lines == [f"{SUCCESS} LEAD HAS BEEN UPDATED - {NAME}|{lead_id}|1|||"]
    row = await center.lead(lead_id)
    assert (row["first_name"], row["city"], row["status"], row["agent"], row["list_id"]) == (
        "Bea",
        "",
        "SALE",
        "101",
        102,
    )


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"search_method": "PHONE_NUMBER", "phone_number": PHONE}, ["third"]),
        ({"search_method": "PHONE_NUMBER", "phone_number": PHONE, "records": "9"}, ["third", "second", "first"]),
        (
            {"search_method": "PHONE_NUMBER", "phone_number": PHONE, "list_id": "101", "search_location": "LIST"},
            ["first"],
        ),
        (
            {
                "search_method": "PHONE_NUMBER",
                "phone_number": PHONE,
                "list_id": "101",
                "search_location": "CAMPAIGN",
                "records": "9",
            },
            ["second", "first"],
        ),
        ({"search_method": "VENDOR_LEAD_CODE", "vendor_lead_code": "second"}, ["second"]),
        (
            {"search_method": "LEAD_ID_VENDOR_LEAD_CODE", "lead_id": "999999", "vendor_lead_code": "second"},
            ["second"],
        ),
        ({"search_method": "PHONE_NUMBER", "phone_number": f"+1{PHONE}", "from_ytel_api": "Y"}, ["third"]),
    ],
)
async def test_leads_are_found_by_what_is_known_of_them(
    center: Center, given: dict[str, str], found: list[str]
) -> None:
    for list_id, code in ((101, "first"), (102, "second"), (103, "third")):
        await lead(center, list_id=list_id, vendor_lead_code=code)
        center.api.clock.advance(1)
    lines = await update(center, **given, no_update="Y")
    assert [line.split("|")[3] for line in lines] == found
    assert all(line.startswith(f"{NOTICE} LEADS FOUND IN THE SYSTEM: |{NAME}|") for line in lines)


async def test_what_nobody_has_is_not_found_or_added(center: Center) -> None:
    asked = {"search_method": "PHONE_NUMBER", "phone_number": PHONE, "first_name": "Ann"}
    none = f"NO MATCHES FOUND IN THE SYSTEM: |{NAME}|||{PHONE}"
    assert await update(center, **asked) == [f"{ERROR} {none}"]
    assert await update(center, **asked, no_update="Y") == [f"{NOTICE} {none}"]
    bad = f"{ERROR} INVALID DATA FOR LEAD INSERTION - {NAME}|{PHONE}||101|Y"
    assert await update(center, **asked, insert_if_not_found="Y", list_id=101) == [f"{NOTICE} {none}", bad]
    first, line = await update(
        center, **asked, insert_if_not_found="Y", phone_code="1", list_id=101, list_id_field=102, status="HOT"
    )
    row = await center.lead(lead_of(line))
    assert first == f"{NOTICE} {none}"
    assert line == f"{SUCCESS} LEAD HAS BEEN ADDED - {PHONE}|102|{row['lead_id']}|-8|{NAME}"
    assert (row["status"], row["first_name"]) == ("HOT", "Ann")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"search_method": "MOON", "lead_id": "1"}, "NO VALID SEARCH METHOD - 6666|MOON|1||"),
        ({}, "NO VALID SEARCH METHOD - 6666||||"),
        ({"search_method": "PHONE_NUMBER"}, "NO VALID SEARCH METHOD - 6666|PHONE_NUMBER|||"),
    ],
)
async def test_a_search_needs_a_method_and_a_value(center: Center, given: dict[str, str], line: str) -> None:
    assert await update(center, **given) == [f"{ERROR} {line}"]


async def test_leads_of_others_are_not_found(center: Center) -> None:
    lead_id = await lead(center)
    other = await center.api.account("other")
    body = {"user": "7777", "pass": "another-horse-8", "full_name": "x", "user_level": 9, "user_group": "ADMIN"}
    await center.api.post("/v4/cc/users", other, body)
    stranger = {"user": "7777", "pass": "another-horse-8"}
    assert await update(center, lead_id=lead_id, city="x", **stranger) == [
        f"{ERROR} NO MATCHES FOUND IN THE SYSTEM: |7777|{lead_id}||"
    ]


async def test_a_restricted_user_changes_the_leads_of_its_campaigns_only(center: Center) -> None:
    lead_id, other = await lead(center), await lead(center, list_id=103)
    group = {"user_group": "SALES", "group_name": "Sales", "allowed_campaigns": ["SPRING"]}
    await center.api.post("/v4/cc/user-groups", center.owner, group)
    rights = {"modify_leads": 1, "vdc_agent_api_access": 1, "api_list_restrict": 1}
    await center.user("8001", user_level=8, user_group="SALES", **rights)
    assert (await update(center, lead_id=lead_id, city="x", user="8001"))[0].startswith(SUCCESS)
    assert await update(center, lead_id=other, city="x", user="8001") == [
        f"{ERROR} NOT AN ALLOWED LIST ID, RESULTS - 103"
    ]
    assert await update(center, lead_id=lead_id, list_id_field="103", user="8001") == [
        f"{ERROR} NOT AN ALLOWED LIST ID, RESULTS - 103"
    ]
    assert await update(center, lead_id=lead_id, list_id="103", user="8001") == [
        f"{ERROR} NOT AN ALLOWED LIST ID, SEARCH - |103"
    ]
    assert (await center.lead(lead_id))["list_id"] == 101


async def test_a_lead_is_removed_with_what_is_scheduled_for_it(center: Center) -> None:
    lead_id = await lead(center, **WITH_BELONGINGS)
    assert await update(center, lead_id=lead_id, delete_lead="Y") == [
        f"{SUCCESS} LEAD HAS BEEN DELETED 1|0 - {NAME}|{lead_id}|1|0|0|"
    ]
    for table in ("cc_leads", *BELONGINGS):
        assert await center.api.fetch(f"select 1 from {table}") == [], table


async def test_a_lead_is_called_again_after_a_reset(center: Center) -> None:
    lead_id = await lead(center)
    await center.api.fetch("update cc_leads set called_since_last_reset = 'Y'")
    await update(center, lead_id=lead_id, reset_lead="Y")
    assert (await center.lead(lead_id))["called_since_last_reset"] == "N"


async def test_a_lead_gets_in_line_once(center: Center) -> None:
    lead_id = await lead(center)
    told = f"{PHONE}|{lead_id}"
    (_, line) = await update(center, lead_id=lead_id, add_to_hopper="Y", hopper_priority="7")
    (row,) = await center.api.fetch("select * from cc_hopper")
    assert (line, row["priority"]) == (f"{NOTICE} ADDED TO HOPPER - {told}|{row['hopper_id']}|{NAME}", 7)
    (_, line) = await update(center, lead_id=lead_id, add_to_hopper="Y")
    assert line == f"{NOTICE} NOT ADDED TO HOPPER, LEAD IS ALREADY IN THE HOPPER - {told}|{NAME}"
    await update(center, lead_id=lead_id, list_id_field="103")
    assert await center.api.fetch("select 1 from cc_hopper") == [], "another campaign dials it now"
    center.api.clock.set(center.api.clock.now().replace(hour=11))  # three in the morning in California
    late = {"add_to_hopper": "Y", "hopper_local_call_time_check": "Y"}
    (_, line) = await update(center, lead_id=lead_id, no_update="Y", **late)
    assert line == f"{NOTICE} NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME - {told}|-8|0|{NAME}"


async def test_a_callback_is_scheduled_replaced_and_removed(center: Center) -> None:
    lead_id = await lead(center)
    asked = {"lead_id": lead_id, "callback": "Y", "campaign_id": "SPRING"}
    (_, line) = await update(center, **asked, callback_datetime="2026-03-01 10:30:00")
    assert line == f"{NOTICE} SCHEDULED CALLBACK ADDED - {lead_id}|SPRING|2026-03-01 10:30:00|ANYONE||CALLBK"
    await update(center, **asked, callback_datetime="2026-03-02 10:30:00", callback_status="LATER")
    (row,) = await center.api.fetch("select * from cc_callbacks")
    assert (row["callback_time"].day, row["lead_status"]) == (2, "LATER")
    assert (await center.lead(lead_id))["status"] == "CBHOLD"
    (_, line) = await update(center, **asked, callback_datetime="soon")
    assert line == f"{NOTICE} SCHEDULED CALLBACK NOT ADDED, DATE AND TIME NOT VALID - {lead_id}|SPRING"
    (_, line) = await update(center, lead_id=lead_id, callback="REMOVE", status="NEW")
    assert line == f"{NOTICE} SCHEDULED CALLBACK DELETED - {NAME}|{lead_id}|1|0"
    assert (await center.lead(lead_id))["status"] == "NEW"


async def test_custom_fields_are_changed_one_by_one(center: Center) -> None:
    for label in ("colour", "shape"):
        field = {"field_id": f"101:{label}", "list_id": 101, "field_label": label}
        await center.api.post("/v4/cc/custom-fields", center.owner, field)
    lead_id = await lead(center, custom_fields="Y", colour="blue", shape="round")
    (_, line) = await update(center, lead_id=lead_id, custom_fields="Y", colour="red")
    assert line == f"{NOTICE} CUSTOM FIELDS VALUES UPDATED - {PHONE}|{lead_id}|101|0|101|1"
    assert (await center.lead(lead_id))["custom"] == {"colour": "red", "shape": "round"}


@pytest.mark.parametrize(
    ("target", "account", "campaign"), [("INTERNAL", True, False), ("CAMPAIGN", False, True), ("BOTH", True, True)]
)
async def test_a_status_that_forbids_calls_puts_the_number_on_the_lists(
    center: Center, target: str, account: bool, campaign: bool
) -> None:
    lead_id = await lead(center, add_to_hopper="Y")
    (line,) = await update(center, lead_id=lead_id, status="DNC", ADDTODNC=target, campaign_id="SPRING")
    assert line.startswith(SUCCESS)
    again = {"phone_number": PHONE, "list_id": 102, "campaign_id": "SPRING"}
    assert ("IN DNC" in (await center.ask("add_lead", **again, dnc_check="Y"))[0]) is account
    assert ("IN CAMPAIGN DNC" in (await center.ask("add_lead", **again, campaign_dnc_check="Y"))[0]) is campaign
    assert await center.api.fetch("select 1 from cc_hopper") == []


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "ADDTODNC MUST BE INTERNAL, CAMPAIGN OR BOTH WITH STATUS DNC - 6666|"),
        ({"ADDTODNC": "SOME"}, "ADDTODNC MUST BE INTERNAL, CAMPAIGN OR BOTH WITH STATUS DNC - 6666|SOME"),
        ({"ADDTODNC": "BOTH", "campaign_id": "NONE"}, "CAMPAIGN DOES NOT EXIST - 6666|NONE"),
        (
            {"ADDTODNC": "INTERNAL", "list_id_field": "555", "list_exists_check": "Y"},
            "NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - |555",
        ),
    ],
)
async def test_a_bad_change_is_said_and_nothing_is_changed(center: Center, given: dict[str, str], line: str) -> None:
    lead_id = await lead(center)
    assert await update(center, lead_id=lead_id, status="DNC", **given) == [f"{ERROR} {line}"]
    assert (await center.lead(lead_id))["status"] == "NEW"
