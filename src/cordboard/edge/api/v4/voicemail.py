"""Requests 208 to 211: voicemails, and the mailboxes that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.voicemail.errors import VoicemailNotFoundError
from cordboard.domain.voicemail.models import Mailbox, MailboxChanges, Status, Voicemail, VoicemailFilter
from cordboard.domain.voicemail.service import VoicemailService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import day_range
from cordboard.edge.api.v4.numbers import number_in_path
from cordboard.infra.http import check_url
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.paging import Page

_TAG: Final = "Voicemail"
_USUAL_DAYS: Final = 14
_STATUSES: Final[Mapping[int, Status]] = {0: 0, 1: 1, -1: -1}
_NUMBER: Final = {"phoneNumber": "+19712201234"}
_RECORD: Final = {**_NUMBER, "recordId": "9dd1b8b0-f5ac-11ec-837e-617776b555d4"}
_EXAMPLE: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "phoneNumber": "+19712201234",
    "recordingId": "9dd1b8b0-f5ac-11ec-837e-617776b555d4",
    "contactId": "0a6e4d60-6866-11ea-9ea9-d1464f98b813",
    "fromNumber": "+16192331234",
    "seconds": 12,
    "url": "https://voice.example.com/media/0123456789abcdef.mp3",
    "metadata": {},
    "transcription": "Please call me back.",
    "status": 0,
    "date": 1656288192309,
}
_SETTINGS: Final = {
    "greetingText": "You have reached Acme. Please leave a message.",
    "voice": "en-us-standard-female-1",
    "transcribe": True,
    "maxSeconds": 120,
}


class ListQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Dates as YYYY-MM-DD or YYYYMMDD, UTC, both ends inclusive; the last 14 days where none is given. `status` 0 or
    1.
    """

    start_date: str | None = None
    end_date: str | None = None
    status: int | None = None
    size: int | None = None
    offset: int | None = None


class StatusBody(msgspec.Struct):
    """1 listened to, 0 new again, -1 deletes it."""

    status: int


class MailboxBody(msgspec.Struct, rename="camel", kw_only=True):
    """A greeting is a text or the URL of an mp3 or WAV file; setting one takes the other away."""

    greeting_text: str | None = None
    greeting_url: str | None = None
    voice: str | None = None
    transcribe: bool | None = None
    max_seconds: int | None = None


class VoicemailResource:
    """`/v4/voicemail`."""

    def __init__(self, voicemail: VoicemailService, clock: Clock, *, allow_private_urls: bool) -> None:
        self._voicemail = voicemail
        self._clock = clock
        self._allow_private = allow_private_urls

    async def get_voicemails(self, call: Call) -> Reply:
        """Voicemails of all numbers, the newest first."""
        return await self._page(call, None)

    async def get_voicemails_of_number(self, call: Call) -> Reply:
        """Voicemails of a number, the newest first; of all times where no dates are given."""
        return await self._page(call, await self._admitted(call))

    async def get_voicemail(self, call: Call) -> Reply:
        """One voicemail."""
        number = await self._admitted(call)
        account_id, recording_id = call.principal.account_id, parse_uuid(call.path["recordId"])
        if recording_id is None:
            raise VoicemailNotFoundError("recordId")
        return Reply([render_voicemail(await self._voicemail.get(call.tx, account_id, number, recording_id))])

    async def set_status(self, call: Call) -> Reply:
        """Marks a voicemail as listened to, or deletes it."""
        number = await self._admitted(call)
        body: StatusBody = call.body
        account_id, recording_id = call.principal.account_id, parse_uuid(call.path["recordId"])
        status = _STATUSES.get(body.status)
        if status is None:
            raise InvalidInputError.of("status", "must be 1 (listened to), 0 (new) or -1 (delete it)")
        if recording_id is None:
            raise VoicemailNotFoundError("recordId")
        changed = await self._voicemail.set_status(call.tx, account_id, number, recording_id, status)
        return Reply([render_voicemail(changed)])

    async def get_settings(self, call: Call) -> Reply:
        """What a number's mailbox says and takes."""
        number = await self._admitted(call)
        return Reply([render_mailbox(await self._voicemail.mailbox(call.tx, call.principal.account_id, number))])

    async def set_settings(self, call: Call) -> Reply:
        """Changes what is given of a number's mailbox."""
        number = await self._admitted(call, Privilege.NUMBER_UPDATE)
        body: MailboxBody = call.body
        if body.greeting_url and (problem := check_url(body.greeting_url, self._allow_private)):
            raise InvalidInputError.of("greetingUrl", problem)
        changes = MailboxChanges(**msgspec.structs.asdict(body))
        changed = await self._voicemail.set_mailbox(call.tx, call.principal.account_id, number, changes)
        return Reply([render_mailbox(changed)])

    async def _admitted(self, call: Call, privilege: Privilege = Privilege.NUMBER_READ) -> str:
        """The number of the path, once the caller may see its mailbox: by privilege, or because it is theirs."""
        number, caller = number_in_path(call), call.principal
        await self._voicemail.admit(
            call.tx, caller.account_id, number, user=caller.client_id, sees_all=caller.may(privilege)
        )
        return number

    async def _page(self, call: Call, number: str | None) -> Reply:
        query: ListQuery = call.query
        errors: list[FieldError] = []
        dated = number is None or query.start_date or query.end_date
        start, end = day_range(query.start_date, query.end_date, self._clock.now(), errors, days_back=_USUAL_DAYS)
        if query.end_date and not query.start_date:
            errors.append(FieldError("startDate", "is required with endDate"))
        if query.status not in (None, 0, 1):
            errors.append(FieldError("status", "must be 0 (new) or 1 (listened to)"))
        if errors:
            raise InvalidInputError(errors)
        wanted = VoicemailFilter(
            phone_number=number,
            start=start if dated else None,
            end=end if dated else None,
            status=query.status,
        )
        places = Page.of(query.size, query.offset)
        found = await self._voicemail.page(call.tx, call.principal.account_id, wanted, places)
        return Reply([render_voicemail(voicemail) for voicemail in found])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, of_number = "/v4/voicemail", "/v4/voicemail/{phoneNumber}"
        return (
            Endpoint(
                number="208",
                method="GET",
                path=base,
                handler=self.get_voicemails,
                summary="Get voicemails",
                privilege=Privilege.NUMBER_READ,
                query=ListQuery,
                tag=_TAG,
                example=Example(query={"startDate": "2026-01-01", "status": "0"}, response=_EXAMPLE),
            ),
            Endpoint(
                number="209",
                method="GET",
                path=of_number,
                handler=self.get_voicemails_of_number,
                summary="Get voicemails for number",
                privilege=Privilege.NUMBER_READ,
                alternative=Privilege.WEBPHONE_USE,
                query=ListQuery,
                tag=_TAG,
                example=Example(path=_NUMBER, response=_EXAMPLE),
            ),
            Endpoint(
                number="210",
                method="GET",
                path=of_number + "/{recordId}",
                handler=self.get_voicemail,
                summary="Get voicemail for number and record",
                privilege=Privilege.NUMBER_READ,
                alternative=Privilege.WEBPHONE_USE,
                tag=_TAG,
                example=Example(path=_RECORD, response=_EXAMPLE),
            ),
            Endpoint(
                number="211",
                method="PUT",
                path=of_number + "/status/{recordId}",
                handler=self.set_status,
                summary="Update the status of a voicemail",
                privilege=Privilege.NUMBER_READ,
                alternative=Privilege.WEBPHONE_USE,
                body=StatusBody,
                tag=_TAG,
                example=Example(path=_RECORD, body={"status": 1}, response=_EXAMPLE),
            ),
            *self._settings_endpoints(of_number + "/settings"),
        )

    def _settings_endpoints(self, path: str) -> tuple[Endpoint, ...]:
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=path,
                handler=self.get_settings,
                summary="Get mailbox settings",
                privilege=Privilege.NUMBER_READ,
                alternative=Privilege.WEBPHONE_USE,
                tag=_TAG,
                example=Example(path=_NUMBER, response={**_NUMBER, **_SETTINGS, "greetingUrl": ""}),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path=path,
                handler=self.set_settings,
                summary="Edit mailbox settings",
                privilege=Privilege.NUMBER_UPDATE,
                alternative=Privilege.WEBPHONE_USE,
                body=MailboxBody,
                tag=_TAG,
                example=Example(path=_NUMBER, body=_SETTINGS, response={**_NUMBER, **_SETTINGS, "greetingUrl": ""}),
            ),
        )


def render_voicemail(voicemail: Voicemail) -> dict[str, Any]:
    """A voicemail as the reference lists it; `date` is ours, epoch milliseconds."""
    return {
        "accountSid": voicemail.account_id,
        "phoneNumber": voicemail.phone_number,
        "recordingId": voicemail.recording_id,
        "callSid": voicemail.call_id,
        "contactId": voicemail.contact_id,
        "fromNumber": voicemail.from_number,
        "seconds": voicemail.seconds,
        "url": voicemail.url,
        "metadata": voicemail.metadata,
        "transcription": voicemail.transcription,
        "status": voicemail.status,
        "date": epoch_ms(voicemail.created_at),
    }


def render_mailbox(mailbox: Mailbox) -> dict[str, Any]:
    """A mailbox's settings."""
    return {
        "phoneNumber": mailbox.phone_number,
        "greetingText": mailbox.greeting_text,
        "greetingUrl": mailbox.greeting_url,
        "voice": mailbox.voice,
        "transcribe": mailbox.transcribe,
        "maxSeconds": mailbox.max_seconds,
    }
