"""`python -m cordboard.testing.smsc`: the SMSC as a process of its own.

Prints one ready line, then serves until SIGTERM or SIGINT; then writes the summary, if asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop
from aiohttp import web

from cordboard.testing.certificates import self_signed
from cordboard.testing.smsc.behaviour import SmscBehaviour
from cordboard.testing.smsc.control import Control
from cordboard.testing.smsc.server import Smsc


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until told to stop."""
    uvloop.run(_serve(_parse(arguments)))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cordboard.testing.smsc", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2775, help="SMPP; 0 picks a free one")
    parser.add_argument("--control-port", type=int, default=0, help="HTTP; 0 picks a free one")
    parser.add_argument("--tls", action="store_true", help="speak TLS with a self-signed certificate")
    parser.add_argument("--behaviour", default="{}", help="rules as JSON, by the names of SmscBehaviour")
    parser.add_argument("--first-message-id", type=int, default=1_000_000_000)
    parser.add_argument("--count-only", action="store_true", help="do not remember each submit")
    parser.add_argument("--summary", type=Path, help="write counts and references to this file at the end")
    parser.add_argument("--json", action="store_true", help="print the ready line as JSON")
    return parser.parse_args(arguments)


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    smsc = Smsc(
        msgspec.json.decode(options.behaviour, type=SmscBehaviour),
        host=options.host,
        port=options.port,
        certificate=self_signed() if options.tls else None,
        first_message_id=options.first_message_id,
        keep=not options.count_only,
    )
    async with smsc:
        runner = web.AppRunner(Control(smsc).application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, options.host, options.control_port)
        await site.start()
        _announce(smsc.port, runner.addresses[0][1], as_json=options.json)
        await stop.wait()
        await runner.cleanup()
        if options.summary:
            summary = {"stats": smsc.stats(), "references": smsc.references()}
            options.summary.write_bytes(msgspec.json.encode(summary))


def _announce(port: int, control_port: int, *, as_json: bool) -> None:
    ready = {"ready": True, "port": port, "control_port": control_port}
    line = msgspec.json.encode(ready).decode() if as_json else f"ready: SMPP {port}, control HTTP {control_port}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
