"""Telephony for system tests, interop tests and benchmarks: an installation with trunks, and sipp on either side of it.

The platform is at 127.0.0.1, where phones may come from. Its trunks are at addresses of their own, because who calls
from a trunk's address is trusted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from tests.installation import Served, free_port, serving

from cordboard.kit.clock import monotonic
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

HOST = "127.0.0.1"
TRUNK = "127.0.0.2"
BACKUP = "127.0.0.3"
NUMBERS = tuple(f"+194955501{line:02d}" for line in range(20))
SIPP = shutil.which("sipp") or "/usr/bin/sipp"
SIPP_IS_HERE = Path(SIPP).exists()
SCENARIOS = Path(__file__).parent / "interop" / "sipp"
NO_SIPP = "needs Debian's sip-tester: tools/install_peers.sh installs it"
HOLD_ON = '<Response><Play>tone_stream://%(200,100,440)</Play><Pause length="600"/></Response>'

_PATIENCE = 12.0
_LOOK_AGAIN = 0.05
_RTP_PORTS = "45000-48999"


@dataclass(slots=True)
class Exchange:
    """A running platform with numbers and trunks. Documents and callbacks are served by `web`."""

    served: Served
    web: WebhookReceiver
    sip_port: int
    trunk_port: int
    _documents: int = field(default=0)

    def document(self, xml: str) -> str:
        """A URL of a document."""
        self._documents += 1
        path = f"/document/{self._documents}"
        self.web.answer(path, Answer(body=xml, headers={"Content-Type": "application/xml"}))
        return self.web.url(path)

    async def answer_with(self, number: str, url: str, **changes: Any) -> None:
        """From now on a number's calls are handled by that URL."""
        body = {"voiceUrl": url, **changes}
        await self.served.call("PUT", f"/v4/number/{number}", body)

    async def place(self, to: str, xml: str = HOLD_ON, *, sender: str = NUMBERS[0], **fields: Any) -> str:
        """Makes a call by the API; its id."""
        body = {"from": sender, "to": to, "url": self.document(xml), **fields}
        (placed,) = await self.served.call("POST", "/v4/call", body)
        sid: str = placed["callSid"]
        return sid

    async def log(self) -> list[dict[str, Any]]:
        """The calls of today, the newest first."""
        return await self.served.call("GET", "/v4/logs/call?limit=5000")

    async def record_of(self, call_id: str) -> dict[str, Any]:
        """A call as the log has it."""
        (record,) = await self.served.call("GET", f"/v4/logs/call/details/{call_id}")
        return dict(record)

    async def ended(self, call_id: str, within: float = _PATIENCE) -> dict[str, Any]:
        """A call's record once it is over."""
        return await self.until(lambda record: record["endTime"] is not None, call_id, within)

    async def answered(self, call_id: str, within: float = _PATIENCE) -> dict[str, Any]:
        """A call's record once it was answered."""
        return await self.until(lambda record: record["status"] == "in-progress", call_id, within)

    async def until(
        self, fits: Callable[[dict[str, Any]], bool], call_id: str, within: float = _PATIENCE
    ) -> dict[str, Any]:
        """A call's record once it fits."""
        give_up = monotonic() + within
        while not fits(record := await self.record_of(call_id)):
            assert monotonic() < give_up, record
            await asyncio.sleep(_LOOK_AGAIN)
        return record

    async def live(self) -> list[dict[str, Any]]:
        """The calls that are not over."""
        return await self.served.call("GET", "/v4/call/live")

    async def live_are(self, count: int, within: float = _PATIENCE) -> float:
        """Waits until so many calls are live; the seconds that it took."""
        began = monotonic()
        while len(found := await self.live()) != count:
            assert monotonic() < began + within, f"{len(found)} calls are live, not {count}"
            await asyncio.sleep(_LOOK_AGAIN)
        return monotonic() - began

    async def last_call(self, **wanted: Any) -> dict[str, Any]:
        """The newest call whose log has these members, once it is over."""
        give_up = monotonic() + _PATIENCE
        while True:
            for record in await self.log():
                if all(record[name] == value for name, value in wanted.items()) and record["endTime"]:
                    return dict(record)
            assert monotonic() < give_up, f"no ended call with {wanted}"
            await asyncio.sleep(_LOOK_AGAIN)

    async def told(self, path: str, call_id: str = "", within: float = _PATIENCE) -> dict[str, str]:
        """The parameters of the first callback to a path, of a call if one is named."""

        def fits(request: Any) -> bool:
            call: str = request.form.get("CallSid", [""])[0]
            return bool(request.path == path and call.startswith(call_id))

        request = await self.web.wait_for(fits, within)
        return {name: values[0] for name, values in request.form.items()}

    async def debug_log(self, call_id: str) -> str:
        """What the debug log says of a call, as text."""
        return msgspec.json.encode(await self.served.call("GET", f"/v4/logs/debug/{call_id}")).decode()


@asynccontextmanager
async def exchange(**settings: str) -> AsyncIterator[Exchange]:
    """A platform with two trunks, whose numbers are bought: numbers of the first call over it, then over the second.

    Its data is not below pytest's own folders, which are closed to the database's user whenever another run begins.
    """
    sip_port, trunk_port = free_sip_port(HOST), free_sip_port(TRUNK, BACKUP)
    trunks: list[dict[str, Any]] = [
        {"name": "first", "host": TRUNK, "port": trunk_port, "keepalive": False, "inventory": list(NUMBERS)},
        {"name": "second", "host": BACKUP, "port": trunk_port, "keepalive": False, "priority": 200},
    ]
    wanted = {
        "SIP__PORT": str(sip_port),
        "MEDIA__PORTS": _RTP_PORTS,
        "SANDBOX__ENABLED": "false",
        "VOICE__CALLS_PER_SECOND": "1000",
        "VOICE__CONCURRENT_CALLS": "1000",
        "TRUNKS": msgspec.json.encode(trunks).decode(),
        **settings,
    }
    with tempfile.TemporaryDirectory(prefix="cordboard-calls-", ignore_cleanup_errors=True) as folder:
        async with WebhookReceiver() as web, serving(Path(folder) / "data", [], **wanted) as served:
            await served.call("POST", "/v4/number/purchase", {"phoneNumber": list(NUMBERS)})
            await connected_to_media(served)
            yield Exchange(served, web, sip_port, trunk_port)


async def connected_to_media(served: Served, times: int = 1) -> None:
    """Waits until the voice process has found a media engine so many times."""
    async with asyncio.timeout(_PATIENCE):
        while sum(line.get("event") == "media.connected" for line in served.said) < times:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_AGAIN)


@dataclass(slots=True)
class Sipp:
    """A running sipp."""

    process: Process
    scenario: str
    errors: Path
    screen: Path

    async def done(self, within: float = 30.0) -> None:
        """Waits for its end; every call has to have gone as its scenario says."""
        async with asyncio.timeout(within):
            code = await self.process.wait()
        assert code == 0, f"sipp {self.scenario} ended with {code}: {self.complaints}"

    async def stop(self) -> None:
        """Ends it, whatever it is at."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    @property
    def complaints(self) -> str:
        """What it did not expect."""
        return self.errors.read_text(errors="replace")[:3000] if self.errors.exists() else "nothing said"


@asynccontextmanager
async def sipp(
    scenario: str, folder: Path, target: str, *options: str, host: str, port: int = 0
) -> AsyncIterator[Sipp]:
    """Runs a scenario of `tests/interop/sipp` as somebody at `host`; `target` is host:port of the other side."""
    port = port or free_sip_port(host)
    errors, screen = folder / f"{scenario}-{port}.errors", folder / f"{scenario}-{port}.screen"
    media = str(30_000 + (port * 4) % 8_000)
    with screen.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(SIPP, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", host, "-p", str(port), "-mi", host, "-mp", media),
            *("-nostdin", "-trace_err", "-error_file", str(errors), *options, target),
            stdin=DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env={**os.environ, "TERM": "dumb"},
        )
    running = Sipp(process, scenario, errors, screen)
    try:
        yield running
    finally:
        await running.stop()


async def run_sipp(scenario: str, folder: Path, target: str, *options: str, host: str, within: float = 30.0) -> None:
    """Runs a scenario to its end, which has to be a good one."""
    async with sipp(scenario, folder, target, *options, host=host) as running:
        await running.done(within)


def free_sip_port(*hosts: str, for_tls: bool = False) -> int:
    """A port that is free for UDP and TCP at some addresses; with `for_tls` so is the next one."""
    while True:
        port = free_port()
        with contextlib.suppress(OSError):
            for each in range(port, port + 1 + for_tls):
                for host in hosts:
                    with socket.create_server((host, each)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                        probe.bind((host, each))
            return port
