"""Mails that campaigns have sent (ours)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.emails.models import EmailFilter, SentEmail
from cordboard.domain.emails.service import EmailService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import day_range
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.paging import Page

_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "campaignId": "165c6fa0-59c8-11eb-a080-51e25f7d5918",
    "campaignRunId": "24926fc0-59c8-11eb-a850-5d6f7436c35b",
    "provider": "sendgrid",
    "to": "ann@example.com",
    "status": "sent",
    "providerId": "14c5d75ce93.dfd.64b469",
    "error": "",
    "date": 1610998377000,
}


class EmailsQuery(msgspec.Struct, rename="camel"):
    """At most 1000 at once, of one run or of all. Dates as YYYY-MM-DD or YYYYMMDD, UTC, both ends inclusive; without
    both, of any time.
    """

    campaign_run_id: str = ""
    start_date: str | None = None
    end_date: str | None = None
    size: int | None = None
    offset: int | None = None


class EmailLogsResource:
    """`/v4/logs/email`."""

    def __init__(self, emails: EmailService, clock: Clock) -> None:
        self._emails = emails
        self._clock = clock

    async def get_emails(self, call: Call) -> Reply:
        """Mails, the newest first."""
        query: EmailsQuery = call.query
        page = Page.of(query.size, query.offset)
        found = await self._emails.page(call.tx, call.principal.account_id, self._wanted(query), page)
        return Reply([render_email(one) for one in found])

    def _wanted(self, query: EmailsQuery) -> EmailFilter:
        """Raises InvalidInputError."""
        errors: list[FieldError] = []
        run_id = parse_uuid(query.campaign_run_id) if query.campaign_run_id else None
        if query.campaign_run_id and run_id is None:
            errors.append(FieldError("campaignRunId", "must be a UUID"))
        since, until = day_range(query.start_date, query.end_date, self._clock.now(), errors)
        if errors:
            raise InvalidInputError(errors)
        if query.start_date or query.end_date:
            return EmailFilter(run_id=run_id, since=since, until=until)
        return EmailFilter(run_id=run_id)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="ours",
                method="GET",
                path="/v4/logs/email",
                handler=self.get_emails,
                summary="Get email logs",
                privilege=Privilege.LOG_READ,
                query=EmailsQuery,
                tag="Logs",
                example=Example(response=_SHOWN),
            ),
        )


def render_email(one: SentEmail) -> dict[str, Any]:
    """A mail as the log shows it; `status` is sending, sent, failed or uncertain."""
    return {
        "accountSid": one.account_id,
        "campaignId": one.campaign_id,
        "campaignRunId": one.run_id,
        "provider": one.provider,
        "to": one.recipient,
        "status": one.state,
        "providerId": one.provider_id,
        "error": one.error,
        "date": epoch_ms(one.created_at),
    }
