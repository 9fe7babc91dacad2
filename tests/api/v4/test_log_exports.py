"""Request 100 and its list: a log as a file behind a link that is mailed, made once whatever happens on the way."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant
from tests.voice_node import NUMBER, SECOND, VoiceNode, buy, place

from cordboard.domain.reporting import cells
from cordboard.domain.reporting.log_exports import EXPORT_JOB
from cordboard.domain.reporting.use_cases import write_export
from cordboard.domain.reporting.use_cases.write_export import WriteExport
from cordboard.infra.jobs.queue import Job
from cordboard.kit.clock import epoch_ms
from cordboard.run.log_readers import calls_reader, messages_reader

PATH = "/v4/logs/export"
HANDSET = "+19492221234"
BODY = {"email": "boss@example.com", "startdate": "2026-01-05", "enddate": "2026-01-05", "type": "2"}


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with two numbers."""
    tenant = await api.account()
    await buy(api, tenant, NUMBER, SECOND)
    return tenant


async def exported(api: Api, owner: Tenant) -> Mapping[str, Any]:
    """The newest export, as the list shows it."""
    shown: Mapping[str, Any] = (await api.get(PATH, owner)).payload[0]
    return shown


async def file_of(api: Api, shown: Mapping[str, Any]) -> bytes:
    """What the link leads to."""
    url: str = shown["url"]
    data = await api.platform.blobs.get(url.rpartition("/")[2])
    assert data is not None
    return data


def rows_of(data: bytes) -> list[dict[str, str]]:
    """A file's records."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


async def mails(api: Api) -> list[dict[str, Any]]:
    """What is queued to be mailed."""
    return [row["payload"] for row in await api.fetch("select payload from jobs where kind = 'mail.send' order by id")]


def kept_mails(api: Api) -> list[str]:
    """What was mailed: no server is set."""
    return [path.read_text() for path in (api.platform.settings.data_path / "mail").iterdir()]


def writer(api: Api, **changes: Any) -> WriteExport:
    """The handler of jobs, with small pieces if wanted."""
    platform = api.platform
    usual: dict[str, Any] = {
        "clock": api.clock,
        "database": platform.database,
        "blobs": platform.blobs,
        "readers": {"calls": calls_reader(platform.voice), "sms": messages_reader(platform.messaging)},
        "spool": platform.settings.data_path / "spool",
    }
    return WriteExport(**{**usual, **changes})


async def next_job(api: Api) -> Job | None:
    """Takes the job that goes on with an export off the queue."""
    rows = await api.fetch(
        "delete from jobs where kind = $1 returning kind, account_id, payload, run_at, request_id, id", EXPORT_JOB
    )
    return Job(**rows[0], attempts=1) if rows else None


async def test_it_is_taken_as_the_reference_shows_it(api: Api, owner: Tenant) -> None:
    answer = await api.post(PATH, owner, BODY)

    log_id = UUID(answer.only["logId"])
    assert answer.body["Message360"] == {
        "ResponseStatus": 1,
        "Message": {"ApiVersion": "4", "LogID": log_id.hex, "Status": "processing"},
    }
    assert await exported(api, owner) == answer.only
    assert answer.only == {
        "logId": str(log_id),
        "status": "processing",
        "type": 2,
        "startdate": "2026-01-05",
        "enddate": "2026-01-05",
        "email": "boss@example.com",
        "requestedAt": epoch_ms(api.clock.now()),
        "finishedAt": None,
        "expiresAt": None,
        "records": 0,
        "size": None,
        "url": None,
    }


async def test_a_log_of_messages_has_what_its_request_answers(api: Api, owner: Tenant) -> None:
    carrier = CarrierDouble(api)
    await carrier.deliver(HANDSET, NUMBER, '=HYPERLINK("http://x")\nsecond line, "quoted"')
    api.clock.advance(1)
    await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSET, "text": "ok", "metadata": {"lead": [1]}})
    await carrier.work()
    await api.settle()
    await api.post(PATH, owner, BODY)
    await api.settle()

    shown = await exported(api, owner)
    rows = rows_of(await file_of(api, shown))
    logged = (await api.get("/v4/logs/sms", owner)).payload

    assert (shown["status"], shown["records"], shown["size"]) == ("ready", 2, len(await file_of(api, shown)))
    assert shown["url"].endswith(".csv")
    assert [list(row) for row in rows] == [list(logged[0])] * 2
    assert [row["smsSid"] for row in rows] == [row["smsSid"] for row in reversed(logged)]
    assert rows[0]["body"] == '\'=HYPERLINK("http://x")\nsecond line, "quoted"'
    assert (rows[1]["from"], rows[1]["to"], rows[1]["metaData"]) == (NUMBER, HANDSET, '{"lead":[1]}')
    assert (rows[1]["errorMessage"], rows[1]["price"]) == ("", str(logged[0]["price"]))


async def test_a_log_of_calls_and_the_mail_that_tells_of_it(api: Api, owner: Tenant) -> None:
    await place(api, owner)
    node = VoiceNode(api)
    (call,) = await node.claim()
    await node.answers(call)
    api.clock.advance(8)
    await node.ends(call)
    await api.post(PATH, owner, {**BODY, "type": 1, "enddate": "20260106"})
    await api.worker.jobs.start_due()
    await api.worker.jobs.settle()
    await api.worker.jobs.start_due()
    await api.worker.jobs.settle()

    (mail,) = await mails(api)
    shown = await exported(api, owner)
    (row,) = rows_of(await file_of(api, shown))

    assert (row["callSid"], row["duration"], row["durationBilled"], row["to"]) == (str(call.id), "8", "12", HANDSET)
    assert (mail["to"], mail["subject"]) == ("boss@example.com", "Your call log of 2026-01-05 to 2026-01-06")
    assert shown["url"] in mail["text"]
    assert "has 1 record. " in mail["text"]
    assert "until 2026-01-07 12:00 UTC" in mail["text"]
    await api.settle()
    (kept,) = kept_mails(api)
    assert shown["url"] in kept.replace("=\n", "").replace("=3D", "=")


async def test_the_link_lives_two_days(api: Api, owner: Tenant) -> None:
    await api.post(PATH, owner, BODY)
    await api.settle()
    ready = await exported(api, owner)
    assert ready["expiresAt"] - ready["finishedAt"] == 48 * 3600 * 1000
    api.clock.advance(48 * 3600 - 1)
    await api.settle()
    assert rows_of(await file_of(api, ready)) == []
    api.clock.advance(1)
    await api.settle()

    name = ready["url"].rpartition("/")[2]
    fresh = Tenant(owner.account, owner.user, api._token_of(owner.account, owner.user))
    over = await exported(api, fresh)
    assert (over["status"], over["url"]) == ("expired", None)
    assert await api.platform.blobs.get(name) is None
    assert (await api._client.get(f"/media/{name}")).status_code == 404


async def test_a_long_log_is_written_in_pieces_and_every_record_once(
    api: Api, owner: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece's job is also run twice, as after a crash, and the last of all again."""
    monkeypatch.setattr(write_export, "PLAIN_UP_TO", 100)
    carrier = CarrierDouble(api)
    for index in range(11):
        await carrier.deliver(HANDSET, NUMBER, f"text {index}")
        api.clock.advance(0.001 * (index % 3))  # some in the same moment
    await api.post(PATH, owner, BODY)
    write = writer(api, piece_seconds=0, page=3)
    runs = 0
    last = None
    while job := await next_job(api):
        await write(job)
        await write(job)
        runs, last = runs + 1, job
    assert last is not None
    await write(last)

    shown = await exported(api, owner)
    assert runs == 5  # 3 + 3 + 3 + 2, and the end
    assert shown["url"].endswith(".gz")
    rows = rows_of(gzip.decompress(await file_of(api, shown)))
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert {row["body"] for row in rows} == {f"text {index}" for index in range(11)}
    assert (len(rows), shown["records"], len(await mails(api))) == (11, 11, 1)
    kept = {path.name for path in (api.platform.settings.data_path / "media").rglob("*.*") if path.is_file()}
    assert kept == {shown["url"].rpartition("/")[2]}


async def test_a_run_that_breaks_off_is_made_good(api: Api, owner: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    await CarrierDouble(api).deliver(HANDSET, NUMBER, "hello")
    await api.post(PATH, owner, BODY)
    real, failures = api.platform.blobs.put_file, iter([OSError("disk full"), OSError("disk full")])

    async def put_file(name: str, path: Path) -> str:
        if failure := next(failures, None):
            raise failure
        return await real(name, path)

    monkeypatch.setattr(type(api.platform.blobs), "put_file", lambda _self, name, path: put_file(name, path))
    for _ in range(6):
        await api.settle()
        api.clock.advance(60)

    assert (await exported(api, owner))["records"] == 1
    assert (await exported(api, owner))["status"] == "ready"
    assert len(kept_mails(api)) == 1


async def test_one_that_can_never_be_written_is_given_up_and_told(
    api: Api, owner: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.post(PATH, owner, BODY)

    async def refuse(*_: object) -> str:
        raise OSError("no space")

    monkeypatch.setattr(type(api.platform.blobs), "put_file", refuse)
    for _ in range(10):
        await api.settle()
        api.clock.advance(60)

    assert (await exported(api, owner))["status"] == "failed"
    (mail,) = kept_mails(api)
    assert "Subject: No SMS log of 2026-01-05" in mail
    assert await api.fetch("select kind from jobs where kind like 'reporting%'") == []


async def test_three_an_hour_and_account(api: Api, owner: Tenant) -> None:
    for _ in range(3):
        assert (await api.post(PATH, owner, BODY)).status == 200
        api.clock.advance(600)

    refused = await api.post(PATH, owner, BODY)
    assert (refused.status, refused.errors[0][0], refused.headers["Retry-After"]) == (429, "429", "1800")
    assert "1800 s" in str(refused.errors[0][1])
    stranger = await api.account()
    assert (await api.post(PATH, stranger, BODY)).status == 200
    api.clock.advance(1799)
    assert (await api.post(PATH, owner, BODY)).status == 429
    api.clock.advance(1)
    assert (await api.post(PATH, owner, BODY)).status == 200
    assert (await api.post(PATH, owner, BODY)).headers["Retry-After"] == "600"
    assert len((await api.get(PATH, owner)).payload) == 4


async def test_requests_at_once_are_counted_one_by_one(api: Api, owner: Tenant) -> None:
    answers = await asyncio.gather(*(api.post(PATH, owner, BODY) for _ in range(5)))

    assert sorted(answer.status for answer in answers) == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "boss"}, "email"),
        ({"email": "boss@example.com, other@example.com"}, "email"),
        ({"email": "boss@example.com\nBcc: all@example.com"}, "email"),
        ({"email": "Boss <boss@example.com>"}, "email"),
        ({"type": "3"}, "type"),
        ({"type": "calls"}, "type"),
        ({"startdate": "yesterday"}, "startdate"),
        ({"enddate": "2026-13-01"}, "enddate"),
        ({"startdate": "2026-01-06"}, "enddate"),
        ({"startdate": "2025-10-05"}, "enddate"),
        ({"startdate": "2025-11-30", "enddate": "2026-03-01"}, "enddate"),
        ({"startdate": "9999-12-01", "enddate": "9999-12-31"}, "enddate"),
    ],
)
async def test_what_cannot_be_exported_is_named(api: Api, owner: Tenant, changes: dict[str, str], field: str) -> None:
    answer = await api.post(PATH, owner, {**BODY, **changes})

    assert answer.errors == [("400", field)]
    assert await api.fetch("select from log_exports") == []


async def test_three_months_are_taken(api: Api, owner: Tenant) -> None:
    for start, end in (("2025-10-06", "2026-01-05"), ("2025-11-30", "2026-02-28")):
        assert (await api.post(PATH, owner, {**BODY, "startdate": start, "enddate": end})).status == 200


async def test_nobody_sees_another_accounts_exports(api: Api, owner: Tenant) -> None:
    await CarrierDouble(api).deliver(HANDSET, NUMBER, "hello")
    stranger = await api.account()
    await api.post(PATH, stranger, BODY)
    await api.settle()

    assert (await api.get(PATH, owner)).payload == []
    assert rows_of(await file_of(api, await exported(api, stranger))) == []
    await api.assert_privileges([("POST", PATH, "log-export"), ("GET", PATH, "log-export")], "contact-admin")


async def test_exports_are_forgotten_in_time(api: Api, owner: Tenant) -> None:
    await api.post(PATH, owner, BODY)
    await api.settle()
    api.clock.advance(90 * 86400 + 1)
    async with api.platform.database.transaction() as tx:
        await api.platform.statistics.forget_old(tx)

    assert await api.fetch("select from log_exports") == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (-1.5, "-1.5"),
        ("+19495551234", "+19495551234"),
        ("+1 (949) 555-1234", "+1 (949) 555-1234"),
        ("-5", "-5"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("a=1", "a=1"),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
def test_no_cell_is_a_formula(value: Any, shown: str) -> None:
    assert cells.cell(value) == shown


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_line_can_be_read_back(texts: list[str]) -> None:
    columns = [f"c{index}" for index in range(len(texts))]
    data = cells.lines(columns, [dict(zip(columns, texts, strict=True))])
    read = next(csv.reader(io.StringIO(data.decode(), newline="")), [])

    expected = [text.encode("utf-8", "replace").decode() for text in texts]
    assert [cell.removeprefix("'") for cell in read] == [text.removeprefix("'") for text in expected]
