"""A small HTTP face for an SMSC that runs as its own process.

GET  /stats                                     counts
GET  /references                                by destination, how often each content was taken
GET  /submits?destination=&offset=&limit=       submits with their decoded text
PUT  /behaviour  {"receipts": "none", ...}      change some rules; answers all of them
POST /deliver    {"source", "destination", "text", "encoding", "parts", "system_id"}
                 a handset texts; answers the status
POST /unbind, /disconnect, /enquire_link
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import web

from cordboard.testing.smsc.records import Submit
from cordboard.testing.smsc.server import Smsc
from cordboard.testing.smsc.text import Encoding, Parts, decode

_DELIVER_SECONDS = 30.0
_PAGE = 1_000


class _Deliver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    destination: str
    text: str
    encoding: Encoding = "gsm7"
    parts: Parts = "udh"
    system_id: str | None = None


class Control:
    """The handlers, and the application that serves them."""

    def __init__(self, smsc: Smsc) -> None:
        self._smsc = smsc

    def application(self) -> web.Application:
        """The routes, ready to be served."""
        application = web.Application(middlewares=[_explain])
        application.add_routes(
            [
                web.get("/stats", self.get_stats),
                web.get("/references", self.get_references),
                web.get("/submits", self.get_submits),
                web.put("/behaviour", self.put_behaviour),
                web.post("/deliver", self.post_deliver),
                web.post("/unbind", self.post_unbind),
                web.post("/disconnect", self.post_disconnect),
                web.post("/enquire_link", self.post_enquire_link),
            ]
        )
        return application

    async def get_stats(self, request: web.Request) -> web.Response:
        """Counts by name."""
        return _json(self._smsc.stats())

    async def get_references(self, request: web.Request) -> web.Response:
        """Contents by destination."""
        return _json(self._smsc.references())

    async def get_submits(self, request: web.Request) -> web.Response:
        """A page of submits."""
        offset = int(request.query.get("offset", 0))
        limit = int(request.query.get("limit", _PAGE))
        destination = request.query.get("destination", "").lstrip("+")
        found = [
            submit for submit in self._smsc.submits if not destination or submit.destination.lstrip("+") == destination
        ]
        return _json([_render(submit) for submit in found[offset : offset + limit]])

    async def put_behaviour(self, request: web.Request) -> web.Response:
        """Change some rules."""
        self._smsc.change(**msgspec.json.decode(await request.read(), type=dict[str, Any]))
        return _json(self._smsc.behaviour)

    async def post_deliver(self, request: web.Request) -> web.Response:
        """A handset texts."""
        wanted = msgspec.json.decode(await request.read(), type=_Deliver)
        async with asyncio.timeout(_DELIVER_SECONDS):
            status = await self._smsc.deliver(
                wanted.source,
                wanted.destination,
                wanted.text,
                encoding=wanted.encoding,
                parts=wanted.parts,
                system_id=wanted.system_id,
            )
        return _json({"status": status})

    async def post_unbind(self, request: web.Request) -> web.Response:
        """Unbind everybody."""
        await self._smsc.unbind()
        return _json({})

    async def post_disconnect(self, request: web.Request) -> web.Response:
        """Drop every connection."""
        self._smsc.disconnect()
        return _json({})

    async def post_enquire_link(self, request: web.Request) -> web.Response:
        """Ask everybody for a sign of life."""
        await self._smsc.send_enquire_link()
        return _json({})


@web.middleware
async def _explain(request: web.Request, handler: Any) -> web.StreamResponse:
    """Bad requests are answered with their reason."""
    try:
        response: web.StreamResponse = await handler(request)
    except TimeoutError:
        return _json({"error": "no answer in time"}, status=504)
    except RuntimeError as error:
        return _json({"error": str(error)}, status=409)
    except (ValueError, msgspec.MsgspecError) as error:
        return _json({"error": str(error)}, status=400)
    return response


def _render(submit: Submit) -> dict[str, Any]:
    return {
        **{name: getattr(submit, name) for name in submit.__struct_fields__ if name != "tlvs"},
        "udh": submit.udh.hex(),
        "payload": submit.payload.hex(),
        "text": decode(submit.payload, submit.data_coding),
        "tlvs": {f"{tag:04x}": value.hex() for tag, value in submit.tlvs.items()},
    }


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
