"""The envelope."""

from __future__ import annotations

import json
from uuid import UUID

import msgspec

from cordboard.edge.api.frame.endpoint import Reply
from cordboard.edge.api.frame.envelope import failure, success
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError


def test_a_success() -> None:
    body = json.loads(success(Reply([{"id": UUID(int=1)}, msgspec.Raw(b'{"stored": true}')])))

    assert body == {"status": True, "count": 2, "page": 1, "payload": [{"id": str(UUID(int=1))}, {"stored": True}]}


def test_nothing_is_a_success_too() -> None:
    assert json.loads(success(Reply([]))) == {"status": True, "count": 0, "page": 1, "payload": []}


def test_a_total_errors_and_members_beside() -> None:
    body = json.loads(success(Reply([], count=9, errors=[FieldError("a", "is odd")], extra={"nextKey": "x"})))

    assert body["count"] == 9
    assert body["error"] == [{"code": "400", "message": "a is odd", "moreInfo": "a"}]
    assert body["nextKey"] == "x"


def test_a_failure() -> None:
    assert json.loads(failure(NotFoundError("contactId"))) == {
        "status": False,
        "count": 0,
        "page": 0,
        "payload": [],
        "error": [{"code": "404", "message": "Not found", "moreInfo": "contactId"}],
    }


def test_a_failure_for_each_bad_field() -> None:
    body = json.loads(failure(InvalidInputError([FieldError("a", "is required"), FieldError("b", "is odd")])))

    assert [(one["code"], one["moreInfo"]) for one in body["error"]] == [("400", "a"), ("400", "b")]
