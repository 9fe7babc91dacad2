"""A platform's own SIP agent and legs, a real media engine on a thread, and the sandbox's telephones between them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tests.harness import Api, Tenant

from cordboard.domain.sandbox.models import HandsetScript
from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.sounds import Sounds
from cordboard.edge.media.client import MediaClient
from cordboard.edge.media.protocol import ToneClip
from cordboard.edge.media.server import MediaServer
from cordboard.edge.media.settings import MediaSettings
from cordboard.edge.sandbox_calls.building import build_sandbox_phone
from cordboard.edge.sandbox_calls.phone import NoPhones, SandboxPhone
from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.port import Answered, Caller, LegEvent, Ringing, SipLeg, TrunkDestination
from cordboard.edge.sip.settings import SipSettings
from cordboard.infra.speech.port import SpeechError, Utterance
from cordboard.testing.rtp import dominant_frequency
from cordboard.wire.audio.frames import SAMPLE_RATE, Samples
from cordboard.wire.audio.wav import build_file, read_samples

NUMBER, SECOND = "+19495550100", "+19495550101"
HANDSET = "+19492221234"
NODE = "voice-1"
VOICE_HZ = 700.0
"""What the handsets' voice sounds like here."""

_MEDIA = MediaSettings(most_legs=32, codec_workers=0, ports="25000-25999")
_PATIENCE = 10.0

AnyEvent = TypeVar("AnyEvent")


@contextmanager
def media_serving(path: Path) -> Iterator[MediaServer]:
    """A media engine on a thread of its own."""
    server = MediaServer(_MEDIA, path)
    stopping = threading.Event()
    thread = threading.Thread(target=server.run, args=(stopping.is_set,))
    thread.start()
    try:
        yield server
    finally:
        stopping.set()
        thread.join()


@dataclass
class Voice:
    """A speaker whose every text is a tone, as long as the text: 20 ms a letter. It notes what it was given."""

    folder: Path
    said: list[str] = field(default_factory=list)
    broken: bool = False

    async def render(self, utterance: Utterance) -> Path:
        """The tone in a file."""
        if self.broken:
            raise SpeechError("no voice today")
        self.said.append(utterance.text)
        times = np.arange(len(utterance.text) * SAMPLE_RATE // 50) / SAMPLE_RATE
        samples = np.rint(8000 * np.sin(2 * np.pi * VOICE_HZ * times)).astype(np.int16)
        path = self.folder / f"said-{len(self.said)}.wav"
        path.write_bytes(build_file(samples))
        return path


class NoClips:
    """No URL is ever fetched."""

    async def fetch(self, url: str) -> Path:
        """Nothing."""
        raise SpeechError(url)

    async def to_mp3(self, wav: Path) -> Path:
        """Nothing."""
        raise SpeechError(str(wav))


@dataclass
class PlatformCall:
    """The platform's end of a call."""

    sip: SipLeg
    media: MediaLeg
    folder: Path
    digits: str = ""

    def listen(self) -> None:
        """Notes keys from now on."""
        self.media.listen(self._press)

    def _press(self, digit: str) -> None:
        self.digits += digit

    async def pressed(self, digits: str) -> None:
        """Until these keys, and no others, have come."""
        async with asyncio.timeout(_PATIENCE):
            while len(self.digits) < len(digits):  # noqa: ASYNC110  (the engine's events make it true)
                await asyncio.sleep(0.01)
        assert self.digits == digits

    async def event(self, kind: type[AnyEvent]) -> AnyEvent:
        """The next event, which has to be of that kind."""
        async with asyncio.timeout(_PATIENCE):
            happened: LegEvent = await self.sip.events.get()
        assert isinstance(happened, kind), happened
        return happened

    async def answered(self) -> None:
        """Until it was answered, ringing or not."""
        async with asyncio.timeout(_PATIENCE):
            while not isinstance(happened := await self.sip.events.get(), Answered):
                assert isinstance(happened, Ringing), happened
        await self.media.accept(happened.sdp)

    async def pick_up(self) -> None:
        """Answers a call that came."""
        await self.sip.answer(await self.media.answer(self.sip.offer))

    async def hear(self, seconds: float) -> Samples:
        """What comes in for so long."""
        path = self.folder / f"{id(self)}-{seconds}.wav"
        running = await self.media.record(str(path), direction="in", max_seconds=seconds)
        await running.wait()
        samples, _ = read_samples(path.read_bytes())
        return samples

    async def pitch(self, seconds: float = 0.4) -> float:
        """The loudest frequency of what comes in for so long."""
        return dominant_frequency(await self.hear(seconds))

    async def sound(self, hertz: float, ms: int) -> None:
        """Plays a tone to the handset, and waits for its end."""
        await self.media.play([ToneClip((hertz,), ms)])


class House:
    """Everything in one place. `calls`: what came in at the platform's agent."""

    def __init__(self, api: Api, router: MediaRouter, folder: Path) -> None:
        self.api = api
        self.folder = folder
        self.router = router
        self.voice = Voice(folder)
        settings = SipSettings(host="127.0.0.1", port=0)
        self.agent = Agent(settings, [], NoPhones())
        self.calls: asyncio.Queue[SipLeg] = asyncio.Queue()
        self.agent.on_call(self._note)
        self.phone: SandboxPhone = build_sandbox_phone(
            agent=self.agent,
            sip=settings,
            database=api.platform.database,
            sandbox=api.platform.sandbox,
            router=self._router,
            sounds=Sounds(self.voice, NoClips()),
            blobs=api.platform.blobs,
            folder=folder / "recordings",
            node=NODE,
        )
        self._media: list[MediaLeg] = []

    async def _note(self, leg: SipLeg) -> None:
        self.calls.put_nowait(leg)

    async def _router(self) -> MediaRouter:
        return self.router

    async def script(self, number: str = HANDSET, **script: Any) -> None:
        """Sets how a handset behaves."""
        async with self.api.platform.database.transaction() as tx:
            await self.api.platform.sandbox.put_script(tx, number, HandsetScript(**script))

    async def media(self) -> MediaLeg:
        """A leg of the platform's."""
        leg = await MediaLeg.open(self.router)
        self._media.append(leg)
        return leg

    async def call(self, number: str = HANDSET, caller: str = NUMBER, *, hidden: bool = False) -> PlatformCall:
        """The platform calls a number over the sandbox's trunk."""
        media = await self.media()
        sip = await self.agent.invite(
            TrunkDestination("sandbox", number), Caller(number=caller, hidden=hidden), media.offer()
        )
        call = PlatformCall(sip, media, self.folder)
        call.listen()
        return call

    async def next_call(self) -> PlatformCall:
        """The next call that comes in at the platform."""
        async with asyncio.timeout(_PATIENCE):
            sip = await self.calls.get()
        call = PlatformCall(sip, await self.media(), self.folder)
        call.listen()
        return call

    async def rows(self) -> list[dict[str, Any]]:
        """The calls that are written down."""
        return await self.api.fetch("select * from sandbox_calls order by number")

    async def row(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The only call that is written down, as soon as it fits."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                found = await self.rows()
                assert len(found) < 2, found
                if found and fits(found[0]):
                    return found[0]
                await asyncio.sleep(0.02)  # rows of another task's transaction

    async def ended(self) -> dict[str, Any]:
        """The only call, once it is over."""
        return await self.row(lambda row: row["state"] == "ended")

    async def recorded(self, row: dict[str, Any]) -> Samples:
        """What a handset heard, by the URL of its recording."""
        data = await self.api.platform.blobs.get(str(row["recording_url"]).rpartition("/")[2])
        assert data is not None, row
        samples, _ = read_samples(data)
        return samples

    async def close(self) -> None:
        """Ends all."""
        await self.phone.stop()
        await self.agent.stop()
        for leg in self._media:
            await leg.close()


@asynccontextmanager
async def opened(api: Api, engine: Path, folder: Path) -> AsyncIterator[House]:
    """The house, listening."""
    client = await MediaClient.connect(engine)
    router = MediaRouter(client)
    client.on_event(router.take)
    house = House(api, router, folder)
    await house.agent.start()
    await house.phone.start()
    try:
        yield house
    finally:
        await house.close()
        await client.close()


async def buy(api: Api, number: str = NUMBER, name: str = "acme") -> Tenant:
    """An account that owns a number."""
    owner = await api.account(name)
    await api.post("/v4/number/purchase", owner, {"phoneNumber": [number]})
    return owner
