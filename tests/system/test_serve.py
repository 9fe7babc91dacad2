"""`cordboard serve` as an operator meets it: real processes, real signals, kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cordboard.infra.db.embedded import running_url
from cordboard.run.settings import ROLES
from cordboard.testing.watching import Watch

pytestmark = pytest.mark.system

_PATIENCE = 60.0
_LOOK_AGAIN = 0.05
_NOWHERE = "/"  # a folder without a cordboard.toml


class Served:
    """A running `cordboard serve`: what it said, and what its API answers."""

    def __init__(self, process: Process, http: httpx.AsyncClient) -> None:
        self.process = process
        self.http = http
        self.said: list[dict[str, Any]] = []
        self._watch = Watch()
        self._readers = [
            asyncio.create_task(self._read(stream)) for stream in (process.stdout, process.stderr) if stream
        ]

    async def event(self, name: str, fits: Callable[[dict[str, Any]], object] = lambda _: True) -> dict[str, Any]:
        """The first line of that event that fits, now or when it comes."""
        try:
            await self._watch.until(lambda: self._find(name, fits), _PATIENCE)
        except TimeoutError:
            pytest.fail(f"no {name} among {self.said}")
        return self._find(name, fits)[0]

    def pids(self, role: str) -> list[int]:
        """The processes of a role, oldest first."""
        return [line["pid"] for line in self._find("role.started", lambda line: line["role"] == role)]

    async def sign_in(self, email: str, password: str) -> dict[str, str]:
        """The header of a signed-in user."""
        grant = {"grantType": "resource_owner_credentials", "username": email, "password": password}
        answer = (await self.http.post("/auth/v3/token", json=grant)).json()
        return {"Authorization": f"Bearer {answer['payload'][0]['accessToken']}"}

    async def answers(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """A 200 of the API, as soon as it gives one."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    response = await self.http.get(path, headers=headers)
                except httpx.TransportError:
                    await asyncio.sleep(_LOOK_AGAIN)
                    continue
                if response.status_code == 200:
                    return response
                await asyncio.sleep(_LOOK_AGAIN)

    async def end(self, number: signal.Signals) -> int:
        """Sends a signal to the supervisor and waits for its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(_PATIENCE):
            code = await self.process.wait()
            await asyncio.gather(*self._readers)
        return code

    def _find(self, name: str, fits: Callable[[dict[str, Any]], object]) -> list[dict[str, Any]]:
        return [line for line in self.said if line.get("event") == name and fits(line)]

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            try:
                self.said.append(msgspec.json.decode(line))
            except msgspec.DecodeError:
                self.said.append({"event": "text", "text": line.decode()})
            self._watch.changed()


@asynccontextmanager
async def serving(data_dir: Path, port: int, *options: str) -> AsyncIterator[Served]:
    """A started platform, stopped with SIGTERM if the test has not ended it."""
    process = await asyncio.create_subprocess_exec(
        *_command("serve", "--json", *options), stdout=PIPE, stderr=PIPE, env=_environment(data_dir, port), cwd=_NOWHERE
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        served = Served(process, http)
        try:
            yield served
        finally:
            await served.end(signal.SIGTERM)


async def run_command(data_dir: Path, port: int, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and complaints of a command that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        *_command(*arguments), stdout=PIPE, stderr=PIPE, env=_environment(data_dir, port), cwd=_NOWHERE
    )
    async with asyncio.timeout(_PATIENCE):
        out, complaints = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), complaints.decode()


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from cordboard.run.cli import main; main()", *arguments]


def _environment(data_dir: Path, port: int) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
    return {**others, "CORDBOARD_DATA_DIR": str(data_dir), "CORDBOARD_HTTP__PORT": str(port)}


def free_port() -> int:
    """A port that nobody listens on at present."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


async def gone(pid: int) -> None:
    """Returns when the process has ended."""
    async with asyncio.timeout(_PATIENCE):
        while alive(pid):
            await asyncio.sleep(_LOOK_AGAIN)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A fresh data directory whose path is too long for a Unix socket. It is not below pytest's own folder, which every
    run of pytest closes to the server's user.
    """
    with tempfile.TemporaryDirectory(prefix="cordboard-serve-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / ("deep" * 20) / "cordboard"


async def test_serve_from_first_start_to_second(data_dir: Path) -> None:
    port = free_port()
    async with serving(data_dir, port) as served:
        login = await served.event("admin")
        ready = await served.event("ready")
        assert ready["roles"] == list(ROLES)
        assert ready["api"] == f"http://127.0.0.1:{port}"
        headers = await served.sign_in(login["email"], login["password"])
        accounts = (await served.http.get("/ams/v3/accounts", headers=headers)).json()["payload"]

        (killed,) = served.pids("api")
        os.kill(killed, signal.SIGKILL)
        await served.event("role.started", lambda line: line["role"] == "api" and line["pid"] != killed)
        assert (await served.answers("/ams/v3/accounts", headers)).json()["payload"] == accounts

        assert await served.end(signal.SIGTERM) == 0
        await served.event("stopped")
        assert not [pid for role in ready["roles"] for pid in served.pids(role) if alive(pid)]
        assert running_url(data_dir / "postgres") is None

    async with serving(data_dir, port) as served:
        await served.event("ready")
        assert not [line for line in served.said if line["event"] == "admin"]
        headers = await served.sign_in(login["email"], login["password"])
        assert (await served.answers("/ams/v3/accounts", headers)).json()["payload"] == accounts


async def test_killed_supervisor_and_killed_database(data_dir: Path) -> None:
    port = free_port()
    async with serving(data_dir, port) as served:
        login = await served.event("admin")
        await served.event("ready")
        headers = await served.sign_in(login["email"], login["password"])

        os.kill(int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        await served.event("postgres.ended")
        await served.answers("/ams/v3/accounts", headers)
        assert [len(served.pids(role)) for role in ("api", "worker", "smpp")] == [1, 1, 1]

        assert await served.end(signal.SIGKILL) == -signal.SIGKILL
        for role in ("api", "worker", "smpp"):
            await gone(served.pids(role)[0])

    async with serving(data_dir, port) as served:
        await served.event("ready")
        await served.answers("/ams/v3/accounts", headers)
        code, out, _ = await run_command(data_dir, port, "doctor", "--json")
        states = {finding["subject"]: finding["state"] for finding in msgspec.json.decode(out)}
        assert code == 0, out
        assert states["database"] == states["migrations"] == states["port"] == "good"

        code, _, complaint = await run_command(data_dir, free_port(), "serve")
        assert code == 1
        assert f"another cordboard (process {served.process.pid}) runs on {data_dir}" in complaint
        code, _, complaint = await run_command(data_dir.parent / "other", port, "serve")
        assert code == 1
        assert f"cannot listen on 127.0.0.1 port {port}" in complaint

        other = free_port()
        async with serving(data_dir, other, "--role", "api") as second:
            await second.event("ready")
            assert second.pids("worker") == []
            await second.answers("/ams/v3/accounts", headers)


async def test_commands_start_the_database_themselves(data_dir: Path, tmp_path: Path) -> None:
    port = free_port()
    made = await run_command(
        data_dir, port, "account", "create", "--name", "Acme", "--email", "it@acme.example", "--json"
    )
    assert made[0] == 0, made
    limit = ("account", "set", msgspec.json.decode(made[1])["accountSid"], "concurrent_calls")
    assert (await run_command(data_dir, port, *limit, "5"))[:2] == (0, "concurrent_calls is 5.\n")
    assert (await run_command(data_dir, port, *limit, "many"))[0] == 1
    code, key, _ = await run_command(data_dir, port, "keys", "create", "--email", "it@acme.example")
    assert code == 0
    again = await run_command(data_dir, port, "account", "create", "--name", "Acme", "--email", "it@acme.example")
    assert (again[0], again[2].strip()) == (1, "Error: Conflict: a user named it@acme.example exists")
    file = tmp_path / "numbers.csv"
    file.write_text("phone_number,carrier,attributes\n+19495551234,sandbox,sms-enabled;mms-enabled\n")
    assert (await run_command(data_dir, port, "numbers", "import", str(file)))[:2] == (0, "1 numbers are on offer.\n")
    alone = await run_command(data_dir, port, "serve", "--role", "worker")
    assert (alone[0], "set database.url" in alone[2]) == (1, True)

    async with serving(data_dir, port) as served:
        await served.event("ready")
        headers = {"Authorization": f"Bearer {key.strip()}"}
        offers = await served.answers("/v4/number/available?areaCode=949", headers)
        assert [offer["phoneNumber"] for offer in offers.json()["payload"]] == ["+19495551234"]
