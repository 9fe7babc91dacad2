"""A directory over HTTP, with what the numbering plan tells where it is silent."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from cordboard.domain.lookups.directories.offline import facts_of
from cordboard.domain.lookups.errors import LookupUnavailableError
from cordboard.domain.lookups.models import NumberFacts
from cordboard.domain.lookups.settings import LookupSettings
from cordboard.infra.http import GuardedClient, HttpError

_LONGEST: Final = 200
_PLACE: Final = "{number}"
_OK: Final = 200
_UNKNOWN: Final = 404


class _Answer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A directory's answer; null counts as missing."""

    network: str | None = None
    company: str | None = None
    wireless: bool | None = None
    zip_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


class HttpDirectory:
    """Asks what the settings name. A status of 404 means that it does not know the number."""

    def __init__(self, client: GuardedClient, settings: LookupSettings) -> None:
        self._client = client
        self._url = settings.url
        self._headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        self._seconds = settings.seconds

    async def look_up(self, number: str) -> NumberFacts:
        """The facts. Raises LookupUnavailableError."""
        try:
            reply = await self._client.request("GET", self._of(number), headers=self._headers, timeout=self._seconds)
        except HttpError as error:
            raise LookupUnavailableError(f"the directory does not answer: {error.reason}") from error
        if reply.status not in (_OK, _UNKNOWN):
            raise LookupUnavailableError(f"the directory answers with status {reply.status}")
        plan = facts_of(number)
        return _read(reply.body).or_else(plan) if reply.status == _OK else plan

    def _of(self, number: str) -> str:
        if _PLACE in self._url:
            return self._url.replace(_PLACE, quote(number, safe=""))
        return f"{self._url}{'&' if '?' in self._url else '?'}{urlencode({'number': number})}"


def _read(body: bytes) -> NumberFacts:
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LookupUnavailableError("the directory's answer is not what it should be") from error
    return NumberFacts(
        network=_text(answer.network),
        company=_text(answer.company),
        wireless=answer.wireless,
        zip_code=_text(answer.zip_code),
        city=_text(answer.city),
        state=_text(answer.state),
        country=_text(answer.country),
    )


def _text(given: str | None) -> str:
    """Without what no column keeps, and no longer than any name is."""
    return (given or "").replace("\0", "")[:_LONGEST]
