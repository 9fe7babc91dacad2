"""Recordings that go on: what legs say and hear, or whole rooms, a second at a time to the writer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cordboard.edge.media.errors import BusyError, InvalidError
from cordboard.edge.media.outbox import Outbox
from cordboard.edge.media.protocol import Direction, Record, RecordEnded
from cordboard.edge.media.rooms import Rooms
from cordboard.edge.media.wav_writer import WavWriter
from cordboard.wire.audio.frames import FRAME_MS, FRAME_SAMPLES, SAMPLES_PER_MS, amplitude

PIECE_FRAMES = 50
"""Frames that go to the writer together: a second."""

LONGEST_SECONDS = 24 * 3600.0
SILENCE_DBFS = -42.0
"""Below this a frame is silence."""

_KEPT_FRAMES = 10
"""Left of the silence around speech where it is trimmed."""
_LEAST_POWER = FRAME_SAMPLES * amplitude(SILENCE_DBFS) ** 2 / 2
_HEARS: dict[Direction, tuple[float, float]] = {"in": (1.0, 0.0), "out": (0.0, 1.0), "both": (1.0, 1.0)}

EndReason = Literal["stopped", "key", "longest", "silence", "closed", "failed"]


@dataclass(slots=True)
class Recording:
    """One recording. `leg` is a slot; `row` the listener row of a room. Lengths in frames."""

    name: str
    owner: int
    place: int
    file: int
    command: Record
    leg: int | None
    row: int | None
    longest: int
    most_silence: int
    paused: bool = False
    reason: EndReason = "stopped"
    key: str | None = None


class Recordings:
    """All recordings of an engine with `capacity` legs: as many at once.

    `begun` and the other arrays are by place; a recording's place is its row in all of them.
    """

    def __init__(self, capacity: int, rooms: Rooms, outbox: Outbox, writer: WavWriter) -> None:
        self._rooms = rooms
        self._outbox = outbox
        self._writer = writer
        self._recordings: dict[str, Recording] = {}
        self._ending: dict[int, Recording] = {}
        self._by_place: dict[int, Recording] = {}
        self._free = list(range(capacity - 1, -1, -1))
        self._pieces = np.zeros((capacity, PIECE_FRAMES, FRAME_SAMPLES), np.int16)
        self._filled = np.zeros(capacity, np.int64)
        self._flush_at = np.full(capacity, PIECE_FRAMES, np.int64)
        self._length = np.zeros(capacity, np.int64)
        self._longest = np.zeros(capacity, np.int64)
        self._voiced = np.zeros(capacity, np.int64)
        self._last_voiced = np.zeros(capacity, np.int64)
        self._quiet = np.zeros(capacity, np.int64)
        self._most_quiet = np.zeros(capacity, np.int64)
        self._trims = np.zeros(capacity, np.bool_)
        self._says = np.zeros(capacity, np.intp)
        self._hears = np.zeros(capacity, np.intp)
        self._says_gain = np.zeros((capacity, 1), np.float32)
        self._hears_gain = np.zeros((capacity, 1), np.float32)
        self._said = np.zeros((capacity, FRAME_SAMPLES), np.float32)
        self._taken = np.zeros((capacity, FRAME_SAMPLES), np.float32)
        self._active = np.zeros(0, np.intp)

    def start(self, owner: int, command: Record, leg: int | None) -> None:
        """Begins with the next tick. Raises BusyError, InvalidError, UnknownError."""
        self._check(command)
        if not self._free:
            raise BusyError("as many recordings as legs are under way, which is the most")
        row = self._rooms.listen(command.room) if command.room is not None else None
        place = self._free.pop()
        recording = Recording(
            name=command.record,
            owner=owner,
            place=place,
            file=self._writer.open(Path(command.path)),
            command=command,
            leg=leg,
            row=row,
            longest=_frames_of(command.max_seconds),
            most_silence=_frames_of(command.silence_seconds or 0),
        )
        self._recordings[command.record] = self._by_place[place] = recording
        self._lay_out(recording)

    def pause(self, name: str, *, paused: bool) -> None:
        """Pauses or resumes; harmless when it has ended."""
        if recording := self._recordings.get(name):
            recording.paused = paused
            self._quiet[recording.place] = 0
            self._list_active()

    def stop(self, name: str) -> None:
        """Ends a recording; harmless when it has ended."""
        if recording := self._recordings.get(name):
            self._end(recording, "stopped")

    def stop_leg(self, leg: int) -> set[str]:
        """Ends what is recorded of a leg; the names of all whose end is still to be told."""
        for recording in [each for each in self._recordings.values() if each.leg == leg]:
            self._end(recording, "closed")
        return {recording.name for recording in self._ending.values() if recording.leg == leg}

    def stop_room(self, room: str) -> None:
        """Ends what is recorded of a room that is empty."""
        for recording in [each for each in self._recordings.values() if each.command.room == room]:
            self._end(recording, "closed")

    def stop_owner(self, owner: int | None = None) -> None:
        """Ends what a client recorded, or everything."""
        for recording in [each for each in self._recordings.values() if owner in (None, each.owner)]:
            self._end(recording, "closed")

    def press(self, leg: int, key: str) -> None:
        """A leg's party pressed a key."""
        for recording in [each for each in self._recordings.values() if each.leg == leg]:
            if key in recording.command.stop_keys:
                self._end(recording, "key", key)
            elif key in recording.command.pause_keys:
                self.pause(recording.name, paused=not recording.paused)

    def tick(self, heard: NDArray[np.float32], mixed: NDArray[np.float32]) -> None:
        """Takes a frame of each recording: what the legs say, and what legs and rooms hear."""
        active = self._active
        if not len(active):
            return
        said, taken = self._said[: len(active)], self._taken[: len(active)]
        heard.take(self._says[active], axis=0, out=said, mode="clip")
        mixed.take(self._hears[active], axis=0, out=taken, mode="clip")
        taken *= self._hears_gain[active]
        self._count_silence(active, said, taken)
        said *= self._says_gain[active]
        taken += said
        self._store(active, taken)
        for place in active[(self._filled[active] >= self._flush_at[active])]:
            self._flush(int(place))
        self._end_those_due(active)

    def tell_written(self) -> set[str]:
        """Tells of the recordings whose files are complete; their names."""
        told: set[str] = set()
        for written in self._writer.take_written():
            recording = self._ending.pop(written.file)
            event = RecordEnded(
                record=recording.name,
                path=recording.command.path,
                reason="failed" if written.error else recording.reason,
                key=recording.key,
                duration_ms=written.samples // SAMPLES_PER_MS,
                voiced_ms=int(self._voiced[recording.place]) * FRAME_MS,
                error=written.error,
            )
            self._free.append(recording.place)
            self._outbox.tell(recording.owner, event)
            told.add(recording.name)
        return told

    def _check(self, command: Record) -> None:
        if (command.leg is None) == (command.room is None):
            raise InvalidError("a recording is of a leg or of a room")
        if command.record in self._recordings or any(r.name == command.record for r in self._ending.values()):
            raise InvalidError(f"recording {command.record} is under way")
        if not 0 < command.max_seconds <= LONGEST_SECONDS:
            raise InvalidError(f"max_seconds is more than 0 and at most {LONGEST_SECONDS:g}")
        if command.silence_seconds is not None and not 0 < command.silence_seconds <= LONGEST_SECONDS:
            raise InvalidError(f"silence_seconds is more than 0 and at most {LONGEST_SECONDS:g}")

    def _lay_out(self, recording: Recording) -> None:
        place, command = recording.place, recording.command
        says, hears = _HEARS[command.direction] if recording.leg is not None else (0.0, 1.0)
        self._says[place] = recording.leg if recording.leg is not None else 0
        self._hears[place] = recording.row if recording.row is not None else self._says[place]
        self._says_gain[place], self._hears_gain[place] = says, hears
        for counts in (self._filled, self._length, self._voiced, self._last_voiced, self._quiet):
            counts[place] = 0
        self._flush_at[place] = place % PIECE_FRAMES + 1
        self._longest[place] = recording.longest
        self._most_quiet[place] = recording.most_silence
        self._trims[place] = command.trim_silence
        self._list_active()

    def _list_active(self) -> None:
        self._active = np.array([r.place for r in self._recordings.values() if not r.paused], np.intp)

    def _count_silence(self, active: NDArray[np.intp], said: NDArray[np.float32], taken: NDArray[np.float32]) -> None:
        """For how long a leg has said nothing; of a room, for how long nobody has."""
        waits = np.flatnonzero(self._most_quiet[active])
        if not len(waits):
            return
        places = active[waits]
        of_leg = np.array([self._by_place[int(place)].leg is not None for place in places])
        frames = np.where(of_leg[:, None], said[waits], taken[waits])
        self._quiet[places] = np.where(_is_voiced(frames), 0, self._quiet[places] + 1)

    def _store(self, active: NDArray[np.intp], frames: NDArray[np.float32]) -> None:
        voiced = _is_voiced(frames)
        np.clip(frames, -32768, 32767, out=frames)
        waiting = self._trims[active] & (self._voiced[active] == 0) & ~voiced
        full = waiting & (self._filled[active] >= _KEPT_FRAMES)
        if full.any():
            self._slide(active[full])
        self._pieces[active, self._filled[active]] = frames
        self._filled[active] += 1
        self._length[active] += 1
        self._voiced[active] += voiced
        self._last_voiced[active] = np.where(voiced, self._length[active], self._last_voiced[active])

    def _slide(self, places: NDArray[np.intp]) -> None:
        """Before speech only the last of the silence is kept."""
        self._pieces[places, : _KEPT_FRAMES - 1] = self._pieces[places, 1:_KEPT_FRAMES]
        self._filled[places] = _KEPT_FRAMES - 1
        self._length[places] -= 1

    def _flush(self, place: int) -> None:
        recording = self._by_place[place]
        if self._trims[place] and self._voiced[place] == 0 and self._filled[place] <= _KEPT_FRAMES:
            return
        octets = self._pieces[place, : self._filled[place]].tobytes()
        self._filled[place] = 0
        self._flush_at[place] = PIECE_FRAMES
        if not self._writer.append(recording.file, octets):
            self._end(recording, "failed")

    def _end_those_due(self, active: NDArray[np.intp]) -> None:
        longest = self._length[active] >= self._longest[active]
        silent = (self._most_quiet[active] > 0) & (self._quiet[active] >= self._most_quiet[active])
        for at in np.flatnonzero(longest | silent):
            if recording := self._by_place.get(int(active[at])):
                self._end(recording, "longest" if longest[at] else "silence")

    def _end(self, recording: Recording, reason: EndReason, key: str | None = None) -> None:
        """Hands the rest to the writer; the end is told when the file is complete."""
        place = recording.place
        recording.reason, recording.key = reason, key
        del self._recordings[recording.name]
        del self._by_place[place]
        self._ending[recording.file] = recording
        if recording.row is not None and recording.command.room is not None:
            self._rooms.stop_listening(recording.command.room, recording.row)
        if self._filled[place]:
            self._writer.append(recording.file, self._pieces[place, : self._filled[place]].tobytes())
        self._writer.finish(recording.file, self._frames_to_keep(place))
        self._list_active()

    def _frames_to_keep(self, place: int) -> int | None:
        if not self._trims[place]:
            return None
        return int(self._last_voiced[place]) + _KEPT_FRAMES if self._voiced[place] else 0


def _is_voiced(frames: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which frames, `float32[n, 160]`, are loud enough to be something."""
    voiced: NDArray[np.bool_] = np.einsum("ij,ij->i", frames, frames) >= _LEAST_POWER
    return voiced


def _frames_of(seconds: float) -> int:
    """Whole frames that last at least so long."""
    return -(-round(seconds * 1000) // FRAME_MS)
