"""The media engine: commands in, a tick every 20 ms, events out. It reads no clock: time is handed in.

A tick, for all legs at once: read the sockets, take a frame from each jitter buffer, decode, mix by the rooms' matrix,
lay plays and digits over it, encode, send; then, with the packets gone, listen for keys and machines, record, and
report.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np

from cordboard.edge.media.arrivals import Arrivals
from cordboard.edge.media.codec_pool import CodecPool
from cordboard.edge.media.codec_streams import CodecStreams
from cordboard.edge.media.decoding import Decoding
from cordboard.edge.media.digit_sending import DigitSending
from cordboard.edge.media.dtls import DtlsIdentity
from cordboard.edge.media.errors import CommandError, InvalidError
from cordboard.edge.media.inbound import Inbound
from cordboard.edge.media.jitter import JitterBuffers
from cordboard.edge.media.leg_control import LegControl, Stages
from cordboard.edge.media.legs import Leg, LegTable
from cordboard.edge.media.listening import Listening
from cordboard.edge.media.outbox import Outbox
from cordboard.edge.media.plays import Plays
from cordboard.edge.media.ports import PortPool
from cordboard.edge.media.protocol import (
    CloseLeg,
    Command,
    ConnectLeg,
    DetectMachine,
    DigitPressed,
    Done,
    EngineStatus,
    Failed,
    FromEngine,
    GetStatistics,
    GetStatus,
    JoinRoom,
    LeaveRoom,
    LegStatistics,
    MediaSilent,
    OpenLeg,
    PauseRecord,
    Play,
    Record,
    Request,
    Result,
    SendDigits,
    SetMember,
    SetPair,
    StopPlay,
    StopRecord,
)
from cordboard.edge.media.reception import Reception
from cordboard.edge.media.recordings import Recordings
from cordboard.edge.media.reports import REPORT_TICKS, Reporting
from cordboard.edge.media.rooms import Rooms
from cordboard.edge.media.settings import MediaSettings
from cordboard.edge.media.transmission import Transmission
from cordboard.edge.media.wav_writer import WavWriter
from cordboard.wire.audio.frames import FRAME_SAMPLES

LONGEST_NAME = 200
"""Characters of a leg's, room's, play's or recording's id."""

_WAKE_TICKS = 5
_SILENCE_TICKS = 50
_LOUDEST = 32767.0


@dataclass(slots=True)
class _Closing:
    """A `CloseLeg` whose recordings are still being written."""

    owner: int
    request: int
    statistics: LegStatistics
    recordings: set[str]


class Engine:
    """All legs of one process. Not for threads: commands and ticks come from one loop."""

    def __init__(self, settings: MediaSettings, identity: DtlsIdentity) -> None:
        capacity = settings.most_legs
        self._settings = settings
        self._outbox = Outbox()
        self._legs = LegTable(capacity)
        self._jitter = JitterBuffers(
            capacity,
            slots=settings.jitter_slots,
            least_delay=settings.least_delay,
            most_delay=settings.most_delay,
        )
        self._arrivals = Arrivals(capacity, self._jitter.restart)
        self._decoding = Decoding(capacity)
        self._transmission = Transmission(capacity)
        self._pool = CodecPool(settings.codec_workers)
        self._codecs = CodecStreams(self._pool, self._jitter, self._transmission)
        self._reporting = Reporting(secrets.token_hex(8), self._arrivals, self._jitter, self._transmission)
        inbound = Inbound(self._legs, self._arrivals, self._jitter, self._codecs, self._reporting, self._press)
        self._reception = Reception(capacity, self._jitter, self._arrivals, single=inbound.take, settled=self._settled)
        self._listening = Listening(capacity, self._decoding, self._outbox)
        self._rooms = Rooms(capacity)
        self._writer = WavWriter()
        self._plays = Plays(capacity, self._rooms, self._outbox)
        self._recordings = Recordings(capacity, self._rooms, self._outbox, self._writer)
        self._digits = DigitSending(self._transmission, self._outbox)
        stages = Stages(
            legs=self._legs,
            arrivals=self._arrivals,
            jitter=self._jitter,
            decoding=self._decoding,
            reception=self._reception,
            transmission=self._transmission,
            inbound=inbound,
            codecs=self._codecs,
            listening=self._listening,
            reporting=self._reporting,
        )
        ports = PortPool(settings.host, settings.port_range)
        self._control = LegControl(settings.advertised_host, ports, stages, self._outbox, identity)
        self._closing: list[_Closing] = []
        self._mixed = np.zeros((2 * capacity, FRAME_SAMPLES), np.float32)
        self._clipped = np.zeros((capacity, FRAME_SAMPLES), np.float32)
        self._outgoing = np.zeros((capacity, FRAME_SAMPLES), np.int16)
        self._ticks = 0
        self._late_ticks = 0

    @property
    def legs(self) -> int:
        """How many are open."""
        return len(self._legs)

    def handle(self, owner: int, request: Request, now: float) -> None:
        """Carries out a client's command; the answer goes into the output."""
        try:
            result = self._carry_out(owner, request, now)
        except CommandError as error:
            result = Failed(error.code, str(error))
        if result is not None:
            self._outbox.answer(owner, request.id, result)

    def take_output(self) -> list[tuple[int, FromEngine]]:
        """Answers and events by client, in order."""
        return self._outbox.take()

    def receive(self, now: float) -> int:
        """Reads what has come to the sockets, between ticks: the earlier, the better the jitter is known."""
        return self._reception.drain(now)

    def tick(self, now: float) -> None:
        """20 ms of all legs."""
        self._ticks += 1
        count = self._legs.high
        self._reception.drain(now)
        self._transmission.tick(count)
        self._hear_and_mix(count)
        self._send(count)
        for heard in self._listening.tick():
            if leg := self._legs.at(heard.leg):
                self._press(leg, heard.key, tone=True)
        self._recordings.tick(self._decoding.heard, self._mixed)
        self._report(count, now)
        self.settle_recordings()

    def skip(self, ticks: int) -> None:
        """Ticks that could not take place: the streams leave them out."""
        self._transmission.skip(self._legs.high, ticks)

    def count_late(self) -> None:
        """A tick began late."""
        self._late_ticks += 1

    def settle_recordings(self) -> None:
        """Tells of recordings that are complete, and of the closed legs that had to wait for them."""
        told = self._recordings.tell_written()
        if not told:
            return
        for closing in self._closing:
            closing.recordings -= told
            if not closing.recordings:
                self._outbox.answer(closing.owner, closing.request, closing.statistics)
        self._closing = [closing for closing in self._closing if closing.recordings]

    def finish_writing(self) -> None:
        """Waits until everything recorded so far is on the disk, and tells of the recordings that are complete."""
        self._writer.settle()
        self.settle_recordings()

    def close_owner(self, owner: int, now: float) -> None:
        """A client is gone: its legs end, and what it plays and records."""
        self._plays.stop_owner(owner)
        self._recordings.stop_owner(owner)
        for leg in self._legs.owned_by(owner):
            self._close_leg(leg, now)

    def close(self, now: float) -> None:
        """Ends everything; recordings are complete afterwards."""
        self._recordings.stop_owner()
        for leg in self._legs:
            self._close_leg(leg, now)
        self._writer.close()
        self.settle_recordings()
        self._reception.close()
        self._pool.shut_down()

    def _hear_and_mix(self, count: int) -> None:
        places = self._codecs.next_packets()
        octets, there = self._jitter.read(count)
        coded_there = {slot: bool(there[slot]) for slot in places}
        coded = self._codecs.collect()
        there[list(places)] = False
        there[list(coded)] = True
        self._decoding.decode(octets, there)
        for slot, samples in coded.items():
            self._decoding.put(slot, samples)
        self._rooms.mix(self._decoding.heard[:count], self._mixed)
        self._plays.tick(self._mixed)
        self._digits.tick(self._mixed)
        np.clip(self._mixed[:count], -_LOUDEST - 1, _LOUDEST, out=self._clipped[:count])
        self._outgoing[:count] = self._clipped[:count]
        self._codecs.submit(places, coded_there, self._outgoing)

    def _send(self, count: int) -> None:
        self._transmission.send_frames(self._outgoing[:count])
        self._codecs.send()

    def _report(self, count: int, now: float) -> None:
        """What is due now and then; the legs take turns."""
        for slot in range(self._ticks % REPORT_TICKS, count, REPORT_TICKS):
            if (leg := self._legs.at(slot)) is not None and leg.started:
                self._reporting.report(leg, now)
        if self._ticks % _WAKE_TICKS == 0:
            self._control.wake(now)
        if self._ticks % _SILENCE_TICKS == 0:
            self._look_for_silence(count, now)

    def _look_for_silence(self, count: int, now: float) -> None:
        quiet = now - self._arrivals.last_heard[:count]
        for leg in self._legs:
            seconds = float(quiet[leg.slot])
            if seconds < self._settings.silent_after:
                leg.silent = False
            elif leg.remote is not None and leg.remote.sends and not leg.silent:
                leg.silent = True
                self._outbox.tell(leg.owner, MediaSilent(leg.name, round(seconds, 1)))

    def _settled(self, slot: int) -> None:
        if leg := self._legs.at(slot):
            self._control.settle(leg)

    def _press(self, leg: Leg, key: str, *, tone: bool = False) -> None:
        self._outbox.tell(leg.owner, DigitPressed(leg.name, key, tone))
        self._plays.press(leg.slot, key)
        self._recordings.press(leg.slot, key)

    def _carry_out(self, owner: int, request: Request, now: float) -> Result | None:
        """None: the answer comes later."""
        match request.command:
            case OpenLeg(leg=name) as command:
                _check_name(name)
                return self._control.open(owner, command, now)
            case CloseLeg(leg=name):
                return self._close_for(owner, request.id, self._legs.get(name), now)
            case GetStatistics(leg=name):
                return self._reporting.statistics(self._legs.get(name))
            case GetStatus():
                return EngineStatus(
                    legs=len(self._legs),
                    most_legs=self._legs.capacity,
                    ticks=self._ticks,
                    late_ticks=self._late_ticks,
                )
            case command:
                self._change(owner, command, now)
                return Done()

    def _change(self, owner: int, command: Command, now: float) -> None:
        """The commands that are answered by `Done`."""
        match command:
            case ConnectLeg():
                self._control.connect(self._legs.get(command.leg), command.remote, now)
            case JoinRoom() | LeaveRoom() | SetMember() | SetPair():
                self._change_room(command)
            case Play() | StopPlay():
                self._change_play(owner, command)
            case Record() | PauseRecord() | StopRecord():
                self._change_recording(owner, command)
            case SendDigits():
                self._digits.start(owner, self._legs.get(command.leg), command)
            case DetectMachine():
                self._listening.detect_machine(owner, self._legs.get(command.leg), command)
            case _:
                raise InvalidError(f"{type(command).__name__} is not answered by Done")

    def _change_room(self, command: JoinRoom | LeaveRoom | SetMember | SetPair) -> None:
        match command:
            case JoinRoom():
                self._join(command)
            case LeaveRoom():
                self._leave(self._legs.get(command.leg))
            case SetMember():
                self._rooms.set_member(self._legs.get(command.leg).slot, mute=command.mute, deaf=command.deaf)
            case SetPair():
                source, destination = self._legs.get(command.source), self._legs.get(command.destination)
                self._rooms.set_pair(source.slot, destination.slot, command.gain)

    def _change_play(self, owner: int, command: Play | StopPlay) -> None:
        if isinstance(command, StopPlay):
            self._plays.stop(command.play)
            return
        _check_name(command.play)
        leg = self._legs.get(command.leg) if command.leg is not None else None
        if command.room is not None:
            self._rooms.expect(command.room)
        self._plays.start(owner, command, leg.slot if leg is not None else None)

    def _change_recording(self, owner: int, command: Record | PauseRecord | StopRecord) -> None:
        match command:
            case Record():
                _check_name(command.record)
                leg = self._legs.get(command.leg) if command.leg is not None else None
                self._recordings.start(owner, command, leg.slot if leg is not None else None)
            case PauseRecord():
                self._recordings.pause(command.record, paused=command.paused)
            case StopRecord():
                self._recordings.stop(command.record)

    def _join(self, command: JoinRoom) -> None:
        _check_name(command.room)
        leg = self._legs.get(command.leg)
        if self._rooms.room_of(leg.slot) not in (None, command.room):
            self._rooms.expect_space(command.room)
            self._leave(leg)
        self._rooms.join(command.room, leg.slot, mute=command.mute, deaf=command.deaf)

    def _leave(self, leg: Leg) -> None:
        """With the last member what is played into and recorded of the room ends."""
        emptied = self._rooms.leave(leg.slot)
        if emptied is not None:
            self._plays.stop_room(emptied)
            self._recordings.stop_room(emptied)

    def _close_for(self, owner: int, request: int, leg: Leg, now: float) -> Result | None:
        recordings, statistics = self._close_leg(leg, now)
        if not recordings:
            return statistics
        self._closing.append(_Closing(owner, request, statistics, recordings))
        return None

    def _close_leg(self, leg: Leg, now: float) -> tuple[set[str], LegStatistics]:
        """Ends a leg; the recordings whose end is still to be told, and its figures."""
        statistics = self._reporting.statistics(leg)
        self._plays.stop_leg(leg.slot)
        recordings = self._recordings.stop_leg(leg.slot)
        self._digits.stop_leg(leg.slot)
        self._leave(leg)
        self._control.close(leg, now)
        return recordings, statistics


def _check_name(name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidError(f"an id has 1 to {LONGEST_NAME} characters")
