"""Bridged and recorded G.711 calls in one media process: ticks that began late, CPU, memory a call.

The engine runs on core 0 alone, the load (`rtp_load.c`, compiled here) on core 1. Arguments: calls (500), seconds (20).
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cordboard.edge.media.client import MediaClient
from cordboard.edge.media.protocol import ConnectLeg, GetStatus, JoinRoom, OpenLeg, Record, StopRecord
from cordboard.edge.media.server import run_media_server
from cordboard.edge.media.settings import MediaSettings
from cordboard.wire.sdp.media import RemoteMedia

_ENGINE_CORE, _LOAD_CORE = 0, 1
_LOAD_PORT = 32_000
_SOURCE = Path(__file__).with_name("rtp_load.c")
_TICKS_BEFORE = 100


def _serve(path: Path, legs: int) -> None:
    os.sched_setaffinity(0, {_ENGINE_CORE})
    settings = MediaSettings(most_legs=legs, ports="20000-29999", codec_workers=0)
    run_media_server(settings, path, lambda: os.getppid() == 1)


async def _open_calls(client: MediaClient, calls: int, folder: Path, *, recorded: bool) -> list[int]:
    """Two legs a call in a room of their own; the ports, in the order of the legs."""
    ports: list[int] = []
    for call in range(calls):
        for side in ("a", "b"):
            leg = f"{call}{side}"
            opened = await client.request(OpenLeg(leg))
            remote = RemoteMedia(
                host="127.0.0.1",
                port=_LOAD_PORT + len(ports),
                codec="PCMU",
                payload_type=0,
                receive_types={0: "PCMU"},
                event_type=101,
            )
            ports.append(opened.port)
            await client.request(ConnectLeg(leg, remote))
            await client.request(JoinRoom(str(call), leg))
        if recorded:
            await client.request(Record(record=str(call), path=str(folder / f"{call}.wav"), room=str(call)))
    return ports


def _compile(folder: Path) -> None:
    subprocess.run(["cc", "-O2", "-o", str(folder / "rtp_load"), str(_SOURCE)], check=True)


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_kb(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def _connect(path: Path) -> MediaClient:
    for _ in range(500):
        try:
            return await MediaClient.connect(path)
        except OSError:
            await asyncio.sleep(0.02)
    raise TimeoutError("the media process did not start")


async def _measure(folder: Path, calls: int, seconds: int, *, recorded: bool) -> str:
    path = folder / "media.sock"
    engine = multiprocessing.get_context("spawn").Process(target=_serve, args=(path, 2 * calls), daemon=True)
    engine.start()
    process = engine.pid or 0
    client = await _connect(path)
    empty = _memory_kb(process)
    ports = await _open_calls(client, calls, folder, recorded=recorded)
    load = await asyncio.create_subprocess_exec(
        "taskset",
        "-c",
        str(_LOAD_CORE),
        str(folder / "rtp_load"),
        str(len(ports)),
        str(_LOAD_PORT),
        str(seconds),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    running = asyncio.ensure_future(load.communicate("\n".join(map(str, ports)).encode()))
    await asyncio.sleep(_TICKS_BEFORE / 50)
    before, cpu_before = await client.request(GetStatus()), _cpu_seconds(process)
    await asyncio.sleep(seconds - _TICKS_BEFORE / 50 - 1)
    after, cpu_after = await client.request(GetStatus()), _cpu_seconds(process)
    memory = _memory_kb(process)
    output, _ = await running
    for call in range(calls if recorded else 0):
        await client.request(StopRecord(str(call)))
    await client.close()
    engine.kill()
    ticks, late = after.ticks - before.ticks, after.late_ticks - before.late_ticks
    heard = json.loads(output)
    return (
        f"{calls} bridged G.711 calls{', recorded' if recorded else ''}: {late} of {ticks} ticks 5 ms late "
        f"({100 * late / ticks:.2f} %), CPU {100 * (cpu_after - cpu_before) / (ticks * 0.02):.0f} % of a core, "
        f"{(memory - empty) / calls:.0f} KiB a call over {empty // 1024} MiB, heard {heard['heard']} packets of "
        f"{heard['sent']} sent, {heard['gaps']} gaps, {heard['wrong']} wrong, off beat p50 {heard['off_p50']} ms "
        f"p99 {heard['off_p99']} ms"
    )


async def main(calls: int, seconds: int) -> None:
    """Prints the figures."""
    os.sched_setaffinity(0, {_LOAD_CORE})
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as name:
        folder = Path(name)
        _compile(folder)
        print(await _measure(folder, calls, seconds, recorded=True))


if __name__ == "__main__":
    asyncio.run(main(*(int(word) for word in (sys.argv[1:] + ["500", "20"][len(sys.argv) - 1 :]))))
