"""Every served endpoint, taken from the table itself: described completely, and refusing what each must refuse."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, get_type_hints
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from tests.harness import Answer, Api, Tenant, open_api

from cordboard.domain.accounts.privileges import ROLES, Privilege
from cordboard.edge.api.frame.decode import build
from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.openapi import path_variables, request_example
from cordboard.edge.api.frame.refusals import LARGEST_BODY
from cordboard.infra.db import Database
from cordboard.kit.ids import Ids, parse_uuid
from cordboard.run.api import api_endpoints
from cordboard.run.settings import Limits
from cordboard.testing.clock import VirtualClock

PUBLIC = {"POST /auth/v3/token"}
OF_EVERY_USER = {
    "PUT /ams/v3/users/password/update",
    "POST /ams/v3/users/setup2fa",
    "POST /ams/v3/users/confirm2fa",
    "DELETE /ams/v3/users/clear2fa",
}
JSON = {"Content-Type": "application/json"}
NOT_JSON = {"Content-Type": "application/xml"}
WRONG_VALUES: tuple[Any, ...] = ({"no": {"such": [1]}}, [[["no"]]], "no such value", 3.5)
ODD_INTEGERS = (0, -1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63))
ODD_TEXTS = ("", " ", "x" * 5000, "'; drop table accounts; --", "\U0001f600\u202e", "%", "\\", "{{x}}", "\u0001")
ODD_PATHS = ("x", "0", "-1", "a" * 300, "\U0001f600", "%2e%2e", "'", "9" * 40)
MOVES_TIME = "/sandbox/clock/advance"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
async def walked(
    database: Database, clock: VirtualClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    """The platform without a rate limit in the way."""
    folder = tmp_path_factory.mktemp("data")
    async with open_api(database, clock, folder, limits=Limits(requests_per_second=1_000_000)) as opened:
        yield opened


@pytest.fixture
def endpoints(walked: Api) -> list[Endpoint]:
    """Every endpoint, but for the one that would let tokens expire under the walk."""
    return [endpoint for endpoint in api_endpoints(walked.platform) if endpoint.path != MOVES_TIME]


@pytest.fixture
def private(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Those that ask for a token."""
    return [endpoint for endpoint in endpoints if not endpoint.public]


@pytest.fixture
async def everything(walked: Api) -> Tenant:
    """A tenant with every privilege."""
    return await walked.account("everything", role="platform-admin")


def test_the_table_is_complete(walked: Api) -> None:
    table = api_endpoints(walked.platform)
    routes = Counter(f"{e.method} {re.sub(r'{.*?}', '{}', e.path)}" for e in table)
    problems = [f"{route}: served {times} times" for route, times in routes.items() if times > 1]
    for endpoint in table:
        problems += [f"{name(endpoint)}: {problem}" for problem in shortcomings(endpoint)]

    assert problems == []


async def test_nobody_gets_in(walked: Api, private: list[Endpoint]) -> None:
    answers = {name(e): await send(walked, e, None) for e in private}

    assert {route: answer.status for route, answer in answers.items() if answer.status != 403} == {}
    assert all(answer.body["error"][0]["message"] == "Authentication Error" for answer in answers.values())


async def test_every_privilege_is_asked_for(walked: Api, private: list[Endpoint]) -> None:
    lacking = {role: await walked.account(role=role) for role in ROLES if role != "platform-admin"}
    wrong = []
    for endpoint in (e for e in private if not e.any_user):
        role = next(role for role, tenant in lacking.items() if not ROLES[role] & _privilege(endpoint).bit)
        answer = await send(walked, endpoint, lacking[role])
        if (answer.status, answer.body["error"][0]["message"]) != (401, "Permission denied"):
            wrong.append(f"{name(endpoint)}: {answer.status}")

    assert wrong == []


async def test_broken_bodies_are_refused(walked: Api, private: list[Endpoint], everything: Tenant) -> None:
    large = b'{"a":"' + b"x" * LARGEST_BODY + b'"}'
    wrong = []
    for endpoint in (e for e in private if takes_body(e) and not e.form):
        for content, headers, expected in (
            (b"{", JSON, 400),
            (b"5", JSON, 400),
            (b"[" * 5000, JSON, 400),
            (b"\xff", JSON, 400),
            (b"<a/>", NOT_JSON, 415),
            (large, JSON, 413),
        ):
            answer = await send(walked, endpoint, everything, content=content, headers=headers)
            if answer.status != expected:
                wrong.append(f"{name(endpoint)}: {content[:8]!r} {answer.status} is not {expected}")

    assert wrong == []


async def test_broken_forms_are_refused(walked: Api, private: list[Endpoint], everything: Tenant) -> None:
    boundary = {"Content-Type": "multipart/form-data; boundary=cut"}
    nameless = b"--cut\r\nContent-Disposition: form-data\r\n\r\nx\r\n--cut--\r\n"
    wrong = []
    for endpoint in (e for e in private if e.form):
        for content, headers, expected in (
            (b"{}", JSON, 415),
            (b"", {}, 415),
            (b"x", {"Content-Type": "multipart/form-data"}, 400),
            (b"no form", boundary, 400),
            (b"--cut\r\nContent-Disposition: form-data; name=", boundary, 400),
            (nameless, boundary, 400),
            (b"--cut--\r\n", boundary, 400),
        ):
            answer = await send(walked, endpoint, everything, content=content, headers=headers)
            if answer.status != expected:
                wrong.append(f"{name(endpoint)}: {content[:8]!r} {answer.status} is not {expected}")

    assert wrong == []


async def test_every_wrong_type_is_named(walked: Api, private: list[Endpoint], everything: Tenant) -> None:
    wrong = []
    for endpoint in private:
        for field, changed in wrong_bodies(endpoint):
            answer = await send(walked, endpoint, everything, body=changed)
            wrong += unnamed(endpoint, answer, field)
        for field, query in wrong_queries(endpoint):
            answer = await send(walked, endpoint, everything, query=query)
            wrong += unnamed(endpoint, answer, field)

    assert wrong == []


async def test_every_missing_field_is_named_at_once(walked: Api, private: list[Endpoint], everything: Tenant) -> None:
    wrong = []
    for endpoint in (e for e in private if e.body and required(e.body)):
        answer = await send(walked, endpoint, everything, body={})
        named = [field for _, field in answer.errors]
        if answer.status != 400 or named != required(_body(endpoint)):
            wrong.append(f"{name(endpoint)}: {answer.status} {named}")

    assert wrong == []


async def test_odd_values_never_break_anything(walked: Api, private: list[Endpoint], everything: Tenant) -> None:
    broken = []
    for endpoint in private:
        for body in odd_bodies(endpoint):
            answer = await send(walked, endpoint, everything, body=body)
            broken += [f"{name(endpoint)} {body!r:.200}: {answer.status}"] if is_broken(answer) else []
        for query in odd_queries(endpoint):
            answer = await send(walked, endpoint, everything, query=query)
            broken += [f"{name(endpoint)} {query!r:.200}: {answer.status}"] if is_broken(answer) else []
        for path in odd_paths(endpoint):
            answer = await send(walked, endpoint, everything, path=path)
            broken += [f"{name(endpoint)} {path!r:.200}: {answer.status}"] if is_broken(answer) else []

    assert broken == []


async def test_ids_of_nothing_are_404(walked: Api, private: list[Endpoint], everything: Tenant) -> None:
    wrong = []
    for endpoint in private:
        if variables := id_variables(endpoint):
            path = dict(endpoint.example.path) | {variable: str(Ids.random_uuid()) for variable in variables}
            answer = await send(walked, endpoint, everything, path=path)
            if answer.status != 404:
                wrong.append(f"{name(endpoint)}: {answer.status} {answer.body.get('error')}")

    assert wrong == []


async def test_another_tenants_objects_do_not_exist(walked: Api, private: list[Endpoint]) -> None:
    """Makes what can be made for one tenant, lets another one try every request on it, and looks again."""
    tenants = [e for e in private if e.privilege is not Privilege.PLATFORM_ADMIN]
    lists = [e for e in tenants if e.method == "GET" and not path_variables(e)]
    owner, stranger = await walked.account("owner"), await walked.account("stranger")
    made = await make_things(walked, tenants, owner)
    before = [await send(walked, e, owner) for e in lists]
    wrong = []
    for endpoint in tenants:
        for path in paths_to(endpoint, made):
            answer = await send(walked, endpoint, stranger, path=path)
            wrong += [f"{name(endpoint)} {path}: {answer.status}"] if answer.status != 404 else []
    after = [await send(walked, e, owner) for e in lists]

    assert wrong == []
    assert [answer.body for answer in after] == [answer.body for answer in before]


async def test_examples_show_what_is_answered(walked: Api, private: list[Endpoint]) -> None:
    owner = await walked.account("owner")
    made = await make_things(walked, private, owner)
    untrue = []
    for endpoint in (e for e in private if e.method == "GET" and isinstance(e.example.response, dict)):
        for path in paths_to(endpoint, made) or [dict(endpoint.example.path)]:
            answer = await send(walked, endpoint, owner, path=path)
            shown = [item for item in answer.body["payload"] if isinstance(item, dict)]
            if missing := set(endpoint.example.response) - set().union(*shown) if shown else set():
                untrue.append(f"{name(endpoint)}: {sorted(missing)}")

    assert untrue == []


async def test_every_example_is_understood(walked: Api, private: list[Endpoint], everything: Tenant) -> None:
    broken = []
    for endpoint in private:
        answer = await send(walked, endpoint, everything)
        if is_broken(answer) or (endpoint.method == "GET" and not path_variables(endpoint) and answer.status != 200):
            broken.append(f"{name(endpoint)}: {answer.status} {answer.body.get('error')}")

    assert broken == []


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def shortcomings(endpoint: Endpoint) -> Iterable[str]:
    """What the table lacks about an endpoint."""
    demands = {
        "asks for no privilege": endpoint.privilege is not None or name(endpoint) in PUBLIC | OF_EVERY_USER,
        "asks for no token": not endpoint.public or name(endpoint) in PUBLIC,
        "lacks a summary, a tag or a number": endpoint.summary and endpoint.tag and endpoint.number,
        "has a handler without a docstring": endpoint.handler.__doc__,
        "shows no response": endpoint.example.response is not None,
        "shows no body": endpoint.body is None or endpoint.example.body is not None,
        "shows no file": endpoint.form is None or endpoint.example.file is not None,
        "is a GET with a body": endpoint.method != "GET" or not takes_body(endpoint),
        "has a path with a slash too many or too few": re.fullmatch(r"(/[^/]+)+", endpoint.path),
        "shows other path variables than it has": set(endpoint.example.path) == set(path_variables(endpoint)),
        "shows a query that it does not take": endpoint.query is not None or not endpoint.example.query,
    }
    yield from (problem for problem, met in demands.items() if not met)
    if endpoint.body is not None and endpoint.example.body is not None:
        yield from misfits(endpoint.body, request_example(endpoint))
    if endpoint.query is not None:
        yield from misfits(endpoint.query, endpoint.example.query)


def misfits(kind: type[msgspec.Struct], example: Mapping[str, Any]) -> Iterable[str]:
    """What is wrong with an example of `kind`."""
    build(kind, example)
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    yield from (f"shows {member}, which {kind.__name__} lacks" for member in example if member not in known)


async def send(
    api: Api,
    endpoint: Endpoint,
    tenant: Tenant | None,
    *,
    path: Mapping[str, str] | None = None,
    body: Any = None,
    query: Mapping[str, str] | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The endpoint's example, with what is given instead."""
    url = endpoint.path
    for variable, value in (endpoint.example.path if path is None else path).items():
        url = url.replace("{" + variable + "}", quote(value, safe=""))
    shown = request_example(endpoint) if takes_body(endpoint) else None
    file = (endpoint.form.file[0], *endpoint.example.file) if endpoint.form and endpoint.example.file else None
    if file is not None and content is None:
        texts = in_form(shown if body is None else body)
        return await api.call(
            endpoint.method, url, tenant, texts, params=endpoint.example.query if query is None else query, file=file
        )
    return await api.call(
        endpoint.method,
        url,
        tenant,
        None if content is not None else (shown if body is None else body),
        params=endpoint.example.query if query is None else query,
        content=content,
        headers=headers,
    )


async def make_things(api: Api, endpoints: Sequence[Endpoint], owner: Tenant) -> set[str]:
    """Sends what makes something, buys a number and sends from it; answers the ids and numbers that there are."""
    free = (await api.get("/v4/number/available", owner, areaCode="949")).payload[0]["phoneNumber"]
    bought = await api.post("/v4/number/purchase", owner, {"phoneNumber": [free]})
    sent = await api.post("/v4/sms", owner, {"from": free, "to": "+16192331234", "text": "hello"})
    await api.settle()
    answers = [bought, sent]
    answers += [await send(api, e, owner) for e in endpoints if e.method in ("POST", "PUT") and not id_variables(e)]
    answers += [await send(api, e, owner) for e in endpoints if e.method == "GET" and not path_variables(e)]
    found = set().union(*(ids_in(answer.body) for answer in answers)) - {owner.sid, str(owner.user.id)}
    assert sent.only["messageSid"] in found
    return found | {free}


def paths_to(endpoint: Endpoint, made: set[str]) -> list[dict[str, str]]:
    """The endpoint's path variables for each thing in `made` that may stand there; none for other endpoints."""
    ids = [one for one in sorted(made) if parse_uuid(one)]
    if variables := id_variables(endpoint):
        return [dict(endpoint.example.path) | dict.fromkeys(variables, one) for one in ids]
    if variables := [variable for variable in endpoint.example.path if variable.startswith("phoneNumber")]:
        return [dict(endpoint.example.path) | dict.fromkeys(variables, one) for one in sorted(made) if one not in ids]
    return []


def in_form(body: Any) -> dict[str, str]:
    """The members of a body as the texts of a form."""
    return {k: v if isinstance(v, str) else msgspec.json.encode(v).decode() for k, v in (body or {}).items()}


def takes_body(endpoint: Endpoint) -> bool:
    return endpoint.body is not None or endpoint.example.body is not None


def is_broken(answer: Answer) -> bool:
    """An internal error; 503 is for what an installation has not set up."""
    return answer.status >= 500 and answer.status != 503


def unnamed(endpoint: Endpoint, answer: Answer, field: str) -> list[str]:
    """A complaint unless `answer` refuses and names `field` or what is inside it."""
    named = [str(more) for _, more in answer.errors] if answer.status == 400 else []
    if any(re.split(r"[.\[]", more)[0] == field for more in named):
        return []
    return [f"{name(endpoint)}: {field} is wrong, and the answer is {answer.status} {named}"]


def hints_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Wire name to type."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}


def required(kind: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind) if field.required]


def takes(hint: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, hint, strict=False, str_keys=True)
    except msgspec.ValidationError:
        return False
    return True


def wrong_bodies(endpoint: Endpoint) -> Iterable[tuple[str, dict[str, Any]]]:
    """The example with one field made wrong, for each field: of a wrong type, then with U+0000 where a text stands."""
    wrong_values = ("no such value",) if endpoint.form else WRONG_VALUES  # a form has texts only
    for field, hint in hints_of(endpoint.body).items() if endpoint.body else ():
        for value in [value for value in wrong_values if not takes(hint, value)][:1]:
            yield field, request_example(endpoint) | {field: value}
        if takes(hint, "a"):
            yield field, request_example(endpoint) | {field: "a\0b"}
        if takes(hint, 2**64):
            yield field, request_example(endpoint) | {field: 2**64}


def wrong_queries(endpoint: Endpoint) -> Iterable[tuple[str, dict[str, str]]]:
    for field, hint in hints_of(endpoint.query).items() if endpoint.query else ():
        wrong = "a\0b" if takes(hint, "a") else "no such value"
        yield field, dict(endpoint.example.query) | {field: wrong}


def odd_bodies(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    """The example with one field made odd, for each field and each odd value that its type takes."""
    for field, hint in hints_of(endpoint.body).items() if endpoint.body else ():
        odd: Sequence[Any] = [*ODD_INTEGERS, *ODD_TEXTS, [], {}, True]
        yield from (request_example(endpoint) | {field: value} for value in odd if takes(hint, value))
        yield from (request_example(endpoint) | {field: [value]} for value in ODD_TEXTS if takes(hint, [value]))


def odd_queries(endpoint: Endpoint) -> Iterable[dict[str, str]]:
    for field in hints_of(endpoint.query) if endpoint.query else ():
        odd = [*map(str, ODD_INTEGERS), *ODD_TEXTS]
        yield from (dict(endpoint.example.query) | {field: value} for value in odd)


def odd_paths(endpoint: Endpoint) -> Iterable[dict[str, str]]:
    for variable in path_variables(endpoint):
        yield from (dict(endpoint.example.path) | {variable: value} for value in ODD_PATHS)


def id_variables(endpoint: Endpoint) -> list[str]:
    """The path's variables that hold ids of objects."""
    return [variable for variable, value in endpoint.example.path.items() if parse_uuid(value)]


def ids_in(value: Any) -> set[str]:
    """Every id in an answer."""
    return {str(UUID(match[0])) for match in _UUID.finditer(msgspec.json.encode(value).decode())}


def _privilege(endpoint: Endpoint) -> Privilege:
    assert endpoint.privilege is not None
    return endpoint.privilege


def _body(endpoint: Endpoint) -> type[msgspec.Struct]:
    assert endpoint.body is not None
    return endpoint.body
