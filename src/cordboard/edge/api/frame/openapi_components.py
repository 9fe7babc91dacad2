"""The parts of the OpenAPI document that every request shares: envelopes, failures, parameters and headers."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

INTRODUCTION: Final = """\
Every answer of the API comes in one envelope: `status`, `count`, `page` and `payload`, or `status` false and `error`, \
a list with one object for each bad field. Booleans may be sent as booleans or as "true" and "false", integers as \
integers or strings of digits. Unknown members are ignored, null means not given, and a trailing slash never matters.

Send the access token of a sign-in, or a long-lived key, as `Authorization: Bearer`. A parent account's token may name \
a subaccount in `accountSid`; what belongs to any other account does not exist.
"""
FAILURES: Final = {
    "400": "A field is missing or wrong, or a rule forbids the request: one error for each field, named in moreInfo.",
    "401": "The token lacks the privilege, or the account is suspended.",
    "403": "The token is missing, bad, revoked or expired.",
    "404": "There is no such object for this account.",
    "409": "The request clashes with what is there, or its Idempotency-Key belongs to another request.",
    "413": "The body is larger than 1 MiB.",
    "415": "The body is not JSON.",
    "429": "Too many requests in a second; come back after Retry-After seconds.",
}


def failure(status: str, words: str) -> Json:
    """The response of a failure, for `components.responses`."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    headers = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    if status == "429":
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    return {"description": words, "headers": headers, "content": content}


def _text_header(words: str) -> Json:
    return {"description": words, "schema": {"type": "string"}}


def _whole_header(words: str) -> Json:
    return {"description": words, "schema": {"type": "integer"}}


ENVELOPES: Final[Json] = {
    "Envelope": {
        "type": "object",
        "required": ["status", "count", "page", "payload"],
        "properties": {
            "status": {"const": True},
            "count": {
                "type": "integer",
                "description": "How many are in the payload, unless the request says otherwise.",
            },
            "page": {"type": "integer"},
            "payload": {"type": "array"},
            "error": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Error"},
                "description": "Of bulk requests.",
            },
        },
    },
    "Failure": {
        "type": "object",
        "required": ["status", "count", "page", "payload", "error"],
        "properties": {
            "status": {"const": False},
            "count": {"const": 0},
            "page": {"const": 0},
            "payload": {"type": "array", "maxItems": 0},
            "error": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Error"}},
        },
    },
    "Error": {
        "type": "object",
        "required": ["code", "message", "moreInfo"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "moreInfo": {"type": ["string", "null"], "description": "The bad field, or the cause."},
        },
    },
}
PARAMETERS: Final[Json] = {
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "Your id of this request: up to 64 letters, digits and . _ : -; without it one is made.",
        "schema": {"type": "string", "maxLength": 64},
    },
    "AccountSid": {
        "name": "accountSid",
        "in": "query",
        "description": "The subaccount to act for, by its parent's token. A body may carry it too.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A repeat with the same key within 24 hours gets the first answer, and nothing is done twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}
HEADERS: Final[Json] = {
    "X-Request-Id": _text_header("The id of this request in logs and callbacks."),
    "RateLimit-Limit": _whole_header("Requests a second that this token may make."),
    "RateLimit-Remaining": _whole_header("How many are left at this moment."),
    "RateLimit-Reset": _whole_header("Seconds until all are there again."),
    "Retry-After": _whole_header("Seconds to wait."),
}
