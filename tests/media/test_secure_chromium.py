"""A real browser on the other end: it hears our tone, and we hear its microphone."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from tests.media.secure_link import SecureLink, local_media

from cordboard.edge.media.dtls import DtlsIdentity
from cordboard.edge.media.secure_leg import DtlsLeg, open_secure_leg
from cordboard.wire.audio.silence import frame_levels
from cordboard.wire.sdp.negotiation import answer_offer

CHROMIUM = shutil.which("chromium")
SECONDS = 40
OURS = 1000.0

PAGE = """<script>
const send = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body)}).then(r => r.json());
const run = async () => {
  const peer = new RTCPeerConnection(), context = new AudioContext(), analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  peer.ontrack = event => {
    const stream = new MediaStream([event.track]), sound = new Audio();
    sound.srcObject = stream; sound.muted = true; sound.play();
    context.createMediaStreamSource(stream).connect(analyser);
  };
  const microphone = await navigator.mediaDevices.getUserMedia({audio: true});
  microphone.getTracks().forEach(track => peer.addTrack(track, microphone));
  await peer.setLocalDescription(await peer.createOffer());
  const answer = await send('/offer', {sdp: peer.localDescription.sdp});
  await peer.setRemoteDescription({type: 'answer', sdp: answer.sdp});
  setInterval(() => {
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.indexOf(Math.max(...levels));
    send('/heard', {hertz: loudest * context.sampleRate / analyser.fftSize, level: levels[loudest]});
  }, 200);
};
run().catch(error => send('/failed', {error: String(error)}));
</script>"""


class Called:
    """The page's server, and our leg."""

    def __init__(self) -> None:
        identity = DtlsIdentity(datetime(2026, 1, 1, tzinfo=UTC))
        leg = open_secure_leg("dtls", lambda: identity, secrets.token_bytes)
        assert isinstance(leg, DtlsLeg)
        self.link = SecureLink(leg, ssrc=0x1234, frequency=OURS)
        self.heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def offer(self, request: web.Request) -> web.Response:
        offer = json.loads(await request.text())["sdp"].encode()
        answer, negotiated = answer_offer(offer, local_media(self.link.leg, self.link.port, 0x1234))
        self.link.connect(negotiated)
        return web.json_response({"sdp": answer.decode()})

    async def listen(self, request: web.Request) -> web.Response:
        told = json.loads(await request.text())
        if told["level"] is not None and told["level"] > -50 and not self.heard.done():
            self.heard.set_result(told["hertz"])
        return web.json_response({})

    async def fail(self, request: web.Request) -> web.Response:
        if not self.heard.done():
            self.heard.set_exception(AssertionError(await request.text()))
        return web.json_response({})

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        application = web.Application()
        application.router.add_get("/", self.page)
        application.router.add_post("/offer", self.offer)
        application.router.add_post("/heard", self.listen)
        application.router.add_post("/failed", self.fail)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


@asynccontextmanager
async def browser(url: str, profile: Path) -> AsyncIterator[None]:
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
        f"--user-data-dir={profile}",
        url,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.interop
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
async def test_chromium_talks_with_us(tmp_path: Path) -> None:
    called = Called()
    async with called.link as link, called.serve() as port, browser(f"http://127.0.0.1:{port}/", tmp_path):
        hertz = await asyncio.wait_for(called.heard, SECONDS)
        await asyncio.wait_for(link.enough.wait(), SECONDS)
        levels = frame_levels(np.stack([frame for frame in link.heard if len(frame) == 160]))
    assert abs(hertz - OURS) < 20
    assert levels.max() > -40
    assert link.leg.counts.refused == 0
    assert link.leg.failed is None
