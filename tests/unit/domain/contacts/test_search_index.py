"""The segments that make searches quick: what is put into them, by whom, and when they are made anew."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from tests.harness import Api, Tenant

from cordboard.domain.contacts.search.folding import SEPARATOR, fold, folded_choices, needles, segment_of, tokens_of
from cordboard.domain.contacts.search.indexing import IndexContacts
from cordboard.domain.contacts.search.models import Search
from cordboard.engines.rules.statements import OPERATIONS, holds, parse_statements
from cordboard.infra.db import Database

ACCOUNT = UUID(int=1)
texts = st.text("aAßsS1 \x1fİi", max_size=4)
wanted = st.tuples(st.sampled_from([one for one in OPERATIONS if "_than" not in one and one != "exists"]), texts)


async def put_in(api: Api, tenant: Tenant, *people: dict[str, str]) -> list[UUID]:
    """Contacts in this order."""
    ids = []
    async with api.platform.database.transaction() as tx:
        for person in people:
            api.clock.advance(1)
            ids.append(uuid4())
            await tx.execute(
                "insert into contacts (account_id, id, created, timezone, ext_data, created_at)"
                " values ($1, $2, $2, -32, $3, $4)",
                *(tenant.id, ids[-1], person, api.clock.now()),
            )
    return ids


async def counts(api: Api) -> tuple[int, int, int]:
    """Segments, contacts in them, and changes that wait."""
    (row,) = await api.fetch(
        "select (select count(*) from contact_segments) as segments,"
        " (select coalesce(sum(cardinality(contact_ids)), 0)::int from contact_segments) as contacts,"
        " (select count(*) from contact_changes) as changes"
    )
    return row["segments"], row["contacts"], row["changes"]


async def found(api: Api, tenant: Tenant, **statement: Any) -> list[UUID]:
    """Who is found by one statement."""
    return [
        one.id for one in await api.platform.contact_tools.search.find(tenant.id, Search.parse([statement], None, None))
    ]


@given(st.lists(texts, min_size=1, max_size=5), wanted)
def test_segments_show_whoever_meets_a_statement(values: list[str], asked: tuple[str, str]) -> None:
    operation, value = asked
    if not value.strip(", \x1f"):
        return
    (statement,) = parse_statements([{"variable": "x", "operation": operation, "value": value}])
    if not all(statement.choices):
        return
    contacts = [(uuid4(), {"x": one}) for one in values]

    segment = segment_of(ACCOUNT, contacts)

    for place, (_, ext_data) in enumerate(contacts):
        if holds(statement, ext_data):
            assert any(needle in segment.texts["x"] for needle in needles(statement))
            shown = segment.texts["x"].split(SEPARATOR)[place + 1]
            assert shown == fold(ext_data["x"])
            if operation.startswith("equals"):
                assert shown in folded_choices(statement)
                assert set(tokens_of(ACCOUNT, statement)) & set(segment.tokens[place])


def test_tokens_never_change() -> None:
    """They are stored: another hash would lose what was indexed before."""
    assert segment_of(ACCOUNT, [(ACCOUNT, {"name": "Ann", "city": "Reno"})]).tokens == [[699999146, 1403293726]]


async def test_only_what_fills_a_segment_is_indexed_and_the_rest_is_found_too(api: Api) -> None:
    tenant = await api.account()
    ids = await put_in(api, tenant, *({"name": f"Ann {number}"} for number in range(5)))
    index = IndexContacts(api.platform.database, size=3)

    assert await index.once()
    assert await counts(api) == (2, 5, 0)
    assert not await index.once()
    ids += await put_in(api, tenant, {"name": "Anna"})
    assert not await index.once()

    assert await counts(api) == (2, 5, 1)
    assert await found(api, tenant, variable="name", operation="contains", value="ANN") == ids


async def test_what_changes_is_found_as_it_is_now(api: Api) -> None:
    tenant = await api.account()
    ann, bob = await put_in(api, tenant, {"name": "Ann"}, {"name": "Bob"})
    index = IndexContacts(api.platform.database, size=1)
    await index.once()

    await api.put(f"/v4/contact/{ann}", tenant, {"extData": {"name": "Bobby"}})

    assert (await counts(api))[2] == 1
    for _ in range(2):
        assert await found(api, tenant, variable="name", operation="equals", value="ann") == []
        assert await found(api, tenant, variable="name", operation="contains", value="bob") == [ann, bob]
        await index.once()
    assert await counts(api) == (3, 3, 0)


async def test_marks_and_archiving_change_nothing_that_is_indexed(api: Api) -> None:
    tenant = await api.account()
    shown = (await api.post("/v4/contact", tenant, {"extData": {"phonenumber1": "+17142220000"}})).only
    index = IndexContacts(api.platform.database, size=1)
    await index.once()

    async with api.platform.database.transaction() as tx:
        await api.platform.contacts.mark_dnc(tx, [(tenant.id, "+17142220000")], True)
    await api.delete(f"/v4/contact/{shown['contactId']}", tenant)

    assert (await counts(api))[2] == 0
    assert await found(api, tenant, variable="phonenumber1", operation="ends_with", value="0000") == []
    await api.put(f"/v4/contact/{shown['contactId']}/unarchive", tenant)
    assert await found(api, tenant, variable="phonenumber1", operation="ends_with", value="0000") == [
        UUID(shown["contactId"])
    ]


async def test_a_change_that_is_committed_while_others_are_indexed_waits_its_turn(api: Api) -> None:
    tenant = await api.account()
    (ann,) = await put_in(api, tenant, {"name": "Ann"})
    index = IndexContacts(api.platform.database, size=1)
    async with api.platform.database.transaction() as tx:
        await tx.execute("update contacts set ext_data = $1 where id = $2", {"name": "Zoe"}, ann)
        await index.once()

    assert (await counts(api))[2] == 1
    assert await found(api, tenant, variable="name", operation="equals", value="zoe") == [ann]
    await index.once()
    assert await found(api, tenant, variable="name", operation="equals", value="zoe") == [ann]


async def test_two_that_index_at_once_share_the_work(api: Api, database: Database) -> None:
    tenant = await api.account()
    ids = await put_in(api, tenant, *({"name": f"Ann {number}"} for number in range(40)))

    await asyncio.gather(*(IndexContacts(database, size=2).once() for _ in range(3)))

    _, contacts, changes = await counts(api)
    assert contacts + changes == 40
    assert await found(api, tenant, variable="name", operation="begins_with", value="ann") == ids


async def test_segments_that_hold_mostly_the_past_are_made_anew(api: Api) -> None:
    tenant = await api.account()
    ann, bob = await put_in(api, tenant, {"name": "Ann"}, {"name": "Bob"})
    index = IndexContacts(api.platform.database, size=1)
    for number in range(6):
        await api.put(f"/v4/contact/{ann}", tenant, {"extData": {"name": f"Ann {number}"}})
        await index.once()
    assert (await counts(api))[:2] == (7, 7)

    await index.renew()

    assert await counts(api) == (0, 0, 2)
    assert await found(api, tenant, variable="name", operation="ends_with", value="5") == [ann]
    await index.once()
    assert await counts(api) == (2, 2, 0)
    assert await found(api, tenant, variable="name", operation="equals", value="bob") == [bob]
    assert await api.fetch("select count(*) as many from contact_tokens") == [{"many": 2}]
    await index.renew()
    assert (await counts(api))[0] == 2
