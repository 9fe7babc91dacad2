"""Requests 37 to 48: conferences, their members, and who hears whom."""

from __future__ import annotations

from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.voice.models import CallCommand, CallOptions, CallRequest, Conference, ConferenceSeat, Member
from cordboard.domain.voice.service import VoiceService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Handler, Method, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.call_fields import deciding, number, render_placed
from cordboard.infra.db import Database, Tx
from cordboard.infra.http import check_url
from cordboard.kit.errors import CordboardError, FieldError, InvalidInputError, NotFoundError

_TAG: Final = "Conferences"
_MOST_LINKS: Final = 200
_CONF: Final = {"confId": "5aa2a1a8-5b5e-11eb-8226-13e20bbc9f4f"}
_MEMBER: Final = {**_CONF, "memberId": "2"}
_SENT: Final = {"sentToCall": True}
_MADE: Final = {"callSid": "a8aafe80-5aae-11eb-9851-d9f3c95a077a", "createdTime": "2021-01-19 23:32:56"}


class ExitAudioBody(msgspec.Struct, rename="camel"):
    """What is heard while the call `hangupCallSid` leaves."""

    audio_url: str
    hangup_call_sid: UUID
    conf_id: UUID | None = None


class ParticipantBody(msgspec.Struct, rename="camel", kw_only=True):
    """Whom to bring in. `noSpeakToList`: members (their number or call) that shall not hear it."""

    sender: str = msgspec.field(name="from")
    to: str
    conf_id: UUID | None = None
    mute: bool = False
    deaf: bool = False
    no_speak_to_list: list[int | str] = []
    no_speak_list: list[int | str] = []


class ListenBody(msgspec.Struct, rename="camel", kw_only=True):
    """Whom to bring in to listen."""

    sender: str = msgspec.field(name="from")
    to: str
    conf_id: UUID | None = None


class AudioLink(msgspec.Struct, rename="camel"):
    """`nospeak`: the destination does not hear the source; `clear`: it does again."""

    source: int
    destination: int
    link_type: Literal["nospeak", "clear"]


class AudioMapBody(msgspec.Struct, rename="camel"):
    """The request's body is the bare list; it may also stand under `links`."""

    links: list[AudioLink] = []


class ConferencesResource:
    """`/v4/conference`."""

    def __init__(self, *, voice: VoiceService, database: Database, allow_private_callbacks: bool) -> None:
        self._voice = voice
        self._database = database
        self._allow_private = allow_private_callbacks

    async def list_members(self, call: Call) -> Reply:
        """Who is in a conference."""
        conference_id = uuid_in_path(call, "confId")
        members = await self._voice.conferences.members(call.tx, call.principal.account_id, conference_id)
        return Reply([{"confId": conference_id, "members": [render_member(member) for member in members]}])

    def _of_member(self, name: str) -> Handler:
        """A handler that asks something about a member."""

        async def handle(call: Call) -> Reply:
            conference = await self._conference(call, call.tx)
            member = await self._voice.conferences.member(
                call.tx, call.principal.account_id, conference.id, _member_id(call)
            )
            await self._ask(call, conference, name, {"memberId": member.member_id}, member.call_id)
            return Reply([_SENT])

        handle.__doc__ = f"Asks the conference to {name} a member."
        return handle

    async def exit_audio(self, call: Call) -> Reply:
        """Plays a sound to all, then hangs a call up."""
        body: ExitAudioBody = call.body
        if problem := check_url(body.audio_url, self._allow_private):
            raise InvalidInputError.of("audioUrl", problem)
        conference = await self._conference(call, call.tx)
        members = await self._voice.conferences.members(call.tx, call.principal.account_id, conference.id)
        if body.hangup_call_sid not in {member.call_id for member in members}:
            raise InvalidInputError.of("hangupCallSid", "is not a call of this conference's members")
        arguments = {"audioUrl": body.audio_url, "hangupCallSid": str(body.hangup_call_sid)}
        await self._ask(call, conference, "exit_audio", arguments, body.hangup_call_sid)
        return Reply([_SENT])

    async def add_participant(self, call: Call) -> Reply:
        """Calls somebody into the conference."""
        body: ParticipantBody = call.body
        unheard = [str(one) for one in body.no_speak_to_list or body.no_speak_list if one != ""]
        if len(unheard) > _MOST_LINKS:
            raise InvalidInputError.of("noSpeakToList", f"may have {_MOST_LINKS} members")
        seat = ConferenceSeat(
            conference_id=uuid_in_path(call, "confId"), mute=body.mute, deaf=body.deaf, no_speak_to=unheard
        )
        return await self._bring_in(call, body.sender, body.to, seat)

    async def add_listener(self, call: Call) -> Reply:
        """Calls somebody in to listen: it is not heard, and does not count."""
        body: ListenBody = call.body
        seat = ConferenceSeat(conference_id=uuid_in_path(call, "confId"), mute=True, ghost=True)
        return await self._bring_in(call, body.sender, body.to, seat)

    async def map_audio(self, call: Call) -> Reply:
        """Sets who hears whom."""
        links: list[AudioLink] = call.body.links
        if not links or len(links) > _MOST_LINKS:
            raise InvalidInputError.of("body", f"send a list of 1 to {_MOST_LINKS} links")
        conference = await self._conference(call, call.tx)
        members = await self._voice.conferences.members(call.tx, call.principal.account_id, conference.id)
        _check_links(links, {member.member_id for member in members})
        await self._ask(call, conference, "audio_map", {"links": msgspec.to_builtins(links)}, members[0].call_id)
        return Reply([_SENT])

    async def _conference(self, call: Call, tx: Tx) -> Conference:
        return await self._voice.conferences.get(tx, call.principal.account_id, uuid_in_path(call, "confId"))

    async def _ask(self, call: Call, room: Conference, name: str, arguments: dict[str, Any], call_id: UUID) -> None:
        command = CallCommand(
            account_id=room.account_id,
            call_id=call_id,
            name=name,
            arguments={"confId": str(room.id), **arguments},
            request_id=call.request_id,
        )
        await self._voice.ask_node(call.tx, room.node, command)

    async def _bring_in(self, call: Call, sender: str, to: str, seat: ConferenceSeat) -> Reply:
        """Calls somebody where the conference is held."""
        errors: list[FieldError] = []
        caller, callee = number(sender, "from", errors), number(to, "to", errors)
        errors += [FieldError(name, "is required") for name, given in (("from", sender), ("to", to)) if not given]
        if errors:
            raise InvalidInputError(errors)
        async with deciding(call, self._database) as tx:
            room = await self._conference(call, tx)
            request = CallRequest(
                account_id=call.principal.account_id,
                parent_account_id=call.principal.parent_id,
                to=callee,
                caller=caller,
                options=CallOptions(seat=seat),
                client_id=call.principal.client_id,
                at_node=room.node,
                request_id=call.request_id,
            )
            (placed,) = await self._voice.place(tx, [request])
        if isinstance(placed, CordboardError):
            raise placed
        return Reply([render_placed(placed.id, placed.created_at)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/conference/{confId}", "/v4/conference/{confId}/member/{memberId}"
        calls = {"from": "+19495061234", "to": "+19492221234"}
        of_members: tuple[tuple[str, Method, str, str, str], ...] = (
            ("38", "POST", f"{one}/kick", "kick", "Kick conference member"),
            ("39", "POST", f"{one}/hangup", "hangup", "Hangup conference member"),
            ("40", "POST", f"{one}/mute", "mute", "Mute conference member"),
            ("41", "DELETE", f"{one}/mute", "unmute", "Un-mute conference member"),
            ("42", "POST", f"{one}/deaf", "deaf", "Deaf conference member"),
            ("43", "DELETE", f"{one}/deaf", "undeaf", "Un-deaf conference member"),
            ("48", "POST", f"{one}/clearAllMute", "clear", "Clear mute all"),
        )
        return (
            Endpoint(
                number="37",
                method="GET",
                path=f"{base}/member",
                handler=self.list_members,
                summary="List conference members",
                privilege=Privilege.CALL_READ,
                tag=_TAG,
                example=Example(path=_CONF, response={**_CONF, "members": []}),
            ),
            *(
                Endpoint(
                    number=request,
                    method=method,
                    path=path,
                    handler=self._of_member(name),
                    summary=summary,
                    privilege=Privilege.CALL_MAKE,
                    tag=_TAG,
                    example=Example(path=_MEMBER, response=_SENT),
                )
                for request, method, path, name, summary in of_members
            ),
            self._change(
                "44",
                f"{base}/exitAudio",
                self.exit_audio,
                "Play and leave conference",
                ExitAudioBody,
                {"audioUrl": "https://example.com/bye.mp3", "hangupCallSid": _MADE["callSid"]},
                _SENT,
            ),
            self._change(
                "45", f"{base}/participant", self.add_participant, "Add member", ParticipantBody, calls, _MADE
            ),
            self._change("46", f"{base}/listen", self.add_listener, "Add listen-only member", ListenBody, calls, _MADE),
            self._change(
                "47",
                f"{base}/audioMap",
                self.map_audio,
                "Audio mapping",
                AudioMapBody,
                {"links": [{"source": 1, "destination": 2, "linkType": "nospeak"}]},
                _SENT,
            ),
        )

    @staticmethod
    def _change(
        request: str,
        path: str,
        handler: Handler,
        summary: str,
        body: type[msgspec.Struct],
        example: Any,
        response: dict[str, Any],
    ) -> Endpoint:
        return Endpoint(
            number=request,
            method="POST",
            path=path,
            handler=handler,
            summary=summary,
            privilege=Privilege.CALL_MAKE,
            body=body,
            bare_list="links" if body is AudioMapBody else "",
            own_transactions=body in (ParticipantBody, ListenBody),
            tag=_TAG,
            example=Example(path=_CONF, body=example, response=response),
        )


def render_member(member: Member) -> dict[str, Any]:
    """A member as the reference shows it."""
    return {
        "memberId": member.member_id,
        "name": member.name,
        "callSid": member.call_id,
        "callerIdName": member.caller_id_name,
        "callerIdNumber": member.caller_id_number,
        "mute": member.mute,
        "deaf": member.deaf,
        "ghost": member.ghost,
    }


def _member_id(call: Call) -> int:
    given = call.path["memberId"]
    if not given.isdecimal() or len(given) > 9:
        raise NotFoundError("memberId")
    return int(given)


def _check_links(links: list[AudioLink], known: set[int]) -> None:
    errors = [
        FieldError(field, f"{value} is not a member of this conference")
        for link in links
        for field, value in (("source", link.source), ("destination", link.destination))
        if value not in known
    ]
    if errors:
        raise InvalidInputError(errors)
