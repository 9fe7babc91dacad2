"""Transactions, idempotency keys and how failures are shown."""

from __future__ import annotations

import asyncio
import json

import pytest
from structlog.testing import capture_logs
from tests.api.frame.probes import Probes, rows_left, serve
from tests.harness import Answer, Api, Tenant


@pytest.fixture
async def acme(probed: Api) -> Tenant:
    return await probed.account()


async def keyed(api: Api, path: str, tenant: Tenant, key: str = "k1", json: object = None) -> Answer:
    return await api.call("POST", path, tenant, json, headers={"Idempotency-Key": key})


async def test_the_envelope_carries_stored_documents_totals_errors_and_more(probed: Api, acme: Tenant) -> None:
    answer = await probed.get("/probe/raw", acme)

    assert answer.body == {
        "status": True,
        "count": 40,
        "page": 1,
        "payload": [{"stored": [1, 2]}],
        "error": [{"code": "400", "message": "items[3] is odd", "moreInfo": "items[3]"}],
        "next": 5,
    }
    assert answer.headers["content-type"] == "application/json"


async def test_a_success_is_committed(probed: Api, acme: Tenant) -> None:
    assert (await probed.post("/probe/write", acme)).payload == [1]
    assert await rows_left(probed) == 1


async def test_a_failure_leaves_nothing(probed: Api, acme: Tenant) -> None:
    answer = await probed.post("/probe/refuse", acme)

    assert answer.status == 409
    assert answer.errors == [("409", "refusal 1")]
    assert await rows_left(probed) == 0


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k1"}])
async def test_a_failure_that_is_answered_and_not_raised_is_committed(
    probed: Api, acme: Tenant, headers: dict[str, str]
) -> None:
    answer = await probed.call("POST", "/probe/keep", acme, headers=headers)

    assert (answer.status, answer.errors) == (409, [("409", "refusal 1")])
    assert await rows_left(probed) == 1


async def test_what_nobody_foresaw_is_500_without_internals_and_logged(probed: Api, acme: Tenant) -> None:
    with capture_logs() as logs:
        answer = await probed.call("POST", "/probe/break", acme, headers={"X-Request-Id": "trace-me"})

    assert answer.status == 500
    assert answer.body["error"] == [{"code": "500", "message": "Internal error", "moreInfo": "request trace-me"}]
    assert "secret" not in json.dumps(answer.body)
    (entry,) = [entry for entry in logs if entry["event"] == "http.failed"]
    assert entry["request_id"] == "trace-me"
    assert entry["route"] == "POST /probe/break"
    assert isinstance(entry["exc_info"], ZeroDivisionError)
    assert await rows_left(probed) == 0


async def test_older_clients_get_every_failure_but_403_as_200(api: Api, probes: Probes) -> None:
    async with serve(api, probes.endpoints(), errors_as_200=True) as probed:
        acme = await probed.account()
        reader = await probed.account(role="basic-reports")
        failures = [
            await probed.get("/probe/echo", acme, size="x"),
            await probed.get("/probe/echo", reader),
            await probed.post("/probe/refuse", acme),
            await probed.post("/probe/break", acme),
            await probed.get("/nowhere", acme),
            await probed.put("/probe/echo", acme),
        ]
        anonymous = await probed.get("/probe/echo")

    assert [answer.status for answer in failures] == [200] * len(failures)
    assert [answer.errors[0][0] for answer in failures] == ["400", "401", "409", "500", "404", "405"]
    assert anonymous.status == 403


async def test_a_repeat_gets_the_stored_answer(probed: Api, acme: Tenant) -> None:
    first = await keyed(probed, "/probe/write", acme, json={"a": 1})
    again = await keyed(probed, "/probe/write", acme, json={"a": 1})

    assert first.body == again.body
    assert first.payload == [1]
    assert await rows_left(probed) == 1
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


async def test_a_trailing_slash_makes_no_other_request(probed: Api, acme: Tenant) -> None:
    await keyed(probed, "/probe/write", acme)

    assert (await keyed(probed, "/probe/write/", acme)).payload == [1]


async def test_a_failure_is_stored_too_without_its_effects(probed: Api, acme: Tenant, probes: Probes) -> None:
    first = await keyed(probed, "/probe/refuse", acme)
    again = await keyed(probed, "/probe/refuse", acme)

    assert first.errors == again.errors == [("409", "refusal 1")]
    assert again.status == 409
    assert len(probes.calls) == 1
    assert await rows_left(probed) == 0


async def test_what_may_go_better_next_time_is_not_stored(probed: Api, acme: Tenant) -> None:
    first = await keyed(probed, "/probe/not-yet", acme)
    second = await keyed(probed, "/probe/not-yet", acme)
    third = await keyed(probed, "/probe/not-yet", acme)

    assert (first.status, second.status, third.status) == (429, 503, 200)
    assert first.headers["Retry-After"] == "7"
    assert await rows_left(probed) == 1


async def test_a_crash_stores_nothing(probed: Api, acme: Tenant, probes: Probes) -> None:
    with capture_logs():
        await keyed(probed, "/probe/break", acme)
        await keyed(probed, "/probe/break", acme)

    assert len(probes.calls) == 2


@pytest.mark.parametrize(
    ("path", "body"), [("/probe/write", {"a": 2}), ("/probe/write/x", {"a": 1}), ("/probe/write?b=1", {"a": 1})]
)
async def test_the_same_key_for_another_request_is_409(
    probed: Api, acme: Tenant, path: str, body: dict[str, int]
) -> None:
    await keyed(probed, "/probe/write", acme, json={"a": 1})

    answer = await keyed(probed, path, acme, json=body)

    assert answer.status == 409
    assert await rows_left(probed) == 1


async def test_the_same_template_with_another_variable_is_another_request(probed: Api, acme: Tenant) -> None:
    await keyed(probed, "/probe/write/x", acme)

    assert (await keyed(probed, "/probe/write/y", acme)).status == 409


async def test_a_repeat_while_the_first_runs_is_409(probed: Api, acme: Tenant, probes: Probes) -> None:
    first = asyncio.create_task(keyed(probed, "/probe/wait", acme))
    await probes.entered.wait()
    meanwhile = await keyed(probed, "/probe/wait", acme)
    probes.go_on.set()

    assert meanwhile.status == 409
    assert (await first).status == 200
    assert (await keyed(probed, "/probe/wait", acme)).status == 200
    assert len(probes.calls) == 1


async def test_accounts_do_not_share_keys(probed: Api, acme: Tenant) -> None:
    other = await probed.account()
    parent = await probed.account()
    child = await probed.account(parent=parent.id)

    assert (await keyed(probed, "/probe/write", acme)).payload == [1]
    assert (await keyed(probed, "/probe/write", other)).payload == [2]
    assert (await keyed(probed, "/probe/write", parent)).payload == [3]
    assert (await keyed(probed, f"/probe/write?accountSid={child.sid}", parent)).payload == [4]


async def test_a_key_lives_24_hours(probed: Api, acme: Tenant) -> None:
    await keyed(probed, "/probe/write", acme, json={"a": 1})
    probed.clock.advance(24 * 3600)
    tokens = await probed.platform.people.sign_in.with_password(acme.user.username, "correct horse battery", "", 60)
    later = Tenant(acme.account, acme.user, tokens.access_token)

    assert (await keyed(probed, "/probe/write", later, json={"a": 2})).payload == [2]
    assert (await keyed(probed, "/probe/write", later, json={"a": 2})).payload == [2]


async def test_a_handler_with_its_own_transactions_joins_that_of_a_key(
    probed: Api, acme: Tenant, probes: Probes
) -> None:
    await probed.post("/probe/own", acme)
    await keyed(probed, "/probe/own", acme)

    assert [call.transaction is not None for call in probes.calls] == [False, True]


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_an_odd_key_is_refused(probed: Api, acme: Tenant, key: str) -> None:
    answer = await keyed(probed, "/probe/write", acme, key=key)

    assert answer.status == 400
    assert answer.errors == [("400", "Idempotency-Key")]


async def test_a_key_means_nothing_on_other_methods(probed: Api, acme: Tenant, probes: Probes) -> None:
    for _ in range(2):
        await probed.call("PUT", "/probe/bodiless", acme, headers={"Idempotency-Key": "k1"})

    assert len(probes.calls) == 2


async def test_a_secret_answer_is_repeated_but_cannot_be_read_where_it_is_kept(probed: Api, acme: Tenant) -> None:
    first = await keyed(probed, "/probe/secret", acme)
    again = await keyed(probed, "/probe/secret", acme)
    (kept,) = await probed.fetch("select response from idempotency_keys")

    assert first.payload == again.payload == [1]
    assert kept["response"].startswith(b"v1.")
    assert b"payload" not in kept["response"]
