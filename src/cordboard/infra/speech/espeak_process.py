"""The child process that holds the espeak-ng library, which is made for one thread: `python -m` this, by
`helper.HelperProcess` only. A request is `{"text", "voice"}`, the answer a WAV file at the library's own rate.
"""

from __future__ import annotations

import ctypes
import re
from typing import Any, Final

import espeakng_loader
import numpy as np

from cordboard.infra.speech.audio import to_wav
from cordboard.infra.speech.helper import serve
from cordboard.infra.speech.port import SpeechError

# Constants of speak_lib.h.
_SYNCHRONOUS: Final = 2
_DONT_EXIT: Final = 1 << 15
_POSITION_CHARACTER: Final = 1
_UTF8: Final = 1
_RATE: Final = 1
_WORDS_A_MINUTE: Final = 160
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """The library, opened. Raises SpeechError when it cannot be."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._rate = self._library.espeak_Initialize(
            _SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), _DONT_EXIT
        )
        if self._rate <= 0:
            raise SpeechError("espeak cannot be opened: its voice data is missing")
        self._heard = bytearray()
        self._callback = _CALLBACK(self._take)  # the library keeps its address, so it must live as long
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetParameter(_RATE, _WORDS_A_MINUTE, 0)

    def speak(self, request: dict[str, Any]) -> bytes:
        """A WAV file. Raises SpeechError."""
        if self._library.espeak_SetVoiceByName(str(request["voice"]).encode()):
            raise SpeechError(f"espeak has no voice {request['voice']}")
        text = _CONTROLS.sub(" ", str(request["text"])).encode() + b"\0"
        self._heard.clear()
        failed = self._library.espeak_Synth(text, len(text), 0, _POSITION_CHARACTER, 0, _UTF8, None, None)
        if failed or self._library.espeak_Synchronize():
            raise SpeechError("espeak failed")
        return to_wav(np.frombuffer(bytes(self._heard), dtype=np.int16), self._rate)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._heard += ctypes.string_at(samples, count * 2)
        return 0


if __name__ == "__main__":
    serve(Espeak().speak)
