"""The voice platform with linphone as its phone: registration, a call, what is heard, keys."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.interop.callee import callee_of
from tests.interop.sounds import hears, read_wav, write_tone
from tests.telephony import HOST, NO_SIPP, NUMBERS, SIPP_IS_HERE, Exchange, exchange, free_sip_port

LINPHONE = shutil.which("linphonec") or "/usr/bin/linphonec"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not Path(LINPHONE).exists(), reason="needs Debian's linphone-cli: tools/install_peers.sh installs it"
    ),
    pytest.mark.skipif(not SIPP_IS_HERE, reason=NO_SIPP),
]

_PASSWORD = "phone-secret-1"
_TONE = 700.0
_PATIENCE = 15.0


class Linphone:
    """A running one, steered by what is typed."""

    def __init__(self, process: Process, folder: Path) -> None:
        self._process = process
        self._out = folder / "out"

    def type(self, line: str) -> None:
        """Enters a command, or a key of the keypad."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def says(self, text: str) -> None:
        """Waits until it has said so."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while text not in self.said:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{text!r} is not in: {self.said}") from None

    @property
    def said(self) -> str:
        """All that it said."""
        return self._out.read_text(errors="replace")


@asynccontextmanager
async def linphone(folder: Path) -> AsyncIterator[Linphone]:
    """A phone that says a tone and keeps what it hears in `heard.wav`. Without its folders and an address to bind to it
    opens no port at all.
    """
    for needed in (".local/share/linphone", ".config/linphone"):
        (folder / needed).mkdir(parents=True)
    (folder / "rc").write_text(
        f"[sip]\nbind_address={HOST}\nsip_port={free_sip_port(HOST)}\nsip_tcp_port=0\nsip_tls_port=0\n"
        f"[rtp]\naudio_rtp_port={free_sip_port(HOST)}\n"
    )
    with (folder / "out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(LINPHONE, "-c", str(folder / "rc")),
            stdin=PIPE,
            stdout=out,
            stderr=DEVNULL,
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
        )
    phone = Linphone(process, folder)
    write_tone(folder / "says.wav", _TONE, 20)
    for line in ("soundcard use files", f"play {folder}/says.wav", f"record {folder}/heard.wav"):
        phone.type(line)
    try:
        yield phone
    finally:
        phone.type("quit")
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@pytest.fixture(scope="module")
async def line() -> AsyncIterator[Exchange]:
    """A platform with one phone's account."""
    async with exchange() as opened:
        body = {"username": "lin", "password": _PASSWORD, "callerId": NUMBERS[0]}
        await opened.served.call("POST", "/v4/sip/phone", body)
        yield opened


async def registered(line: Exchange) -> dict[str, Any]:
    """Where the phone is, once it is registered."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            (shown,) = await line.served.call("GET", "/v4/sip/phone/lin")
            for binding in shown["bindings"]:
                return dict(binding)
            await asyncio.sleep(0.1)


async def test_linphone_registers_calls_presses_keys_and_hears(line: Exchange, tmp_path: Path) -> None:
    """The callee sends back whatever it hears, so that the phone hears its own tone."""
    folder = tmp_path / "phone"
    async with callee_of(line, tmp_path) as callee, linphone(folder) as phone:
        phone.type(f"register sip:lin@{HOST}:{line.sip_port} sip:{HOST}:{line.sip_port} {_PASSWORD}")
        binding = await registered(line)
        phone.type(f"call sip:+19492222001@{HOST}:{line.sip_port}")
        await phone.says("Media streams established")
        await asyncio.sleep(2)
        for key in "42":
            phone.type(key)
            await asyncio.sleep(0.4)
        await phone.says("Receiving tone 2")
        phone.type("terminate")
        await line.live_are(0)
        record = await line.last_call(to="+19492222001", type="sip")
        leg = await line.last_call(to="+19492222001", parentCallSid=record["callSid"])
        assert callee.process.returncode is None

    assert "inphone" in binding["userAgent"]
    assert (record["status"], record["hangupBy"], record["from"]) == ("completed", "ORIGINATOR END", NUMBERS[0])
    assert record["dtmfEntered"] == "42"
    assert leg["status"] == "completed"
    assert hears(read_wav(folder / "heard.wav"), _TONE) >= 1
