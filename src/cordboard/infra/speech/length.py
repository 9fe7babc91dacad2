"""How long a sound file plays, found by reading it and not by believing its head."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import av
from av.container import InputContainer
from av.error import FFmpegError

from cordboard.infra.speech.audio import MOST_SECONDS, ClipError, format_of

_HEAD: Final = 16


class Length(NamedTuple):
    """What a file is, `wav` or `mp3`, and its seconds."""

    form: str
    seconds: float


def length_of(path: Path) -> Length:
    """The length of an mp3 or WAV file that can be decoded. Raises ClipError."""
    with path.open("rb") as file:
        form = format_of(file.read(_HEAD))
    try:
        with av.open(str(path), "r", format=form) as container:
            return Length(form, _seconds(container))
    except FFmpegError as error:
        raise ClipError(f"cannot be decoded as {form}: {error.strerror}") from error
    except ValueError as error:
        raise ClipError(f"cannot be decoded as {form}: {error}") from error


def _seconds(container: InputContainer) -> float:
    """Adds up the packets; the first that can be decoded shows that there is sound in them."""
    if not container.streams.audio:
        raise ClipError("holds no sound")
    stream = container.streams.audio[0]
    heard, ticks = False, 0
    for packet in container.demux(stream):
        heard = heard or bool(packet.decode())
        ticks += packet.duration or 0
        if stream.time_base and ticks * stream.time_base > MOST_SECONDS:
            raise ClipError(f"is longer than {MOST_SECONDS // 60} minutes")
    if not heard or not stream.time_base:
        raise ClipError("holds no sound")
    return float(ticks * stream.time_base)
