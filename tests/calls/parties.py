"""Who is at the other end: telephones of the network, and phones of the account that speak SIP by hand."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import ToneClip
from cordboard.edge.sip.port import Answered, Ended, LegEvent, Refused, Ringing, SipLeg
from cordboard.testing.rtp import dominant_frequency, level
from cordboard.testing.sip.peer import Peer, PeerCall
from cordboard.wire.audio.frames import Samples
from cordboard.wire.audio.wav import read_samples
from cordboard.wire.sip.dialog import Dialog
from cordboard.wire.sip.message import Request, Response

PATIENCE = 5.0
PASSWORD = "correct-horse-battery"
LOUD, QUIET = 400, 200
"""Amplitudes of tones that are there, and of those that are not."""

_GLIMPSE = 0.12
"""Seconds that are listened to at a time: enough to tell tones that are 40 Hz apart."""

_files = count(1)
AnyEvent = TypeVar("AnyEvent")


@dataclass
class Voice:
    """Somebody's ears, mouth and fingers."""

    media: MediaLeg
    folder: Path
    digits: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Notes keys from the beginning."""
        self.media.listen(self._note)

    def _note(self, digit: str) -> None:
        self.digits += digit

    async def hear(self, seconds: float = 0.3) -> Samples:
        """What comes in for so long."""
        path = self.folder / f"heard-{next(_files)}.wav"
        running = await self.media.record(str(path), direction="in", max_seconds=seconds)
        await running.wait()
        samples, _ = read_samples(path.read_bytes())
        return samples

    async def hears(self, *hertz: float, never: tuple[float, ...] = (), within: float = 2.0) -> None:
        """Listens until these frequencies are heard together, and not those."""
        loud: dict[float, int] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not all(loud.get(pitch, 0) > LOUD for pitch in hertz) or any(
                    loud.get(pitch, 0) > QUIET for pitch in never
                ):
                    samples = _tapered(await self.hear(_GLIMPSE))
                    loud = {pitch: round(2 * level(samples, pitch)) for pitch in (*hertz, *never)}
                return
        raise AssertionError(f"heard {loud}, not {hertz} without {never}")

    async def hears_nothing(self, seconds: float = 0.2) -> None:
        """It is silent."""
        assert dominant_frequency((await self.hear(seconds))[-800:]) == 0

    async def pitch(self, seconds: float = 0.3) -> float:
        """The loudest frequency of what comes in for so long."""
        return dominant_frequency(await self.hear(seconds))

    def hum(self, hertz: float) -> asyncio.Task[Any]:
        """Sounds a tone to the other side until the task is cancelled or the call ends."""
        return asyncio.create_task(self._hum(hertz))

    async def _hum(self, hertz: float) -> None:
        with suppress(EngineError):
            await self.media.play([ToneClip((hertz,), 1000)], loops=0)

    async def sound(self, *hertz: float, ms: int) -> None:
        """Sounds a tone, or several together, for a while."""
        await self.media.play([ToneClip(hertz, ms)])

    async def press(self, digits: str) -> None:
        """Presses keys."""
        await self.media.send_digits(digits)

    async def pressed(self, digits: str) -> None:
        """Until these keys, and no others, have come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.digits) < len(digits):  # noqa: ASYNC110  (the engine's events make it true)
                await asyncio.sleep(0.01)
        assert self.digits == digits


@dataclass
class Telephone(Voice):
    """Somebody in the network, behind a trunk. Without `events` its keys are tones."""

    sip: SipLeg
    events: bool = True

    async def event(self, kind: type[AnyEvent]) -> AnyEvent:
        """The next event, which has to be of that kind."""
        async with asyncio.timeout(PATIENCE):
            happened: LegEvent = await self.sip.events.get()
        assert isinstance(happened, kind), happened
        return happened

    async def rings(self) -> None:
        """The other side rings."""
        assert (await self.event(Ringing)).status == 180

    async def answered(self) -> None:
        """Until our call is answered."""
        async with asyncio.timeout(PATIENCE):
            while not isinstance(happened := await self.sip.events.get(), Answered):
                assert isinstance(happened, Ringing), happened
        await self.media.accept(happened.sdp)

    async def refused(self) -> int:
        """The status that our call is refused with."""
        async with asyncio.timeout(PATIENCE):
            while isinstance(happened := await self.sip.events.get(), Ringing):
                continue
        assert isinstance(happened, Refused), happened
        return happened.status

    async def ring_early(self) -> None:
        """Can be heard before it answers."""
        await self.sip.ring(await self.media.answer(self.sip.offer))

    async def pick_up(self) -> None:
        """Answers a call that came."""
        offer = self.sip.offer if self.events else without_events(self.sip.offer)
        await self.sip.answer(await self.media.answer(offer))

    async def hung_up(self) -> None:
        """Until the other side ends the call."""
        await self.event(Ended)

    async def hang_up(self) -> None:
        """Ends it."""
        await self.sip.hang_up()

    async def hold(self, *, held: bool = True) -> None:
        """Holds the call, or resumes it."""
        await self.media.accept(await self.sip.offer_media(self.media.offer(hold=held)))


@dataclass
class PhoneCall(Voice):
    """An answered call of a phone."""

    call: PeerCall

    @property
    def peer(self) -> Peer:
        """The phone."""
        return self.call.peer

    async def hold(self, *, held: bool = True) -> None:
        """Holds the call, or resumes it, by a re-INVITE."""
        self.call.send("INVITE", body=self.media.offer(hold=held))
        response = await self.peer.response(200)
        self.call.ack(response)
        await self.media.accept(response.body)

    async def transfer(self, target: str, replaces: str = "") -> int:
        """Asks the platform to transfer whom it talks with; the final status that it is told."""
        url = f"<{target}?Replaces={replaces}>" if replaces else f"<{target}>"
        self.call.send("REFER", headers=(("Refer-To", url),))
        while True:
            message = await self.peer.next()
            if isinstance(message, Request):
                self.peer.reply(message, 200)
                if message.method == "NOTIFY" and (status := int(message.body.split()[1])) >= 200:
                    return status
            elif message.status >= 300:
                return message.status

    async def hung_up(self) -> None:
        """Until the other side ends the call."""
        while True:
            message = await self.peer.next()
            if isinstance(message, Request):
                self.peer.reply(message, 200)
                if message.method == "BYE":
                    return

    async def hang_up(self) -> None:
        """Ends it."""
        await self.call.hang_up()


async def register(peer: Peer, user: str, *, there: bool = True) -> None:
    """A phone says where it is, or that it is nowhere."""
    aor, nowhere = f"<sip:{user}@cordboard>", () if there else (("Contact", "*"), ("Expires", "0"))
    request = peer.build("REGISTER", "sip:cordboard", to=aor, headers=nowhere, call_id=f"reg-{user}-{next(_files)}")
    peer.send(request)
    challenge = await peer.response(401)
    peer.send(peer.with_password(request, challenge, user, PASSWORD))
    await peer.response(200)


async def invite(peer: Peer, user: str, dialled: str, sdp: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Request:
    """A phone calls, with its password; what it sent last."""
    first = peer.invite(dialled, body=sdp, headers=headers)
    challenge = await peer.response(401)
    peer.acknowledge_failure(first, challenge)
    again = peer.with_password(first, challenge, user, PASSWORD)
    peer.send(again)
    return again


async def established(peer: Peer, request: Request) -> tuple[PeerCall, Response]:
    """A phone's call once it is answered, ringing or not; acknowledged."""
    message = await peer.next()
    while isinstance(message, Response) and message.status < 200:
        message = await peer.next()
    assert isinstance(message, Response), message
    assert message.status == 200, message
    call = PeerCall(peer, Dialog.from_response(request, message))
    call.ack(message)
    return call, message


def _tapered(samples: Samples) -> Samples:
    """Without the hard edges that make a tone look like others; its amplitude is halved."""
    return np.rint(np.hanning(len(samples)) * samples).astype(np.int16)


def without_events(sdp: bytes) -> bytes:
    """The same without telephone events: whoever gets it sends keys as tones, and listens for them."""
    lines = [line for line in sdp.split(b"\r\n") if b":101 " not in line and b":126 " not in line]
    return b"\r\n".join(line.replace(b" 101", b"") if line.startswith(b"m=") else line for line in lines)
