"""The OpenAPI document: complete, consistent, and the same every time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.docs_page import render_page
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.openapi import build_document, encode_document

TOOL = Path(__file__).parents[3] / "tools" / "openapi.py"


class Part(msgspec.Struct):
    """A part."""

    size: int


class Thing(msgspec.Struct, rename="camel"):
    """A thing."""

    full_name: str
    parts: list[Part] = []


class Filter(msgspec.Struct, rename="camel"):
    """Which things."""

    sort_by: Literal["name", "age"] | None = None
    size: int | None = None


async def make_thing(_call: Call) -> Reply:
    """Makes a thing."""
    return Reply([])


SAMPLE = {"id": UUID(int=1), "on": True, "n": 1, "price": 0.5, "tags": ["a"], "none": None}
ENDPOINTS = (
    Endpoint(
        number="7",
        method="POST",
        path="/things/{thingId}",
        handler=make_thing,
        summary="Make <thing>",
        privilege=Privilege.ACCT_READ,
        body=Thing,
        session_only=True,
        tag="Things",
        example=Example(path={"thingId": str(UUID(int=1))}, body={"fullName": "a"}, response=SAMPLE),
    ),
    Endpoint(
        number="8",
        method="GET",
        path="/things",
        handler=make_thing,
        summary="List things",
        privilege=None,
        query=Filter,
        tag="Things",
        example=Example(query={"size": "5"}),
    ),
)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    document = build_document(ENDPOINTS)
    found = set(references(document))

    assert "#/components/schemas/Part" in found
    for reference in found:
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_a_private_request_with_a_body() -> None:
    operation = build_document(ENDPOINTS)["paths"]["/things/{thingId}"]["post"]

    assert operation["operationId"] == "post_things_thingId"
    assert operation["x-request-number"] == "7"
    assert operation["x-privilege"] == "acct-read"
    assert operation["security"] == [{"bearer": []}]
    assert "A long-lived key is not accepted." in operation["description"]
    assert operation["parameters"][0] == {
        "name": "thingId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "example": str(UUID(int=1)),
    }
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
    body = operation["requestBody"]["content"]["application/json"]
    assert body == {"schema": {"$ref": "#/components/schemas/Thing"}, "example": {"fullName": "a"}}
    assert set(operation["responses"]) == {"200", "400", "401", "403", "404", "409", "413", "415", "429"}


def test_the_answer_is_shown_in_its_envelope() -> None:
    operation = build_document(ENDPOINTS)["paths"]["/things/{thingId}"]["post"]
    answer = operation["responses"]["200"]["content"]["application/json"]

    assert answer["example"] == {
        "status": True,
        "count": 1,
        "page": 1,
        "payload": [{"id": str(UUID(int=1)), "on": True, "n": 1, "price": 0.5, "tags": ["a"], "none": None}],
    }
    members = answer["schema"]["allOf"][1]["properties"]["payload"]["items"]["properties"]
    assert {name: schema.get("type") for name, schema in members.items()} == {
        "id": "string",
        "on": "boolean",
        "n": "integer",
        "price": "number",
        "tags": "array",
        "none": None,
    }


def test_a_public_request_with_a_query() -> None:
    operation = build_document(ENDPOINTS)["paths"]["/things"]["get"]

    assert operation["security"] == []
    assert "requestBody" not in operation
    parameters = {one["name"]: one for one in operation["parameters"] if "name" in one}
    assert parameters["size"]["example"] == "5"
    assert "name" in str(parameters["sortBy"]["schema"])
    assert not any("IdempotencyKey" in str(one) for one in operation["parameters"])


def test_the_page_escapes_what_it_shows() -> None:
    page = render_page(build_document(ENDPOINTS))

    assert "Make &lt;thing&gt;" in page
    assert "<thing>" not in page


def test_the_document_is_the_same_every_time() -> None:
    assert encode_document(build_document(ENDPOINTS)) == encode_document(build_document(ENDPOINTS))


def test_the_tool_writes_the_same_in_another_process_and_notices_changes(tmp_path: Path) -> None:
    script = tmp_path / "tools" / "openapi.py"
    script.parent.mkdir()
    script.write_text(TOOL.read_text())
    command = [sys.executable, str(script)]

    assert subprocess.run([*command, "--check"], capture_output=True, check=False).returncode == 1
    subprocess.run(command, check=True)
    assert subprocess.run([*command, "--check"], capture_output=True, check=False).returncode == 0
    page = tmp_path / "docs" / "reference" / "privileges.md"
    page.write_text(page.read_text() + "stale\n")
    stale = subprocess.run([*command, "--check"], capture_output=True, check=False, text=True)

    assert stale.returncode == 1
    assert "-stale" in stale.stdout
