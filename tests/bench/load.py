"""A load generator that costs little: keep-alive connections that speak just enough HTTP."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from cordboard.kit.clock import monotonic

_END_OF_HEAD = b"\r\n\r\n"


@dataclass(slots=True)
class Figures:
    """Latencies in seconds of the requests that were answered 200, and how many were not."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    first_failure: str = ""

    def percentile(self, percent: float) -> float:
        """A percentile of the latencies, in milliseconds."""
        return statistics.quantiles(self.seconds, n=1000)[round(percent * 10) - 1] * 1000


def post(path: str, token: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def closed_loop(port: int, requests: Iterator[bytes], connections: int) -> Figures:
    """As fast as answers come, over so many connections."""
    figures = Figures()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in requests:
            await _ask(reader, writer, request, figures)
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return figures


async def open_loop(
    port: int, requests: Iterator[bytes], per_second: float, seconds: float, connections: int = 64
) -> Figures:
    """At a steady rate, whatever the answers do: latency counts from when a request was due."""
    figures = Figures()
    due: asyncio.Queue[float | None] = asyncio.Queue()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (started := await due.get()) is not None:
            await _ask(reader, writer, next(requests), figures, started)
        writer.close()

    clients = [asyncio.create_task(client()) for _ in range(connections)]
    await asyncio.sleep(0.2)
    start = monotonic()
    for index in range(round(per_second * seconds)):
        moment = start + index / per_second
        if (ahead := moment - monotonic()) > 0:
            await asyncio.sleep(ahead)
        due.put_nowait(moment)
    for _ in clients:
        due.put_nowait(None)
    await asyncio.gather(*clients)
    return figures


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: bytes,
    figures: Figures,
    started: float | None = None,
) -> None:
    began = monotonic() if started is None else started
    writer.write(request)
    head = await reader.readuntil(_END_OF_HEAD)
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if head.startswith(b"HTTP/1.1 200"):
        figures.seconds.append(monotonic() - began)
    else:
        figures.failed += 1
        figures.first_failure = figures.first_failure or body.decode()
