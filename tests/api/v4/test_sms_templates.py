"""Requests 138 to 143: SMS templates, and the note of their use."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.harness import Api, Tenant

from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import time_of

TEXT = "Hello %%VARIABLENAME|friend%%!"
IMAGE = "https://example.com/image.png"
NOBODYS = "3539d410-5f65-11eb-a080-51e25f7d5918"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that has the templates."""
    return await api.account()


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


async def add(api: Api, tenant: Tenant, **body: Any) -> dict[str, Any]:
    """A new template, with TEXT unless something else is said, a second after whatever was before."""
    api.clock.advance(1)
    shown: dict[str, Any] = (await api.post("/v4/smstemplate/", tenant, body or {"templateText": TEXT})).only
    return shown


async def use(api: Api, *templates: dict[str, Any]) -> None:
    """Notes the use of some templates, as sending does."""
    async with api.platform.database.transaction() as tx:
        await api.platform.templates.touch(tx, [(UUID(t["accountSid"]), UUID(t["templateId"])) for t in templates])


async def test_a_template_is_kept_and_shown_as_the_reference_shows_it(api: Api, acme: Tenant) -> None:
    shown = await add(api, acme, templateText=TEXT, templateTitle="Hello world.", templateMediaUrl=IMAGE)

    assert time_of(UUID(shown["templateId"])) == api.clock.now()
    assert shown == {
        "accountSid": acme.sid,
        "templateId": shown["templateId"],
        "templateText": TEXT,
        "templateTitle": "Hello world.",
        "templateMediaUrl": IMAGE,
    }
    assert (await api.get(f"/v4/smstemplate/{shown['templateId']}/", acme)).only == shown
    assert await api.fetch(
        "select account_id, id, text, title, media_url, last_used, archived, created_at from sms_templates"
    ) == [
        {
            "account_id": acme.id,
            "id": UUID(shown["templateId"]),
            "text": TEXT,
            "title": "Hello world.",
            "media_url": IMAGE,
            "last_used": None,
            "archived": False,
            "created_at": api.clock.now(),
        }
    ]


async def test_media_alone_is_enough_and_is_left_out_where_there_is_none(api: Api, acme: Tenant) -> None:
    media, text = await add(api, acme, templateMediaUrl=IMAGE), await add(api, acme)

    assert (media["templateText"], media["templateMediaUrl"]) == ("", IMAGE)
    assert text.keys() == {"accountSid", "templateId", "templateText", "templateTitle"}


BAD_BODIES: list[tuple[dict[str, Any], str]] = [
    ({"templateText": "", "templateMediaUrl": ""}, "templateText"),
    ({"templateText": " \n", "templateMediaUrl": ""}, "templateText"),
    ({"templateText": "x" * 1601}, "templateText"),
    ({"templateText": 5}, "templateText"),
    ({"templateText": "x", "templateTitle": "x" * 256}, "templateTitle"),
    ({"templateText": "x", "templateTitle": ["x"]}, "templateTitle"),
    ({"templateMediaUrl": "ftp://example.com/image.png"}, "templateMediaUrl"),
    ({"templateMediaUrl": "image.png"}, "templateMediaUrl"),
    ({"templateMediaUrl": "https://example.com/" + "x" * 5000}, "templateMediaUrl"),
]


@pytest.mark.parametrize(
    ("body", "field"), [*BAD_BODIES, ({}, "templateText"), ({"templateTitle": "x"}, "templateText")]
)
async def test_a_bad_field_is_named_and_nothing_is_kept(
    api: Api, acme: Tenant, body: dict[str, Any], field: str
) -> None:
    answer = await api.post("/v4/smstemplate", acme, body)

    assert answer.status == 400
    assert answer.errors == [("400", field)]
    assert await api.fetch("select 1 from sms_templates") == []


@pytest.mark.parametrize(("body", "field"), BAD_BODIES)
async def test_a_bad_edit_changes_nothing(api: Api, acme: Tenant, body: dict[str, Any], field: str) -> None:
    template = await add(api, acme)

    answer = await api.put(f"/v4/smstemplate/{template['templateId']}", acme, body)

    assert answer.status == 400
    assert answer.errors == [("400", field)]
    assert (await api.get("/v4/smstemplate", acme)).payload == [template]


async def test_an_edit_changes_what_is_given(api: Api, acme: Tenant) -> None:
    template = await add(api, acme, templateText=TEXT, templateTitle="Hello", templateMediaUrl=IMAGE)
    path = f"/v4/smstemplate/{template['templateId']}"

    edited = (await api.put(path, acme, {"templateText": "Goodbye", "templateTitle": None})).only
    assert edited == {**template, "templateText": "Goodbye"}
    cleared = (await api.put(path, acme, {"templateMediaUrl": ""})).only

    assert cleared == {name: value for name, value in edited.items() if name != "templateMediaUrl"}
    assert await api.fetch("select text, title, media_url from sms_templates") == [
        {"text": "Goodbye", "title": "Hello", "media_url": ""}
    ]


async def test_the_list_is_paged_the_oldest_first(api: Api, acme: Tenant, stranger: Tenant) -> None:
    templates = [await add(api, acme, templateText=text) for text in ("one", "two", "three")]
    await add(api, stranger)

    assert (await api.get("/v4/smstemplate/", acme)).payload == templates
    assert (await api.get("/v4/smstemplate", acme, size="1", offset="1")).payload == templates[1:2]
    for query, field in (({"size": "1001"}, "size"), ({"size": "0"}, "size"), ({"offset": "-1"}, "offset")):
        assert (await api.get("/v4/smstemplate", acme, **query)).errors == [("400", field)]


async def test_an_archived_template_is_gone_until_it_is_unarchived(api: Api, acme: Tenant) -> None:
    template = await add(api, acme)
    path, id_ = f"/v4/smstemplate/{template['templateId']}", UUID(template["templateId"])

    assert (await api.delete(path, acme)).only == template

    assert (await api.get("/v4/smstemplate", acme)).payload == []
    for answer in (await api.get(path, acme), await api.put(path, acme, {"templateText": "x"})):
        assert answer.errors == [("404", "templateId")]
    assert (await api.delete(path, acme)).status == 404
    assert await api.fetch("select text, archived from sms_templates") == [{"text": TEXT, "archived": True}]
    async with api.platform.database.transaction() as tx:
        assert await api.platform.templates.by_ids(tx, acme.id, [id_]) == {}

    assert (await api.put(path + "/unarchive", acme)).only == template
    assert (await api.put(path + "/unarchive", acme)).only == template

    assert (await api.get("/v4/smstemplate", acme)).payload == [template]
    async with api.platform.database.transaction() as tx:
        assert (await api.platform.templates.by_ids(tx, acme.id, [id_, id_]))[id_].text == TEXT


async def test_use_is_noted_to_some_seconds(api: Api, acme: Tenant) -> None:
    used, unused = await add(api, acme), await add(api, acme)
    first = epoch_ms(api.clock.now())

    await use(api, used, used)
    api.clock.advance(5)
    await use(api, used)
    assert (await api.get("/v4/smstemplate", acme)).payload == [{**used, "lastUsed": first}, unused]

    api.clock.advance(6)
    await use(api, used)
    shown = (await api.get(f"/v4/smstemplate/{used['templateId']}", acme)).only
    assert shown["lastUsed"] == first + 11_000


async def test_who_notes_the_use_of_a_busy_template_does_not_wait(api: Api, acme: Tenant) -> None:
    busy, other = await add(api, acme), await add(api, acme)
    async with api.platform.database.transaction() as tx:
        await tx.fetch("select from sms_templates where id = $1 for update", UUID(busy["templateId"]))

        await use(api, busy, other)

    shown = {t["templateId"]: "lastUsed" in t for t in (await api.get("/v4/smstemplate", acme)).payload}
    assert shown == {busy["templateId"]: False, other["templateId"]: True}


async def test_sending_by_a_template_notes_its_use(api: Api, acme: Tenant) -> None:
    template = await add(api, acme)
    await api.post("/v4/number/purchase", acme, {"phoneNumber": ["+17145550100"]})
    body = {"from": "+17145550100", "to": "+19492221234", "smsTemplateId": template["templateId"]}

    sent = (await api.post("/v4/sms", acme, body)).only

    assert sent["text"] == "Hello friend!"
    assert (await api.get("/v4/smstemplate", acme)).only["lastUsed"] == epoch_ms(api.clock.now())


@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("PUT", ""), ("DELETE", ""), ("PUT", "/unarchive")], ids=str
)
async def test_what_is_not_the_accounts_own_is_404(
    api: Api, acme: Tenant, stranger: Tenant, method: str, suffix: str
) -> None:
    template = await add(api, acme)

    for template_id in (template["templateId"], NOBODYS, "nonsense"):
        answer = await api.call(method, f"/v4/smstemplate/{template_id}{suffix}", stranger, {"templateText": "x"})
        assert answer.status == 404
        assert answer.errors == [("404", "templateId")]
    assert (await api.get("/v4/smstemplate", acme)).payload == [template]
    async with api.platform.database.transaction() as tx:
        found = await api.platform.templates.by_ids(tx, stranger.id, [UUID(template["templateId"])])
    assert found == {}


async def test_a_privilege_is_needed(api: Api) -> None:
    one = f"/v4/smstemplate/{NOBODYS}"
    rows = (
        ("GET", "/v4/smstemplate", "template-read"),
        ("POST", "/v4/smstemplate", "template-update"),
        ("GET", one, "template-read"),
        ("PUT", one, "template-update"),
        ("DELETE", one, "template-update"),
        ("PUT", one + "/unarchive", "template-update"),
    )

    await api.assert_privileges(rows, "number-admin")
