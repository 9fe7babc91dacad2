"""baresip, a phone that others wrote: it registers, calls, answers by itself, and keeps what it said and heard as WAV
files.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from tests.interop.sounds import read_wav, write_tone
from tests.telephony import HOST, free_sip_port

from cordboard.testing.watching import Watch

BARESIP = shutil.which("baresip") or "/usr/bin/baresip"
NO_BARESIP = "needs Debian's baresip-core: tools/install_peers.sh installs it"

_PATIENCE = 15.0
_MODULES = "/usr/lib/baresip/modules"
_RTP_PORTS = 100
_TONE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Account:
    """Whose phone it is, and the tone that it says instead of words, in Hz."""

    user: str
    password: str
    tone: float


class Baresip:
    """A running one, steered over its control port (JSON in netstrings)."""

    def __init__(self, process: Process, folder: Path, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._folder = folder
        self._writer = writer
        self.events: list[dict[str, Any]] = []
        self._watch = Watch()

    def command(self, name: str, params: str = "") -> None:
        """Tells it to do something: `dial`, `hangup`, `hold`, `resume`, `transfer`, `sndcode`, ..."""
        self._send({"command": name, "params": params})

    async def event(self, name: str, *, times: int = 1, within: float = _PATIENCE) -> dict[str, Any]:
        """The event of that type that came as the so manyth, now or when it comes."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event.get("type") == name]

        try:
            await self._watch.until(lambda: len(found()) >= times, within)
        except TimeoutError:
            shown = [event.get("type") for event in self.events]
            raise AssertionError(f"no {name} among {shown}: {self.log}") from None
        return found()[times - 1]

    async def registered(self) -> None:
        """Waits for its registration, which it may have told before anybody listened."""
        async with asyncio.timeout(_PATIENCE):
            while "[1 binding]" not in self.log:
                await asyncio.sleep(0.05)

    @property
    def log(self) -> str:
        """The last that it said, without its clock."""
        text = (self._folder / "log").read_text(errors="replace")
        return re.sub(r"\[\d:[^\r\n]*\r?\n?|\x1b\[\d*;?m?", "", text)[-4000:]

    def heard(self) -> NDArray[np.int16]:
        """What it has heard, of all calls so far, the oldest first."""
        return self._dumps("dec")

    def _dumps(self, kind: str) -> NDArray[np.int16]:
        found = [read_wav(path) for path in sorted(self._folder.glob(f"dump-*-{kind}.wav"))]
        return np.concatenate(found) if found else np.zeros(0, np.int16)

    def _send(self, message: dict[str, str]) -> None:
        body = msgspec.json.encode(message)
        self._writer.write(f"{len(body)}:".encode() + body + b",")

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Takes what it tells, until it is gone."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int((await reader.readuntil(b":"))[:-1])
                self.events.append(msgspec.json.decode((await reader.readexactly(size + 1))[:-1]))
                self._watch.changed()

    async def quit(self) -> None:
        """Ends it in good order, which takes its registration back."""
        self.command("quit")
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._writer.close()


@asynccontextmanager
async def baresip(account: Account, folder: Path, registrar_port: int, *, modules: str = "") -> AsyncIterator[Baresip]:
    """A phone of the account, registered."""
    control = free_sip_port(HOST)
    home = folder / account.user
    _configure(home, account, registrar_port, control, modules)
    with (home / "log").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            BARESIP, "-f", str(home), stdin=DEVNULL, stdout=out, stderr=out, cwd=home
        )
    reader, writer = await _connect(control, process, home)
    phone = Baresip(process, home, writer)
    listening = asyncio.create_task(phone.listen(reader))
    try:
        await phone.registered()
        yield phone
    finally:
        await phone.quit()
        await listening


def _configure(home: Path, account: Account, registrar_port: int, control: int, modules: str) -> None:
    home.mkdir()
    write_tone(home / "says.wav", account.tone, _TONE_SECONDS)
    loaded = ("g711", "aufile", "account", "menu", "ctrl_tcp", "sndfile", *modules.split())
    settings = {
        "poll_method": "epoll",
        "sip_listen": f"{HOST}:{free_sip_port(HOST, for_tls=True)}",
        "audio_source": f"aufile,{home}/says.wav",
        "audio_player": f"aufile,{home}/played.wav",
        "audio_alert": "aufile,/dev/null",
        "ctrl_tcp_listen": f"{HOST}:{control}",
        "module_path": _MODULES,
        "snd_path": str(home),
        "rtp_ports": "{}-{}".format(*_port_range(account)),
    }
    lines = [f"{name} {value}" for name, value in settings.items()] + [f"module {name}.so" for name in loaded]
    (home / "config").write_text("\n".join(lines) + "\n")
    (home / "contacts").write_text("")
    (home / "accounts").write_text(
        f"<sip:{account.user}@{HOST}:{registrar_port}>;auth_user={account.user};auth_pass={account.password}"
        ";answermode=auto;regint=120\n"
    )


def _port_range(account: Account) -> tuple[int, int]:
    """Ports of its own, away from the platform's."""
    first = 49_000 + (sum(account.user.encode()) * _RTP_PORTS) % 3_000
    return first, first + _RTP_PORTS - 2


async def _connect(port: int, process: Process, home: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(_PATIENCE):
        while True:
            assert process.returncode is None, f"baresip has ended: {(home / 'log').read_text(errors='replace')}"
            with suppress(OSError):
                return await asyncio.open_connection(HOST, port)
            await asyncio.sleep(0.05)
