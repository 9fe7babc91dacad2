"""Requests 52 and 53: files of contacts, at once and in the background."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.harness import Api, Tenant, open_api
from tests.uploads import contacts_of, loop_of, process_with, send, state_of, upload, work_off

from cordboard.domain.uploads.service import MOST_ROWS_AT_ONCE
from cordboard.infra.db import Database
from cordboard.run.settings import Network
from cordboard.testing.clock import VirtualClock
from cordboard.testing.webhook_receiver import WebhookReceiver

AT_ONCE, ASYNC = "/v4/contact/upload", "/v4/contact/uploadAsync"
HEADER = "phonenumber1,firstname,lastname,candy\n"
JENNY = "+17148675309,Jenny,Doe,red hots\n"
JOHN = "+17148675310,John,Doe,snickers\n"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    return await api.account("acme")


async def started(api: Api, tenant: Tenant, content: bytes | str, **query: str) -> dict[str, Any]:
    """What an upload in the background answers."""
    only: dict[str, Any] = (await send(api, ASYNC, tenant, content, **query)).only
    return only


@pytest.mark.parametrize("field", ["parts", "file"])
async def test_a_file_becomes_contacts(api: Api, acme: Tenant, field: str) -> None:
    answer = await send(api, AT_ONCE, acme, "PhoneNumber1,FirstName,zip1,notes\n(714) 867-5309,Jenny,65203,\n", field)
    ids = answer.only["contactIds"]

    assert answer.only == {
        "processedRows": 1,
        "successRows": 1,
        "failedRows": 0,
        "contactIds": {"1": ids["1"]},
        "errors": None,
        "encoding": "utf-8",
    }
    contact = (await api.get(f"/v4/contact/{ids['1']}", acme)).only
    assert contact["extData"] == {"phonenumber1": "+17148675309", "firstname": "Jenny", "zip1": "65203"}
    assert (contact["keys"], contact["timezone"], contact["dnc"]) == (["+17148675309"], -24, 0)
    taken = await api.post("/v4/contact", acme, {"extData": {"phonenumber1": "+17148675309"}})
    assert (taken.status, ids["1"] in str(taken.body)) == (409, True)


async def test_bad_rows_are_told_by_their_number_and_the_others_are_kept(api: Api, acme: Tenant) -> None:
    rows = [JENNY, "\n", "911,A,B,C\n", "+17148675311,short\n", ',"quoted\nname",,\n', ",,,\n", "a,b,c\0,d\n", JOHN]
    done = await upload(api, acme, HEADER + "".join(rows))

    assert (done["processedRows"], done["successRows"], done["failedRows"]) == (7, 3, 4)
    assert list(done["contactIds"]) == ["1", "4", "7"]
    assert done["errors"] == {
        "2": "phonenumber1 is not a phone number; send it as +19495551234",
        "3": "has 2 cells; the header has 4",
        "5": "has nothing in it",
        "6": "holds the character U+0000",
    }
    kept = await contacts_of(api, acme)
    assert {row["ext_data"]["firstname"] for row in kept.values()} == {"Jenny", "quoted\nname", "John"}


async def test_rows_of_one_file_meet_each_other_in_their_order(api: Api, acme: Tenant) -> None:
    rejected = await upload(api, acme, HEADER + JENNY + JENNY)
    owner = rejected["contactIds"]["1"]
    assert rejected["errors"] == {"2": f"the key +17148675309 belongs to contactId {owner}"}

    merged = await upload(api, acme, HEADER + "+17148675309,,,gum\n" + JOHN + JOHN, conflictMode="APPEND")
    assert merged["errors"] is None
    assert merged["contactIds"]["1"] == owner
    assert merged["contactIds"]["2"] == merged["contactIds"]["3"]
    assert (await contacts_of(api, acme))[owner]["ext_data"]["candy"] == "red hots"


@pytest.mark.parametrize(
    ("mode", "data", "keys"),
    [
        ("APPEND", {"candy": "old", "firstname": "Jenny", "lastname": "Doe"}, ["k1", "old", "k2"]),
        ("OVERWRITE", {"candy": "new", "firstname": "Jenny", "lastname": "Doe"}, ["k1", "old", "k2"]),
        ("REPLACE", {"candy": "new", "lastname": "Doe"}, ["k1", "k2"]),
    ],
)
async def test_modes(api: Api, acme: Tenant, mode: str, data: dict[str, str], keys: list[str]) -> None:
    first = await upload(api, acme, "keys,candy,firstname\nk1|old,old,Jenny\n")
    rejected = await upload(api, acme, "keys,candy,lastname\nk1|k2,new,Doe\n")
    done = await upload(api, acme, "keys,candy,lastname\nk1|k2,new,Doe\n", conflictMode=mode)

    assert rejected["contactIds"] is None
    assert done["contactIds"] == first["contactIds"]
    (contact,) = (await contacts_of(api, acme)).values()
    assert contact["ext_data"] == data
    assert set(contact["keys"]) == set(keys)
    owned = await api.fetch("select key from contact_keys where account_id = $1", acme.id)
    assert {row["key"] for row in owned} == set(keys)


async def test_a_row_that_is_two_contacts_is_refused_in_every_mode(api: Api, acme: Tenant) -> None:
    made = (await upload(api, acme, "keys,candy\na,1\nb,2\n"))["contactIds"]

    for mode in ("REJECT", "APPEND", "OVERWRITE", "REPLACE"):
        done = await upload(api, acme, "keys,candy\na|b,3\n", conflictMode=mode)
        assert done["errors"] == {"1": f"the keys belong to several contacts: contactId {made['1']}, {made['2']}"}


async def test_a_key_may_move_within_a_file(api: Api, acme: Tenant) -> None:
    made = (await upload(api, acme, "keys,candy\na|b,1\n"))["contactIds"]
    done = await upload(api, acme, "keys,candy\na|c,2\nb,3\n", conflictMode="REPLACE")

    assert done["contactIds"]["1"] == made["1"]
    owned = await api.fetch("select key, contact_id from contact_keys where account_id = $1", acme.id)
    owners = {row["key"]: str(row["contact_id"]) for row in owned}
    assert owners == {"a": made["1"], "c": made["1"], "b": done["contactIds"]["2"]}


async def test_files_are_believed_to_be_what_they_are(api: Api, acme: Tenant) -> None:
    mac = await upload(api, acme, "keys;firstname\r1;Zo\xeb\r".encode("cp1252"))
    bom = await upload(api, acme, "\ufeffkeys\tfirstname\r\n2\tZoë\r\n".encode())
    empty = await upload(api, acme, "keys,firstname")

    assert (mac["encoding"], bom["encoding"]) == ("windows-1252", "utf-8")
    names = {row["keys"][0]: row["ext_data"]["firstname"] for row in (await contacts_of(api, acme)).values()}
    assert names == {"1": "Zoë", "2": "Zoë"}
    assert (empty["processedRows"], empty["contactIds"], empty["errors"]) == (0, None, None)


@pytest.mark.parametrize("path", [AT_ONCE, ASYNC])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0", "not a text file"),
        (b"a,b,A\n1,2,3\n", "names columns twice: a"),
        (b"a,\n1,2\n", "without a name"),
        (b"x" * 65 + b",b\n1,2\n", "at most 64 characters"),
        (",".join(f"c{n}" for n in range(201)).encode(), "at most 200 fields"),
    ],
)
async def test_what_is_no_table_is_refused_before_anything_is_done(
    api: Api, acme: Tenant, path: str, content: bytes, words: str
) -> None:
    refused = await send(api, path, acme, content)

    assert (refused.status, refused.errors) == (400, [("400", "parts")])
    assert words in refused.body["error"][0]["message"]
    assert await api.fetch("select from uploads") == await api.fetch("select from contacts") == []
    assert not any(api.platform.settings.data_path.glob("media/*/*"))


async def test_a_long_file_is_for_the_background(api: Api, acme: Tenant) -> None:
    rows = "".join(f"k{n},x\n" for n in range(MOST_ROWS_AT_ONCE + 1))
    refused = await send(api, AT_ONCE, acme, "keys,candy\n" + rows)

    assert (refused.status, "uploadAsync" in str(refused.errors[0][1])) == (413, True)
    assert await contacts_of(api, acme) == {}
    whole = await upload(api, acme, "keys,candy\n" + rows[: rows.rindex("k")])
    assert whole["successRows"] == len(whole["contactIds"]) == MOST_ROWS_AT_ONCE


async def test_a_background_upload_is_worked_off(api: Api, acme: Tenant) -> None:
    begun = await started(api, acme, HEADER + JENNY + "911,,,\n" + JOHN)
    assert {name: begun[name] for name in ("status", "processedRows", "contactIds", "errors", "next")} == {
        "status": "processing",
        "processedRows": 0,
        "contactIds": None,
        "errors": None,
        "next": None,
    }
    assert await contacts_of(api, acme) == {}

    await work_off(api)

    done = await state_of(api, acme, begun["uploadId"])
    assert (done["status"], done["processedRows"], done["successRows"], done["failedRows"]) == ("completed", 3, 2, 1)
    assert list(done["contactIds"]) == ["1", "3"]
    assert list(done["errors"]) == ["2"]
    assert set(done["contactIds"].values()) == set(await contacts_of(api, acme))
    assert (done["processedBytes"], done["size"]) == (done["size"], len(HEADER + JENNY + JOHN) + 7)
    (listed,) = (await api.get("/v4/upload", acme)).payload
    assert (listed["uploadId"], listed["filename"]) == (begun["uploadId"], "list.csv")
    assert not any(api.platform.settings.data_path.glob("media/*/*")), "the file is gone once it is worked off"
    assert await api.fetch("select from jobs") == []


async def test_accounts_take_turns_and_an_account_keeps_its_order(api: Api, acme: Tenant) -> None:
    other = await api.account("other")
    header, rows = "keys,candy\n", "".join(f"k{n},first\n" for n in range(40))
    one = await started(api, acme, header + rows)
    api.clock.advance(1)
    two = await started(api, acme, header + rows.replace("first", "second"), conflictMode="OVERWRITE")
    theirs = await started(api, other, header + rows)
    seen: list[list[int]] = []
    async with loop_of(api, process_with(api, chunk_rows=10, slice_seconds=0)) as loop:
        while await loop.start_due():
            await loop.settle()
            counts = [
                (await state_of(api, tenant, begun["uploadId"]))["processedRows"]
                for tenant, begun in ((acme, one), (acme, two), (other, theirs))
            ]
            if not seen or seen[-1] != counts:
                seen.append(counts)

    assert seen[0] == [10, 0, 0]
    assert seen[1] == [10, 0, 10], "the other account has its turn before the first goes on"
    assert all(first == 40 for first, second, _ in seen if second)
    assert seen[-1] == [40, 40, 40]
    assert {row["ext_data"]["candy"] for row in (await contacts_of(api, acme)).values()} == {"second"}
    assert await api.fetch("select from jobs where kind = 'uploads.process'") == []


async def test_a_url_is_told_of_progress_and_of_the_end(api: Api, acme: Tenant) -> None:
    rows = "".join(f"k{n},x\n" for n in range(40))
    async with WebhookReceiver() as receiver:
        begun = await started(
            api, acme, "keys,candy\n" + rows + "911\n", callback=receiver.url("/done"), incrementalCallback="true"
        )
        async with loop_of(api, process_with(api, chunk_rows=10, slice_seconds=0)) as loop:
            while await loop.start_due():
                await loop.settle()
                api.clock.advance(1)
        await api.settle()
    told = [request.json for request in receiver.requests]

    assert [(one["status"], one["processedRows"]) for one in told] == [
        ("processing", 20),
        ("processing", 30),
        ("processing", 40),
        ("completed", 41),
    ]
    assert {tuple(sorted(one)) for one in told} == {
        (
            "accountSid",
            "contactIds",
            "errors",
            "failedRows",
            "kind",
            "next",
            "processedRows",
            "reason",
            "status",
            "successRows",
            "uploadId",
        )
    }
    done = await state_of(api, acme, begun["uploadId"], size="1000")
    assert {name: value for name, value in told[-1].items() if name != "accountSid"} == {
        name: done[name] for name in told[-1] if name != "accountSid"
    }
    assert "webhook-signature" in receiver.requests[0].headers


async def test_without_incremental_only_the_end_is_told(api: Api, acme: Tenant) -> None:
    async with WebhookReceiver() as receiver:
        hook = (
            await api.post(
                "/v4/callback/configuration",
                acme,
                {"eventType": "api_callback", "name": "uploads", "url": receiver.url("/hook")},
            )
        ).only["id"]
        await started(api, acme, "keys,candy\na,1\nb,2\n", callback=hook)
        async with loop_of(api, process_with(api, chunk_rows=1, slice_seconds=0)) as loop:
            while await loop.start_due():
                await loop.settle()
                api.clock.advance(2)
        await api.settle()

    assert [(one.path, one.json["status"]) for one in receiver.requests] == [("/hook", "completed")]


async def test_the_websocket_is_told_through_the_outbox(api: Api, acme: Tenant) -> None:
    begun = await started(api, acme, HEADER + JENNY, callback="websocket")
    while await api.worker.uploads.start_due():
        await api.worker.uploads.settle()

    (event,) = await api.fetch("select topic, subject, payload from outbox where topic = 'uploads.progressed'")
    assert (event["subject"], event["payload"]["callback"]) == (begun["uploadId"], "websocket")
    assert (event["payload"]["accountSid"], event["payload"]["status"]) == (acme.sid, "completed")


async def test_callbacks_that_cannot_be_told_are_refused(
    api: Api, acme: Tenant, database: Database, clock: VirtualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = await api.account("other")
    body = {"eventType": "api_callback", "name": "uploads", "url": "https://example.com/hook"}
    theirs = (await api.post("/v4/callback/configuration", other, body)).only["id"]
    plain = (await api.post("/v4/callback/configuration", acme, {**body, "eventType": "sms_inbound"})).only["id"]

    for callback in (theirs, plain, "no url", "ftp://example.com", "Websocket "):
        refused = await send(api, ASYNC, acme, HEADER + JENNY, callback=callback)
        assert (refused.status, refused.errors) == (400, [("400", "callback")])
    strict = Network(allow_private_callbacks=False)
    async with open_api(database, clock, tmp_path_factory.mktemp("strict"), network=strict) as guarded:
        tenant = await guarded.account()
        refused = await send(guarded, ASYNC, tenant, HEADER + JENNY, callback="http://127.0.0.1/")
        assert (refused.status, refused.errors) == (400, [("400", "callback")])
    assert await api.fetch("select from uploads") == []


async def test_an_account_that_is_not_active_any_more_stops_it(api: Api, acme: Tenant) -> None:
    begun = await started(api, acme, "keys,candy\n" + "".join(f"k{n},x\n" for n in range(9)), callback="websocket")
    async with loop_of(api, process_with(api, chunk_rows=3, slice_seconds=0)) as loop:
        await loop.start_due()
        await loop.settle()
        async with api.platform.database.transaction() as tx:
            await api.platform.accounts.set_status(tx, acme.id, 0)
        while await loop.start_due():
            await loop.settle()

    (row,) = await api.fetch("select status, reason, success_rows from uploads where id = $1", UUID(begun["uploadId"]))
    assert (row["status"], row["reason"], row["success_rows"]) == ("failed", "the account is not active", 3)
    assert len(await contacts_of(api, acme)) == 3
    (event,) = await api.fetch("select payload from outbox where topic = 'uploads.progressed'")
    assert event["payload"]["status"] == "failed"


async def test_a_file_that_is_gone_ends_it_and_the_next_goes_on(api: Api, acme: Tenant) -> None:
    lost = await started(api, acme, HEADER + JENNY)
    api.clock.advance(1)
    whole = await started(api, acme, HEADER + JOHN)
    (row,) = await api.fetch("select blob from uploads where id = $1", UUID(lost["uploadId"]))
    await api.platform.blobs.delete(row["blob"])
    await work_off(api)

    states = [await state_of(api, acme, one["uploadId"]) for one in (lost, whole)]
    assert [(one["status"], one["reason"]) for one in states] == [("failed", "its file is gone"), ("completed", None)]


@pytest.mark.parametrize("path", [AT_ONCE, ASYNC])
async def test_an_idempotency_key_uploads_once(api: Api, acme: Tenant, path: str) -> None:
    part = 'Content-Disposition: form-data; name="parts"; filename="list.csv"'
    form = f"--cut\r\n{part}\r\n\r\n{HEADER}{JENNY}\r\n--cut--\r\n".encode()
    headers = {"Idempotency-Key": "once", "Content-Type": "multipart/form-data; boundary=cut"}
    answers = [await api.call("POST", path, acme, content=form, headers=headers) for _ in range(2)]
    await work_off(api)

    assert answers[0].only == answers[1].only
    assert len(await contacts_of(api, acme)) == 1
    assert len(await api.fetch("select from uploads")) == (path == ASYNC)


async def test_too_many_at_once_are_refused(api: Api, acme: Tenant) -> None:
    for _ in range(50):
        await started(api, acme, HEADER + JENNY)
    refused = await send(api, ASYNC, acme, HEADER + JENNY)

    assert (refused.status, "Retry-After" in {name.title() for name in refused.headers}) == (429, True)
    assert len(list(api.platform.settings.data_path.glob("media/*/*"))) == 50, "its file was not kept"
