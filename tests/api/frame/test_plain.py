"""Health, readiness, metrics, files and the document: what is served outside of the envelope."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.harness import Api

from cordboard.infra.db import Database
from cordboard.kit.ids import Ids
from cordboard.run.api import build_api


@pytest.fixture
async def web(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, so to speak."""
    application: Any = build_api(api.platform)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://cordboard.test"
    ) as client:
        yield client


async def test_health_and_readiness(web: httpx.AsyncClient) -> None:
    health, ready = await web.get("/healthz"), await web.get("/readyz/")

    assert (health.status_code, health.text) == (200, "ok")
    assert (ready.status_code, ready.text) == (200, "ready")


async def test_not_ready_while_migrations_are_behind(web: httpx.AsyncClient, api: Api) -> None:
    async with api.platform.database.transaction() as tx:
        await tx.execute("update alembic_version set version_num = '0001'")

    ready = await web.get("/readyz")

    assert ready.status_code == 503
    assert re.fullmatch(r"the database is at revision 0001, not \w+: run cordboard migrate", ready.text)
    assert (await web.get("/healthz")).status_code == 200


async def test_not_ready_before_the_first_migration(web: httpx.AsyncClient, api: Api) -> None:
    async with api.platform.database.transaction() as tx:
        await tx.execute("drop table alembic_version")

    ready = await web.get("/readyz")

    assert ready.status_code == 503
    assert "at revision none" in ready.text


@pytest.mark.parametrize("url", ["postgresql://postgres@127.0.0.1:1/none", "postgresql:///none?host=/nowhere"])
async def test_not_ready_without_a_database(web: httpx.AsyncClient, database: Database, url: str) -> None:
    database.url = url

    ready = await web.get("/readyz")

    assert ready.status_code == 503
    assert ready.text.startswith("the database cannot be reached")
    assert "postgres" not in ready.text


async def test_metrics_count_requests_by_route_and_status(web: httpx.AsyncClient) -> None:
    await web.get("/v4/contact")
    await web.get("/nowhere")

    metrics = await web.get("/metrics")

    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert re.search(r'cordboard_http_requests_total\{route="GET /v4/contact",status="403"\} [1-9]', metrics.text)
    assert 'cordboard_http_requests_total{route="(none)",status="404"}' in metrics.text
    assert "nowhere" not in metrics.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/nowhere"])
async def test_every_response_has_a_request_id(web: httpx.AsyncClient, path: str) -> None:
    assert re.fullmatch("[0-9a-f]{24}", (await web.get(path)).headers["x-request-id"])
    assert (await web.get(path, headers={"X-Request-Id": "mine"})).headers["x-request-id"] == "mine"
    assert (await web.options(path, headers={"X-Request-Id": "mine"})).headers["x-request-id"] == "mine"


@pytest.mark.parametrize(
    ("suffix", "shown_as"),
    [(".png", "image/png"), (".jpg", "image/jpeg"), (".mp4", "video/mp4"), (".mp3", "audio/mpeg")],
)
async def test_media_are_shown_as_what_they_are_and_nothing_else(
    web: httpx.AsyncClient, api: Api, suffix: str, shown_as: str
) -> None:
    url = await api.platform.blobs.put(Ids.token() + suffix, b"\x89bytes")

    answer = await web.get(httpx.URL(url).path)

    assert answer.content == b"\x89bytes"
    assert answer.headers["content-type"] == shown_as
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("suffix", [".html", ".svg", ".js", ".pdf", ""])
async def test_what_could_act_is_offered_for_download(web: httpx.AsyncClient, api: Api, suffix: str) -> None:
    url = await api.platform.blobs.put(Ids.token() + suffix, b"<script>alert(1)</script>")

    answer = await web.get(httpx.URL(url).path)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["0123456789abcdef0.png", "..%2f..%2f..%2fkeys%2fsecrets.json", "%00", "..", "a/b", "x" * 100]
)
async def test_other_names_are_404(web: httpx.AsyncClient, name: str) -> None:
    answer = await web.get(f"/media/{name}")

    assert answer.status_code == 404
    assert answer.json()["error"][0]["code"] == "404"


async def test_the_document_describes_what_is_served(web: httpx.AsyncClient) -> None:
    answer = await web.get("/openapi.json")
    document = answer.json()

    assert answer.headers["content-type"] == "application/json"
    assert document["openapi"] == "3.1.0"
    assert "post" in document["paths"]["/auth/v3/token"]
    assert "get" in document["paths"]["/v4/contact/{contactId}"]


async def test_the_page_shows_every_request_and_needs_nobody_else(web: httpx.AsyncClient) -> None:
    document = (await web.get("/openapi.json")).json()
    page = await web.get("/docs")

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert re.findall(r'(?:src|href)="(.*?)"', page.text) == ["/openapi.json"]
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert [o["operationId"] for o in operations if f'id="{o["operationId"]}"' not in page.text] == []
    assert json.dumps("+19492221234")[1:-1] in page.text
