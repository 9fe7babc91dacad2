"""Sound files of every kind that callers are played, made here; and a server that gives them."""

from __future__ import annotations

import io
from typing import Any, Final, Self

import av
import numpy as np
from aiohttp import web
from numpy.typing import NDArray

RATE: Final = 8000
LEVEL: Final = 10_000


def sine(seconds: float, rate: int = RATE, hertz: float = 400.0) -> NDArray[np.int16]:
    """A tone."""
    return (np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate) * LEVEL).astype(np.int16)


def sound_file(
    form: str, codec: str, *, rate: int = RATE, layout: str = "mono", seconds: float = 1.0, hertz: float = 400.0
) -> bytes:
    """A file of a tone in any codec that PyAV writes, the same in every channel."""
    buffer = io.BytesIO()
    samples = sine(seconds, rate, hertz)
    channels = 2 if layout == "stereo" else 1
    with av.open(buffer, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(
            format=stream.format.name, layout=layout, rate=rate, frame_size=stream.frame_size or 0
        )
        frame = av.AudioFrame.from_ndarray(np.repeat(samples, channels)[np.newaxis, :], format="s16", layout=layout)
        frame.sample_rate = rate
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def pitch(samples: NDArray[np.int16], rate: int = RATE) -> float:
    """The loudest frequency of a sound, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    return float(np.argmax(spectrum) * rate / len(samples))


class SoundServer:
    """Serves `data` under any path with `headers`; answers 304 to those who know its `ETag`. `status` replaces 200."""

    def __init__(self, data: bytes, **headers: str) -> None:
        self.data = data
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.status = 200
        self.answers: list[int] = []
        self._port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Goes away."""
        if self._runner is not None:
            await self._runner.cleanup()

    def url(self, path: str = "sound.wav") -> str:
        """A URL of the sound."""
        return f"http://127.0.0.1:{self._port}/{path}"

    async def _serve(self, request: web.Request) -> web.Response:
        etag = self.headers.get("ETag")
        known = etag is not None and request.headers.get("If-None-Match") == etag
        status = 304 if known else self.status
        self.answers.append(status)
        return web.Response(status=status, body=b"" if known else self.data, headers=self.headers)
