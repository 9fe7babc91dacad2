"""A leg at the media engine as call control handles it: its SDP, what it plays and records, the keys that it hears."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from cordboard.edge.calls.media_router import MediaRouter, keys_of, machine_of
from cordboard.edge.calls.running_record import RunningRecord
from cordboard.edge.media.errors import EngineError, MediaLostError
from cordboard.edge.media.protocol import (
    Clip,
    CloseLeg,
    ConnectLeg,
    DetectMachine,
    Direction,
    GetStatistics,
    JoinRoom,
    LeaveRoom,
    LegOpened,
    LegStatistics,
    MachineDetected,
    OpenLeg,
    Play,
    PlayEnded,
    Record,
    SendDigits,
    SetMember,
    SetPair,
    StopPlay,
)
from cordboard.kit.ids import Ids
from cordboard.wire.sdp.codecs import CodecName
from cordboard.wire.sdp.description import Security
from cordboard.wire.sdp.errors import SdpError
from cordboard.wire.sdp.media import LocalMedia, RemoteMedia
from cordboard.wire.sdp.negotiation import accept_answer, answer_offer, build_offer

DigitListener = Callable[[str], None]

_TELEPHONE: Final[tuple[CodecName, ...]] = ("PCMU", "PCMA", "G722")
_BROWSER: Final[tuple[CodecName, ...]] = ("PCMU", "PCMA", "opus")


class MediaLeg:
    """One leg. Its room, plays and recordings end with it."""

    def __init__(self, router: MediaRouter, leg_id: str, opened: LegOpened, security: Security) -> None:
        self._router = router
        self.id = leg_id
        self._opened = opened
        self._security: Security = security
        self._sent = b""
        self._listeners: list[DigitListener] = []
        self._relay: DigitListener | None = None
        self._closed = False
        self._keying = asyncio.Lock()
        self.remote: RemoteMedia | None = None
        self.is_gone = False
        """Whether its engine is gone."""
        self.lost = asyncio.Event()
        """The engine is gone, or nothing has come from the party for a while."""

    @classmethod
    async def open(cls, router: MediaRouter, security: Security = "none") -> MediaLeg:
        """Takes a port. Raises EngineError."""
        leg_id = Ids.random_uuid().hex
        opened = await router.client.request(OpenLeg(leg_id, security))
        leg = cls(router, leg_id, opened, security)
        router.add(leg)
        return leg

    @property
    def router(self) -> MediaRouter:
        """The engine that has it: only legs of one engine share a room."""
        return self._router

    def offer(self, *, hold: bool = False) -> bytes:
        """SDP that offers our side."""
        self._sent = build_offer(self._local(hold=hold), self._sent)
        return self._sent

    async def accept(self, answer: bytes) -> None:
        """Connects to the side that answered our offer. Raises SdpError, EngineError."""
        await self._connect(accept_answer(self._sent, answer, self._local()))

    async def answer(self, offer: bytes) -> bytes:
        """Connects to the side that offers, and answers its SDP. Raises SdpError, EngineError."""
        answer, negotiated = answer_offer(offer, self._local(), self._sent)
        await self._connect(negotiated)
        self._sent = answer
        return answer

    async def close(self) -> LegStatistics | None:
        """Gives the port back; the statistics, or None where the engine is gone."""
        if self._closed:
            return None
        self._closed = True
        try:
            statistics = await self._router.client.request(CloseLeg(self.id))
        except EngineError:
            return None
        finally:
            self._router.remove(self)
        return statistics

    async def statistics(self) -> LegStatistics:
        """The figures so far. Raises EngineError."""
        return await self._router.client.request(GetStatistics(self.id))

    async def join(self, room: str, *, mute: bool = False, deaf: bool = False) -> None:
        """Goes into a room."""
        await self._ask(JoinRoom(room, self.id, mute, deaf))

    async def leave(self) -> None:
        """Comes out of its room."""
        await self._ask(LeaveRoom(self.id))

    async def set_member(self, *, mute: bool, deaf: bool) -> None:
        """Mutes or deafens it in its room."""
        await self._ask(SetMember(self.id, mute, deaf))

    async def set_pair(self, destination: MediaLeg, gain: float) -> None:
        """How loud another member hears it."""
        await self._ask(SetPair(self.id, destination.id, gain))

    async def play(self, clips: Sequence[Clip], *, loops: int = 1, mix: bool = False, stop_keys: str = "") -> PlayEnded:
        """Plays to the party and waits; cancelling stops it. Raises EngineError."""
        return await play(
            self._router,
            Play(play=Ids.random_uuid().hex, leg=self.id, clips=list(clips), loops=loops, mix=mix, stop_keys=stop_keys),
        )

    async def record(
        self,
        path: str,
        *,
        direction: Direction = "both",
        max_seconds: float = 3600,
        silence_seconds: float | None = None,
        stop_keys: str = "",
        pause_keys: str = "",
        trim_silence: bool = False,
    ) -> RunningRecord:
        """Begins a recording. Raises EngineError."""
        return await RunningRecord.start(
            self._router,
            Record(
                record=Ids.random_uuid().hex,
                path=path,
                leg=self.id,
                direction=direction,
                max_seconds=max_seconds,
                silence_seconds=silence_seconds,
                stop_keys=stop_keys,
                pause_keys=pause_keys,
                trim_silence=trim_silence,
            ),
        )

    async def send_digits(self, digits: str) -> None:
        """Sends keys to the party, after those that are being sent, and waits until they are out. Raises
        EngineError.
        """
        async with self._keying:
            await self._router.ask_and_wait(SendDigits(self.id, digits), keys_of(self.id))

    async def detect_machine(self, seconds: float = 5.0) -> MachineDetected:
        """Listens who answered. Raises EngineError."""
        event = await self._router.ask_and_wait(DetectMachine(self.id, seconds), machine_of(self.id))
        if not isinstance(event, MachineDetected):
            raise MediaLostError("the engine answered a detection with another event")
        return event

    def listen(self, listener: DigitListener) -> Callable[[], None]:
        """Tells of each key that the party presses; the answer ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def relay(self, relay: DigitListener | None) -> None:
        """Who passes on keys that others cannot hear in the audio; nobody from now on if None."""
        self._relay = relay

    def press(self, digit: str, *, audible: bool = False) -> None:
        """The party pressed a key; `audible`: it was heard as tones, so whoever is in the room has heard it too."""
        for listener in list(self._listeners):
            listener(digit)
        if self._relay is not None and not audible:
            self._relay(digit)

    def fall_silent(self, _seconds: float) -> None:
        """Nothing comes from the party any more."""
        self.lost.set()

    def lose(self) -> None:
        """The engine is gone."""
        self._closed = self.is_gone = True
        self.lost.set()

    async def _ask(self, command: JoinRoom | LeaveRoom | SetMember | SetPair) -> None:
        await self._router.client.request(command)

    async def _connect(self, negotiated: RemoteMedia) -> None:
        self.remote = replace(negotiated, host=await _address_of(negotiated.host))
        await self._router.client.request(ConnectLeg(self.id, self.remote))

    def _local(self, *, hold: bool = False) -> LocalMedia:
        opened = self._opened
        return LocalMedia(
            host=opened.host,
            port=opened.port,
            ssrc=opened.ssrc,
            codecs=_BROWSER if self._security == "dtls" else _TELEPHONE,
            security=self._security,
            ice_ufrag=opened.ice_ufrag,
            ice_pwd=opened.ice_pwd,
            fingerprint=opened.fingerprint,
            srtp_key=opened.srtp_key,
            direction="sendonly" if hold else "sendrecv",
        )


async def play(router: MediaRouter, wanted: Play) -> PlayEnded:
    """Plays to a leg or a room and waits for its end; cancelling stops it. Raises EngineError."""
    try:
        event = await router.ask_and_wait(wanted, f"play:{wanted.play}")
    except asyncio.CancelledError:
        await asyncio.shield(_stop(router, wanted.play))
        raise
    if not isinstance(event, PlayEnded):
        raise MediaLostError("the engine ended a play with another event")
    return event


async def _stop(router: MediaRouter, play_id: str) -> None:
    try:
        await router.client.request(StopPlay(play_id))
    except EngineError:
        return  # the engine, or the leg, has gone: so has what it played


async def _address_of(host: str) -> str:
    """The IPv4 address of a host in SDP, which is nearly always one. Raises SdpError."""
    try:
        return str(IPv4Address(host))
    except ValueError:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, family=socket.AF_INET)
        except OSError as error:
            raise SdpError(f"the media address {host[:80]!r} is not known") from error
        return str(found[0][4][0])
