"""Requests 29 to 35: which calls are made, refused and why; what is asked of live ones."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.harness import Answer, Api, Tenant
from tests.voice_node import (
    CALLEE,
    DOCUMENT,
    NUMBER,
    OTHER_CALLEE,
    SECOND,
    THIRD,
    VoiceNode,
    body,
    buy,
    change,
    money,
    place,
    prepay,
    set_price,
    stored,
    told,
)

from cordboard.domain.voice.admission import LONGEST_CALL
from cordboard.domain.voice.models import CallRequest, PlacedCall
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import CordboardError, InvalidInputError
from cordboard.kit.ids import Ids, time_of

MINUTE = 8_400
"""The usual price of an outbound minute, in micro-units."""

NOBODY = "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"
LOCAL = "http://127.0.0.1:1/x"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER and SECOND."""
    tenant = await api.account()
    await buy(api, tenant, NUMBER, SECOND)
    return tenant


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account, which owns THIRD."""
    tenant = await api.account("stranger")
    await buy(api, tenant, THIRD)
    return tenant


@pytest.fixture
def node(api: Api) -> VoiceNode:
    """The process that makes the calls."""
    return VoiceNode(api)


async def live(api: Api) -> list[dict[str, Any]]:
    """The rows of live calls."""
    return await api.fetch("select * from live_calls order by created_at, call_id")


def refusal(answer: Answer) -> tuple[int, str, str]:
    """Status, code and what is wrong, of a request that was refused for one reason."""
    assert answer.body["status"] is False, answer.body
    (error,) = answer.body["error"]
    return answer.status, error["code"], error["moreInfo"] or ""


async def test_an_accepted_call_is_shown_stored_and_waits_for_a_voice_process(
    api: Api, owner: Tenant, node: VoiceNode
) -> None:
    answer = await api.post("/v4/call/", owner, body(to="(949) 222-1234", metadata={"leadId": "7"}))

    sid = UUID(answer.only["callSid"])
    assert time_of(sid) == api.clock.now()
    assert answer.only == {"callSid": str(sid), "createdTime": "2026-01-05 12:00:00"}
    row = await stored(api, sid)
    assert {name: row[name] for name in ("account_id", "caller", "callee", "status", "direction", "kind", "price")} == {
        "account_id": owner.id,
        "caller": NUMBER,
        "callee": CALLEE,
        "status": "in-queue",
        "direction": "outbound",
        "kind": "call",
        "price": MINUTE,
    }
    assert (row["metadata"], row["client_id"], row["request_id"]) == (
        {"leadId": "7"},
        owner.user.id,
        answer.headers["x-request-id"],
    )
    (waiting,) = await live(api)
    assert (waiting["node"], waiting["held"], waiting["expires_at"]) == (None, MINUTE, api.clock.now() + LONGEST_CALL)
    assert await money(api, owner) == (-2_000_000, MINUTE)
    (claimed,) = await node.claim()
    assert (claimed.id, claimed.trunk, claimed.options["url"]) == (sid, "sandbox", DOCUMENT)
    assert await node.claim() == []


async def test_every_parameter_is_taken_in_either_spelling_and_as_text(api: Api, owner: Tenant) -> None:
    common = {
        "url": LOCAL,
        "urlMethod": "get",
        "statusCallbackUrl": f"{LOCAL}/status",
        "statusCallbackMethod": "get",
        "fallbackUrl": f"{LOCAL}/fallback",
        "heartbeatCallbackUrl": f"{LOCAL}/heartbeat",
        "recordCallbackUrl": f"{LOCAL}/recorded",
        "ifMachine": "hangup",
        "groupConfirmKey": "1",
        "groupConfirmFile": f"{LOCAL}/confirm.mp3",
    }
    spelled = {
        "record": True,
        "transcribe": True,
        "transcribeCallbackUrl": f"{LOCAL}/text",
        "ifMachineCallbackUrl": f"{LOCAL}/machine",
        "timeout": 20,
        "playDtmf": "12w#*",
        "hideCallerId": True,
        "checkFederalDnc": False,
    }
    misspelled = {
        "record": "true",
        "transcribe": "TRUE",
        "transcibeCallbackUrl": f"{LOCAL}/text",
        "ifMachineCallabckUrl": f"{LOCAL}/machine",
        "timeout": "20",
        "playDtmf": ["1", "2", "w", "#", "*"],
        "hideCallerId": "true",
        "checkFederalDnc": "false",
    }

    first = await stored(api, await place(api, owner, **common, **spelled))
    second = await stored(api, await place(api, owner, **common, **misspelled))

    assert first["options"] == second["options"]
    assert first["options"] == {
        "url": LOCAL,
        "url_method": "GET",
        "fallback_url": f"{LOCAL}/fallback",
        "status_callback_url": f"{LOCAL}/status",
        "status_callback_method": "GET",
        "heartbeat_url": f"{LOCAL}/heartbeat",
        "record": True,
        "record_callback_url": f"{LOCAL}/recorded",
        "transcribe": True,
        "transcribe_callback_url": f"{LOCAL}/text",
        "if_machine": "hangup",
        "if_machine_url": f"{LOCAL}/machine",
        "timeout": 20,
        "play_dtmf": "12w#*",
        "hide_caller_id": True,
        "confirm_key": "1",
        "confirm_file": f"{LOCAL}/confirm.mp3",
    }


BAD_CALLS: list[tuple[dict[str, Any], str]] = [
    ({"to": None}, "to"),
    ({"to": ""}, "to"),
    ({"contactId": NOBODY}, "to"),
    ({"contactId": "x", "to": None}, "contactId"),
    ({"from": None}, "from"),
    ({"numberSetId": NOBODY}, "from"),
    ({"numberSetId": "x", "from": None}, "numberSetId"),
    ({"to": "12"}, "to"),
    ({"to": "not a number"}, "to"),
    ({"from": "x"}, "from"),
    ({"from": THIRD}, "from"),
    ({"url": None}, "url"),
    ({"url": "ftp://example.com/x"}, "url"),
    ({"url": "nonsense"}, "url"),
    ({"urlMethod": "PUT"}, "urlMethod"),
    ({"statusCallbackUrl": "nonsense"}, "statusCallbackUrl"),
    ({"statusCallbackMethod": "DELETE"}, "statusCallbackMethod"),
    ({"fallbackUrl": "nonsense"}, "fallbackUrl"),
    ({"heartbeatCallbackUrl": "nonsense"}, "heartbeatCallbackUrl"),
    ({"recordCallbackUrl": "nonsense"}, "recordCallbackUrl"),
    ({"transcibeCallbackUrl": "nonsense"}, "transcribeCallbackUrl"),
    ({"ifMachineCallabckUrl": "nonsense"}, "ifMachineCallbackUrl"),
    ({"groupConfirmFile": "nonsense"}, "groupConfirmFile"),
    ({"ifMachine": "sing"}, "ifMachine"),
    ({"timeout": 0}, "timeout"),
    ({"timeout": 1000}, "timeout"),
    ({"timeout": "soon"}, "timeout"),
    ({"playDtmf": "A"}, "playDtmf"),
    ({"playDtmf": "1" * 129}, "playDtmf"),
    ({"groupConfirmKey": "12"}, "groupConfirmKey"),
    ({"record": "maybe"}, "record"),
    ({"metadata": "text"}, "metadata"),
    ({"metadata": {"key": "x" * 5000}}, "metadata"),
]


async def test_a_bad_field_is_named_and_nothing_is_stored(api: Api, owner: Tenant, stranger: Tenant) -> None:
    wrong = []
    for changes, field in BAD_CALLS:
        answer = await api.post("/v4/call", owner, body(**changes))
        if answer.status != 400 or field not in [named for _, named in answer.errors]:
            wrong.append((changes, answer.status, answer.errors))

    assert wrong == []
    both = await api.post("/v4/call", owner, body(timeout=0, playDtmf="A"))
    assert [named for _, named in both.errors] == ["playDtmf", "timeout"]
    assert await api.fetch("select id from calls") == []
    assert await live(api) == []
    assert await money(api, owner) == (-2_000_000, 0)


async def test_contacts_and_number_sets_stand_for_numbers(api: Api, owner: Tenant, stranger: Tenant) -> None:
    async def contact(**data: str) -> str:
        made: str = (await api.post("/v4/contact", owner, {"extData": data})).only["contactId"]
        return made

    async def number_set(tenant: Tenant, *numbers: str) -> str:
        made = await api.post("/v4/numberset", tenant, {"name": "mine", "phoneNumbers": list(numbers)})
        set_id: str = made.only["numberSetId"]
        return set_id

    known, silent = await contact(phonenumber1=OTHER_CALLEE), await contact(email="a@example.com")
    mine, empty, theirs = await number_set(owner, SECOND), await number_set(owner), await number_set(stranger, THIRD)

    row = await stored(api, await place(api, owner, to=None, contactId=known, **{"from": None, "numberSetId": mine}))

    assert (row["callee"], str(row["contact_id"])) == (OTHER_CALLEE, known)
    assert (row["caller"], str(row["number_set_id"])) == (SECOND, mine)
    refused = [
        await api.post("/v4/call", owner, body(**changes))
        for changes in (
            {"to": None, "contactId": silent},
            {"to": None, "contactId": NOBODY},
            {"from": None, "numberSetId": empty},
            {"from": None, "numberSetId": theirs},
        )
    ]
    assert [(answer.status, answer.body["error"][0]["moreInfo"]) for answer in refused] == [
        (400, "contactId"),
        (404, "contactId"),
        (400, "the number set has no number that is voice-enabled; add one"),
        (404, "numberSetId"),
    ]
    assert len(await live(api)) == 1


async def test_a_number_without_voice_cannot_call(api: Api, stranger: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.numbers.sync_inventory(tx, [("acme", [NUMBER], ["sms-enabled"])])
    await buy(api, stranger, NUMBER)

    answer = await api.post("/v4/call", stranger, body())

    assert refusal(answer) == (400, "not_voice_enabled", f"{NUMBER} is not voice-enabled")


async def test_who_does_not_want_calls_is_not_called_and_the_ledger_says_so(api: Api, owner: Tenant) -> None:
    await api.post("/v4/dnc", owner, {"endpoint": OTHER_CALLEE, "subtype": "sms"})
    await api.post("/v4/dnc", owner, {"endpoint": CALLEE, "subtype": "call"})

    assert (await api.post("/v4/call", owner, body(to=OTHER_CALLEE))).status == 200
    status, code, more = refusal(await api.post("/v4/call", owner, body()))

    assert (status, code) == (400, "call_refused")
    assert more.startswith(f"{CALLEE} has unsubscribed from this account; decision ")
    decision = (await api.get(f"/v4/decision/{more.rsplit(' ', 1)[1]}", owner)).only
    assert (decision["channel"], decision["verdict"], decision["code"]) == ("call", "refuse", "opted_out")
    assert [row["callee"] for row in await live(api)] == [OTHER_CALLEE]
    assert await money(api, owner) == (-2_000_000, MINUTE)


async def test_the_federal_list_is_asked_where_the_account_may_ask(api: Api, owner: Tenant) -> None:
    asking = body(checkFederalDnc="true")
    assert refusal(await api.post("/v4/call", owner, asking))[:2] == (400, "no_federal_dnc")

    await change(api, owner, federal_dnc="true")
    assert refusal(await api.post("/v4/call", owner, asking))[:2] == (503, "503")  # no list is loaded

    async with api.platform.database.transaction() as tx:
        await api.platform.compliance.load_federal_list(tx, [CALLEE])
    status, code, more = refusal(await api.post("/v4/call", owner, asking))
    assert (status, code) == (400, "call_refused")
    decision = (await api.get(f"/v4/decision/{more.rsplit(' ', 1)[1]}", owner)).only
    assert (decision["verdict"], decision["code"]) == ("refuse", "federal_dnc")
    assert (await api.post("/v4/call", owner, body(checkFederalDnc="false"))).status == 200
    assert (await api.post("/v4/call", owner, {**asking, "to": OTHER_CALLEE})).status == 200


async def test_a_prepaid_balance_must_cover_a_minute(api: Api, owner: Tenant) -> None:
    await prepay(api, owner, 2 * MINUTE + 1)

    answers = [await api.post("/v4/call", owner, body()) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 400]
    assert refusal(answers[2])[1] == "insufficient_funds"
    assert await money(api, owner) == (2 * MINUTE + 1, 2 * MINUTE)
    assert len(await live(api)) == 2


async def place_at_once(api: Api, tenant: Tenant, count: int) -> list[PlacedCall | CordboardError]:
    """So many calls at the same time, each in a transaction of its own."""
    request = CallRequest(account_id=tenant.id, parent_account_id=tenant.id, to=CALLEE, caller=NUMBER)

    async def one() -> PlacedCall | CordboardError:
        async with api.platform.database.transaction() as tx:
            (result,) = await api.platform.voice.place(tx, [request])
            return result

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def test_calls_at_once_are_counted_under_concurrency(api: Api, owner: Tenant, node: VoiceNode) -> None:
    await change(api, owner, concurrent_calls="4")
    await place(api, owner)

    results = await place_at_once(api, owner, 8)

    assert sum(isinstance(result, PlacedCall) for result in results) == 3
    status, code, more = refusal(await api.post("/v4/call", owner, body()))
    assert (status, code, more) == (429, "429", "4 calls are live; at most 4 may be")
    assert len(await live(api)) == 4
    calls = await node.claim()
    await node.ends(calls[0])
    assert (await api.post("/v4/call", owner, body())).status == 200
    assert (await api.post("/v4/call", owner, body())).status == 429


async def test_calls_a_second_are_counted_under_concurrency(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await change(api, owner, calls_per_second="3")
    await place(api, owner)
    api.clock.advance(1)

    assert sum(isinstance(result, PlacedCall) for result in await place_at_once(api, owner, 6)) == 3

    answer = await api.post("/v4/call", owner, body())
    assert refusal(answer) == (429, "429", "too many calls a second")
    assert answer.headers["retry-after"] == "1"
    assert (await api.post("/v4/call", stranger, body(**{"from": THIRD}))).status == 200
    api.clock.advance(0.34)
    assert [(await api.post("/v4/call", owner, body())).status for _ in range(2)] == [200, 429]
    api.clock.advance(10)
    assert [(await api.post("/v4/call", owner, body())).status for _ in range(4)] == [200, 200, 200, 429]


async def test_spending_is_capped_a_day_in_all_and_by_prefix(api: Api, owner: Tenant, node: VoiceNode) -> None:
    await set_price(api, 600_000)
    await change(api, owner, daily_call_spend="2.00", dialling_caps="+1949=1.00,+44=0")

    async def refused(to: str) -> str | None:
        answer = await api.post("/v4/call", owner, body(to=to))
        return None if answer.status == 200 else refusal(answer)[2]

    assert await refused("+442079460000") == "the cap for +44 is reached today; raise it or wait for tomorrow"
    assert await refused(CALLEE) is None
    assert await refused(CALLEE) == "the cap for +1949 is reached today; raise it or wait for tomorrow"
    assert [await refused(OTHER_CALLEE) for _ in range(2)] == [None, None]
    assert await refused(OTHER_CALLEE) == "the cap for all calls is reached today; raise it or wait for tomorrow"

    calls = await node.claim()
    await node.answers(*calls)
    api.clock.advance(30)
    await node.ends(*calls)
    spent = await api.fetch("select prefix, amount from call_spend order by prefix")
    assert [tuple(row.values()) for row in spent] == [("", 900_000), ("+1949", 300_000)]
    assert await refused(CALLEE) is None  # what was reserved and not spent is free again
    assert await refused(CALLEE) == "the cap for +1949 is reached today; raise it or wait for tomorrow"
    api.clock.advance(43_200)  # the next day; and nobody believes any more in the call that waits
    assert sum(isinstance(result, PlacedCall) for result in await place_at_once(api, owner, 2)) == 1


async def test_a_cap_that_nobody_understands_is_not_set(api: Api, owner: Tenant) -> None:
    with pytest.raises(InvalidInputError, match="dialling_caps"):
        await change(api, owner, dialling_caps="+1876=five")

    assert (await api.post("/v4/call", owner, body())).status == 200


async def test_a_repeated_request_makes_one_call(api: Api, owner: Tenant) -> None:
    key = {"Idempotency-Key": "once"}

    first, second = [await api.call("POST", "/v4/call", owner, body(), headers=key) for _ in range(2)]
    other = await api.call("POST", "/v4/call", owner, body(to=OTHER_CALLEE), headers=key)

    assert first.only == second.only
    assert other.status == 409
    assert len(await live(api)) == 1
    grouped = [
        await api.call("POST", "/v4/groupcall", owner, body(to=[CALLEE]), headers={"Idempotency-Key": "group"})
        for _ in range(2)
    ]
    assert grouped[0].only == grouped[1].only
    assert len(await live(api)) == 2


async def test_a_group_call_is_one_call_each_and_tells_who_is_not_called(api: Api, owner: Tenant) -> None:
    await api.post("/v4/dnc", owner, {"endpoint": CALLEE, "subtype": "call"})
    contact = (await api.post("/v4/contact", owner, {"extData": {"phonenumber1": "+12015550123"}})).only["contactId"]

    several = await api.post("/v4/groupcall/", owner, body(to=[CALLEE, OTHER_CALLEE, "(619) 233-1234", "+12015550123"]))
    as_text = await api.post("/v4/groupcall", owner, body(to="+12015550123, +12015550124"))
    by_contact = await api.post("/v4/groupcall", owner, body(to=None, contactIds=[contact, NOBODY]))

    assert [len(answer.payload) for answer in (several, as_text, by_contact)] == [2, 2, 1]
    assert several.body["status"] is True
    (told_of,) = several.body["error"]
    assert told_of["moreInfo"] == CALLEE
    assert f"Call refused: {CALLEE} has unsubscribed from this account" in told_of["message"]
    assert [error["moreInfo"] for error in by_contact.body["error"]] == [NOBODY]
    rows = await api.fetch("select kind, callee, options ->> 'group_id' as group_id from calls order by created_at")
    assert {row["kind"] for row in rows} == {"group"}
    assert len({row["group_id"] for row in rows}) == 3
    members = [UUID(one["callSid"]) for one in several.payload]
    async with api.platform.database.transaction() as tx:
        group = await api.platform.voice.group_of(
            tx, owner.id, UUID((await stored(api, members[0]))["options"]["group_id"])
        )
    assert sorted(group) == sorted(members)


async def test_a_group_call_that_nobody_gets_is_refused(api: Api, owner: Tenant) -> None:
    await api.post("/v4/dnc", owner, {"endpoint": CALLEE, "subtype": "call"})

    refused = await api.post("/v4/groupcall", owner, body(to=[CALLEE]))
    assert refusal(refused)[1] == "call_refused"
    decision = refusal(refused)[2].rsplit(" ", 1)[1]
    assert (await api.get(f"/v4/decision/{decision}", owner)).only["verdict"] == "refuse"
    for changes, field in (
        ({"to": [f"+1201555{1000 + line}" for line in range(11)]}, "to"),
        ({"to": None, "contactIds": [NOBODY] * 11}, "contactIds"),
        ({"to": [""]}, "to"),
        ({"to": []}, "to"),
        ({"to": [CALLEE, "x"]}, "to"),
        ({"contactIds": [NOBODY]}, "to"),
        ({"to": None, "contactIds": ["x"]}, "contactIds[0]"),
        ({"groupConfirmKey": "A"}, "groupConfirmKey"),
    ):
        answer = await api.post("/v4/groupcall", owner, body(**changes))
        assert (answer.status, [named for _, named in answer.errors]) == (400, [field]), changes
    assert await live(api) == []


async def test_live_calls_are_listed_until_they_are_over_or_cannot_be_true(
    api: Api, owner: Tenant, stranger: Tenant, node: VoiceNode
) -> None:
    first = await place(api, owner)
    started = api.clock.now()
    await node.claim()
    api.clock.advance(1)
    second = await place(api, owner, to=OTHER_CALLEE)

    shown = (await api.get("/v4/call/live", owner)).payload

    assert [one["callSid"] for one in shown] == [str(first), str(second)]
    assert shown[0] == {
        "callSid": str(first),
        "to": CALLEE,
        "from": NUMBER,
        "direction": "outbound",
        "clientId": str(owner.user.id),
        "timeStarted": epoch_ms(started),
        "expiresAt": epoch_ms(started + LONGEST_CALL),
    }
    assert (await api.get("/v4/call/live/", stranger)).payload == []
    (call,) = await node.claim()
    await node.ends(call)
    assert [one["callSid"] for one in (await api.get("/v4/call/live", owner)).payload] == [str(first)]
    async with api.platform.database.transaction() as tx:
        api.clock.advance(LONGEST_CALL.total_seconds() - 1)
        assert await api.platform.voice.live_calls(tx, owner.id) == []


GOOD_COMMANDS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("sendDigit", {"playDtmf": "0123456789*#"}, "send_digits", {"digits": "0123456789*#"}),
    ("sendDigit", {"playDtmf": ["1", "w", "2"]}, "send_digits", {"digits": "1w2"}),
    (
        "record",
        {"timeLimit": "100"},
        "record",
        {"timeLimit": 100, "callbackUrl": "", "direction": "both", "fileFormat": "mp3", "stopKey": ""},
    ),
    (
        "record",
        {
            "timeLimit": 5,
            "callbackUrl": LOCAL,
            "direction": "in",
            "fileFormat": "wav",
            "stopRecordingOnKey": "0",
        },
        "record",
        {"timeLimit": 5, "callbackUrl": LOCAL, "direction": "in", "fileFormat": "wav", "stopKey": "0"},
    ),
    ("play", {"sayText": "Hello"}, "play", {"audioUrl": "", "sayText": "Hello", "length": 0, "mix": False}),
    (
        "play",
        {"audioUrl": f"{LOCAL};{LOCAL}/2", "length": "7", "mix": "true"},
        "play",
        {"audioUrl": f"{LOCAL};{LOCAL}/2", "sayText": "", "length": 7, "mix": True},
    ),
    (
        "interrupt",
        {"status": "completed", "url": DOCUMENT, "urlMethod": "get"},
        "interrupt",
        {"status": "completed", "url": DOCUMENT, "method": "GET"},
    ),
    ("interrupt", {"status": "canceled"}, "interrupt", {"status": "canceled", "url": "", "method": "POST"}),
]

BAD_COMMANDS: list[tuple[str, dict[str, Any], str]] = [
    ("sendDigit", {}, "playDtmf"),
    ("sendDigit", {"playDtmf": ""}, "playDtmf"),
    ("sendDigit", {"playDtmf": "ABC"}, "playDtmf"),
    ("record", {}, "timeLimit"),
    ("record", {"timeLimit": 0}, "timeLimit"),
    ("record", {"timeLimit": 14_401}, "timeLimit"),
    ("record", {"timeLimit": 5, "callbackUrl": "nonsense"}, "callbackUrl"),
    ("record", {"timeLimit": 5, "direction": "up"}, "direction"),
    ("record", {"timeLimit": 5, "fileFormat": "ogg"}, "fileFormat"),
    ("record", {"timeLimit": 5, "stopRecordingOnKey": "x"}, "stopRecordingOnKey"),
    ("play", {}, "audioUrl"),
    ("play", {"audioUrl": LOCAL, "sayText": "Hello"}, "audioUrl"),
    ("play", {"audioUrl": f"{LOCAL};nonsense"}, "audioUrl"),
    ("play", {"sayText": "x" * 4097}, "sayText"),
    ("play", {"sayText": "Hello", "length": -1}, "length"),
    ("interrupt", {}, "status"),
    ("interrupt", {"status": "paused"}, "status"),
    ("interrupt", {"status": "completed", "url": "nonsense"}, "url"),
    ("interrupt", {"status": "completed", "url": DOCUMENT, "urlMethod": "PUT"}, "urlMethod"),
]


async def test_what_is_asked_of_a_live_call_waits_for_the_process_that_has_it(
    api: Api, owner: Tenant, stranger: Tenant, node: VoiceNode
) -> None:
    sid = await place(api, owner)
    await node.claim()
    other = VoiceNode(api, "node-2")

    for verb, given, _, _ in GOOD_COMMANDS:
        assert (await api.post(f"/v4/call/{verb}/{sid}/", owner, given)).only == {"sentToCall": True}
    for verb, given, field in BAD_COMMANDS:
        answer = await api.post(f"/v4/call/{verb}/{sid}", owner, given)
        assert (answer.status, [named for _, named in answer.errors]) == (400, [field]), (verb, given)
    for tenant, call_id in ((stranger, str(sid)), (owner, str(Ids.random_uuid())), (owner, "x")):
        for verb, given, _, _ in GOOD_COMMANDS:
            assert (await api.post(f"/v4/call/{verb}/{call_id}", tenant, given)).status == 404

    assert await other.commands() == []
    taken = await node.commands()
    assert [(one.name, one.arguments) for one in taken] == [(name, said) for _, _, name, said in GOOD_COMMANDS]
    assert {(one.account_id, one.call_id) for one in taken} == {(owner.id, sid)}
    assert await node.commands() == []


async def test_a_call_that_waits_or_is_over_takes_no_commands(api: Api, owner: Tenant, node: VoiceNode) -> None:
    sid = await place(api, owner)

    assert refusal(await api.post(f"/v4/call/play/{sid}", owner, {"sayText": "Hello"})) == (404, "404", "callSid")
    await node.ends(*await node.claim())
    assert (await api.post(f"/v4/call/play/{sid}", owner, {"sayText": "Hello"})).status == 404
    assert (await api.post(f"/v4/call/interrupt/{sid}", owner, {"status": "canceled"})).status == 404
    assert await node.commands() == []


async def test_a_call_that_still_waits_is_interrupted_where_it_waits(
    api: Api, owner: Tenant, stranger: Tenant, node: VoiceNode
) -> None:
    first, second, third = [await place(api, owner, statusCallbackUrl=LOCAL) for _ in range(3)]
    next_document = {"status": "completed", "url": f"{LOCAL}/next", "urlMethod": "get"}

    assert (await api.post(f"/v4/call/interrupt/{first}", stranger, {"status": "canceled"})).status == 404
    assert (await api.post(f"/v4/call/interrupt/{first}", owner, {"status": "canceled"})).only == {"sentToCall": True}
    assert (await api.post(f"/v4/call/interrupt/{second}", owner, {"status": "completed"})).status == 200
    assert (await api.post(f"/v4/call/interrupt/{third}", owner, next_document)).status == 200

    for sid, status in ((first, "canceled"), (second, "completed")):
        row = await stored(api, sid)
        assert (row["status"], row["reason"], row["hangup_by"]) == (status, "canceled by the API", "SYSTEM END")
        assert (row["ended_at"], row["cost"]) == (api.clock.now(), 0)
    assert [one["callSid"] for one in await told(api, "voice.completed")] == [str(first), str(second)]
    assert await money(api, owner) == (-2_000_000, MINUTE)
    (claimed,) = await node.claim()
    assert (claimed.id, claimed.options["url"], claimed.options["url_method"]) == (third, f"{LOCAL}/next", "GET")


async def test_waiting_calls_are_taken_once_the_oldest_first_and_by_whom_they_are_for(api: Api, owner: Tenant) -> None:
    sids = []
    for _ in range(6):
        sids.append(await place(api, owner))
        api.clock.advance(0.1)
    meant = CallRequest(
        account_id=owner.id, parent_account_id=owner.id, to=CALLEE, caller=NUMBER, at_node="node-3", request_id="r"
    )
    async with api.platform.database.transaction() as tx:
        (placed,) = await api.platform.voice.place(tx, [meant])
    nodes = [VoiceNode(api, f"node-{index}") for index in (1, 2, 3)]

    first = await nodes[0].claim(2)
    rest = await asyncio.gather(*(one.claim() for one in nodes[:2]))

    assert [record.id for record in first] == sids[:2]
    assert sorted(record.id for records in rest for record in records) == sorted(sids[2:])
    assert isinstance(placed, PlacedCall)
    assert [record.id for record in await nodes[2].claim()] == [placed.id]


async def test_privileges(api: Api) -> None:
    sid = Ids.random_uuid()
    rows = [
        ("POST", "/v4/call", "call-make"),
        ("POST", "/v4/groupcall", "call-make"),
        ("GET", "/v4/call/live", "call-read"),
    ]
    rows += [("POST", f"/v4/call/{verb}/{sid}", "call-make") for verb in ("sendDigit", "record", "play", "interrupt")]

    await api.assert_privileges(rows, "basic-reports")
