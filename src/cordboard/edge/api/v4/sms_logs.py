"""Requests 102 and 103: the log of messages."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.messaging.announcing import SUCCESS, status_of
from cordboard.domain.messaging.repository.messages import LogFilter, MessageRecord
from cordboard.domain.messaging.service import MessagingService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import day_range
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.money import to_number
from cordboard.kit.phone import country_of, parse_sender

_MOST: Final = 5000
_STATES: Final = {
    "success": ("sent", "delivered", "undelivered", "received", "receiving"),
    "failed": ("failed", "expired", "uncertain"),
}
_TYPES: Final = {"regular": ("so", "si", "sco", "sci"), "tollfree": ("sto", "sti")}
_DIRECTIONS: Final = {"in": "inbound", "out": "outbound", "inbound": "inbound", "outbound": "outbound"}
_EXAMPLE: Final = {
    "accountSid": "173c6f7f-c911-f823-fb2d-a13e4780c300",
    "yearMonthDay": "20210109",
    "smsSid": "af2c5810-52d6-11eb-8214-896651f1fc20",
    "apiVersion": "3",
    "body": "See you at nine",
    "callbackMethod": "POST",
    "callbackUrl": "https://example.com/status",
    "direction": "outbound",
    "dlrStatus": "Delivered",
    "errorMessage": None,
    "from": "+15553518870",
    "price": 0.0075,
    "smsCount": 1,
    "smsType": "so",
    "status": "success",
    "to": "+14009993000",
    "date": 1610236758033,
}


class LogQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Dates as YYYY-MM-DD or YYYYMMDD, UTC, both ends inclusive; today where none is given."""

    start_date: str | None = None
    end_date: str | None = None
    limit: int = 1000
    offset: int = 0
    direction: Literal["in", "out", "inbound", "outbound"] | None = None
    status: Literal["success", "failed"] | None = None
    type: Literal["regular", "tollfree"] | None = None
    campaign_id: str | None = None
    to: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")


class SmsLogsResource:
    """`/v4/logs/sms`."""

    def __init__(self, messaging: MessagingService, clock: Clock) -> None:
        self._messaging = messaging
        self._clock = clock

    async def get_sms_logs(self, call: Call) -> Reply:
        """Messages of a range of days, the newest first."""
        query: LogQuery = call.query
        records = await self._messaging.search(call.tx, call.principal.account_id, self._filter(query))
        return Reply([render_record(record) for record in records])

    async def get_sms_detail(self, call: Call) -> Reply:
        """One message. Raises NotFoundError."""
        message_id = parse_uuid(call.path["smsSid"])
        if message_id is None:
            raise NotFoundError("smsSid")
        return Reply([render_record(await self._messaging.get(call.tx, call.principal.account_id, message_id))])

    def _filter(self, query: LogQuery) -> LogFilter:
        errors: list[FieldError] = []
        start, end = day_range(query.start_date, query.end_date, self._clock.now(), errors)
        if not 1 <= query.limit <= _MOST:
            errors.append(FieldError("limit", f"must be from 1 to {_MOST}"))
        if query.offset < 0:
            errors.append(FieldError("offset", "must not be negative"))
        numbers = {"from": query.sender, "to": query.to}
        errors += [
            FieldError(field, "is not a phone number; send it as +19495551234")
            for field, given in numbers.items()
            if given and parse_sender(given) is None
        ]
        campaign_id = parse_uuid(query.campaign_id) if query.campaign_id else None
        if query.campaign_id and campaign_id is None:
            errors.append(FieldError("campaignId", "must be a UUID"))
        if errors:
            raise InvalidInputError(errors)
        return LogFilter(
            start=start,
            end=end,
            limit=query.limit,
            offset=query.offset,
            direction=_DIRECTIONS[query.direction] if query.direction else None,
            states=_STATES[query.status] if query.status else None,
            sms_types=_TYPES[query.type] if query.type else None,
            sender=parse_sender(query.sender) if query.sender else None,
            recipient=parse_sender(query.to) if query.to else None,
            campaign_id=campaign_id,
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="102",
                method="GET",
                path="/v4/logs/sms",
                handler=self.get_sms_logs,
                summary="Get SMS logs",
                privilege=Privilege.LOG_READ,
                query=LogQuery,
                tag="Logs",
                example=Example(
                    query={"startDate": "2026-01-01", "endDate": "2026-01-31", "limit": "10"}, response=_EXAMPLE
                ),
            ),
            Endpoint(
                number="103",
                method="GET",
                path="/v4/logs/sms/details/{smsSid}",
                handler=self.get_sms_detail,
                summary="Get SMS detail log",
                privilege=Privilege.LOG_READ,
                tag="Logs",
                example=Example(path={"smsSid": "af2c5810-52d6-11eb-8214-896651f1fc20"}, response=_EXAMPLE),
            ),
        )


def render_record(record: MessageRecord) -> dict[str, Any]:
    """A message as the reference's log shows it; `date` is epoch milliseconds, as its samples have it."""
    to, sender = country_of(record.recipient), country_of(record.sender)
    status = status_of(record)
    kind = "tollfree" if record.sms_type.startswith("st") else "regular"
    return {
        "accountSid": record.account_id,
        "yearMonthDay": f"{record.created_at:%Y%m%d}",
        "smsSid": record.id,
        "apiVersion": "3",
        "body": record.body,
        "callbackMethod": "POST",
        "callbackUrl": record.status_callback,
        "direction": record.direction,
        "dlrStatus": record.delivery_status,
        "errorCode": record.error_code,
        "errorMessage": record.error_message,
        "fromCountryCode": sender.calling_code,
        "fromCountry": sender.iso,
        "from": record.sender,
        "numberType": kind,
        "price": to_number(record.price) if status == SUCCESS or record.charged else 0,
        "smsCount": record.segments,
        "smsType": record.sms_type,
        "status": status,
        "surcharge": to_number(record.surcharge),
        "termCarrier": record.carrier,
        "to": record.recipient,
        "toCountryCode": to.calling_code,
        "toCountry": to.iso,
        "useType": kind,
        "opt": record.opt,
        "mediaUrl": record.media_urls[0] if record.media_urls else "",
        "contactId": record.contact_id,
        "metaData": record.metadata,
        "paccountSid": record.parent_account_id,
        "date": epoch_ms(record.created_at),
    }
