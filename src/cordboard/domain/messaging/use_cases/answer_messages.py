"""Asking a number's smsUrl what to answer, and carrying out the document that it gives (inboundxml: Sms, Redirect)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, http_request, http_response, sms_action
from cordboard.domain.messaging.documents import (
    LARGEST_DOCUMENT,
    BadDocumentError,
    RedirectVerb,
    SmsDocument,
    SmsVerb,
    parse_document,
)
from cordboard.domain.messaging.drafts import SendRequest
from cordboard.domain.messaging.repository import inbound, messages
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.use_cases.accept_messages import AcceptMessages
from cordboard.domain.messaging.use_cases.receive_messages import ANSWER_JOB, job_of
from cordboard.domain.numbers.models import method_of
from cordboard.domain.numbers.service import NumberService
from cordboard.infra.db import Database, Tx
from cordboard.infra.http import GuardedClient, HttpError
from cordboard.infra.jobs.queue import Job, RetryJob, enqueue
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError
from cordboard.kit.ids import parse_uuid, time_of
from cordboard.kit.phone import parse_number, parse_sender

_MOST_REDIRECTS: Final = 5
_MOST_STEPS: Final = 10
_STEPS_OF_A_BRANCH: Final = 100
_RETRY_SECONDS: Final = (5.0, 60.0, 300.0)
_HTTP_OK: Final = range(200, 300)


class _FetchError(Exception):
    """Neither the URL nor its fallback gave a document."""


@dataclass(slots=True)
class _Gathered:
    """What a document, followed over its redirects, asks for."""

    texts: list[SmsVerb] = field(default_factory=list)
    log: list[Entry] = field(default_factory=list)
    action: SmsVerb | None = None


@dataclass(frozen=True, slots=True)
class AnswerMessages:
    """The verb, as a handler of jobs. Network first, without a transaction; then everything that it led to in one.

    A job may name the `url` to ask instead of the number's own; `branch` tells apart those that a route tag asks at
    once, `step` the documents that follow each other.
    """

    clock: Clock
    database: Database
    client: GuardedClient
    numbers: NumberService
    accept: AcceptMessages

    async def __call__(self, job: Job) -> None:
        """Asks, and sends what the document says. Raises RetryJob while neither URL answers."""
        step, branch = int(job.payload.get("step", 0)), int(job.payload.get("branch", 0))
        async with self.database.connection() as connection:
            record = await self._record(connection, job)
            urls = await self._urls(connection, record) if record else []
        if record is None:
            return
        if target := job.payload.get("url"):
            urls = [(target, job.payload["method"])]
        gathered = _Gathered()
        try:
            await self._follow(record, urls, job.payload.get("parameters"), gathered)
        except _FetchError as error:
            await self._save_log(gathered)
            if job.attempts <= len(_RETRY_SECONDS):
                raise RetryJob(_RETRY_SECONDS[job.attempts - 1], str(error)) from error
            return
        async with self.database.transaction() as tx:
            place = branch * _STEPS_OF_A_BRANCH + step
            if await inbound.first_answer(tx, record.account_id, record.id, place, self.clock.now()):
                await self._carry_out(tx, record, gathered, step, branch)

    async def _record(self, tx: Tx, job: Job) -> MessageRecord | None:
        message_id = parse_uuid(job.payload["messageSid"])
        created_at = time_of(message_id) if message_id else None
        if message_id is None or created_at is None:
            return None
        return await messages.find(tx, job.account_id, message_id, created_at)

    async def _urls(self, tx: Tx, record: MessageRecord) -> list[tuple[str, str]]:
        """The number's URL and its fallback, as far as they are set."""
        owned = await self.numbers.senders(tx, [(record.account_id, record.recipient)])
        number = owned.get((record.account_id, record.recipient))
        if number is None:
            return []
        pairs = [(number.urls.get(name), number.urls.get(method_of(name))) for name in ("smsUrl", "smsFallbackUrl")]
        return [(url, method or "POST") for url, method in pairs if url]

    async def _follow(
        self, record: MessageRecord, urls: list[tuple[str, str]], extra: Mapping[str, str] | None, gathered: _Gathered
    ) -> None:
        """Fetches, gathers the texts to send, and goes on where a Redirect points."""
        for _ in range(_MOST_REDIRECTS + 1):
            if not urls:
                return
            document = await self._fetch_any(record, urls, extra, gathered)
            urls = []
            for verb in document.verbs:
                if isinstance(verb, RedirectVerb):
                    urls = [(verb.url, verb.method)]
                else:
                    gathered.texts.append(verb)
                    gathered.action = verb if verb.action else None
        gathered.log.append(
            self._note(record, "redirect", "", f"stopped after {_MOST_REDIRECTS} redirects", success=False)
        )

    async def _fetch_any(
        self, record: MessageRecord, urls: list[tuple[str, str]], extra: Mapping[str, str] | None, gathered: _Gathered
    ) -> SmsDocument:
        """The document of the first URL that gives a good one. Raises _FetchError."""
        for url, method in urls:
            try:
                return await self._fetch(record, url, method, extra, gathered)
            except (HttpError, BadDocumentError) as error:
                reason = str(error)
                gathered.log.append(self._note(record, "fetch", url, reason, success=False))
        raise _FetchError(reason)

    async def _fetch(
        self, record: MessageRecord, url: str, method: str, extra: Mapping[str, str] | None, gathered: _Gathered
    ) -> SmsDocument:
        parameters = urlencode({**_parameters(record, url, method), **(extra or {})})
        gathered.log.append(http_request(record.account_id, record.id, self.clock.now(), url, method, parameters))
        if method == "GET":
            reply = await self.client.request("GET", _with_query(url, parameters))
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            reply = await self.client.request("POST", url, headers=headers, body=parameters.encode())
        gathered.log.append(
            http_response(
                record.account_id,
                record.id,
                self.clock.now(),
                reply.status,
                dict(reply.headers),
                reply.body[:LARGEST_DOCUMENT],
            )
        )
        if reply.status not in _HTTP_OK:
            raise BadDocumentError(f"the answer's status is {reply.status}")
        document = parse_document(reply.body, reply.url)
        if document.unknown:
            ignored = ", ".join(document.unknown)
            gathered.log.append(self._note(record, "document", ignored, "verbs passed over", success=True))
        return document

    async def _carry_out(self, tx: Tx, record: MessageRecord, gathered: _Gathered, step: int, branch: int) -> None:
        requests = [_reply(record, verb) for verb in gathered.texts]
        results = await self.accept(tx, requests)
        for request, result in zip(requests, results, strict=True):
            refused = isinstance(result, CordboardError)
            response = str(result) if isinstance(result, CordboardError) else f"messageSid {result.id}"
            gathered.log.append(self._note(record, "Sms", f"to {request.to}", response, success=not refused))
        await debuglog.record(tx, gathered.log)
        if gathered.action and gathered.action.action and step < _MOST_STEPS:
            last = results[-1]
            outcome = {
                "SmsSid": "" if isinstance(last, CordboardError) else str(last.id),
                "SmsStatus": "failed" if isinstance(last, CordboardError) else "sent",
                "Body": gathered.action.text,
            }
            following = {"url": gathered.action.action, "method": gathered.action.method, "parameters": outcome}
            await enqueue(tx, [job_of(ANSWER_JOB, record, self.clock.now(), **following, step=step + 1, branch=branch)])

    async def _save_log(self, gathered: _Gathered) -> None:
        async with self.database.transaction() as tx:
            await debuglog.record(tx, gathered.log)

    def _note(self, record: MessageRecord, action: str, parameter: str, response: str, *, success: bool) -> Entry:
        return sms_action(record.account_id, record.id, self.clock.now(), action, parameter, response, success=success)


def _parameters(record: MessageRecord, url: str, method: str) -> dict[str, str]:
    """What an smsUrl is told of a message: the field names of the reference's live service."""
    moment = f"{record.created_at:%Y-%m-%d %H:%M:%S}"
    return {
        "MessageSid": str(record.id),
        "AccountSid": str(record.account_id),
        "From": record.sender,
        "To": record.recipient,
        "Text": record.body,
        "MediaUrl": record.media_urls[0] if record.media_urls else "",
        "Status": "success",
        "DateSent": moment,
        "Time": moment,
        "Method": method,
        "Action": url,
        "Price": str(record.price / 1_000_000),
    }


def _with_query(url: str, parameters: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{parameters}" if parts.query else parameters))


def _reply(record: MessageRecord, verb: SmsVerb) -> SendRequest:
    """The text of a verb as a request of the account; what is not a number reaches the acceptance as it is and is
    refused.
    """
    return SendRequest(
        account_id=record.account_id,
        parent_account_id=record.parent_account_id,
        to=parse_number(verb.to or record.sender) or verb.to or record.sender,
        sender=parse_sender(verb.sender or record.recipient) or verb.sender or record.recipient,
        text=verb.text,
        status_callback=verb.status_callback,
        request_id=record.request_id,
    )
