"""Forms with files: what handlers see of them, what is refused, and that no file stays behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.api.frame.probes import serve
from tests.harness import Api, Tenant

from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.forms import LARGEST_TEXT, FormRules
from cordboard.run.platform import SPOOL_FOLDER

LARGEST = 2 * 1024 * 1024
PATH = "/probe/form"


class Texts(msgspec.Struct):
    """What comes beside the file."""

    name: str
    count: int | None = None
    open: bool | None = None


async def look(call: Call) -> Reply:
    """Answers what came, and breaks when asked to."""
    if call.body.name == "break":
        raise ZeroDivisionError
    shown: dict[str, Any] = {"texts": call.body, "file": None}
    if call.file is not None:
        data = call.file.path.read_bytes()
        shown["file"] = [call.file.field, call.file.filename, call.file.content_type, call.file.size, len(data)]
        shown["begins"] = data[:8].decode("latin-1")
    return Reply([shown])


def endpoint(path: str, *, required: bool) -> Endpoint:
    return Endpoint(
        number="ours",
        method="POST",
        path=path,
        handler=look,
        summary="Look",
        privilege=Privilege.ACCT_READ,
        body=Texts,
        form=FormRules(("file", "parts"), LARGEST, required=required),
        example=Example(body={"name": "x"}, file=("x.txt", b"x")),
    )


@pytest.fixture
async def forms(api: Api) -> AsyncIterator[Api]:
    """The platform with two requests that take forms."""
    async with serve(api, [endpoint(PATH, required=True), endpoint("/probe/optional", required=False)]) as served:
        yield served


@pytest.fixture
async def acme(forms: Api) -> Tenant:
    """Who sends them."""
    return await forms.account()


def left(api: Api) -> list[Path]:
    """Files that stayed behind."""
    return list((api.platform.settings.data_path / SPOOL_FOLDER).glob("*"))


def part(head: str, content: bytes) -> bytes:
    return b"--cut\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content + b"\r\n"


async def send_raw(api: Api, tenant: Tenant, *parts: bytes, end: bytes = b"--cut--\r\n") -> Any:
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    return await api.call("POST", PATH, tenant, content=b"".join(parts) + end, headers=headers)


async def test_texts_and_the_file_are_there(forms: Api, acme: Tenant) -> None:
    data = b"first\r\n--cut?" + bytes(range(256)) * 4096
    answer = await forms.call(
        "POST", PATH, acme, {"name": "n\u00e4me", "count": "7", "open": "TRUE"}, file=("parts", "l\u00ecst.csv", data)
    )

    assert answer.only == {
        "texts": {"name": "n\u00e4me", "count": 7, "open": True},
        "file": ["parts", "l\u00ecst.csv", "text/csv", len(data), len(data)],
        "begins": "first\r\n-",
    }
    assert left(forms) == []


async def test_a_file_may_be_optional(forms: Api, acme: Tenant) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    content = part('name="name"', b"x") + b"--cut--"
    answer = await forms.call("POST", "/probe/optional", acme, content=content, headers=headers)

    assert answer.only["file"] is None


async def test_what_is_missing_is_named(forms: Api, acme: Tenant) -> None:
    assert (await send_raw(forms, acme, part('name="name"', b"x"))).errors == [("400", "file")]
    assert (await send_raw(forms, acme, part('name="file"; filename="x"', b"x"))).errors == [("400", "name")]


@pytest.mark.parametrize(
    ("parts", "end", "status", "field"),
    [
        ([part('name="file"', b"1"), part('name="parts"', b"2")], b"--cut--", 400, "parts"),
        ([part('name="name"', b"\xff")], b"--cut--", 400, "name"),
        ([b"--cut\r\nX-No: name\r\n\r\nx\r\n"], b"--cut--", 400, "body"),
        ([part('name="file"', b"cut short")], b"", 400, "body"),
        ([b"no form at all"], b"", 400, "body"),
        ([part('name="name"', b"x" * (LARGEST_TEXT + 1))], b"--cut--", 413, None),
        ([part(f'name="t{n}"', b"x") for n in range(70)], b"--cut--", 413, None),
        ([part('name="' + "n" * 5000 + '"', b"x")], b"--cut--", 413, None),
        ([part('name="file"', b"x" * LARGEST)], b"--cut--", 413, None),
    ],
)
async def test_broken_forms_are_refused_and_leave_nothing(
    forms: Api, acme: Tenant, parts: list[bytes], end: bytes, status: int, field: str | None
) -> None:
    answer = await send_raw(forms, acme, *parts, end=end)

    assert answer.status == status, answer.body
    assert field is None or field in [more for _, more in answer.errors]
    assert left(forms) == []


async def test_other_bodies_are_refused(forms: Api, acme: Tenant) -> None:
    assert (await forms.post(PATH, acme, {"name": "x"})).status == 415
    assert (await forms.call("POST", PATH, acme, content=b"")).status == 415


async def test_a_handler_that_breaks_leaves_nothing(forms: Api, acme: Tenant) -> None:
    answer = await forms.call("POST", PATH, acme, {"name": "break"}, file=("file", "x", b"x"))

    assert answer.status == 500
    assert left(forms) == []


async def test_a_stranger_is_refused_before_anything_is_read(forms: Api) -> None:
    answer = await forms.call("POST", PATH, None, {"name": "x"}, file=("file", "x", b"x" * LARGEST))

    assert answer.status == 403


async def test_an_idempotency_key_tells_forms_apart(forms: Api, acme: Tenant) -> None:
    statuses = []
    for content, boundary in ((b"same", b"cut"), (b"same", b"tear"), (b"other", b"cut")):
        kind = f"multipart/form-data; boundary={boundary.decode()}"
        body = part('name="name"', b"x") + part('name="file"', content) + b"--cut--"
        headers = {"Content-Type": kind, "Idempotency-Key": "once"}
        answer = await forms.call("POST", PATH, acme, content=body.replace(b"cut", boundary), headers=headers)
        statuses.append(answer.status)

    assert statuses == [200, 200, 409]
