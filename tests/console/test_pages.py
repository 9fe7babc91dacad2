"""The console's pages: whole, from nowhere else, and kept by browsers only as long as they are good."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from importlib.resources import files

import httpx
import pytest
from litestar import Litestar

from cordboard.edge.console import pages
from cordboard.edge.console.pages import ConsolePages

STATIC = files(pages.__package__).joinpath("static")
_IMPORT = re.compile(r"""(?:import .* from|import) ['"]([^'"]+)['"]""")
_REFERENCE = re.compile(r"""(?:href|src)="([^"]+)\"""")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(list(ConsolePages().handlers()), openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # the two spell the type differently
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as opened:
        yield opened


async def test_the_page_may_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/console/phone")

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?![^>]* src=)|<style|style=| on[a-z]+=", page.text)


async def test_everything_that_a_page_names_is_served(client: httpx.AsyncClient) -> None:
    wanted = set(_REFERENCE.findall((await client.get("/console/phone")).text))
    types = {path: (await client.get(path)).headers["content-type"] for path in wanted}
    modules = [entry for entry in STATIC.iterdir() if entry.name.endswith(".js")]
    imported = {
        f"/console/files/{name.removeprefix('./')}" for one in modules for name in _IMPORT.findall(one.read_text())
    }

    assert types == {
        "/console/files/phone.css": "text/css; charset=utf-8",
        "/console/files/phone.js": "text/javascript; charset=utf-8",
        "/console/files/phone.svg": "image/svg+xml",
    }
    assert imported | {"/console/files/phone.js"} == {f"/console/files/{one.name}" for one in modules}
    for path in imported:
        assert (await client.get(path)).status_code == 200


async def test_a_file_is_sent_again_only_when_it_changed(client: httpx.AsyncClient) -> None:
    first = await client.get("/console/files/sip.js")
    again = await client.get("/console/files/sip.js", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("name", ["nothing.js", "..", "pages.py", "__init__.py"])
async def test_nothing_else_is_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/console/files/{name}")).status_code == 404


async def test_every_field_of_the_page_has_a_label(client: httpx.AsyncClient) -> None:
    page = (await client.get("/console/phone")).text
    labelled = set(re.findall(r'<label for="([^"]+)"', page))

    assert set(re.findall(r'<input id="([^"]+)"', page)) == labelled
