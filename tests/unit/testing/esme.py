"""A bare ESME for the SMSC's tests: raw PDUs over asyncio streams, no codec shared with anybody."""

from __future__ import annotations

import asyncio
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

_HEADER = struct.Struct(">IIII")
TRANSCEIVER, TRANSMITTER, RECEIVER = 9, 2, 1


@dataclass(frozen=True, slots=True)
class Reply:
    """A PDU from the SMSC."""

    command: int
    status: int
    sequence: int
    body: bytes

    @property
    def text(self) -> str:
        """The short message of a deliver_sm from and to 11-digit numbers, as Latin-1."""
        at = 1
        at = self.body.index(0, at + 2) + 1
        at = self.body.index(0, at + 2) + 1
        at = self.body.index(0, at + 3) + 1
        at = self.body.index(0, at) + 1
        length = self.body[at + 4]
        return self.body[at + 5 : at + 5 + length].decode("latin-1")

    @property
    def message_id(self) -> str:
        """The id in a submit_sm_resp."""
        return self.body.rstrip(b"\0").decode()


class Esme:
    """`async with Esme(port) as esme:` connects and binds."""

    def __init__(
        self,
        port: int,
        command: int = TRANSCEIVER,
        system_id: str = "acme",
        password: str = "secret",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._port, self._command, self._tls = port, command, tls
        self._credentials = f"{system_id}\0{password}\0\0".encode() + b"\x34\0\0\0"
        self._sequence = 0

    async def __aenter__(self) -> Self:
        await self.connect()
        assert (await self.bind()).status == 0
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self._port, ssl=self._tls, server_hostname="127.0.0.1" if self._tls else None
        )

    async def bind(self) -> Reply:
        self.request(self._command, self._credentials)
        return await self.read()

    def request(self, command: int, body: bytes = b"") -> int:
        self._sequence += 1
        self.write(command, 0, self._sequence, body)
        return self._sequence

    def write(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        self.writer.write(_HEADER.pack(16 + len(body), command, status, sequence) + body)

    def submit(
        self,
        destination: str,
        text: bytes,
        *,
        coding: int = 0,
        esm_class: int = 0,
        registered: int = 1,
        tlvs: bytes = b"",
    ) -> int:
        body = b"\0\1\1" + b"19495550199\0\1\1" + destination.encode() + b"\0"
        body += bytes((esm_class, 0, 0, 0, 0, registered, 0, coding, 0, len(text))) + text + tlvs
        return self.request(4, body)

    async def read(self) -> Reply:
        async with asyncio.timeout(5):
            length, command, status, sequence = _HEADER.unpack(await self.reader.readexactly(16))
            return Reply(command, status, sequence, await self.reader.readexactly(length - 16))

    async def read_receipt(self, *, answer: int | None = 0) -> Reply:
        """The next PDU, which must be a deliver_sm; answered unless `answer` is None."""
        reply = await self.read()
        assert reply.command == 5
        if answer is not None:
            self.write(0x80000005, answer, reply.sequence, b"\0")
        return reply

    async def read_end(self) -> bytes:
        """What is left until the SMSC closes; then this side closes too."""
        async with asyncio.timeout(5):
            rest = await self.reader.read()
        self.writer.close()
        return rest
