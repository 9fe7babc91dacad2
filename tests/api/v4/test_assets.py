"""Assets over HTTP: who sees what, what is kept, and what happens while the store is away."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.asset_files import MP3, WAV, XML, png
from tests.harness import Answer, Api, Tenant

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import Principal, User
from cordboard.domain.accounts.privileges import Privilege, mask_of
from cordboard.domain.accounts.work_groups import GroupChanges, WorkGroupService
from cordboard.domain.assets import service
from cordboard.domain.assets.errors import NotYourAssetError
from cordboard.domain.assets.models import AssetKey
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page
from cordboard.run.api import build_api

KIND = {"Content-Type": "multipart/form-data; boundary=cut"}
FORM = (
    b'--cut\r\nContent-Disposition: form-data; name=""; filename="a.wav"\r\n\r\n'
    + WAV
    + b'\r\n--cut\r\nContent-Disposition: form-data; name="type"\r\n\r\naudio\r\n--cut--\r\n'
)


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with all of its privileges."""
    return await api.account("acme")


@pytest.fixture
async def web(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever has a public URL."""
    application: Any = build_api(api.platform)  # httpx and Litestar spell the type of an ASGI application differently
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url=api.platform.settings.http.public_url) as client:
        yield client


async def colleague(api: Api, owner: Tenant, role: str = "webrtc-agent") -> Tenant:
    """Another user of the account."""
    ids, now = Ids(api.clock), api.clock.now()
    user = User(ids.random_uuid(), owner.id, f"{ids.token(6)}@acme.example", "", 1, [role], None, 0)
    async with api.platform.database.transaction() as tx:
        await accounts.insert_user(tx, user, now)
    return Tenant(owner.account, user, api._token_of(owner.account, user))


async def send(
    api: Api, method: str, tenant: Tenant, data: bytes | None, filename: str = "greeting.wav", **texts: str
) -> Answer:
    """An upload, or with PUT a change."""
    if data is None:
        return await api.call(method, "/v4/asset", tenant, texts, file=("ignored", "", b""))
    return await api.call(method, "/v4/asset", tenant, texts, file=("file", filename, data))


async def upload(api: Api, tenant: Tenant, data: bytes = WAV, filename: str = "greeting.wav", **texts: str) -> Any:
    """The new asset."""
    return (await send(api, "POST", tenant, data, filename, **{"type": "audio", **texts})).only


async def names(api: Api, tenant: Tenant, **query: str) -> list[str]:
    """What the tenant's list shows."""
    return [one["name"] for one in (await api.get("/v4/asset", tenant, **query)).payload]


def said(answer: Answer) -> list[str]:
    """What is wrong, the field first."""
    return [error["message"] for error in answer.body["error"]]


async def test_an_upload_answers_what_the_file_is(api: Api, owner: Tenant) -> None:
    made = await upload(api, owner, name="hello.wav", description="First words")

    now = round(api.clock.now().timestamp() * 1000)
    url = made.pop("publicUrl")
    assert made == {
        "accountSid": owner.sid,
        "type": "audio",
        "name": "hello.wav",
        "description": "First words",
        "creationDate": now,
        "modificationDate": now,
        "status": 1,
        "duration": 2,
        "mimeType": "audio/wave",
        "size": len(WAV),
        "clientIds": [],
        "workGroups": [],
    }
    assert url.startswith(f"{api.platform.settings.http.public_url}/media/")
    assert url.endswith(".wav")
    assert (await api.get("/v4/asset", owner)).only == made | {"publicUrl": url}


async def test_anybody_gets_the_file_at_its_public_url(api: Api, owner: Tenant, web: httpx.AsyncClient) -> None:
    document = await upload(api, owner, XML, "menu.xml", type="inboundxml")
    image = await upload(api, owner, png(), "logo.png", type="mms-image")

    answer = await web.get(document["publicUrl"])
    assert (answer.content, answer.headers["content-type"]) == (XML, "application/xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"] == "attachment"
    shown = await web.get(image["publicUrl"])
    assert (shown.content, shown.headers["content-type"]) == (png(), "image/png")


async def test_the_name_is_the_files_own_unless_another_is_given(api: Api, owner: Tenant) -> None:
    assert (await upload(api, owner, filename="C:\\sounds\\ring tone.wav"))["name"] == "ring tone.wav"
    assert (await upload(api, owner, filename="x.wav", name="  Gru\u0308n  "))["name"] == "Gr\u00fcn"
    answer = await api.delete("/v4/asset/audio/" + quote("Gru\u0308n"), owner)
    assert answer.only["name"] == "Gr\u00fcn"


@pytest.mark.parametrize("field", ["file", "(file)"])
async def test_the_file_may_come_under_any_of_its_names(api: Api, owner: Tenant, field: str) -> None:
    answer = await api.call("POST", "/v4/asset", owner, {"type": "audio"}, file=(field, "a.wav", WAV))

    assert answer.only["size"] == len(WAV)


async def test_the_file_may_come_without_a_name_of_the_part(api: Api, owner: Tenant) -> None:
    answer = await api.call("POST", "/v4/asset", owner, content=FORM, headers=KIND)

    assert answer.only["size"] == len(WAV)


@pytest.mark.parametrize("name", ["a/b", "a\\b", "..", ".", "a\nb", "x" * 256, "\u0085"])
async def test_names_that_cannot_stand_in_a_path_are_refused(api: Api, owner: Tenant, name: str) -> None:
    answer = await send(api, "POST", owner, WAV, type="audio", name=name)

    assert answer.status == 400
    assert said(answer)[0].startswith("name must ")


async def test_a_file_that_lies_is_refused_and_nothing_is_kept(api: Api, owner: Tenant) -> None:
    answer = await send(api, "POST", owner, png(), "sound.png", type="audio")

    assert answer.status == 400
    assert said(answer) == ["file is a PNG image; audio takes WAV audio or MP3 audio"]
    large = await send(api, "POST", owner, XML + b" " * 102_400, "x.xml", type="inboundxml")
    assert large.status == 413
    assert await api.fetch("select 1 from assets") == []
    assert await api.fetch("select 1 from jobs") == []


async def test_a_name_is_taken_once_by_type(api: Api, owner: Tenant) -> None:
    first = await upload(api, owner, name="same")
    again = await send(api, "POST", owner, MP3, "x.mp3", type="audio", name="same")
    await upload(api, owner, png(), "p.png", type="mms-image", name="same")
    await upload(api, owner, png(), "p.png", type="meme-image", name="same")
    stranger = await api.account("other")
    await upload(api, stranger, name="same")

    assert (again.status, again.body["error"][0]["message"]) == (409, "Asset exists")
    assert (await api.get("/v4/asset", owner, type="audio")).only == first


async def test_two_uploads_at_once_make_one_asset(api: Api, owner: Tenant, web: httpx.AsyncClient) -> None:
    """The second one comes to nothing after it has stored its file, which is swept away."""
    put_file, raced = api.platform.blobs.put_file, []

    async def slow_put(name: str, path: Any) -> str:
        url = await put_file(name, path)
        raced.append(url)
        if len(raced) == 1:
            await upload(api, owner, name="same")
        return url

    api.platform.blobs.put_file = slow_put  # type: ignore[method-assign]  # the moment between storing and writing down
    answer = await send(api, "POST", owner, WAV, type="audio", name="same")

    assert answer.status == 409
    lost, kept = raced
    assert (await web.get(lost)).status_code == 200
    api.clock.advance(3601)
    await api.settle()
    assert (await web.get(lost)).status_code == 404
    assert (await web.get(kept)).status_code == 200


async def test_a_change_gives_another_file_at_another_address(api: Api, owner: Tenant, web: httpx.AsyncClient) -> None:
    before = await upload(api, owner, name="greeting", description="words")
    api.clock.advance(300)
    after = (await send(api, "PUT", owner, MP3, "x.mp3", type="audio", name="greeting")).only

    assert after["creationDate"] == before["creationDate"]
    assert after["modificationDate"] == before["modificationDate"] + 300_000
    assert (after["mimeType"], after["duration"], after["size"]) == ("audio/mpeg", 3, len(MP3))
    assert after["description"] == "words"
    assert after["publicUrl"] != before["publicUrl"]
    assert (await web.get(before["publicUrl"])).content == WAV
    api.clock.advance(3601)
    await api.settle()
    assert (await web.get(before["publicUrl"])).status_code == 404
    assert (await web.get(after["publicUrl"])).content == MP3
    assert await api.fetch("select 1 from jobs") == []


async def test_a_change_without_a_file_changes_words_only(api: Api, owner: Tenant) -> None:
    before = await upload(api, owner, name="greeting", description="words")
    after = (await send(api, "PUT", owner, None, type="audio", name="greeting", description="other words")).only

    assert after == before | {"description": "other words"}
    cleared = (await send(api, "PUT", owner, None, type="audio", name="greeting", description=" ")).only
    assert cleared["description"] is None


async def test_what_is_not_there_cannot_be_changed_or_deleted(api: Api, owner: Tenant) -> None:
    await upload(api, owner, name="greeting")
    changed = await send(api, "PUT", owner, WAV, type="audio", name="other")

    assert (changed.status, changed.errors) == (404, [("404", "audio 'other'")])
    for path in ("audio/other", "mms-image/greeting", "nonsense/greeting"):
        assert (await api.delete(f"/v4/asset/{path}", owner)).status == 404


async def test_a_deleted_asset_and_its_file_are_gone(api: Api, owner: Tenant, web: httpx.AsyncClient) -> None:
    made = await upload(api, owner, name="greeting.wav")

    assert (await api.delete("/v4/asset/audio/greeting.wav/", owner)).only == made
    await api.settle()
    assert (await web.get(made["publicUrl"])).status_code == 404
    assert await names(api, owner) == []
    assert (await api.delete("/v4/asset/audio/greeting.wav/", owner)).status == 404


async def test_the_list_goes_by_type_and_page(api: Api, owner: Tenant) -> None:
    for index in range(3):
        await upload(api, owner, name=f"sound-{index}")
        api.clock.advance(1)
    await upload(api, owner, XML, "menu.xml", type="inboundxml")

    assert await names(api, owner) == ["sound-0", "sound-1", "sound-2", "menu.xml"]
    assert await names(api, owner, type="inboundxml") == ["menu.xml"]
    assert await names(api, owner, type="audio", size="1", offset="1") == ["sound-1"]
    refused = await api.get("/v4/asset", owner, type="video")
    assert said(refused) == ["type must be one of audio, mms-image, meme-image, inboundxml"]


async def test_users_see_and_change_their_own_and_what_is_shared_with_them(api: Api, owner: Tenant) -> None:
    agent, other, admin = [await colleague(api, owner, role) for role in ("webrtc-agent", "gi-agent", "asset-admin")]
    await upload(api, agent, name="own")
    await upload(api, owner, name="private")
    await upload(api, owner, name="shared", clientIds=f"[{str(agent.user.id)!r}]".replace("'", '"'))

    assert await names(api, agent) == ["own", "shared"]
    assert await names(api, other) == []
    assert await names(api, admin) == ["own", "private", "shared"]
    assert (await send(api, "PUT", agent, MP3, "x.mp3", type="audio", name="shared")).status == 200
    assert (await send(api, "PUT", agent, WAV, type="audio", name="private")).status == 404
    assert (await api.delete("/v4/asset/audio/own", other)).status == 404
    assert (await api.delete("/v4/asset/audio/own", admin)).status == 200
    assert (await api.delete("/v4/asset/audio/shared", agent)).status == 200


async def test_the_members_of_a_work_group_share_its_assets(api: Api, owner: Tenant) -> None:
    agent = await colleague(api, owner)
    groups = WorkGroupService(api.clock, api.platform.ids)
    async with api.platform.database.transaction() as tx:
        await groups.create(tx, owner.id, "Sales", GroupChanges(user_ids=[agent.user.id]))

    made = await upload(api, owner, name="pitch", workGroups="sales")
    assert made["workGroups"] == ["Sales"]
    assert await names(api, agent) == ["pitch"]
    assert (await send(api, "PUT", agent, MP3, "x.mp3", type="audio", name="pitch")).only["workGroups"] == ["Sales"]
    async with api.platform.database.transaction() as tx:
        await groups.delete(tx, owner.id, "Sales")
        await groups.create(tx, owner.id, "Sales", GroupChanges(user_ids=[agent.user.id]))
    await api.settle()
    assert await names(api, agent) == []


async def test_only_the_owner_shares(api: Api, owner: Tenant) -> None:
    agent, other = await colleague(api, owner), await colleague(api, owner)
    await upload(api, owner, name="shared", clientIds=str(agent.user.id))

    refused = await send(api, "PUT", agent, None, type="audio", name="shared", clientIds=str(other.user.id))
    assert refused.status == 401
    assert await names(api, other) == []
    await send(api, "PUT", owner, None, type="audio", name="shared", clientIds=f"{agent.user.id}, {other.user.id}")
    assert await names(api, other) == ["shared"]
    await send(api, "PUT", owner, None, type="audio", name="shared", clientIds="[]")
    assert await names(api, agent) == []


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"clientIds": "nobody"}, "clientIds 'nobody' is not the id of a user"),
        ({"clientIds": "[1]"}, "clientIds must be a JSON list of texts, or texts with commas between"),
        ({"clientIds": "00000000-0000-4000-8000-000000000000"}, "clientIds 00000000-0000-4000-8000-000000000000 is no"),
        ({"workGroups": "nothing"}, "workGroups 'nothing' is no work group of the account"),
        ({"workGroups": "a," * 101}, "workGroups may have 100 members"),
        ({"description": "x" * 2001}, "description may have 2000 characters"),
    ],
)
async def test_sharing_with_nobody_is_refused(api: Api, owner: Tenant, texts: dict[str, str], problem: str) -> None:
    answer = await send(api, "POST", owner, WAV, type="audio", **texts)

    assert answer.status == 400
    assert said(answer)[0].startswith(problem)
    assert await names(api, owner) == []


async def test_another_accounts_users_cannot_be_shared_with(api: Api, owner: Tenant) -> None:
    stranger = await api.account("other")

    assert (await send(api, "POST", owner, WAV, type="audio", clientIds=str(stranger.user.id))).status == 400


async def test_who_may_only_read_may_not_change(api: Api, owner: Tenant) -> None:
    await upload(api, owner, name="a")
    seeing = mask_of({Privilege.ASSET_USE, Privilege.ASSET_READ})
    reader = Principal(owner.id, owner.id, Ids.random_uuid(), seeing, "session", "jti")
    async with api.platform.database.transaction() as tx:
        (view,) = await api.platform.assets.page(tx, reader, None, Page())
        assert view.asset.name == "a"
        with pytest.raises(NotYourAssetError):
            await api.platform.assets.delete(tx, reader, AssetKey("audio", "a"))


async def test_while_the_store_is_away_nothing_is_half_done(api: Api, owner: Tenant) -> None:
    before = await upload(api, owner, name="kept")
    media = api.platform.settings.data_path / "media"
    shutil.move(media, media.with_name("elsewhere"))
    media.write_text("no folder")

    made = await send(api, "POST", owner, WAV, type="audio", name="new")
    changed = await send(api, "PUT", owner, MP3, "x.mp3", type="audio", name="kept")

    assert (made.status, made.body["error"][0]["message"]) == (503, "Storage unavailable")
    assert changed.status == 503
    assert (await api.get("/v4/asset", owner)).only == before
    media.unlink()
    shutil.move(media.with_name("elsewhere"), media)
    assert (await send(api, "POST", owner, WAV, type="audio", name="new")).status == 200


async def test_an_account_has_a_limit(api: Api, owner: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_ASSETS", 1)
    await upload(api, owner, name="first")
    answer = await send(api, "POST", owner, WAV, type="audio", name="second")

    assert (answer.status, answer.body["error"][0]["message"]) == (400, "Too many assets")


async def test_calls_read_assets_where_they_lie(api: Api, owner: Tenant) -> None:
    """Nobody listens at the public URL here: the platform's own client needs no network for its own files."""
    document = await upload(api, owner, XML, "menu.xml", type="inboundxml")
    for method, url in (("POST", document["publicUrl"]), ("GET", f"{document['publicUrl']}?CallSid=1")):
        reply = await api.platform.client.request(method, url)
        assert (reply.status, reply.body, reply.headers["Content-Type"]) == (200, XML, "application/xml")
    await api.delete("/v4/asset/inboundxml/menu.xml", owner)
    await api.settle()
    assert (await api.platform.client.request("POST", document["publicUrl"])).status == 404


async def test_an_upload_that_is_repeated_under_its_key_is_answered_again(api: Api, owner: Tenant) -> None:
    headers = KIND | {"Idempotency-Key": "once"}
    first, second = [await api.call("POST", "/v4/asset", owner, content=FORM, headers=headers) for _ in range(2)]

    assert first.only == second.only
    assert len(await api.fetch("select 1 from assets")) == 1
