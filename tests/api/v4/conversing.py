"""What fills inboxes in tests: handsets, voicemails, calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.domain.voice.models import CallRecord, Ending, Recording
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall
from cordboard.domain.voicemail.models import NewVoicemail
from cordboard.kit.errors import CordboardError
from cordboard.kit.ids import Ids, time_of

NUMBER, TAGGED = "+17145550100", "+17145550101"
ANNA, BERT = "+19492221234", "+16192331234"
INBOX, NAMES, CONVERSATION = "/v4/inbox", "/v4/inbox/name", "/v4/conversation"


async def open_account(api: Api, name: str = "acme") -> Tenant:
    """An account that owns NUMBER, and TAGGED with the route tag `herd`."""
    tenant = await api.account(name)
    assert (await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, TAGGED]})).payload
    assert (await api.post("/v4/route/tag", tenant, {"routeTag": "herd", "distributionType": 4})).payload
    assert (await api.post("/v4/route/tag/assign", tenant, {"phoneNumbers": [TAGGED], "routeTag": "herd"})).payload
    return tenant


def signed_in(api: Api, tenant: Tenant) -> Tenant:
    """The same user with a token of now."""
    return Tenant(tenant.account, tenant.user, api._token_of(tenant.account, tenant.user))


async def texts(api: Api, sender: str, text: str = "Hello", to: str = NUMBER) -> None:
    """A handset texts one of our numbers, a second after whatever was before."""
    api.clock.advance(1)
    await CarrierDouble(api).deliver(sender, to, text)
    await api.settle()


async def leaves_voicemail(api: Api, tenant: Tenant, caller: str, **more: Any) -> UUID:
    """Somebody leaves a message, as call control keeps it: a recording first, then the voicemail of the same id."""
    api.clock.advance(1)
    call = await calls_in(api, tenant, caller)
    recording = await records(api, call, settle=False)
    new = NewVoicemail(
        account_id=tenant.id,
        recording_id=recording,
        call_id=call.id,
        phone_number=NUMBER,
        from_number=caller,
        seconds=12,
        url="https://voice.example/1.mp3",
        contact_id=call.contact_id,
        **more,
    )
    async with api.platform.database.transaction() as tx:
        await api.platform.voicemail.keep(tx, new)
    await api.settle()
    return recording


async def calls_in(api: Api, tenant: Tenant, caller: str, **more: Any) -> CallRecord:
    """Somebody calls, and the call is over."""
    given: dict[str, Any] = {"direction": "inbound", "kind": "call", "trunk": "sandbox", "node": "node-1", **more}
    inbound = InboundCall(account_id=tenant.id, parent_account_id=tenant.id, caller=caller, callee=NUMBER, **given)
    async with api.platform.database.transaction() as tx:
        await api.platform.voice.beat(tx, "node-1", "127.0.0.1:5060")
        (record,) = await api.platform.voice.admit(tx, [inbound])
        assert not isinstance(record, CordboardError)
        ending = Ending(key=record.key, status="completed", at=api.clock.now(), reason="", hangup_by="ORIGINATOR END")
        await api.platform.voice.finish(tx, [ending])
    return record


async def records(api: Api, call: CallRecord, *, settle: bool = True) -> UUID:
    """A call was recorded."""
    recording_id = Ids(api.clock).time_uuid()
    recording = Recording(
        account_id=call.account_id,
        id=recording_id,
        created_at=time_of(recording_id) or api.clock.now(),
        call_id=call.id,
        direction="both",
        file_format="mp3",
        seconds=7,
        url="https://voice.example/2.mp3",
        status="completed",
    )
    async with api.platform.database.transaction() as tx:
        await api.platform.voice.keep_recording(tx, recording, "call")
    if settle:
        await api.settle()
    return recording_id


async def list_inbox(api: Api, tenant: Tenant, **query: str) -> list[dict[str, Any]]:
    """Conversations of an inbox."""
    return (await api.get(INBOX, tenant, **query)).payload


async def conversation_of(api: Api, tenant: Tenant, contact_id: str, **query: str) -> list[dict[str, Any]]:
    """What happened with a contact, the newest first."""
    return (await api.get(CONVERSATION, tenant, contactId=contact_id, **query)).payload


async def add_contact(api: Api, tenant: Tenant, number: str, **ext_data: str) -> str:
    """A contact with a number; its id."""
    body = {"extData": {"phonenumber1": number, **ext_data}}
    contact_id: str = (await api.post("/v4/contact", tenant, body)).only["contactId"]
    return contact_id


async def make_inbox(api: Api, tenant: Tenant, name: str, *users: Tenant) -> None:
    """An inbox with users."""
    body = {"name": name, "displayName": f"{name}!", "clientIds": [str(user.user.id) for user in users]}
    assert (await api.post(f"{INBOX}/create", tenant, body)).payload


async def lead_to_inbox(api: Api, tenant: Tenant, *names: str, **more: Any) -> None:
    """Texts for TAGGED go to inboxes, to all of them at once."""
    for name in names:
        body = {"routeTag": "herd", "srcType": "sms", "dest": name, "destType": "inbox", **more}
        assert (await api.post("/v4/route/dest", tenant, body)).payload
