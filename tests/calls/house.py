"""A voice process in the test's own loop: real SIP, a real media engine, the real database; and telephones to call
it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import numpy as np
from tests.calls.network import HERE, Network
from tests.calls.parties import (
    PASSWORD,
    PATIENCE,
    PhoneCall,
    Telephone,
    established,
    invite,
    register,
    without_events,
)
from tests.harness import Api, Tenant

from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import End
from cordboard.edge.media.protocol import GetStatus
from cordboard.edge.sip.port import Caller, TrunkDestination
from cordboard.infra.speech.audio import decode
from cordboard.run.sockets import sockets_folder
from cordboard.run.voice import VoiceProcess
from cordboard.testing.openai_api import FakeOpenAi
from cordboard.testing.rtp import tone
from cordboard.testing.sip.peer import Peer
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver
from cordboard.wire.audio.frames import Samples
from cordboard.wire.audio.wav import build_file

NUMBER, SECOND, ROUTED = "+19495550100", "+19495550101", "+19495550102"
TEXTING = "+19495550103"
"""A number of the sandbox's carrier, which takes texts."""
CALLEE, OTHER, THIRD = "+19492221234", "+19492225678", "+19492229999"
FOREVER = '<Pause length="60"/>'
Result = TypeVar("Result")
_XML = {"Content-Type": "application/xml"}
_tags = count(1)


def tones(hertz: float, ms: int = 320) -> str:
    """The Play of a tone."""
    return f"<Play>tone_stream://%({ms},0,{hertz:g})</Play>"


class House:
    """The process, the networks that it is connected to, and the web that it asks."""

    def __init__(
        self,
        *,
        api: Api,
        process: VoiceProcess,
        network: Network,
        backup: Network,
        router: MediaRouter,
        web: WebhookReceiver,
        openai: FakeOpenAi,
        folder: Path,
    ) -> None:
        self.api = api
        self.process = process
        self.network = network
        self.backup = backup
        self.router = router
        self.web = web
        self.openai = openai
        self.folder = folder
        self.owner: Tenant
        self._documents = 0
        self._media: list[MediaLeg] = []
        self._peers: list[Peer] = []
        self._known: set[str] = set()
        self._registered: set[str] = set()

    # What the account asks

    def document(self, xml: str, path: str = "") -> str:
        """A URL of a document, given without its root."""
        self._documents += 1
        path = path or f"/document-{self._documents}"
        body = xml if xml.lstrip().lower().startswith(("<response", "<?xml")) else f"<Response>{xml}</Response>"
        self.web.answer(path, Answer(body=body, headers=_XML))
        return self.web.url(path)

    def sound(self, hertz: float, path: str, seconds: float = 1.0) -> str:
        """A URL of a WAV file with a tone."""
        frames = tone(hertz)
        data = build_file(np.concatenate([next(frames) for _ in range(round(50 * seconds))]))
        self.web.answer(path, Answer(data=data))
        return self.web.url(path)

    async def place(self, xml: str = FOREVER, to: str = CALLEE, **fields: Any) -> str:
        """Makes a call by the API; its id."""
        url = fields.pop("url", None) or self.document(xml)
        answer = await self.api.post("/v4/call", self.owner, {"from": NUMBER, "to": to, "url": url, **fields})
        sid: str = answer.only["callSid"]
        return sid

    async def ask(self, verb: str, call_id: str, **fields: Any) -> None:
        """Asks something of a live call."""
        answer = await self.api.post(f"/v4/call/{verb}/{call_id}", self.owner, fields)
        assert answer.only == {"sentToCall": True}

    async def handle_with(self, xml: str, number: str = NUMBER, **changes: Any) -> None:
        """From now on a number's calls are handled by that document."""
        await self.set_up(number, voiceUrl=self.document(xml), **changes)

    async def set_up(self, number: str = NUMBER, **changes: Any) -> None:
        """Changes what a number does."""
        assert (await self.api.put(f"/v4/number/{number}", self.owner, changes)).payload

    # Who calls and is called

    async def rung(self, network: Network | None = None, *, events: bool = True) -> Telephone:
        """Somebody whom the platform calls; ringing."""
        leg = await (network or self.network).rung()
        return Telephone(await self.leg(), self.folder, leg, events)

    async def reached(self, *, events: bool = True) -> Telephone:
        """The same, answered."""
        telephone = await self.rung(events=events)
        await telephone.pick_up()
        return telephone

    async def dial(self, number: str = NUMBER, caller: str = CALLEE, *, events: bool = True) -> Telephone:
        """Somebody calls one of our numbers; not yet answered."""
        media = await self.leg()
        sdp = media.offer() if events else without_events(media.offer())
        leg = await self.network.agent.invite(TrunkDestination("platform", number), Caller(number=caller), sdp)
        return Telephone(media, self.folder, leg, events)

    async def connected(self, number: str = NUMBER, caller: str = CALLEE, **traits: bool) -> Telephone:
        """The same, answered."""
        telephone = await self.dial(number, caller, **traits)
        await telephone.answered()
        return telephone

    async def phone(self, user: str) -> Peer:
        """A phone of the account, which has not registered."""
        if user not in self._known:
            body = {"username": user, "password": PASSWORD, "callerId": SECOND}
            assert (await self.api.post("/v4/sip/phone", self.owner, body)).payload
            self._known.add(user)
        peer = await Peer.udp((HERE, self.process.agent.port), user)
        self._peers.append(peer)
        return peer

    async def registered(self, user: str) -> Peer:
        """The same, registered."""
        peer = await self.phone(user)
        await register(peer, user)
        self._registered.add(user)
        return peer

    async def browser(self, user: UUID) -> Peer:
        """A browser phone of a user, registered. Its media is never connected."""
        path = sockets_folder(self.api.platform.settings.data_path) / f"voice-{os.getpid()}.sock"
        peer = await Peer.browser(path, self.owner.id, str(user))
        self._peers.append(peer)
        request = peer.build("REGISTER", "sip:cordboard", to=f"<sip:{user}@cordboard>", call_id=f"reg-{user}")
        peer.send(request)
        await peer.response(200)
        return peer

    async def picks_up(self, peer: Peer, *, security: str = "none") -> PhoneCall:
        """A phone is called, and answers."""
        media = await self.leg(security)
        invitation = await peer.request("INVITE")
        call = await peer.picked_up(invitation, tag=f"t{next(_tags)}", body=await media.answer(invitation.body))
        return PhoneCall(media, self.folder, call)

    async def calls_from(self, user: str, dialled: str, *headers: tuple[str, str]) -> PhoneCall:
        """A phone calls; once it is answered."""
        peer = await self.phone(user)
        media = await self.leg()
        request = await invite(peer, user, dialled, media.offer(), headers)
        call, response = await established(peer, request)
        await media.accept(response.body)
        return PhoneCall(media, self.folder, call)

    def beside(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Goes on with something while the test does something else."""
        return asyncio.create_task(work)

    async def leg(self, security: Any = "none") -> MediaLeg:
        """Media of somebody at the other end."""
        leg = await MediaLeg.open(self.router, security)
        self._media.append(leg)
        return leg

    # What is left of it

    async def ended(self, call_id: str) -> dict[str, Any]:
        """A call's record once it is over."""
        return await self.record(call_id, lambda row: row["endTime"] is not None)

    async def record(self, call_id: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """A call's record once it fits."""
        async with asyncio.timeout(PATIENCE):
            while True:
                row: dict[str, Any] = (await self.api.get(f"/v4/logs/call/details/{call_id}", self.owner)).only
                if fits(row):
                    return row
                await asyncio.sleep(0.02)  # rows of another task's transaction

    async def records(self) -> list[dict[str, Any]]:
        """Every call of the test, those that others dialled last."""
        rows = (await self.api.get("/v4/logs/call", self.owner, limit="1000")).payload
        new = [row for row in reversed(rows) if row["callSid"] not in self._known]
        return sorted(new, key=lambda row: row["parentCallSid"] is not None)

    async def all_ended(self) -> list[dict[str, Any]]:
        """The same, once all are over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = await self.records()
                if rows and all(row["endTime"] for row in rows):
                    return rows
                await asyncio.sleep(0.02)  # rows of another task's transaction

    async def live(self) -> dict[str, Any]:
        """The only call of the test so far, or the oldest."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if rows := await self.records():
                    return rows[0]
                await asyncio.sleep(0.02)  # rows of another task's transaction

    async def told(self, path: str, **wanted: str) -> dict[str, str]:
        """The parameters of the first request to a path that has these among them, once the worker has sent what
        waits.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.api.settle()
                for members in self.all_told(path):
                    if wanted.items() <= members.items():
                        return members
                await asyncio.sleep(0.02)  # another task's transaction

    def all_told(self, path: str) -> list[dict[str, str]]:
        """The parameters of every request to a path so far."""
        found = [request for request in self.web.requests if request.path == path]
        return [{name: values[0] for name, values in (one.form or one.params).items()} for one in found]

    async def conference(self, members: int, name: str = "") -> str:
        """The id of the only live conference, or of that name, once it has so many members."""
        sql = """select c.id from conferences c join conference_members m on m.conference_id = c.id
            where c.ended_at is null and ($1 = '' or c.name = $1) group by c.id having count(*) = $2"""
        async with asyncio.timeout(PATIENCE):
            while True:
                if rows := await self.api.fetch(sql, name, members):
                    return str(rows[0]["id"])
                await asyncio.sleep(0.02)  # rows of another task's transaction

    async def members(self, conference: str) -> dict[str, dict[str, Any]]:
        """Who is in it, by name."""
        shown = (await self.api.get(f"/v4/conference/{conference}/member", self.owner)).only
        return {one["name"]: one for one in shown["members"]}

    async def events(self, topic: str, subject: str = "") -> list[dict[str, Any]]:
        """What webhooks will be told, of a call or conference if one is named; until the worker has sent what waits."""
        rows = await self.api.fetch("select subject, payload from outbox where topic = $1 order by id", topic)
        return [row["payload"] for row in rows if row["subject"] == subject or not subject]

    async def debug(self, call_id: str) -> list[tuple[str, str]]:
        """The actions of a call's debug log with their responses, once nothing is to be written any more."""
        await self._idle()
        entries = (await self.api.get(f"/v4/logs/debug/{call_id}", self.owner)).payload
        return [_action(entry["data"]) for entry in entries if entry["type"] == "callaction"]

    async def recordings(self, call_id: str, wanted: int = 1) -> list[dict[str, Any]]:
        """What was recorded of a call, once there is so much."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = (await self.api.get("/v4/logs/recording", self.owner, callSid=call_id)).payload
                if len(found) >= wanted:
                    return found
                await asyncio.sleep(0.02)  # rows of another task's transaction

    async def sound_of(self, url: str) -> Samples:
        """What a recording's URL answers, decoded."""
        data = await self.api.platform.blobs.get(url.rpartition("/")[2])
        assert data is not None, url
        return decode(data)

    # One test after the other

    async def begin(self) -> None:
        """Nothing is known of what was before."""
        self._known |= {row["callSid"] for row in await self.records()}
        await self.api.settle()
        self.api.clock.advance(5)  # calls are paced
        self.web.requests.clear()
        self.openai.uploads.clear()
        self.openai.text = "call me back"
        await self.set_up(voiceUrl="", hangupCallbackUrl="")

    async def at_rest(self) -> None:
        """Nothing is left of any call: no party, no leg, no room, no row, no money held."""
        await self._idle()
        await self._put_down()
        for client in self.process.pool.clients:
            assert (await client.request(GetStatus())).legs == 0
        assert await self.api.fetch("select * from live_calls") == []
        assert await self.api.fetch("select * from conferences where ended_at is null") == []
        assert await self.api.fetch("select * from balances where held <> 0") == []
        assert list(self.api.platform.settings.data_path.glob("recordings/*/*")) == []
        assert (self.network.calls.qsize(), self.backup.calls.qsize()) == (0, 0)

    async def _idle(self) -> None:
        control = self.process.control
        async with asyncio.timeout(PATIENCE):
            while len(control.registry) or control.busy:  # noqa: ASYNC110  (its own events)
                await asyncio.sleep(0.02)

    async def clean_up(self) -> None:
        """Ends what a failed test left."""
        for party in self.process.control.registry:
            party.end(End(status="failed", reason="the test is over", by="SYSTEM END"))
        await self._put_down()
        for network in (self.network, self.backup):
            while not network.calls.empty():
                await network.calls.get_nowait().hang_up()

    async def _put_down(self) -> None:
        for user in self._registered:
            await register(await self.phone(user), user, there=False)
        self._registered.clear()
        for leg in self._media:
            await leg.close()
        for peer in self._peers:
            peer.close()
        self._media.clear()
        self._peers.clear()


def _action(data: str) -> tuple[str, str]:
    members: dict[str, Any] = msgspec.json.decode(data)
    return members["action"], members["response"]
