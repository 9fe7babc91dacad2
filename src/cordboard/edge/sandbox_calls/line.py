"""One call of a handset: signalling, media, what the handset does in it, and what is written down of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from pathlib import Path
from typing import Any, Final

import structlog

from cordboard.domain.sandbox.models import LONGEST_CALL, MOST_DIGITS, HandsetCall, HandsetScript
from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.calls.running_record import RunningRecord
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.edge.sandbox_calls.conduct import (
    Conduct,
    answer_seconds,
    conduct_of_plan,
    conduct_of_script,
    refusal_of,
    ringing_seconds,
)
from cordboard.edge.sandbox_calls.tools import CallBook, Tools
from cordboard.edge.sip.port import (
    Answered,
    Ended,
    KeyedByInfo,
    LegEvent,
    Offered,
    Referred,
    Refused,
    Ringing,
    SipLeg,
)
from cordboard.infra.blobs import BlobStoreError
from cordboard.wire.sdp.errors import SdpError

LONGEST_RECORDING: Final = 3600.0
_LOOKS: Final = 40
_LOOK_SECONDS: Final = 0.05
_NOT_ACCEPTABLE: Final = 488
_DECLINED: Final = 603
_log = structlog.get_logger(__name__)


class Line:
    """A handset's end of a call. It ends once, for one reason."""

    def __init__(self, call: HandsetCall, sip: SipLeg, tools: Tools, book: CallBook) -> None:
        self.call = call
        self._sip = sip
        self._tools = tools
        self._book = book
        self._media: MediaLeg | None = None
        self._recording: RunningRecord | None = None
        self._digits = ""
        self._keyed = asyncio.Event()
        self._picked_up = asyncio.Event()
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def end(self, reason: str) -> None:
        """Ends it, unless it has ended: the first reason counts."""
        if not self._over.done():
            self._over.set_result(reason)

    async def receive(self, script: HandsetScript) -> None:
        """A call came: lives through it as the script says."""
        await self._live(self._answer(script))

    async def follow_through(self, media: MediaLeg) -> None:
        """A call was placed with an offer of `media`: lives through it by the call's plan."""
        self._attach(media)
        await self._live(self._wait_for_answer())

    async def _live(self, acting: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(LONGEST_CALL), asyncio.TaskGroup() as group:
                beside = [
                    group.create_task(work) for work in (self._guard(acting), self._guard(self._follow()), self._note())
                ]
                await self._over
                for task in beside:
                    task.cancel()
        except TimeoutError:
            self.end("it was as long as a call may be")
        finally:
            self.end("the sandbox failed")
            await self._close(self._over.result())

    async def _guard(self, work: Awaitable[None]) -> None:
        """Media that fails ends the call."""
        try:
            await work
        except* (EngineError, SdpError) as failures:
            self.end(f"no media: {failures.exceptions[0]}")

    async def _close(self, reason: str) -> None:
        """Signalling first, so that nobody waits for our books."""
        await self._sip.hang_up(reason)
        url = None
        try:
            url = await self._keep_recording()
        finally:
            if self._media is not None:
                await self._media.close()
            await self._book.ended(self.call.id, reason, self._digits, url)

    # What the handset does

    async def _answer(self, script: HandsetScript) -> None:
        seconds, refusal = answer_seconds(script), refusal_of(script)
        if seconds or refusal is None:
            await self._sip.ring()
        if script.answer == "noanswer":
            return
        if refusal is None:
            await self._converse(conduct_of_script(script), self._pick_up(seconds))
            return
        await asyncio.sleep(seconds)
        self.end(f"refused: {refusal.reason}")
        await self._sip.refuse(refusal.status, refusal.reason)

    async def _pick_up(self, after_seconds: float) -> bool:
        await asyncio.sleep(after_seconds)
        media = await MediaLeg.open(await self._tools.router())
        self._attach(media)
        offer = self._sip.offer
        await self._sip.answer(await media.answer(offer) if offer else media.offer())
        return True

    async def _wait_for_answer(self) -> None:
        plan = self.call.plan
        await self._converse(conduct_of_plan(plan), self._picked_up_within(ringing_seconds(plan)))

    async def _picked_up_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._picked_up.wait()
        except TimeoutError:
            self.end(f"not answered within {seconds:g} s")
        return self._picked_up.is_set()

    async def _converse(self, conduct: Conduct, answer: Coroutine[Any, Any, bool]) -> None:
        """The words are made while it rings."""
        async with asyncio.TaskGroup() as group:
            words = group.create_task(self._tools.clips_of(conduct))
            if await answer and self._media is not None:
                await self._talk(self._media, conduct, words)

    async def _talk(self, media: MediaLeg, conduct: Conduct, words: Awaitable[list[Clip]]) -> None:
        """From the answer on; it listens when nothing is left to do."""
        if conduct.hangup_seconds is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(conduct.hangup_seconds, self.end, "the handset hung up")
            self._over.add_done_callback(lambda _: timer.cancel())
        await self._book.answered(self.call.id)
        path = str(await self._tools.new_path())
        self._recording = await media.record(path, direction="in", max_seconds=LONGEST_RECORDING)
        clips = await words
        await _until_heard(media)
        if clips:
            await media.play(clips)
        if conduct.dtmf:
            await media.send_digits(conduct.dtmf)

    def _attach(self, media: MediaLeg) -> None:
        self._media = media
        media.listen(self._hear)

    # What the other side does

    async def _follow(self) -> None:
        while not self._over.done():
            await self._take(await self._sip.events.get())

    async def _take(self, event: LegEvent) -> None:
        match event:
            case Ringing(sdp=sdp):
                await self._accept(sdp)
            case Answered(sdp=sdp):
                await self._accept(sdp)
                self._picked_up.set()
            case Refused(status=status, reason=reason):
                self.end(f"SIP {status} {reason}".strip())
            case Ended(by=by, cause=cause):
                self.end("hung up by the other side" if by == "remote" else cause or f"ended by {by}")
            case Offered(sdp=sdp):
                await self._renegotiate(sdp)
            case KeyedByInfo(digit=digit):
                self._hear(digit)
            case Referred():
                await self._sip.notify_refer(_DECLINED, "Decline")

    async def _accept(self, sdp: bytes) -> None:
        if sdp and self._media is not None:
            await self._media.accept(sdp)

    async def _renegotiate(self, offer: bytes) -> None:
        """Other media, or none for a while."""
        if self._media is None:
            await self._sip.refuse_offer(_NOT_ACCEPTABLE)
            return
        try:
            await self._sip.answer_offer(await self._media.answer(offer) if offer else self._media.offer())
        except SdpError as error:
            _log.info("sandbox.offer_refused", error=str(error))
            await self._sip.refuse_offer(_NOT_ACCEPTABLE)

    def _hear(self, digit: str) -> None:
        if len(self._digits) < MOST_DIGITS:
            self._digits += digit
            self._keyed.set()

    async def _note(self) -> None:
        """Writes keys down as they come, several at once when they come fast."""
        while True:
            await self._keyed.wait()
            self._keyed.clear()
            await self._book.heard(self.call.id, self._digits)

    async def _keep_recording(self) -> str | None:
        """The URL of what was heard."""
        if self._recording is None:
            return None
        try:
            await self._recording.stop()
            ended = await self._recording.wait()
            return await self._tools.publish(Path(ended.path))
        except (EngineError, BlobStoreError) as error:
            _log.warning("sandbox.recording_lost", error=str(error))
            return None


async def _until_heard(media: MediaLeg) -> None:
    """Nobody speaks before the other side has the line: what it sends shows that it hears. But not for ever."""
    for _ in range(_LOOKS):
        if (await media.statistics()).packets_received:
            return
        await asyncio.sleep(_LOOK_SECONDS)
