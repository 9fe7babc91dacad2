"""Requests 49, 50 and 54 to 57: contacts, their data and their keys."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.harness import Answer, Api, Tenant

from cordboard.kit.ids import time_of

PHONE = "+17142220000"
OTHER_PHONE = "+16192331234"
NOBODYS = "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"
JOHN = {
    "firstname": "John",
    "lastname": "Tester",
    "phonenumber1": PHONE,
    "email1": "johntester@testemail.com",
    "zip1": "65203",
    "country1": "US",
}


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that has the contacts."""
    return await api.account()


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


async def add(api: Api, tenant: Tenant, *keys: str, **ext_data: Any) -> dict[str, Any]:
    """A new contact, a second after whatever was before."""
    api.clock.advance(1)
    shown: dict[str, Any] = (await api.post("/v4/contact/", tenant, {"extData": ext_data, "keys": list(keys)})).only
    return shown


async def edit(api: Api, tenant: Tenant, contact: dict[str, Any], mode: str | None = None, **body: Any) -> Answer:
    """An edit, with `conflictMode` in the query where one is said."""
    params = {"conflictMode": mode} if mode else None
    return await api.call("PUT", path_of(contact), tenant, body, params=params)


def path_of(contact: dict[str, Any]) -> str:
    """Where a contact is."""
    return f"/v4/contact/{contact['contactId']}"


async def keys_of(api: Api, tenant: Tenant) -> dict[str, str]:
    """The account's look-up keys and the contacts that they point to, as stored."""
    rows = await api.fetch("select key, contact_id from contact_keys where account_id = $1", tenant.id)
    return {row["key"]: str(row["contact_id"]) for row in rows}


async def find_or_create(api: Api, *pairs: tuple[UUID, str]) -> dict[tuple[UUID, str], UUID]:
    """The contacts of numbers, in a transaction of its own."""
    async with api.platform.database.transaction() as tx:
        return await api.platform.contacts.find_or_create_by_phone(tx, pairs)


async def somebody_waits(api: Api) -> None:
    """Returns once a transaction waits for another one."""
    for _ in range(10_000):
        if await api.fetch(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ):
            return
    raise AssertionError("nobody waits")


async def test_a_contact_is_kept_and_shown_as_the_reference_shows_it(api: Api, acme: Tenant) -> None:
    shown = await add(api, acme, PHONE, "johntester.alt@testemail.com", **JOHN)

    assert time_of(UUID(shown["created"])) == api.clock.now()
    assert shown == {
        "accountSid": acme.sid,
        "contactId": shown["contactId"],
        "created": shown["created"],
        "dnc": 0,
        "timezone": -24,
        "extData": JOHN,
        "keys": [PHONE, "johntester.alt@testemail.com"],
    }
    assert (await api.get(path_of(shown) + "/", acme)).only == shown
    assert await keys_of(api, acme) == dict.fromkeys(shown["keys"], shown["contactId"])
    assert await api.fetch("select * from contacts") == [
        {
            "account_id": acme.id,
            "id": UUID(shown["contactId"]),
            "created": UUID(shown["created"]),
            "dnc": 0,
            "timezone": -24,
            "ext_data": JOHN,
            "keys": [PHONE, "johntester.alt@testemail.com"],
            "removed_keys": [],
            "archived": False,
            "created_at": api.clock.now(),
        }
    ]


async def test_the_phone_becomes_a_key_by_itself(api: Api, acme: Tenant) -> None:
    shown = await add(api, acme, "ext-1", PhoneNumber1="(714) 222-0000", phonenumber2="619-233-1234", age=41, gone=None)

    assert shown["extData"] == {"phonenumber1": PHONE, "phonenumber2": OTHER_PHONE, "age": "41"}
    assert shown["keys"] == ["ext-1", PHONE]
    assert shown["timezone"] == -32


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["extData"]),
        ({"extData": {}, "keys": []}, ["extData"]),
        ({"extData": {"firstname": None}}, ["extData"]),
        ({"extData": {"phonenumber1": "12", "email1": "x", "State1": "Cal"}}, ["phonenumber1", "email1", "State1"]),
        ({"extData": {"notes": {"deep": "x"}}}, ["notes"]),
        ({"extData": {"notes": "x" * 4097}}, ["notes"]),
        ({"extData": {"x" * 65: "x"}}, ["x" * 64]),
        ({"extData": {str(number): "x" for number in range(201)}}, ["extData"]),
        ({"extData": JOHN, "keys": [str(number) for number in range(20)]}, ["keys"]),
        ({"extData": JOHN, "keys": ["x" * 256]}, ["keys"]),
        ({"extData": JOHN, "keys": "x"}, ["keys"]),
        ({"extData": JOHN, "keys": [{}]}, ["keys[0]"]),
        ({"extData": "x"}, ["extData"]),
        ({"extData": {"notes": "a\0b"}}, ["extData.notes"]),
        ([], ["body"]),
    ],
)
async def test_bad_fields_are_named_and_nothing_is_kept(api: Api, acme: Tenant, body: Any, fields: list[str]) -> None:
    answer = await api.post("/v4/contact", acme, body)

    assert answer.status == 400
    assert [(info or "").removeprefix("extData.") for _, info in answer.errors] == [
        field.removeprefix("extData.") for field in fields
    ]
    assert await api.fetch("select 1 from contacts") == []
    assert await api.fetch("select 1 from contact_keys") == []


async def test_twenty_keys_and_no_data_are_enough(api: Api, acme: Tenant) -> None:
    shown = await add(api, acme, *[f"key {number}" for number in range(20)])

    assert (shown["extData"], shown["timezone"], len(shown["keys"])) == ({}, -128, 20)


async def test_a_key_conflict_names_the_contact_of_the_first_key_that_is_taken(api: Api, acme: Tenant) -> None:
    first, second = await add(api, acme, "b"), await add(api, acme, "a", phonenumber1=PHONE)

    answer = await api.post("/v4/contact", acme, {"extData": {"firstname": "John"}, "keys": ["free", "b", "a"]})
    by_phone = await api.post("/v4/contact", acme, {"extData": {"phonenumber1": "714-222-0000"}})

    assert answer.status == 409
    assert answer.body["error"][0]["message"] == "Key conflict"
    assert answer.errors == [("409", f"the key b belongs to contactId {first['contactId']}")]
    assert by_phone.errors == [("409", f"the key {PHONE} belongs to contactId {second['contactId']}")]
    assert (await api.get("/v4/contact", acme)).payload == [first, second]
    assert set(await keys_of(api, acme)) == {"a", "b", PHONE}


async def test_another_account_may_use_the_same_keys(api: Api, acme: Tenant, stranger: Tenant) -> None:
    ours, theirs = await add(api, acme, "a", **JOHN), await add(api, stranger, "a", **JOHN)

    assert (await api.get("/v4/contact", acme)).payload == [ours]
    assert (await api.get("/v4/contact", stranger)).payload == [theirs]


async def test_of_many_who_want_one_key_at_once_exactly_one_gets_it(api: Api, acme: Tenant) -> None:
    bodies = [{"extData": {"phonenumber1": PHONE}, "keys": [f"key {number}"]} for number in range(8)]

    answers = await asyncio.gather(*(api.post("/v4/contact", acme, body) for body in bodies))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    (winner,) = (answer.only for answer in answers if answer.status == 200)
    assert {info for answer in answers if answer.status == 409 for _, info in answer.errors} == {
        f"the key {PHONE} belongs to contactId {winner['contactId']}"
    }
    assert (await api.get("/v4/contact", acme)).payload == [winner]
    assert set(await keys_of(api, acme)) == set(winner["keys"])


async def test_a_repeated_conflict_is_answered_from_memory(api: Api, acme: Tenant) -> None:
    taken = await add(api, acme, "a")
    body, headers = {"extData": {"firstname": "John"}, "keys": ["a"]}, {"Idempotency-Key": "once"}

    first = await api.call("POST", "/v4/contact", acme, body, headers=headers)
    await api.delete(path_of(taken), acme)
    again = await api.call("POST", "/v4/contact", acme, body, headers=headers)

    assert (first.status, first.body) == (again.status, again.body)
    assert first.status == 409
    assert await api.fetch("select archived from contacts") == [{"archived": True}]


async def test_an_edit_replaces_data_and_keys_and_remembers_the_old_keys(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, "johntester.alt@testemail.com", **JOHN)
    data = {"firstname": "John", "phonenumber1": OTHER_PHONE, "externalcontactkey": "myuniqueid"}

    edited = (
        await edit(api, acme, contact, extData=data, keys=[OTHER_PHONE, "myuniqueid"], rmkeys=["myolduniqueid"])
    ).only

    assert edited == {
        **contact,
        "timezone": -32,
        "extData": data,
        "keys": [OTHER_PHONE, "myuniqueid"],
        "rmkeys": ["johntester.alt@testemail.com", PHONE],
    }
    assert (await api.get(path_of(contact), acme)).only == edited
    assert await keys_of(api, acme) == dict.fromkeys(edited["keys"], contact["contactId"])


async def test_what_an_edit_does_not_give_stays(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, PHONE, "ext-1", **JOHN)

    assert (await edit(api, acme, contact)).only == contact
    assert (await edit(api, acme, contact, extData=None, keys=None, rmkeys=None)).only == contact
    assert (await edit(api, acme, contact, keys=["ext-1", "ext-2"])).only["extData"] == JOHN
    edited = (await edit(api, acme, contact, extData={"notes": "x", "phonenumber1": PHONE})).only

    assert edited["extData"] == {"notes": "x", "phonenumber1": PHONE}
    assert edited["keys"] == ["ext-1", "ext-2", PHONE]
    assert edited["timezone"] == -32


async def test_the_phones_key_follows_the_phone(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, "ext-1", phonenumber1=PHONE)

    kept = (await edit(api, acme, contact, rmkeys=[PHONE])).only
    assert kept["keys"] == ["ext-1", PHONE]
    moved = (await edit(api, acme, contact, extData={"phonenumber1": OTHER_PHONE})).only
    assert (moved["keys"], moved["rmkeys"]) == (["ext-1", OTHER_PHONE], [PHONE])
    back = (await edit(api, acme, contact, extData={"phonenumber1": PHONE})).only
    assert (back["keys"], back["rmkeys"]) == (["ext-1", PHONE], [OTHER_PHONE])
    gone = (await edit(api, acme, contact, extData={"notes": "x"})).only
    assert (gone["keys"], gone["rmkeys"]) == (["ext-1"], [OTHER_PHONE, PHONE])

    assert set(await keys_of(api, acme)) == {"ext-1"}


@pytest.mark.parametrize(
    ("mode", "data", "keys"),
    [
        (None, {"color": "red", "size": "L"}, ["c"]),
        ("REPLACE", {"color": "red", "size": "L"}, ["c"]),
        ("APPEND", {"color": "blue", "animal": "cat", "size": "L"}, ["b", "c"]),
        ("OVERWRITE", {"color": "red", "animal": "cat", "size": "L"}, ["b", "c"]),
    ],
)
@pytest.mark.parametrize("where", ["query", "body"])
async def test_the_conflict_mode_decides_what_is_left(
    api: Api, acme: Tenant, mode: str | None, data: dict[str, str], keys: list[str], where: str
) -> None:
    contact = await add(api, acme, "a", "b", color="blue", animal="cat")
    given: dict[str, Any] = {"extData": {"color": "red", "size": "L"}, "keys": ["c"], "rmkeys": ["a"]}
    if where == "body" and mode:
        given["conflictMode"] = mode

    edited = (await edit(api, acme, contact, mode if where == "query" else None, **given)).only

    assert (edited["extData"], edited["keys"]) == (data, keys)
    assert edited["rmkeys"] == (["a"] if "b" in keys else ["a", "b"])
    assert set(await keys_of(api, acme)) == set(keys)


async def test_by_reject_an_edit_is_a_conflict(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, "a", color="blue")

    for data in ({"color": "red"}, {"size": "L"}):
        answer = await edit(api, acme, contact, "REJECT", extData=data)
        assert answer.status == 409
        ((code, info),) = answer.errors
        assert code == "409"
        assert contact["contactId"] in (info or "")
    assert (await edit(api, acme, contact, "REJECT", extData={"email1": "x"})).status == 400
    assert (await edit(api, acme, {"contactId": NOBODYS}, "REJECT", extData={"size": "L"})).status == 404

    assert (await api.get("/v4/contact", acme)).only == contact


@pytest.mark.parametrize(
    ("mode", "body", "field"),
    [
        ("MERGE", {"keys": ["b"]}, "conflictMode"),
        (None, {"keys": ["b"], "conflictMode": "MERGE"}, "conflictMode"),
        (None, {"extData": {"phonenumber1": "12"}, "keys": ["b"]}, "extData.phonenumber1"),
        ("APPEND", {"extData": {str(number): "x" for number in range(200)}}, "extData"),
        ("APPEND", {"keys": [str(number) for number in range(20)]}, "keys"),
        (None, {"keys": ["x" * 256]}, "keys"),
        (None, {"rmkeys": [str(number) for number in range(21)]}, "rmkeys"),
        (None, {"rmkeys": "a"}, "rmkeys"),
    ],
)
async def test_a_bad_edit_changes_nothing(
    api: Api, acme: Tenant, mode: str | None, body: dict[str, Any], field: str
) -> None:
    contact = await add(api, acme, "a", color="blue")

    answer = await edit(api, acme, contact, mode, **body)

    assert answer.status == 400
    assert answer.errors == [("400", field)]
    assert (await api.get("/v4/contact", acme)).only == contact
    assert set(await keys_of(api, acme)) == {"a"}


async def test_an_edit_cannot_take_anothers_key(api: Api, acme: Tenant) -> None:
    owner, other = await add(api, acme, "a"), await add(api, acme, "b", phonenumber1=PHONE)

    answer = await edit(api, acme, other, extData={"phonenumber1": OTHER_PHONE}, keys=["c", "a"])

    assert answer.status == 409
    assert answer.errors == [("409", f"the key a belongs to contactId {owner['contactId']}")]
    assert (await api.get("/v4/contact", acme)).payload == [owner, other]
    assert set(await keys_of(api, acme)) == {"a", "b", PHONE}


async def test_a_key_that_was_removed_is_free_for_another(api: Api, acme: Tenant) -> None:
    first, second = await add(api, acme, "a"), await add(api, acme, "b")

    await edit(api, acme, first, rmkeys=["a"])

    assert (await edit(api, acme, second, "APPEND", keys=["a"])).only["keys"] == ["b", "a"]
    assert await keys_of(api, acme) == {"a": second["contactId"], "b": second["contactId"]}


async def test_who_wants_a_key_that_is_being_freed_gets_it(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, "a", "b")
    async with api.platform.database.transaction() as tx:
        await api.platform.contacts.archive(tx, acme.id, UUID(contact["contactId"]))
        waiting = asyncio.create_task(add(api, acme, "a"))
        await somebody_waits(api)

    new = await waiting

    assert await keys_of(api, acme) == {"a": new["contactId"]}


async def test_two_who_would_swap_their_keys_do_not_block_each_other(api: Api, acme: Tenant) -> None:
    first, second = await add(api, acme, "a"), await add(api, acme, "b")

    answers = await asyncio.gather(edit(api, acme, first, keys=["b"]), edit(api, acme, second, keys=["a"]))

    assert 409 in [answer.status for answer in answers]
    assert {answer.status for answer in answers} <= {200, 409}


async def test_the_keys_that_are_remembered_are_the_latest(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, "first")
    for batch in range(6):
        await edit(api, acme, contact, keys=[f"{batch}-{number}" for number in range(20)])

    remembered = (await edit(api, acme, contact, keys=["last"])).only["rmkeys"]

    assert len(remembered) == 100
    assert (remembered[0], remembered[-1]) == ("1-0", "5-19")


async def test_the_list_is_paged_the_oldest_first(api: Api, acme: Tenant, stranger: Tenant) -> None:
    contacts = [await add(api, acme, key) for key in "cab"]
    await add(api, stranger, "d")

    assert (await api.get("/v4/contact/", acme)).payload == contacts
    assert (await api.get("/v4/contact", acme, size="1", offset="1")).payload == contacts[1:2]
    for query, field in (({"size": "1001"}, "size"), ({"offset": "-1"}, "offset"), ({"size": "many"}, "size")):
        assert (await api.get("/v4/contact", acme, **query)).errors == [("400", field)]


async def test_an_archived_contact_is_gone_until_it_is_unarchived(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, "ext-1", **JOHN)

    assert (await api.delete(path_of(contact), acme)).only == contact

    assert (await api.get("/v4/contact", acme)).payload == []
    assert (await api.get(path_of(contact), acme)).errors == [("404", "contactId")]
    assert (await edit(api, acme, contact, keys=["x"])).status == 404
    assert (await api.delete(path_of(contact), acme)).status == 404
    assert await keys_of(api, acme) == {}
    assert await api.fetch("select keys, archived from contacts") == [{"keys": ["ext-1", PHONE], "archived": True}]

    assert (await api.put(path_of(contact) + "/unarchive", acme)).only == contact
    assert (await api.put(path_of(contact) + "/unarchive", acme)).only == contact

    assert (await api.get("/v4/contact", acme)).payload == [contact]
    assert set(await keys_of(api, acme)) == {"ext-1", PHONE}


async def test_a_contact_whose_key_went_to_another_cannot_be_unarchived(api: Api, acme: Tenant) -> None:
    contact = await add(api, acme, "ext-1", "ext-2")
    await api.delete(path_of(contact), acme)
    heir = await add(api, acme, "ext-2")

    answer = await api.put(path_of(contact) + "/unarchive", acme)

    assert answer.status == 409
    assert answer.errors == [("409", f"the key ext-2 belongs to contactId {heir['contactId']}")]
    assert (await api.get("/v4/contact", acme)).payload == [heir]
    assert await keys_of(api, acme) == {"ext-2": heir["contactId"]}


@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("PUT", ""), ("DELETE", ""), ("PUT", "/unarchive")], ids=str
)
async def test_what_is_not_the_accounts_own_is_404(
    api: Api, acme: Tenant, stranger: Tenant, method: str, suffix: str
) -> None:
    contact = await add(api, acme, "a")

    for contact_id in (contact["contactId"], NOBODYS, "nonsense"):
        answer = await api.call(method, f"/v4/contact/{contact_id}{suffix}", stranger, {"keys": ["b"]})
        assert answer.status == 404
        assert answer.errors == [("404", "contactId")]
    assert (await api.get("/v4/contact", acme)).payload == [contact]


async def test_a_privilege_is_needed(api: Api) -> None:
    one = f"/v4/contact/{NOBODYS}"
    rows = (
        ("GET", "/v4/contact", "contact-read"),
        ("POST", "/v4/contact", "contact-update"),
        ("GET", one, "contact-read"),
        ("PUT", one, "contact-update"),
        ("DELETE", one, "contact-delete"),
        ("PUT", one + "/unarchive", "contact-update"),
    )

    await api.assert_privileges(rows, "number-admin")


async def test_who_is_found_by_phone_is_not_added_again(api: Api, acme: Tenant, stranger: Tenant) -> None:
    known = await add(api, acme, phonenumber1=PHONE)
    ours, theirs, new = (acme.id, PHONE), (stranger.id, PHONE), (acme.id, OTHER_PHONE)

    found = await find_or_create(api, ours, new, theirs, new, ours)

    assert found.keys() == {ours, theirs, new}
    assert str(found[ours]) == known["contactId"]
    assert await find_or_create(api, new, theirs) == {new: found[new], theirs: found[theirs]}
    assert await find_or_create(api) == {}
    (shown,) = [c for c in (await api.get("/v4/contact", acme)).payload if c["contactId"] == str(found[new])]
    assert time_of(UUID(shown.pop("created"))) == api.clock.now()
    assert shown == {
        "accountSid": acme.sid,
        "contactId": str(found[new]),
        "dnc": 0,
        "timezone": -32,
        "extData": {"phonenumber1": OTHER_PHONE},
        "keys": [OTHER_PHONE],
    }
    assert [str(found[theirs])] == [c["contactId"] for c in (await api.get("/v4/contact", stranger)).payload]


async def test_batches_that_meet_agree_on_one_contact_a_number(api: Api, acme: Tenant) -> None:
    pairs = [(acme.id, f"+1714555{number:04}") for number in range(100, 140)]

    first, second, third = await asyncio.gather(
        find_or_create(api, *pairs), find_or_create(api, *reversed(pairs)), find_or_create(api, *pairs[20:])
    )

    assert first == second == {**first, **third}
    rows = await api.fetch("select c.id, k.key from contacts c join contact_keys k on k.contact_id = c.id")
    assert {(acme.id, row["key"]): row["id"] for row in rows} == first
    assert len(await api.fetch("select 1 from contacts")) == len(pairs)


async def test_a_batch_that_lost_a_number_answers_who_has_it_now(api: Api, acme: Tenant) -> None:
    pairs = ((acme.id, PHONE), (acme.id, OTHER_PHONE))
    async with api.platform.database.transaction() as tx:
        won = await api.platform.contacts.find_or_create_by_phone(tx, pairs[:1])
        waiting = asyncio.create_task(find_or_create(api, *pairs))
        await somebody_waits(api)

    found = await waiting

    assert found[pairs[0]] == won[pairs[0]]
    assert len(await api.fetch("select 1 from contacts")) == 2


async def test_contacts_are_fetched_together_without_the_archived_and_the_strangers(
    api: Api, acme: Tenant, stranger: Tenant
) -> None:
    ours, archived, theirs = await add(api, acme, **JOHN), await add(api, acme, "a"), await add(api, stranger, "a")
    await api.delete(path_of(archived), acme)
    ids = [UUID(contact["contactId"]) for contact in (ours, archived, theirs, ours)]

    async with api.platform.database.transaction() as tx:
        found = await api.platform.contacts.by_ids(tx, acme.id, [*ids, uuid4()])
        none = await api.platform.contacts.by_ids(tx, acme.id, [])

    assert found.keys() == {ids[0]}
    assert (found[ids[0]].phone, found[ids[0]].ext_data, none) == (PHONE, JOHN, {})


async def test_the_mark_is_set_for_those_who_have_the_number_as_a_key(api: Api, acme: Tenant, stranger: Tenant) -> None:
    await add(api, acme, phonenumber1=PHONE)
    await add(api, acme, OTHER_PHONE)
    await add(api, acme, phonenumber2="+13105551234")
    await add(api, stranger, phonenumber1=PHONE)
    numbers = [(acme.id, number) for number in (PHONE, OTHER_PHONE, "+13105551234", "+13105550000")]

    async def marks(tenant: Tenant) -> list[int]:
        return [contact["dnc"] for contact in (await api.get("/v4/contact", tenant)).payload]

    async with api.platform.database.transaction() as tx:
        await api.platform.contacts.mark_dnc(tx, numbers, True)
    assert (sorted(await marks(acme)), await marks(stranger)) == ([0, 1, 1], [0])

    async with api.platform.database.transaction() as tx:
        await api.platform.contacts.mark_dnc(tx, numbers[:1], False)
    assert sorted(await marks(acme)) == [0, 0, 1]
