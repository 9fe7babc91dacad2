"""Inbound texts of numbers that carry a route tag: given to the destinations that the tag chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.messaging.announcing import routed_event
from cordboard.domain.messaging.drafts import SendRequest
from cordboard.domain.messaging.repository import inbound, messages
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.use_cases.accept_messages import AcceptMessages
from cordboard.domain.messaging.use_cases.receive_messages import ANSWER_JOB, answers, job_of
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.routing.inbound import InboundRouting
from cordboard.domain.routing.models import InboundEvent, RouteChoice
from cordboard.infra.db import Database, Tx
from cordboard.infra.events import append
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError
from cordboard.kit.ids import parse_uuid, time_of

_ROUTED: Final = -1
"""The step of answering a message that stands for its routing."""


@dataclass(frozen=True, slots=True)
class RouteMessages:
    """The verb, as a handler of jobs. First servers are asked, without a transaction; then the choice and all that
    follows from it are made in one. A job that is repeated chooses once.

    Of the destinations, `sms` is asked as an smsUrl, `sms-relay` is sent the text from the number that got it; for the
    others the event `routing.routed` is the word.
    """

    clock: Clock
    database: Database
    numbers: NumberService
    routing: InboundRouting
    accept: AcceptMessages

    async def __call__(self, job: Job) -> None:
        """Routes a message; where no destination takes it, the number's own smsUrl is asked."""
        async with self.database.connection() as connection:
            record = await _record(connection, job)
            number = await self._number(connection, record) if record else None
        if record is None:
            return
        situation = await self.routing.gather(_event(record, number)) if number and number.route_tag else None
        async with self.database.transaction() as tx:
            if not await inbound.first_answer(tx, record.account_id, record.id, _ROUTED, self.clock.now()):
                return
            choices = await self.routing.choose(tx, situation) if situation else ()
            await append(tx, [routed_event(record, choices, self.clock.now())])
            if choices:
                await self._carry_out(tx, record, choices)
            elif number is not None and answers(number):
                await enqueue(tx, [job_of(ANSWER_JOB, record, self.clock.now())])

    async def _number(self, tx: Tx, record: MessageRecord) -> OwnedNumber | None:
        key = (record.account_id, record.recipient)
        return (await self.numbers.senders(tx, [key])).get(key)

    async def _carry_out(self, tx: Tx, record: MessageRecord, choices: Sequence[RouteChoice]) -> None:
        now = self.clock.now()
        urls = [(choice.dest, _method(choice)) for choice in choices if choice.dest_type == "sms"]
        await enqueue(
            tx,
            [
                job_of(ANSWER_JOB, record, now, url=url, method=method, branch=branch)
                for branch, (url, method) in enumerate(urls)
            ],
        )
        await self._relay(tx, record, [choice.dest for choice in choices if choice.dest_type == "sms-relay"])

    async def _relay(self, tx: Tx, record: MessageRecord, recipients: Sequence[str]) -> None:
        """Sends the text on. Not to whoever wrote it, nor to a number that routes itself: it would never end."""
        owned = await self.numbers.senders(tx, [(record.account_id, one) for one in recipients])
        routing = {number for (_, number), found in owned.items() if found.route_tag}
        wanted = [one for one in recipients if one != record.sender and one not in routing]
        results = await self.accept(tx, [_relayed(record, one) for one in wanted]) if wanted else []
        outcomes = dict(zip(wanted, results, strict=True))
        await debuglog.record(tx, [self._logged(record, one, outcomes.get(one)) for one in recipients])

    def _logged(self, record: MessageRecord, recipient: str, outcome: object) -> Entry:
        if outcome is None:
            response = "not sent: it would come back"
        else:
            response = str(outcome) if isinstance(outcome, CordboardError) else "accepted"
        return sms_action(
            record.account_id,
            record.id,
            self.clock.now(),
            "relay",
            f"to {recipient}",
            response,
            success=outcome is not None and not isinstance(outcome, CordboardError),
        )


async def _record(tx: Tx, job: Job) -> MessageRecord | None:
    message_id = parse_uuid(job.payload["messageSid"])
    created_at = time_of(message_id) if message_id else None
    if message_id is None or created_at is None:
        return None
    return await messages.find(tx, job.account_id, message_id, created_at)


def _event(record: MessageRecord, number: OwnedNumber) -> InboundEvent:
    """The message as rules see it, under the names that webhooks of inbound texts have."""
    return InboundEvent(
        account_id=record.account_id,
        subject_id=record.id,
        kind="sms",
        route_tag=number.route_tag or "",
        timezone=number.timezone,
        fields={
            "messagesid": str(record.id),
            "smsid": str(record.id),
            "from": record.sender,
            "to": record.recipient,
            "body": record.body,
            "text": record.body,
            "mediaurl": record.media_urls[0] if record.media_urls else "",
        },
        contact_id=record.contact_id,
    )


def _method(choice: RouteChoice) -> str:
    method = choice.option("smsMethod").upper()
    return method if method in ("GET", "POST") else "POST"


def _relayed(record: MessageRecord, recipient: str) -> SendRequest:
    return SendRequest(
        account_id=record.account_id,
        parent_account_id=record.parent_account_id,
        to=recipient,
        sender=record.recipient,
        text=record.body,
        media_urls=tuple(record.media_urls),
        request_id=record.request_id,
    )
