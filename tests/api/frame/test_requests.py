"""What becomes of a request's path, query and body before a handler sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.api.frame.probes import Probes, serve
from tests.harness import Api, Tenant

from cordboard.edge.api.frame.refusals import LARGEST_BODY

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def acme(probed: Api) -> Tenant:
    return await probed.account()


@pytest.mark.parametrize("spelling", [True, "true", "TRUE", " True "])
async def test_booleans_and_integers_arrive_in_either_spelling(probed: Api, acme: Tenant, spelling: Any) -> None:
    sent = {"name": "a", "isActive": spelling, "retryCount": "7", "items": [{"size": "3"}], "unknown": 1}

    shown = (await probed.post("/probe/echo", acme, sent)).only["body"]

    assert shown == {"name": "a", "isActive": True, "retryCount": 7, "items": [{"size": 3}], "data": {}}


async def test_query_scalars_arrive_as_their_types_and_empty_means_not_given(probed: Api, acme: Tenant) -> None:
    shown = (await probed.get("/probe/echo", acme, onlyOpen="false", size="", unknown="x")).only["query"]

    assert shown == {"onlyOpen": False, "size": None}


async def test_each_bad_field_is_named(probed: Api, acme: Tenant) -> None:
    answer = await probed.post(
        "/probe/echo", acme, {"retryCount": "many", "isActive": 5, "items": [{"size": 1}, {"size": "x"}], "data": []}
    )

    assert answer.status == 400
    assert [field for _, field in answer.errors] == ["name", "retryCount", "isActive", "items[1].size", "data"]
    assert {code for code, _ in answer.errors} == {"400"}


async def test_each_bad_parameter_is_named(probed: Api, acme: Tenant) -> None:
    answer = await probed.get("/probe/echo", acme, onlyOpen="perhaps", size="1.5")

    assert answer.status == 400
    assert [field for _, field in answer.errors] == ["onlyOpen", "size"]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"name": "a\0b"}, "name"),
        ({"name": "a", "data": {"x": ["\0"]}}, "data.x[0]"),
        ({"name": "a", "data": {"a\0": 1}}, "data"),
        ({"name": "a", "retryCount": 2**63}, "retryCount"),
        ({"name": "a", "retryCount": str(2**64)}, "retryCount"),
        ({"name": "a", "data": {"n": -(2**63) - 1}}, "data.n"),
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"name": "a", "retryCount": True}, "retryCount"),
    ],
)
async def test_what_no_column_can_keep_is_refused_by_name(
    probed: Api, acme: Tenant, bad: dict[str, Any], field: str
) -> None:
    answer = await probed.post("/probe/echo", acme, bad)

    assert answer.status == 400
    assert [named for _, named in answer.errors] == [field]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'"text"',
        b"5",
        b"null",
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\udc00\\ud800"}',
        b'{"name": 1e999}',
        b'{"name": NaN}',
        b'{"name": "a"} trailing',
        b'{"name": "a\0"}',
        b'{"name": "a", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda content: repr(content[:24]),
)
async def test_what_is_no_json_object_is_refused(probed: Api, acme: Tenant, content: bytes) -> None:
    answer = await probed.call("POST", "/probe/echo", acme, content=content, headers=JSON)

    assert answer.status == 400
    assert [field for _, field in answer.errors] == ["body"]


@pytest.mark.parametrize("levels", [63, 200])
async def test_nesting_has_a_limit_with_words(probed: Api, acme: Tenant, levels: int) -> None:
    nested: Any = 1
    for _ in range(levels - 1):
        nested = [nested]

    answer = await probed.post("/probe/echo", acme, {"name": "a", "data": {"deep": nested}})

    if levels == 63:
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert "64 levels" in answer.body["error"][0]["message"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json", "text/plain", None])
async def test_json_is_taken_under_its_usual_names(probed: Api, acme: Tenant, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}

    answer = await probed.call("POST", "/probe/echo", acme, content=b'{"name":"a"}', headers=headers)

    assert answer.only["body"]["name"] == "a"


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "image/png"]
)
async def test_other_types_of_bodies_are_415(probed: Api, acme: Tenant, kind: str) -> None:
    answer = await probed.call("POST", "/probe/echo", acme, content=b"name=a", headers={"Content-Type": kind})

    assert answer.status == 415
    assert answer.errors == [("415", f"send application/json, not {kind.split(';')[0]}")]


async def test_a_body_may_have_a_mebibyte_and_no_more(probed: Api, acme: Tenant) -> None:
    frame = len(b'{"name":""}')
    largest = b'{"name":"' + b"x" * (LARGEST_BODY - frame) + b'"}'

    fits = await probed.call("POST", "/probe/echo", acme, content=largest, headers=JSON)
    too_large = await probed.call("POST", "/probe/echo", acme, content=largest + b" ", headers=JSON)

    assert fits.status == 200
    assert too_large.status == 413
    assert too_large.errors[0][0] == "413"
    assert too_large.headers["x-request-id"]


async def test_chunks_are_counted_too(api: Api, probes: Probes) -> None:
    """No Content-Length announces this body."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (LARGEST_BODY // 2)

    async with serve(api, probes.endpoints()) as probed:
        acme = await probed.account()
        answer = await probed.call("POST", "/probe/echo", acme, content=chunks(), headers=JSON)  # type: ignore[arg-type]

    assert answer.status == 413
    assert probes.calls == []


async def test_a_get_ignores_its_body(probed: Api, acme: Tenant) -> None:
    answer = await probed.call("GET", "/probe/echo", acme, content=b"{broken", headers=JSON)

    assert answer.status == 200


async def test_an_endpoint_without_a_body_ignores_one(probed: Api, acme: Tenant) -> None:
    answer = await probed.call("PUT", "/probe/bodiless", acme, content=b"{broken", headers=JSON)

    assert answer.only["body"] is None


async def test_a_delete_may_have_a_body(probed: Api, acme: Tenant) -> None:
    answer = await probed.call("DELETE", "/probe/echo", acme, {"name": "gone"})

    assert answer.only["body"]["name"] == "gone"


@pytest.mark.parametrize("path", ["/probe/echo", "/probe/echo/", "/probe/echo//"])
async def test_a_trailing_slash_never_matters(probed: Api, acme: Tenant, path: str) -> None:
    assert (await probed.post(path, acme, {"name": "a"})).status == 200
    assert (await probed.get(path, acme)).status == 200


async def test_path_variables_are_unescaped_once(probed: Api, acme: Tenant, probes: Probes) -> None:
    await probed.get("/probe/one/a%20%2525b", acme)

    assert probes.calls[0].path == {"name": "a %25b"}


@pytest.mark.parametrize("path", ["/probe/one/a%00b", "/nowhere", "/probe", "/"])
async def test_what_is_no_path_is_404(probed: Api, acme: Tenant, path: str) -> None:
    answer = await probed.get(path, acme)

    assert answer.status == 404
    assert answer.errors == [("404", "no such path")]
    assert answer.headers["x-request-id"]


async def test_a_wrong_method_is_405_and_the_right_ones_are_named(probed: Api, acme: Tenant) -> None:
    answer = await probed.put("/probe/echo", acme, {})

    assert answer.status == 405
    assert answer.errors[0][0] == "405"
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["allow"].split(", "))
    assert answer.headers["x-request-id"]


async def test_too_many_parameters_are_refused(probed: Api, acme: Tenant) -> None:
    answer = await probed.get("/probe/echo?" + "&".join(f"a{n}=1" for n in range(1001)), acme)

    assert answer.status == 400
    assert answer.errors == [("400", "query")]


async def test_a_nul_in_a_parameter_is_refused_by_name(probed: Api, acme: Tenant) -> None:
    answer = await probed.get("/probe/echo?size=%00", acme)

    assert answer.errors == [("400", "size")]
