"""Carriers with an HTTP API for messages: one request a message, its answer turned into an outcome."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import quote

import msgspec

from cordboard.domain.messaging.models import Outcome, PartResult, Submission
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.kit.phone import parse_sender

WEBHOOKS: Final = "/carriers/{name:str}/messages"
"""Where carriers tell of receipts and inbound messages; as a route of the application."""

_THROTTLED: Final = 429
_LONGEST_REASON: Final = 500
_ACCEPTED: Final = range(200, 300)
_REFUSED: Final = range(400, 500)


class ApiRequest(msgspec.Struct, frozen=True):
    """A POST that hands a message over."""

    url: str
    headers: dict[str, str]
    body: bytes


class ApiProblem(msgspec.Struct, frozen=True):
    """Why a carrier did not take a message, in its own words, as far as it said."""

    code: str | None = None
    message: str | None = None


class MessageApi(Protocol):
    """How one carrier spells messages, ids and failures. Pure."""

    def request(self, submission: Submission) -> ApiRequest:
        """The request that hands the message over."""
        ...

    def remote_id(self, body: bytes) -> str | None:
        """The carrier's id in the answer to a request that succeeded; None when there is none."""
        ...

    def problem(self, body: bytes) -> ApiProblem:
        """What the answer to a request that failed says."""
        ...


class HttpCarrier:
    """A `MessageCarrier` over HTTP. The operator names its host, so that private addresses are allowed.

    A request that was sent and never answered as agreed is `unknown`: it is not sent again without being asked for.
    """

    def __init__(self, settings: CarrierSettings, api: MessageApi) -> None:
        self._name = settings.name
        self._concurrency = settings.window
        self._api = api
        self._client = GuardedClient(
            allow_private=True, total_timeout=settings.response_seconds, connections_per_host=settings.window
        )

    @property
    def name(self) -> str:
        """The carrier's name in the settings."""
        return self._name

    @property
    def concurrency(self) -> int:
        """How many requests may be open: the settings' `window`."""
        return self._concurrency

    async def send(self, submission: Submission) -> PartResult:
        """Asks the carrier once."""
        request = self._api.request(submission)
        try:
            reply = await self._client.request(
                "POST", request.url, headers=request.headers, body=request.body, follow_redirects=False
            )
        except HttpError as error:
            return _result(submission, "unknown" if error.sent else "unavailable", ApiProblem("http", error.reason))
        if reply.status in _ACCEPTED:
            remote_id = self._api.remote_id(reply.body)
            if remote_id is not None:
                return _result(submission, "accepted", remote_id=remote_id)
            return _result(submission, "unknown", ApiProblem("http", "the carrier's answer names no message"))
        return _result(submission, outcome_of(reply.status), self._problem(reply))

    async def close(self) -> None:
        """Lets its connections go."""
        await self._client.close()

    def _problem(self, reply: HttpReply) -> ApiProblem:
        told = self._api.problem(reply.body)
        return ApiProblem(told.code or str(reply.status), told.message or f"the carrier answered {reply.status}")


def outcome_of(status: int) -> Outcome:
    """What the status of a failed request means for the message."""
    if status == _THROTTLED:
        return "throttled"
    return "refused" if status in _REFUSED else "unavailable"


def webhook_url(public_url: str, name: str) -> str:
    """The URL that the carrier called `name` tells its news to."""
    return public_url.rstrip("/") + WEBHOOKS.replace("{name:str}", quote(name, safe=""))


def party(address: str) -> str:
    """An address as we know numbers: E.164, a short code, or a name as it is."""
    return parse_sender(address) or without_nul(address)


def without_nul(text: str) -> str:
    """The text as a column can keep it."""
    return text.replace("\0", "")


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 time with its zone, in UTC; None for anything else."""
    try:
        parsed = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else None


def _result(
    submission: Submission, outcome: Outcome, problem: ApiProblem | None = None, *, remote_id: str | None = None
) -> PartResult:
    return PartResult(
        submission=submission,
        part=submission.parts[0],
        outcome=outcome,
        remote_id=remote_id,
        error_code=problem.code if problem else None,
        error_message=without_nul(problem.message or "")[:_LONGEST_REASON] if problem else None,
    )
