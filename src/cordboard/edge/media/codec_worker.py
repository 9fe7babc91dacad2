"""A helper process of the media engine: decodes and encodes what it is sent, until the engine closes the socket."""

from __future__ import annotations

import contextlib
import os
import socket
import sys

import msgspec
import numpy as np

from cordboard.edge.media.codec_pool import Batch, Coded, CodedBatch, Work
from cordboard.edge.media.codecs import FrameCodec, open_codec
from cordboard.edge.media.framing import FrameReader, from_body, to_frame

_READ_SIZE = 1 << 18
_NO_SAMPLES = np.zeros(0, np.int16)


def main(descriptor: int) -> None:
    """Serves the engine at the other end of an inherited socket."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # the engine's precedence is not for its helpers
    reader, decoder = FrameReader(), msgspec.msgpack.Decoder(Batch)
    codecs: dict[int, FrameCodec] = {}
    with socket.socket(fileno=descriptor) as link, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while data := link.recv(_READ_SIZE):
            for body in reader.feed(data):
                link.sendall(to_frame(answer(codecs, from_body(decoder, body))))


def answer(codecs: dict[int, FrameCodec], batch: Batch) -> CodedBatch:
    """Does a batch's work; `codecs` are those of the open streams."""
    for stream, name in batch.opened:
        codecs[stream] = open_codec(name)
    for stream in batch.closed:
        codecs.pop(stream, None)
    return CodedBatch([_code(codecs[work.stream], work) for work in batch.work if work.stream in codecs])


def _code(codec: FrameCodec, work: Work) -> Coded:
    samples = _NO_SAMPLES
    if work.packet is None:
        samples = codec.conceal()
    elif work.packet:
        samples = codec.decode(work.packet)
    return Coded(work.stream, samples.tobytes(), codec.encode(np.frombuffer(work.frame, np.int16)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
