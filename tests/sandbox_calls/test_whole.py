from __future__ import annotations
import asyncio, time, subprocess, sys, os
from pathlib import Path
from typing import Any
from tests.harness import Api
from tests.sandbox_calls.house import *
from cordboard.edge.sip.port import Ended
CODE = """
import sys, threading
from pathlib import Path
from cordboard.edge.media.server import run_media_server
from cordboard.edge.media.settings import MediaSettings
import signal
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
run_media_server(MediaSettings(most_legs=500, codec_workers=0, ports="26000-28999"), Path(sys.argv[1]), stop.is_set)
"""
async def test_load(api: Api, tmp_path: Path) -> None:
    sock = tmp_path / "m.sock"
    proc = subprocess.Popen([sys.executable, "-c", CODE, str(sock)])
    while not sock.exists(): await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    async with opened(api, sock, tmp_path) as house:
        n = 200
        for i in range(n):
            await house.script(f"+1949222{i:04d}", answer_after_ms=0, dtmf="1", say="Hi there")
        t, c = time.monotonic(), time.process_time()
        calls = [await house.call(f"+1949222{i:04d}") for i in range(n)]
        await asyncio.gather(*(x.answered() for x in calls))
        print("answered", n, time.monotonic() - t, "cpu", time.process_time() - c)
        await asyncio.gather(*(x.pressed("1") for x in calls))
        print("digits", time.monotonic() - t, "cpu", time.process_time() - c)
        one = await house.call("+19492229999")
        print(await one.event(object))
        t, c = time.monotonic(), time.process_time()
        for x in calls: await x.sip.hang_up()
        while True:
            left = await api.fetch("select count(*) n from sandbox_calls where state <> 'ended'")
            if not left[0]["n"]: break
            await asyncio.sleep(0.1)
        print("ended", time.monotonic() - t, "cpu", time.process_time() - c)
        print(len([r for r in await house.rows() if r["recording_url"]]))
    proc.terminate(); proc.wait()
