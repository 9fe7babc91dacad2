"""A whole installation for system tests and benchmarks: the SMSC and `cordboard serve`, each a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec

from cordboard.infra.db.embedded import running_url
from cordboard.run.opening import POSTGRES_FOLDER

ADMIN = "admin@cordboard.test"
PASSWORD = "correct horse battery"
_START_SECONDS = 60.0


@dataclass(slots=True)
class SmscProcess:
    """`python -m cordboard.testing.smsc`."""

    process: Process
    port: int
    http: httpx.AsyncClient

    async def stats(self) -> dict[str, int]:
        """Its counts."""
        counts: dict[str, int] = (await self.http.get("/stats")).json()
        return counts

    async def references(self) -> dict[str, dict[str, int]]:
        """By destination, how often each content was taken."""
        found: dict[str, dict[str, int]] = (await self.http.get("/references")).json()
        return found

    async def behave(self, **changes: Any) -> None:
        """Changes some of its rules."""
        (await self.http.put("/behaviour", json=changes)).raise_for_status()

    async def deliver(self, source: str, destination: str, text: str) -> int:
        """A handset texts; the status of the answer."""
        body = {"source": source, "destination": destination, "text": text}
        status: int = (await self.http.post("/deliver", json=body, timeout=40)).json()["status"]
        return status


@dataclass(slots=True)
class Served:
    """A running platform. `said` is what it logged."""

    process: Process
    port: int
    data_dir: Path
    http: httpx.AsyncClient
    said: list[dict[str, Any]]
    token: str = ""

    async def call(self, method: str, path: str, body: Any = None) -> list[Any]:
        """The payload of a request by the administrator; fails on anything but success."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        payload: list[Any] = answer.json()["payload"]
        return payload

    async def sign_in(self) -> None:
        """A token of the administrator."""
        grant = {"grantType": "resource_owner_credentials", "username": ADMIN, "password": PASSWORD}
        answer = await self.http.post("/auth/v3/token", json=grant)
        self.token = answer.json()["payload"][0]["accessToken"]

    @property
    def database_url(self) -> str:
        """Where its embedded PostgreSQL listens."""
        url = running_url(self.data_dir / POSTGRES_FOLDER)
        assert url is not None, "the embedded PostgreSQL does not run"
        return url

    def pids(self, role: str) -> list[int]:
        """The processes of a role that were started, oldest first."""
        return [line["pid"] for line in self.said if line.get("event") == "role.started" and line["role"] == role]


@asynccontextmanager
async def smsc_process(**behaviour: Any) -> AsyncIterator[SmscProcess]:
    """An SMSC that counts and does not remember each submit."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cordboard.testing.smsc", "--port", "0", "--json", "--count-only"),
        *("--behaviour", msgspec.json.encode(behaviour).decode()),
        stdout=PIPE,
    )
    assert process.stdout is not None
    ready = msgspec.json.decode(await asyncio.wait_for(process.stdout.readline(), _START_SECONDS))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ready['control_port']}") as http:
        try:
            yield SmscProcess(process, ready["port"], http)
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def serving(data_dir: Path, carriers: Sequence[dict[str, Any]], **settings: str) -> AsyncIterator[Served]:
    """`cordboard serve` with some carriers and further settings as `SECTION__NAME`; stopped with SIGTERM."""
    port = free_port()
    environment = {
        **os.environ,
        "CORDBOARD_CONFIG": "",
        "CORDBOARD_DATA_DIR": str(data_dir),
        "CORDBOARD_HTTP__PORT": str(port),
        "CORDBOARD_SIP__PORT": str(free_port()),
        "CORDBOARD_ADMIN__EMAIL": ADMIN,
        "CORDBOARD_ADMIN__PASSWORD": PASSWORD,
        "CORDBOARD_LIMITS__REQUESTS_PER_SECOND": "1000000",
        "CORDBOARD_NETWORK__ALLOW_PRIVATE_CALLBACKS": "true",
        "CORDBOARD_CARRIERS": msgspec.json.encode(carriers).decode(),
        **{f"CORDBOARD_{name.upper()}": value for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from cordboard.run.cli import main; main()", "serve", "--json"),
        stdout=PIPE,
        stderr=PIPE,
        stdin=DEVNULL,
        env=environment,
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        served = Served(process, port, data_dir, http, [])
        readers = [
            asyncio.create_task(_read(stream, served.said)) for stream in (process.stdout, process.stderr) if stream
        ]
        try:
            await _ready(served)
            await served.sign_in()
            yield served
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await asyncio.wait_for(process.wait(), _START_SECONDS)
            await asyncio.gather(*readers)


@asynccontextmanager
async def connected(served: Served) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection to the platform's database, for looking at what it stored."""
    connection = await asyncpg.connect(served.database_url)
    try:
        yield connection
    finally:
        await connection.close()


def free_port() -> int:
    """A port that nobody listens on at present."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


async def _ready(served: Served) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await served.http.get("/readyz")).status_code == 200:
                    return
            if served.process.returncode is not None:
                raise AssertionError(f"the platform did not start: {served.said}")
            await asyncio.sleep(0.1)


async def _read(stream: asyncio.StreamReader, said: list[dict[str, Any]]) -> None:
    async for line in stream:
        try:
            said.append(msgspec.json.decode(line))
        except msgspec.DecodeError:
            said.append({"event": "text", "text": line.decode()})
