"""add_lead, line by line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.callcenter.house import NAME, Center, lead_of

PHONE = "9495551234"


@pytest.fixture(autouse=True)
async def spring(center: Center) -> None:
    """A campaign with two lists."""
    await center.campaign()
    await center.list(101)
    await center.list(102)


async def add(center: Center, **given: Any) -> list[str]:
    """The lines for a lead of list 101."""
    return await center.ask("add_lead", **{"phone_number": PHONE, "list_id": 101, **given})


async def test_a_lead_is_kept_with_its_fields(center: Center) -> None:
    (line,) = await add(
        center,
        first_name="Ann",
        last_name="O'Brien & Sons",
        state="CAL",
        date_of_birth="1980-02-29",
        gender="F",
        rank="5",
        comments="x" * 300,
        email="ann@example.com",
        alt_phone="949-555-9999",
    )
    lead = await center.lead(lead_of(line))
    assert line == f"SUCCESS: add_lead LEAD HAS BEEN ADDED - {PHONE}|101|{lead['lead_id']}|-8|{NAME}"
    assert (lead["status"], lead["called_since_last_reset"], lead["phone_code"], lead["gender"]) == (
        "NEW",
        "N",
        "1",
        "F",
    )
    assert (lead["last_name"], lead["state"], lead["rank"]) == ("OBrien  Sons", "CA", 5)
    assert (len(lead["comments"]), lead["alt_phone"], str(lead["date_of_birth"])) == (255, "9495559999", "1980-02-29")


async def test_without_a_list_it_goes_to_the_default_one(center: Center) -> None:
    (line,) = await center.ask("add_lead", phone_number=PHONE, list_id="12")
    assert line.split("|")[1] == "999"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"phone_number": "12345"}, "INVALID PHONE NUMBER LENGTH - 12345|6666"),
        ({"phone_number": "1" * 17}, f"INVALID PHONE NUMBER LENGTH - {'1' * 17}|6666"),
        ({"phone_number": "9491551234", "usacan_prefix_check": "Y"}, "INVALID PHONE NUMBER PREFIX - 9491551234|6666"),
        (
            {"phone_number": "9995551234", "usacan_areacode_check": "Y"},
            "INVALID PHONE NUMBER AREACODE - 9995551234|6666",
        ),
        ({"list_id": 555, "list_exists_check": "Y"}, f"NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - {PHONE}|555"),
    ],
)
async def test_a_bad_number_or_list_is_said(center: Center, given: dict[str, Any], problem: str) -> None:
    assert await add(center, **given) == [f"ERROR: add_lead {problem}"]
    assert await center.api.fetch("select 1 from cc_leads") == []


async def test_numbers_on_the_do_not_call_lists_are_refused_if_that_is_asked_for(center: Center) -> None:
    await center.api.post("/v4/dnc", center.owner, {"endpoint": f"+1{PHONE}", "subtype": "call"})
    assert await add(center, dnc_check="Y") == [f"ERROR: add_lead PHONE NUMBER IN DNC - {PHONE}|{NAME}"]
    assert (await add(center))[0].startswith("SUCCESS")


@pytest.mark.parametrize(
    ("listed", "check", "refused"), [(PHONE, "Y", True), ("949XXXXXXX", "Y", False), ("949XXXXXXX", "AREACODE", True)]
)
async def test_a_campaigns_own_list_counts_for_it(center: Center, listed: str, check: str, refused: bool) -> None:
    await center.api.fetch("insert into cc_campaign_dnc values ($1, 'SPRING', $2, now())", center.owner.id, listed)
    lines = await add(center, campaign_dnc_check=check, campaign_id="SPRING")
    expected = f"ERROR: add_lead PHONE NUMBER IN CAMPAIGN DNC - {PHONE}|SPRING|{NAME}"
    assert (lines == [expected]) is refused


@pytest.mark.parametrize(
    ("check", "given", "line"),
    [
        ("DUPLIST", {}, "DUPLICATE PHONE NUMBER IN LIST - 9495551234|101|{lead}"),
        ("DUPCAMP", {"list_id": 102}, "DUPLICATE PHONE NUMBER IN CAMPAIGN LISTS - 9495551234|102|{lead}|101"),
        ("DUPSYS", {"list_id": 999}, "DUPLICATE PHONE NUMBER IN SYSTEM - 9495551234|999|{lead}|101"),
        ("DUPNAMEPHONELIST", {}, "DUPLICATE NAME PHONE IN LIST - Ann|Lee|9495551234|101|{lead}"),
        (
            "DUPTITLEALTPHONESYS",
            {"phone_number": "7145551234", "list_id": 102},
            "DUPLICATE TITLE ALT_PHONE IN SYSTEM - Dr|9495550000|102|{lead}|101",
        ),
        ("DUPSYS30DAY", {"list_id": 102}, "DUPLICATE PHONE NUMBER IN SYSTEM - 9495551234|102|{lead}|101"),
        ("DUPPHONEALTSYS", {"list_id": 102}, "DUPLICATE PHONE NUMBER IN SYSTEM - 9495551234|102|{lead}|101|PHONE"),
        (
            "DUPPHONEALTLIST",
            {"phone_number": "9495550000"},
            "DUPLICATE PHONE NUMBER IN LIST - 9495550000|101|{lead}|ALT",
        ),
        ("DUPLIST-DUPSYS", {"list_id": 102}, "DUPLICATE PHONE NUMBER IN SYSTEM - 9495551234|102|{lead}|101"),
    ],
)
async def test_duplicates_are_found(center: Center, check: str, given: dict[str, Any], line: str) -> None:
    person = {"first_name": "Ann", "last_name": "Lee", "title": "Dr", "alt_phone": "9495550000"}
    (first,) = await add(center, **person)
    lines = await add(center, **{**person, "duplicate_check": check, **given})
    assert lines == [f"ERROR: add_lead {line.format(lead=lead_of(first))}"]
    assert len(await center.api.fetch("select 1 from cc_leads")) == 1


async def test_what_is_no_duplicate_is_let_in(center: Center) -> None:
    await add(center, first_name="Ann", title="Dr")
    center.api.clock.advance(timedelta(days=31).total_seconds())
    assert (await add(center, first_name="Cleo", duplicate_check="DUPSYS30DAY"))[0].startswith("SUCCESS")
    for check in ("DUPNAMEPHONESYS", "DUPTITLEALTPHONESYS", "", "NONE"):
        assert (await add(center, first_name="Bea", duplicate_check=check))[0].startswith("SUCCESS"), check
    assert (await add(center, list_id=102, duplicate_check="DUPLIST"))[0].startswith("SUCCESS")


async def test_days_that_no_search_knows_are_all_days(center: Center) -> None:
    await add(center)
    for days in ("2", "999", "9" * 5000):
        (line,) = await add(center, duplicate_check=f"DUPSYS{days}DAY")
        assert line.startswith("ERROR: add_lead DUPLICATE PHONE NUMBER IN SYSTEM"), days[:9]


async def test_other_numbers_and_custom_fields_are_loaded(center: Center) -> None:
    field = {"field_id": "101:colour", "list_id": 101, "field_label": "colour"}
    await center.api.post("/v4/cc/custom-fields", center.owner, field)
    lines = await add(
        center,
        multi_alt_phones="7275551212_1_work!7275551213_1_sister+house!!x",
        custom_fields="Y",
        colour="blue",
        shape="round",
    )
    lead_id = lead_of(lines[0])
    assert lines[1:] == [
        f"NOTICE: add_lead MULTI-ALT-PHONE NUMBERS LOADED - 2|{lead_id}|{NAME}",
        f"NOTICE: add_lead CUSTOM FIELDS VALUES ADDED - {PHONE}|{lead_id}|101|1",
    ]
    assert (await center.lead(lead_id))["custom"] == {"colour": "blue"}
    rows = await center.api.fetch("select phone_number, note from cc_lead_phones order by place")
    assert [tuple(row.values()) for row in rows] == [("7275551212", "work"), ("7275551213", "sister+house")]
    other = await add(center, list_id=102, custom_fields="Y", colour="red")
    assert other[1] == (
        f"NOTICE: add_lead CUSTOM FIELDS NOT ADDED, NO FIELDS DEFINED - {PHONE}|{lead_of(other[0])}|102"
    )


async def test_a_lead_stands_in_line_with_its_priority_unless_it_is_late_there(center: Center) -> None:
    lines = await add(center, add_to_hopper="Y", hopper_priority="150")
    (row,) = await center.api.fetch("select * from cc_hopper")
    lead_id = lead_of(lines[0])
    assert lines[1] == f"NOTICE: add_lead ADDED TO HOPPER - {PHONE}|{lead_id}|{row['hopper_id']}|{NAME}"
    assert (row["campaign_id"], row["priority"], row["source"], row["status"]) == ("SPRING", 99, "P", "READY")
    center.api.clock.set(center.api.clock.now().replace(hour=11))  # three in the morning in California
    late = await add(center, add_to_hopper="Y", hopper_local_call_time_check="Y")
    assert late[1] == (
        f"NOTICE: add_lead NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME - {PHONE}|{lead_of(late[0])}|-8|0|{NAME}"
    )
    assert len(await center.api.fetch("select 1 from cc_hopper")) == 1


async def test_a_callback_is_scheduled_and_holds_the_lead(center: Center) -> None:
    await center.user("101")
    asked = {"callback": "Y", "campaign_id": "SPRING", "callback_datetime": "2026-03-01 10:30:00"}
    lines = await add(center, **asked, callback_type="USERONLY", callback_user="101", callback_comments="Soon")
    lead_id = lead_of(lines[0])
    told = f"{lead_id}|SPRING|2026-03-01 10:30:00|USERONLY|101|CALLBK"
    assert lines[1] == f"NOTICE: add_lead SCHEDULED CALLBACK ADDED - {told}"
    assert (await center.lead(lead_id))["status"] == "CBHOLD"
    (row,) = await center.api.fetch("select * from cc_callbacks")
    assert (row["lead_id"], row["status"], row["comments"], row["lead_status"]) == (lead_id, "ACTIVE", "Soon", "CALLBK")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"campaign_id": "NONE"}, "CAMPAIGN NOT VALID - {lead}|NONE"),
        ({"callback_type": "USERONLY", "callback_user": "nobody"}, "USER NOT VALID - {lead}|SPRING|nobody|USERONLY"),
        ({"callback_datetime": "tomorrow"}, "DATE AND TIME NOT VALID - {lead}|SPRING"),
    ],
)
async def test_a_bad_callback_is_said_and_the_lead_is_new(center: Center, given: dict[str, str], told: str) -> None:
    asked = {"callback": "Y", "campaign_id": "SPRING", "callback_datetime": "NOW"}
    lines = await add(center, **{**asked, **given})
    lead_id = lead_of(lines[0])
    assert lines[1] == f"NOTICE: add_lead SCHEDULED CALLBACK NOT ADDED, {told.format(lead=lead_id)}"
    assert (await center.lead(lead_id))["status"] == "NEW"
    assert await center.api.fetch("select 1 from cc_callbacks") == []
