"""Fetch, Notify: documents requested, URLs told; both in the call's debug log."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from cordboard.domain.debuglog.models import http_request, http_response
from cordboard.domain.voice.callbacks import Callback
from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.engines.callflow.commands import Fetch, Notify, Parameters
from cordboard.engines.callflow.events import Fetched, FetchFailed
from cordboard.infra.http import HttpError, HttpReply
from cordboard.infra.http.errors import ConnectError

_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.25
_SECONDS: Final = 10.0
_LOGGED_BYTES: Final = 65_536
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/xml, text/xml, */*"}


class Fetching:
    """Requests over the guarded client."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def background(self) -> Handlers:
        """Those that take time."""
        return {Fetch: self.fetch}

    def immediate(self) -> Handlers:
        """Those that only write a row."""
        return {Notify: self.notify}

    async def fetch(self, command: Fetch) -> Fetched | FetchFailed:
        """A document; tried again when no connection was made, for then nobody has seen the request."""
        await self._log_request(command)
        for attempt in range(1, _TRIES + 1):
            try:
                reply = await self._request(command)
            except ConnectError as error:
                if attempt == _TRIES:
                    return await self._failed(command, error)
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
            except HttpError as error:
                return await self._failed(command, error)
            else:
                return await self._fetched(command, reply)
        raise AssertionError("the last try returns")

    async def notify(self, command: Notify) -> None:
        """Tells a URL, after the commit of a row, by the worker."""
        record = self._flow.party.record
        await self._flow.services.ledger.tell(
            Callback(
                account_id=record.account_id,
                call_id=record.id,
                url=command.url,
                method=command.method,
                parameters=list(command.parameters),
            )
        )

    async def _request(self, command: Fetch) -> HttpReply:
        client = self._flow.services.client
        if command.method == "GET":
            return await client.request("GET", with_query(command.url, command.parameters), timeout=_SECONDS)
        body = urlencode(command.parameters).encode()
        return await client.request("POST", command.url, headers=_FORM, body=body, timeout=_SECONDS)

    async def _fetched(self, command: Fetch, reply: HttpReply) -> Fetched:
        record, services = self._flow.party.record, self._flow.services
        headers = dict(reply.headers)
        await services.ledger.log(
            http_response(
                record.account_id, record.id, services.clock.now(), reply.status, headers, reply.body[:_LOGGED_BYTES]
            )
        )
        content_type = reply.headers.get("Content-Type", "")
        return Fetched(
            fetch=command.fetch,
            status=reply.status,
            url=reply.url,
            body=reply.body.decode(_charset(content_type), "replace"),
            content_type=content_type,
        )

    async def _failed(self, command: Fetch, error: HttpError) -> FetchFailed:
        record, services = self._flow.party.record, self._flow.services
        await services.ledger.log(
            http_response(record.account_id, record.id, services.clock.now(), 0, {}, str(error).encode())
        )
        return FetchFailed(command.fetch, str(error))

    async def _log_request(self, command: Fetch) -> None:
        record, services = self._flow.party.record, self._flow.services
        parameters = "&".join(f"{name}={value}" for name, value in command.parameters)
        await services.ledger.log(
            http_request(
                record.account_id, record.id, services.clock.now(), command.url, command.method.lower(), parameters
            )
        )


def with_query(url: str, parameters: Parameters) -> str:
    """A URL with parameters behind those that it has."""
    parts = urlsplit(url)
    query = urlencode(parameters)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))


def _charset(content_type: str) -> str:
    """UTF-8, unless the answer names Latin-1, the only other one that is still met."""
    return "iso-8859-1" if "8859-1" in content_type.lower() else "utf-8"
