"""Request 51: contacts found by keys and by what their fields hold, exactly as the engine of statements judges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness import Api, Tenant

from cordboard.domain.contacts.search import service as search_service
from cordboard.domain.contacts.search.indexing import IndexContacts
from cordboard.domain.contacts.search.models import Search
from cordboard.domain.contacts.search.repository import finding
from cordboard.engines.rules.statements import OPERATIONS, all_hold, parse_statements
from cordboard.kit.errors import InvalidInputError

PATH = "/v4/contact/search"
PHONE = "+17142220000"
# Letters whose cases differ in number or kind: sharp s, dotted I, Kelvin sign, long s, ligature, final sigma.
PIECES = (
    "a",
    "A",
    "ß",
    "ss",
    "SS",
    "\u017f",
    "İ",
    "i\u0307",
    "K",
    "k",
    "ﬁ",
    "FI",
    "ς",
    "Σ",
    "%",
    "_",
    "\\",
    "'",
    " ",
    ",",
    "\x1f",
)
FIELDS = ("name", "city", "score", "dnc")
texts = st.lists(st.sampled_from(PIECES), max_size=2).map("".join)
NUMBERS = (
    "7",
    "7.0",
    " 7 ",
    "\t7",
    "+7",
    "-7",
    ".5",
    "5.",
    "1_0",
    "1e1",
    "1E-2",
    "0x7",
    "NaN",
    "inf",
    "9" * 65,
    "٣",
    "7a",
)
numbers = st.sampled_from(NUMBERS) | st.decimals(-10, 10, places=0).map(str)
values = texts | numbers
ext_data = st.fixed_dictionaries({}, optional={"name": texts, "city": texts, "score": numbers, "dnc": values})
people = st.lists(ext_data, max_size=12)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    """A statement as JSON gives it, which the engine takes."""
    operation = draw(st.sampled_from(OPERATIONS))
    is_numeric = operation.endswith("_than")
    kind = numbers if is_numeric else values
    given = st.lists(kind, min_size=1, max_size=3) | kind if operation.endswith("one_of") else kind
    return {
        "variable": draw(st.sampled_from(("score", "dnc") if is_numeric else (*FIELDS, "name", "timezone", "absent"))),
        "operation": operation,
        "value": draw(given.filter(lambda value: _is_taken(operation, value))),
        "negated": draw(st.booleans()),
    }


def _is_taken(operation: str, value: Any) -> bool:
    try:
        parse_statements([{"variable": "x", "operation": operation, "value": value}])
    except InvalidInputError:
        return False
    return True


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that searches."""
    return await api.account()


async def add(api: Api, tenant: Tenant, *keys: str, **ext_data: Any) -> dict[str, Any]:
    """A new contact, a second after whatever was before."""
    api.clock.advance(1)
    shown: dict[str, Any] = (await api.post("/v4/contact", tenant, {"extData": ext_data, "keys": list(keys)})).only
    return shown


async def put_in(api: Api, tenant: Tenant, *people: Mapping[str, str]) -> list[UUID]:
    """Contacts as they are, in this order, behind the service's back: whoever writes them, they are found."""
    rows = []
    for person in people:
        api.clock.advance(1)
        rows.append((tenant.id, uuid4(), uuid4(), 0, -32, dict(person), api.clock.now()))
    columns = ("account_id", "id", "created", "dnc", "timezone", "ext_data", "created_at")
    async with api.platform.database.transaction() as tx:
        await tx.copy_records_to_table("contacts", columns=columns, records=rows)
    return [row[1] for row in rows]


async def search(api: Api, tenant: Tenant, *statements: Mapping[str, Any], **more: Any) -> list[str]:
    """The names of who is found."""
    answer = await api.post(PATH, tenant, {"statements": list(statements), **more})
    return [contact["extData"].get("name") for contact in answer.payload]


def says(variable: str, operation: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"variable": variable, "operation": operation, "value": value, **more}


async def index(api: Api, size: int = 2) -> None:
    """Puts everything that waits into segments, as far as it fills any."""
    indexer = IndexContacts(api.platform.database, size=size)
    while await indexer.once():
        pass


@contextmanager
def preferring(way: str) -> Iterator[None]:
    """Makes searches go by segments, or look at one contact after the other, whatever the planner thinks."""
    costs = {"segments": (-1e9, -1e9), "contacts": (1e9, 1e9), "either": ()}[way]
    with pytest.MonkeyPatch.context() as patch:
        for name, cost in zip(("_SEGMENT_COST", "_CANDIDATE_COST"), costs, strict=False):
            patch.setattr(finding, name, cost)
        yield


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=people,
    changed=st.lists(st.tuples(st.integers(0, 11), ext_data), max_size=3),
    archived=st.lists(st.integers(0, 11), max_size=2),
    wanted=st.lists(statements(), min_size=1, max_size=2),
    size=st.integers(1, 4) | st.just(50),
    offset=st.integers(0, 3),
    way=st.sampled_from(("segments", "contacts", "either")),
    indexed=st.integers(0, 3),
)
async def test_what_is_found_is_what_the_engine_of_statements_says(
    api: Api,
    people: list[dict[str, str]],
    changed: list[tuple[int, dict[str, str]]],
    archived: list[int],
    wanted: list[dict[str, Any]],
    size: int,
    offset: int,
    way: str,
    indexed: int,
) -> None:
    tenant, stranger = await api.account(), await api.account("stranger")
    ids = await put_in(api, tenant, *people)
    await put_in(api, stranger, *people)
    if indexed:
        await index(api, indexed)
    now = dict(zip(ids, people, strict=True))
    async with api.platform.database.transaction() as tx:
        for place, ext_data in changed:
            for contact_id in ids[place : place + 1]:
                now[contact_id] = ext_data
                await tx.execute("update contacts set ext_data = $2 where id = $1", contact_id, ext_data)
        gone = [contact_id for place in archived for contact_id in ids[place : place + 1]]
        await tx.execute("update contacts set archived = true where id = any($1)", gone)
    parsed = parse_statements(wanted)

    with preferring(way):
        found = await api.platform.contact_tools.search.find(tenant.id, Search.parse(wanted, size, offset))

    meant = [one for one in ids if one not in gone and all_hold(parsed, {"dnc": "0", "timezone": "-32", **now[one]})]
    assert [one.id for one in found] == meant[offset : offset + size]


@pytest.mark.parametrize("way", ["segments", "contacts"])
async def test_every_odd_value_is_compared_as_the_engine_does(api: Api, acme: Tenant, way: str) -> None:
    people = [{"name": value} for value in ("", *PIECES, *NUMBERS, *(f"{one}a{one}" for one in PIECES))]
    ids = dict(zip(await put_in(api, acme, *people), people, strict=True))
    await index(api, 7)
    asked = [says("name", one, value) for one in OPERATIONS for value in (*PIECES, *NUMBERS) if _is_taken(one, value)]

    with preferring(way):
        for number, statement in enumerate(asked):
            statement["negated"] = number % 3 == 0
            parsed = parse_statements([statement])
            found = await api.platform.contact_tools.search.find(acme.id, Search.parse([statement], None, None))
            assert (statement, [one.id for one in found]) == (statement, [i for i in ids if all_hold(parsed, ids[i])])


async def test_keys_find_their_contacts_and_nothing_else_counts(api: Api, acme: Tenant) -> None:
    stranger = await api.account("stranger")
    ann, bob = await add(api, acme, "a", name="Ann", phonenumber1=PHONE), await add(api, acme, "b", "c", name="Bob")
    await add(api, stranger, "a", name="Eve")
    gone = await add(api, acme, "gone", name="Gus")
    await api.delete(f"/v4/contact/{gone['contactId']}", acme)
    await api.put(f"/v4/contact/{bob['contactId']}", acme, {"keys": ["c", "d"]})

    answer = await api.post(
        PATH,
        acme,
        {"keys": ["d", "nobody", "b", "gone", "+1 (714) 222-0000", "c"], "statements": [says("name", "equals", "Eve")]},
    )

    assert answer.body["count"] == 2
    assert answer.payload == [ann, (await api.get(f"/v4/contact/{bob['contactId']}", acme)).only]
    assert answer.payload[1]["rmkeys"] == ["b"]
    assert (await api.post(PATH, acme, {"keys": ["b"]})).payload == []


async def test_a_search_for_nothing_is_the_list(api: Api, acme: Tenant) -> None:
    contacts = [await add(api, acme, name=name) for name in ("Ann", "Bob", "Cid")]
    await api.delete(f"/v4/contact/{contacts.pop()['contactId']}", acme)

    bodies: tuple[dict[str, Any], ...] = (
        {},
        {"keys": [], "statements": []},
        {"keys": None, "statements": None, "size": None},
    )
    for body in bodies:
        assert (await api.post(PATH, acme, body)).payload == contacts
    assert (await api.get("/v4/contact", acme)).payload == contacts
    assert await search(api, acme, size=1) == ["Ann"]
    assert await search(api, acme, **{"from": 1}) == ["Bob"]


async def test_every_operation_and_its_opposite(api: Api, acme: Tenant) -> None:
    await put_in(
        api,
        acme,
        {"name": "Ann", "city": "Reno", "score": "7"},
        {"name": "Bob", "city": "San Diego", "score": "12.5"},
        {"name": "Cid", "city": "100%_sure\\", "score": "many"},
        {"name": "Dan"},
    )
    expected = {
        ("city", "equal", "RENO"): "Ann",
        ("city", "equals", "san diego"): "Bob",
        ("city", "equals", ""): "Dan",
        ("city", "equals_one_of", "reno, San Diego"): "Ann Bob",
        ("city", "contains", "n"): "Ann Bob",
        ("city", "contains", "%_"): "Cid",
        ("city", "contains_one_of", "ego,e\\"): "Bob Cid",
        ("city", "begins_with", "san "): "Bob",
        ("city", "ends_with", "\\"): "Cid",
        ("score", "less_than", "12"): "Ann",
        ("score", "greater_than", 7): "Bob",
        ("score", "exists", None): "Ann Bob Cid",
        ("timezone", "equals", "-32"): "Ann Bob Cid Dan",
        ("dnc", "equals", "1"): "",
    }
    for indexed in (False, True):
        if indexed:
            await index(api)
        for (variable, operation, value), names in expected.items():
            found = await search(api, acme, says(variable, operation, value))
            others = await search(api, acme, says(variable, operation, value, negated="true"))
            assert (operation, found) == (operation, names.split())
            assert sorted(found + others) == ["Ann", "Bob", "Cid", "Dan"]


async def test_all_statements_have_to_hold_and_pages_follow_each_other(api: Api, acme: Tenant) -> None:
    await put_in(api, acme, *({"name": f"Ann {number}", "city": f"{number % 3}"} for number in range(30)))
    await index(api, 4)
    wanted = (
        says("name", "contains", "ann"),
        says("city", "equals", "1"),
        says("name", "equals", "Ann 4", negated=True),
    )

    whole = await search(api, acme, *wanted)

    assert whole == [f"Ann {number}" for number in range(30) if number % 3 == 1 and number != 4]
    assert [
        name for at in range(0, 12, 4) for name in await search(api, acme, *wanted, size="4", **{"from": at})
    ] == whole
    assert len(await search(api, acme, says("name", "exists"), size=10**9)) == 30


async def test_pages_count_what_only_the_engine_can_judge(api: Api, acme: Tenant) -> None:
    """The values are not in ASCII, so that the database leaves the judgement open."""
    await put_in(
        api,
        acme,
        *({"name": f"Jürgen {number}", "way": "Straße" if number % 2 else "Strasse?"} for number in range(40)),
    )
    for indexed in (0, 3):
        if indexed:
            await index(api, indexed)
        odd = [f"Jürgen {number}" for number in range(1, 40, 2)]
        assert await search(api, acme, says("way", "equals", "STRASSE")) == odd
        for at, size in ((0, 1), (3, 2), (19, 5), (20, 5)):
            page = await search(api, acme, says("way", "ends_with", "strasse"), size=size, **{"from": at})
            assert page == odd[at : at + size]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"statements": [{"variable": "name"}]}, ["statements[0].operation"]),
        ({"statements": [says("name", "equals", "x"), says("", "contains", "")]}, ["statements[1].value"]),
        ({"statements": [says("score", "less_than", "many")]}, ["statements[0].value"]),
        ({"statements": [says("name", "exists")] * 101}, ["statements"]),
        ({"statements": ["x"]}, ["statements[0]"]),
        ({"size": 0, "from": -1}, ["size", "from"]),
        ({"from": 1_000_001}, ["from"]),
        ({"keys": ["x" * 256]}, ["keys"]),
        ({"keys": [str(number) for number in range(1001)]}, ["keys"]),
        ({"keys": "x"}, ["keys"]),
        ({"queryId": "x"}, ["queryId"]),
    ],
)
async def test_a_bad_search_names_what_is_wrong(api: Api, acme: Tenant, body: Any, fields: list[str]) -> None:
    answer = await api.post(PATH, acme, body)

    assert answer.status == 400
    assert [field for _, field in answer.errors] == fields


async def test_a_saved_query_is_searched_by_its_id(api: Api, acme: Tenant) -> None:
    await put_in(api, acme, *({"name": name} for name in ("Ann", "Anna", "Anton", "Bob")))
    query = {"statements": [says("name", "begins_with", "an")], "size": 2}
    saved = (await api.post("/v4/query/contact", acme, {"queryName": "An...", "query": query})).only["queryId"]

    async def names(**more: Any) -> list[str]:
        answer = await api.post(PATH, acme, {"queryId": saved, **more})
        return [contact["extData"]["name"] for contact in answer.payload]

    assert await names() == ["Ann", "Anna"]
    assert await names(size=5) == ["Ann", "Anna", "Anton"]
    assert await names(**{"from": 2}) == ["Anton"]
    assert await names(statements=[says("name", "ends_with", "a")]) == ["Anna"]
    stranger = await api.account("stranger")
    assert (await api.post(PATH, stranger, {"queryId": saved})).errors == [("404", "queryId")]


async def test_what_takes_too_long_is_refused_with_advice(
    api: Api, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put_in(api, acme, *({"name": f"Ann {number}"} for number in range(3000)))
    monkeypatch.setattr(search_service, "_LONGEST_SECONDS", 0.001)

    answer = await api.post(PATH, acme, {"statements": [says("name", "contains", f"x{n}") for n in range(100)]})

    assert answer.status == 400
    assert answer.body["error"][0]["message"] == "Search takes too long"
    assert "add a statement" in str(answer.errors[0][1])
    assert len((await api.post(PATH, acme, {"keys": ["x"]})).payload) == 0


async def test_searches_under_idempotency_keys_do_not_wait_on_each_others_connections(api: Api, acme: Tenant) -> None:
    await add(api, acme, name="Ann")
    body = {"statements": [says("name", "exists")]}
    asked = [api.call("POST", PATH, acme, body, headers={"Idempotency-Key": str(number)}) for number in range(12)]

    answers = await asyncio.wait_for(asyncio.gather(*asked), 30)

    assert {answer.status for answer in answers} <= {200, 429}
    assert [answer.body["count"] for answer in answers if answer.status == 200][:1] == [1]
    assert (await api.call("POST", PATH, acme, body, headers={"Idempotency-Key": "0"})).body["count"] == 1


async def test_a_privilege_is_needed(api: Api) -> None:
    await api.assert_privileges((("POST", PATH, "contact-read"),), "number-admin")
