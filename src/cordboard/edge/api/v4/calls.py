"""Requests 29 to 35: calls made, controlled and listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.voice.admission import LONGEST_CALL
from cordboard.domain.voice.models import CallCommand, CallOptions, CallRequest, LiveCall, PlacedCall
from cordboard.domain.voice.service import VoiceService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.call_fields import (
    KEYS,
    CallHandling,
    deciding,
    digits,
    exclusive,
    method,
    number,
    options_of,
    render_placed,
)
from cordboard.infra.batching import Batcher
from cordboard.infra.db import Database
from cordboard.infra.http import check_url
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import CordboardError, FieldError, InvalidInputError
from cordboard.kit.ids import Ids

_TAG: Final = "Calls"
_MOST_OF_GROUP: Final = 10
_LONGEST_RECORDING: Final = 14_400
_LONGEST_TEXT: Final = 4096
_PATH: Final = {"callSid": "950ca760-5b5e-11eb-8226-13e20bbc9f4f"}
_SENT: Final = {"sentToCall": True}


class MakeCallBody(CallHandling, rename="camel", kw_only=True):
    """One of `to` and `contactId`, one of `from` and `numberSetId`."""

    to: str | None = None
    contact_id: UUID | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    number_set_id: UUID | None = None


class GroupCallBody(CallHandling, rename="camel", kw_only=True):
    """One of `to` and `contactIds`, each a list; one of `from` and `numberSetId`."""

    to: list[str] | str | None = None
    contact_ids: list[UUID] = msgspec.field(default_factory=list)
    sender: str | None = msgspec.field(default=None, name="from")
    number_set_id: UUID | None = None


class SendDigitBody(msgspec.Struct, rename="camel"):
    """The keys to press."""

    play_dtmf: str | list[str]


class RecordBody(msgspec.Struct, rename="camel", kw_only=True):
    """`timeLimit` in seconds."""

    time_limit: int
    callback_url: str = ""
    direction: Literal["in", "out", "both"] = "both"
    file_format: Literal["mp3", "wav"] = "mp3"
    stop_recording_on_key: str = ""


class PlayBody(msgspec.Struct, rename="camel", kw_only=True):
    """One of `audioUrl` and `sayText`. `length` in seconds, 0: all of it."""

    audio_url: str = ""
    say_text: str = ""
    length: int = 0
    mix: bool = False


class InterruptBody(msgspec.Struct, rename="camel", kw_only=True):
    """`completed` with a URL goes on with that document; without one, and `canceled`, the call ends."""

    status: Literal["completed", "canceled"]
    url: str = ""
    url_method: str = "POST"


class CallsResource:
    """`/v4/call`. Calls that come at the same time are accepted in one transaction."""

    def __init__(self, *, voice: VoiceService, database: Database, allow_private_callbacks: bool) -> None:
        self._voice = voice
        self._database = database
        self._allow_private = allow_private_callbacks
        self._place: Batcher[CallRequest, PlacedCall | CordboardError] = Batcher(self._place_batch, at_once=1)

    async def make_call(self, call: Call) -> Reply:
        """Accepts a call; a voice process makes it at once."""
        body: MakeCallBody = call.body
        errors: list[FieldError] = []
        exclusive(("to", "contactId"), (body.to, body.contact_id), errors)
        request = self._request(call, body, errors)
        request = replace(request, to=number(body.to, "to", errors), contact_id=body.contact_id)
        if errors:
            raise InvalidInputError(errors)
        if call.transaction is not None:
            (result,) = await self._voice.place(call.transaction, [request])
        else:
            result = await self._place(request)
        if isinstance(result, CordboardError):
            raise result
        return Reply([render_placed(result.id, result.created_at)])

    async def make_group_call(self, call: Call) -> Reply:
        """Calls several; those that are refused are told beside those that are made."""
        body: GroupCallBody = call.body
        errors: list[FieldError] = []
        given = body.to.split(",") if isinstance(body.to, str) else body.to or []
        wanted = [one.strip() for one in given if one.strip()]
        exclusive(("to", "contactIds"), (wanted, body.contact_ids), errors)
        for field, several in (("to", wanted), ("contactIds", body.contact_ids)):
            if len(several) > _MOST_OF_GROUP:
                errors.append(FieldError(field, f"at most {_MOST_OF_GROUP} can be called as a group"))
        request = self._request(call, body, errors)
        numbers = [number(one, "to", errors) for one in wanted[:_MOST_OF_GROUP]]
        if errors:
            raise InvalidInputError(errors)
        options = replace(request.options, group_id=Ids.random_uuid())
        group = replace(request, options=options, kind="group")
        requests = [replace(group, to=one) for one in dict.fromkeys(numbers)]
        requests += [replace(group, contact_id=one) for one in dict.fromkeys(body.contact_ids)]
        async with deciding(call, self._database) as tx:
            results = await self._voice.place(tx, requests)
        return _of_group(results, requests)

    async def send_digit(self, call: Call) -> Reply:
        """Presses keys into a call."""
        errors: list[FieldError] = []
        keys = digits(call.body.play_dtmf, "playDtmf", errors)
        if not keys and not errors:
            errors.append(FieldError("playDtmf", "is required: 0-9, * and #"))
        return await self._ask(call, "send_digits", {"digits": keys}, errors)

    async def record_call(self, call: Call) -> Reply:
        """Begins a recording."""
        body: RecordBody = call.body
        errors = self._bad_urls({"callbackUrl": body.callback_url})
        if not 1 <= body.time_limit <= _LONGEST_RECORDING:
            errors.append(FieldError("timeLimit", f"must be from 1 to {_LONGEST_RECORDING} seconds"))
        if set(body.stop_recording_on_key) - KEYS:
            errors.append(FieldError("stopRecordingOnKey", "must be of 0-9, * and #"))
        arguments = {
            "timeLimit": body.time_limit,
            "callbackUrl": body.callback_url,
            "direction": body.direction,
            "fileFormat": body.file_format,
            "stopKey": body.stop_recording_on_key,
        }
        return await self._ask(call, "record", arguments, errors)

    async def play_audio(self, call: Call) -> Reply:
        """Plays a sound or says a text into a call."""
        body: PlayBody = call.body
        urls = [url.strip() for url in body.audio_url.split(";")] if body.audio_url else []
        errors = [error for url in urls for error in self._bad_urls({"audioUrl": url})]
        exclusive(("audioUrl", "sayText"), (body.audio_url, body.say_text), errors)
        if len(body.say_text) > _LONGEST_TEXT:
            errors.append(FieldError("sayText", f"must have at most {_LONGEST_TEXT} characters"))
        if body.length < 0:
            errors.append(FieldError("length", "must not be negative"))
        arguments = {"audioUrl": body.audio_url, "sayText": body.say_text, "length": body.length, "mix": body.mix}
        return await self._ask(call, "play", arguments, errors)

    async def interrupt_call(self, call: Call) -> Reply:
        """Ends a call, or hands it to another document. One that no process has taken yet is changed here."""
        body: InterruptBody = call.body
        errors = self._bad_urls({"url": body.url})
        arguments = {"status": body.status, "url": body.url, "method": method(body.url_method, "urlMethod", errors)}
        if not errors and await self._interrupt_waiting(call, body):
            return Reply([_SENT])
        return await self._ask(call, "interrupt", arguments, errors)

    async def _interrupt_waiting(self, call: Call, body: InterruptBody) -> bool:
        account_id, call_id = call.principal.account_id, uuid_in_path(call, "callSid")
        if body.url and body.status == "completed":
            return await self._voice.redirect_waiting(call.tx, account_id, call_id, body.url, body.url_method.upper())
        return await self._voice.cancel_waiting(call.tx, account_id, call_id, body.status)

    async def get_live_calls(self, call: Call) -> Reply:
        """The account's calls that are not over."""
        found = await self._voice.live_calls(call.tx, call.principal.account_id)
        return Reply([render_live(one) for one in found])

    async def _place_batch(self, requests: Sequence[CallRequest]) -> list[PlacedCall | CordboardError]:
        async with self._database.transaction() as tx:
            return await self._voice.place(tx, requests)

    async def _ask(self, call: Call, name: str, arguments: dict[str, Any], errors: list[FieldError]) -> Reply:
        if errors:
            raise InvalidInputError(errors)
        command = CallCommand(
            account_id=call.principal.account_id,
            call_id=uuid_in_path(call, "callSid"),
            name=name,
            arguments=arguments,
            request_id=call.request_id,
        )
        await self._voice.ask(call.tx, command)
        return Reply([_SENT])

    def _request(self, call: Call, body: MakeCallBody | GroupCallBody, errors: list[FieldError]) -> CallRequest:
        """What both ways of calling have in common."""
        exclusive(("from", "numberSetId"), (body.sender, body.number_set_id), errors)
        if not body.url:
            errors.append(FieldError("url", "is required: the InboundXML document that handles the call"))
        options: CallOptions = options_of(body, allow_private=self._allow_private, errors=errors)
        caller = call.principal
        return CallRequest(
            account_id=caller.account_id,
            parent_account_id=caller.parent_id,
            caller=number(body.sender, "from", errors),
            number_set_id=body.number_set_id,
            options=options,
            check_federal_dnc=body.check_federal_dnc,
            metadata=body.metadata,
            client_id=caller.client_id,
            request_id=call.request_id,
        )

    def _bad_urls(self, urls: dict[str, str]) -> list[FieldError]:
        problems = ((name, check_url(url, self._allow_private)) for name, url in urls.items() if url)
        return [FieldError(name, problem) for name, problem in problems if problem]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        make = {
            "from": "+19495061234",
            "to": "+19492221234",
            "url": "https://example.com/welcome.xml",
            "statusCallbackUrl": "https://example.com/status",
            "metadata": {"leadId": "leadId"},
        }
        made = {"callSid": "a8aafe80-5aae-11eb-9851-d9f3c95a077a", "createdTime": "2021-01-19 23:32:56"}
        return (
            Endpoint(
                number="29",
                method="POST",
                path="/v4/call",
                handler=self.make_call,
                summary="Make call",
                privilege=Privilege.CALL_MAKE,
                body=MakeCallBody,
                own_transactions=True,
                tag=_TAG,
                example=Example(body=make, response=made),
            ),
            Endpoint(
                number="30",
                method="POST",
                path="/v4/groupcall",
                handler=self.make_group_call,
                summary="Make group call",
                privilege=Privilege.CALL_MAKE,
                body=GroupCallBody,
                own_transactions=True,
                tag=_TAG,
                example=Example(body={**make, "to": ["+17142221234", "+17142220000"]}, response=made),
            ),
            self._control(
                "31", "sendDigit", self.send_digit, "Send digit", SendDigitBody, {"playDtmf": "0123456789*#"}
            ),
            self._control(
                "32",
                "record",
                self.record_call,
                "Record call",
                RecordBody,
                {"timeLimit": "100", "direction": "both", "fileFormat": "mp3", "stopRecordingOnKey": "0"},
            ),
            self._control("33", "play", self.play_audio, "Play audio", PlayBody, {"sayText": "Hello"}),
            self._control(
                "34",
                "interrupt",
                self.interrupt_call,
                "Interrupt call",
                InterruptBody,
                {"status": "completed", "url": "https://example.com/next.xml"},
            ),
            Endpoint(
                number="35",
                method="GET",
                path="/v4/call/live",
                handler=self.get_live_calls,
                summary="Get live calls",
                privilege=Privilege.CALL_READ,
                tag=_TAG,
                example=Example(
                    response={
                        "callSid": "3a0197cd-8799-4aaa-b06a-3d73466739a2",
                        "to": "+12223334444",
                        "from": "+13334445555",
                        "direction": "outbound",
                        "clientId": None,
                        "timeStarted": 1705434723800,
                        "expiresAt": 1705456323800,
                    }
                ),
            ),
        )

    @staticmethod
    def _control(
        request: str, verb: str, handler: Any, summary: str, body: type[msgspec.Struct], example: dict[str, Any]
    ) -> Endpoint:
        return Endpoint(
            number=request,
            method="POST",
            path=f"/v4/call/{verb}/{{callSid}}",
            handler=handler,
            summary=summary,
            privilege=Privilege.CALL_MAKE,
            body=body,
            tag=_TAG,
            example=Example(path=_PATH, body=example, response=_SENT),
        )


def render_live(call: LiveCall) -> dict[str, Any]:
    """A live call as the reference lists it; times are epoch milliseconds."""
    return {
        "callSid": call.call_id,
        "to": call.callee,
        "from": call.caller,
        "direction": call.direction,
        "clientId": call.client_id,
        "timeStarted": epoch_ms(call.created_at),
        "expiresAt": epoch_ms(call.created_at + LONGEST_CALL),
    }


def _of_group(results: Sequence[PlacedCall | CordboardError], requests: Sequence[CallRequest]) -> Reply:
    """The made ones, and why the others were not. Raises the error when none was."""
    made = [result for result in results if isinstance(result, PlacedCall)]
    refused = [
        FieldError(request.to or str(request.contact_id), str(result))
        for request, result in zip(requests, results, strict=True)
        if isinstance(result, CordboardError)
    ]
    for result in results:
        if not made and isinstance(result, CordboardError):
            raise result
    return Reply([render_placed(one.id, one.created_at) for one in made], errors=refused)
