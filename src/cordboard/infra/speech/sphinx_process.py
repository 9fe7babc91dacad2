"""The child process that recognises speech offline: `python -m` this, by `helper.HelperProcess` only. A request is
`{"path"}` of a sound file, the answer the text in UTF-8.

The model hears 16 kHz; telephone sound lacks the upper half of what it was trained on, and it guesses accordingly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pocketsphinx import Decoder

from cordboard.infra.speech.audio import decode
from cordboard.infra.speech.helper import serve
from cordboard.infra.speech.port import SpeechError

_RATE: Final = 16_000
_MOST_SECONDS: Final = 120


class Sphinx:
    """The decoder with the English model that comes with it."""

    def __init__(self) -> None:
        self._decoder = Decoder(samprate=_RATE, loglevel="FATAL")

    def transcribe(self, request: dict[str, Any]) -> bytes:
        """The text. Raises SpeechError."""
        try:
            samples = decode(Path(request["path"]).read_bytes(), _RATE)
        except OSError as error:
            raise SpeechError(f"the recording cannot be read: {error.strerror}") from error
        if len(samples) > _MOST_SECONDS * _RATE:
            raise SpeechError(f"is longer than {_MOST_SECONDS} s, too long to be transcribed offline")
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return found.hypstr.encode() if found else b""


if __name__ == "__main__":
    serve(Sphinx().transcribe)
