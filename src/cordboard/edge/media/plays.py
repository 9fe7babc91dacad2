"""What is being played, to legs and into rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cordboard.edge.media.clips import MOST_CLIPS, Track, open_clip
from cordboard.edge.media.errors import BusyError, InvalidError
from cordboard.edge.media.outbox import Outbox
from cordboard.edge.media.protocol import Play, PlayEnded
from cordboard.edge.media.rooms import Rooms
from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLES_PER_MS

MOST_PLAYS_A_LEG = 2
"""At once, on average over the engine's legs."""

EndReason = Literal["finished", "stopped", "key", "failed"]


@dataclass(slots=True)
class Playing:
    """A play that goes on. `leg` is a slot, None for one into a room."""

    name: str
    owner: int
    leg: int | None
    room: str | None
    track: Track
    mix: bool
    stop_keys: str


class Plays:
    """All plays of an engine."""

    def __init__(self, capacity: int, rooms: Rooms, outbox: Outbox) -> None:
        self._most = MOST_PLAYS_A_LEG * capacity
        self._rooms = rooms
        self._outbox = outbox
        self._plays: dict[str, Playing] = {}
        self._frame = np.zeros(FRAME_SAMPLES, np.float32)

    def start(self, owner: int, command: Play, leg: int | None) -> None:
        """Begins with the next tick. Raises BusyError, InvalidError; a clip that cannot be opened ends the play as
        `failed` instead.
        """
        self._check(command)
        try:
            sounds = [open_clip(clip) for clip in command.clips]
        except InvalidError as error:
            self._outbox.tell(owner, PlayEnded(play=command.play, reason="failed", error=str(error)))
            return
        self._plays[command.play] = Playing(
            name=command.play,
            owner=owner,
            leg=leg,
            room=command.room,
            track=Track(sounds, command.loops),
            mix=command.mix,
            stop_keys=command.stop_keys,
        )

    def stop(self, name: str) -> None:
        """Ends a play; harmless when it has ended."""
        if play := self._plays.get(name):
            self._end(play, "stopped")

    def stop_leg(self, leg: int) -> None:
        """Ends what is played to a leg."""
        for play in [play for play in self._plays.values() if play.leg == leg]:
            self._end(play, "stopped")

    def stop_room(self, room: str) -> None:
        """Ends what is played into a room that is empty."""
        for play in [play for play in self._plays.values() if play.room == room]:
            self._end(play, "stopped")

    def stop_owner(self, owner: int) -> None:
        """Ends what a client played."""
        for play in [play for play in self._plays.values() if play.owner == owner]:
            self._end(play, "stopped")

    def press(self, leg: int, key: str) -> None:
        """A leg's party pressed a key."""
        for play in [play for play in self._plays.values() if play.leg == leg and key in play.stop_keys]:
            self._end(play, "key", key)

    def tick(self, mixed: NDArray[np.float32]) -> None:
        """Puts a frame of each play over or in place of what its listeners hear. Pieces that replace come first."""
        for play in sorted(self._plays.values(), key=_mixes):
            if not play.track.fill(self._frame):
                self._end(play, "finished")
            elif play.leg is not None:
                _sound(mixed, play.leg, self._frame, mix=play.mix)
            else:
                self._sound_in_room(mixed, play)

    def _sound_in_room(self, mixed: NDArray[np.float32], play: Playing) -> None:
        for row in self._rooms.listeners(play.room or ""):
            _sound(mixed, row, self._frame, mix=play.mix)

    def _check(self, command: Play) -> None:
        if (command.leg is None) == (command.room is None):
            raise InvalidError("a play goes to a leg or into a room")
        if command.play in self._plays:
            raise InvalidError(f"play {command.play} is under way")
        if len(command.clips) > MOST_CLIPS or command.loops < 0:
            raise InvalidError(f"a play has up to {MOST_CLIPS} clips, and loops of 0 or more")
        if len(self._plays) >= self._most:
            raise BusyError(f"{self._most} plays are under way, which is the most")

    def _end(self, play: Playing, reason: EndReason, key: str | None = None) -> None:
        del self._plays[play.name]
        played_ms = play.track.played // SAMPLES_PER_MS
        self._outbox.tell(play.owner, PlayEnded(play=play.name, reason=reason, key=key, played_ms=played_ms))


def _mixes(play: Playing) -> bool:
    return play.mix


def _sound(mixed: NDArray[np.float32], row: int, frame: NDArray[np.float32], *, mix: bool) -> None:
    if mix:
        mixed[row] += frame
    else:
        mixed[row] = frame
