"""The OpenAPI 3.1 document, built from the endpoint table and from nothing else."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.forms import FormRules
from cordboard.edge.api.frame.openapi_components import (
    ENVELOPES,
    FAILURES,
    HEADERS,
    INTRODUCTION,
    PARAMETERS,
    Json,
    failure,
)
from cordboard.kit.ids import parse_uuid

_REF: Final = "#/components/schemas/{name}"
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_RATE_HEADERS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def build_document(endpoints: Sequence[Endpoint]) -> Json:
    """The document as JSON values. The order of members is fixed, so that it can be committed and compared."""
    bodies = sorted({e.body for e in endpoints if e.body}, key=lambda kind: (kind.__module__, kind.__name__))
    references, schemas = msgspec.json.schema_components(bodies, ref_template=_REF)
    schema_of_body = dict(zip(bodies, references, strict=True))
    paths: Json = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, schema_of_body[endpoint.body] if endpoint.body else None)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cordboard", "version": "4", "description": INTRODUCTION, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(endpoint.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": {**ENVELOPES, **dict(sorted(schemas.items()))},
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": {status: failure(status, words) for status, words in FAILURES.items()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def encode_document(document: Json) -> bytes:
    """The document as it is served and committed."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def request_example(endpoint: Endpoint) -> Any:
    """The example body as JSON values."""
    return _plain(endpoint.example.body)


def response_example(endpoint: Endpoint) -> Json:
    """The example's whole answer."""
    payload = [] if endpoint.example.response is None else [_plain(endpoint.example.response)]
    return {"status": True, "count": len(payload), "page": 1, "payload": payload}


def path_variables(endpoint: Endpoint) -> list[str]:
    """The names in the path's braces."""
    return _VARIABLE.findall(endpoint.path)


def _operation(endpoint: Endpoint, body: Json | None) -> Json:
    operation: Json = {
        "tags": [endpoint.tag],
        "operationId": _operation_id(endpoint),
        "summary": endpoint.summary,
        "description": _description(endpoint),
        "x-request-number": endpoint.number,
        "x-privilege": endpoint.privilege.label if endpoint.privilege is not None else None,
        "security": [] if endpoint.public else [{"bearer": []}],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_common_parameters(endpoint)],
    }
    if endpoint.form is not None:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": _form(endpoint.form, body)}}
    elif body is not None or endpoint.example.body is not None:
        content = {"schema": body or _schema_of(request_example(endpoint)), "example": request_example(endpoint)}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    operation["responses"] = {"200": _success(endpoint), **_failures(endpoint)}
    return operation


def _form(rules: FormRules, texts: Json | None) -> Json:
    """The content of a form: a file, and the texts beside it."""
    file: Json = {
        "type": "object",
        "properties": {rules.file[0]: {"type": "string", "format": "binary"}},
        "required": [rules.file[0]] if rules.required else [],
    }
    return {"schema": {"allOf": [texts, file]} if texts else file}


def _operation_id(endpoint: Endpoint) -> str:
    words = re.findall(r"\w+", endpoint.path)
    return "_".join([endpoint.method.lower(), *words])


def _description(endpoint: Endpoint) -> str:
    said = inspect.getdoc(endpoint.handler) or endpoint.summary
    if endpoint.privilege is not None:
        needed = [one.label for one in (endpoint.privilege, endpoint.alternative) if one is not None]
        said += f"\n\nNeeds the privilege `{'` or `'.join(needed)}`."
    elif endpoint.any_user:
        said += "\n\nFor every user, whatever the roles."
    return f"{said} A long-lived key is not accepted." if endpoint.session_only else said


def _path_parameters(endpoint: Endpoint) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, **_text_schema(endpoint.example.path.get(name))}
        for name in path_variables(endpoint)
    ]


def _query_parameters(endpoint: Endpoint) -> list[Json]:
    if endpoint.query is None:
        return []
    _, schemas = msgspec.json.schema_components([endpoint.query], ref_template=_REF)
    described = schemas.pop(endpoint.query.__name__)
    parameters = []
    for name, schema in described["properties"].items():
        parameter = {"name": name, "in": "query", "required": name in described["required"]}
        parameter["schema"] = _inlined(schema, schemas)
        if name in endpoint.example.query:
            parameter["example"] = endpoint.example.query[name]
        parameters.append(parameter)
    return parameters


def _inlined(schema: Any, schemas: Mapping[str, Any]) -> Any:
    """`schema` with the enumerations that it refers to written out."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return schemas[schema["$ref"].rsplit("/", 1)[1]]
        return {key: _inlined(value, schemas) for key, value in schema.items()}
    return [_inlined(value, schemas) for value in schema] if isinstance(schema, list) else schema


def _common_parameters(endpoint: Endpoint) -> list[Json]:
    names = ["RequestId"]
    if not endpoint.public:
        own = {parameter["name"] for parameter in _query_parameters(endpoint)}
        names += ["AccountSid"] if "accountSid" not in own else []
        names += ["IdempotencyKey"] if endpoint.method == "POST" else []
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _success(endpoint: Endpoint) -> Json:
    if endpoint.document:
        shown = {"schema": {"type": "string"}, "example": endpoint.example.response}
        return {"description": "Done.", "content": {endpoint.document: shown}}
    example = response_example(endpoint)
    item = _schema_of(example["payload"][0]) if example["payload"] else {}
    payload = {"type": "object", "properties": {"payload": {"type": "array", "items": item}}}
    return {
        "description": "Done.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *_RATE_HEADERS)},
        "content": {
            "application/json": {
                "schema": {"allOf": [{"$ref": "#/components/schemas/Envelope"}, payload]},
                "example": example,
            }
        },
    }


def _failures(endpoint: Endpoint) -> Json:
    statuses = {"400", "403", "429"}
    if not endpoint.public:
        statuses |= {"401", "404"}
        statuses |= {"409"} if endpoint.method == "POST" else set()
    if endpoint.form is not None or endpoint.body is not None or endpoint.example.body is not None:
        statuses |= {"413", "415"}
    return {status: {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _text_schema(example: str | None) -> Json:
    if example is None:
        return {"schema": {"type": "string"}}
    schema = {"type": "string", "format": "uuid"} if parse_uuid(example) else {"type": "string"}
    return {"schema": schema, "example": example}


def _schema_of(example: Any) -> Json:
    """What an example shows of its type: members are named, none is promised."""
    match example:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string", "format": "uuid"} if parse_uuid(example) else {"type": "string"}
        case list():
            return {"type": "array", "items": _schema_of(example[0]) if example else {}}
        case dict():
            return {"type": "object", "properties": {name: _schema_of(value) for name, value in example.items()}}
        case _:
            return {}


def _plain(value: Any) -> Any:
    """Ids, times and stored documents as JSON shows them."""
    return msgspec.json.decode(msgspec.json.encode(value))
