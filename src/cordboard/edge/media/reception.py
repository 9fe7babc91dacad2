"""Packets from all legs' sockets: the ordinary ones, a G.711 frame behind a plain header, as arrays; others singly."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cordboard.edge.media.arrivals import Arrivals
from cordboard.edge.media.jitter import JitterBuffers
from cordboard.edge.media.latch import Latch
from cordboard.edge.media.ports import Address
from cordboard.wire.audio.frames import FRAME_SAMPLES
from cordboard.wire.rtp.packet import FLAGS_PLAIN, HEADER, HEADER_SIZE, LARGEST_PACKET

MOST_ROUNDS = 24
"""Packets of one leg that are read at a time; a flood waits in the kernel, which drops what exceeds its buffer."""

ROW_SIZE = 640
"""Octets that are kept of a packet on an unprotected leg: 60 ms of G.711 with a long header."""

_UNKNOWN, _FRAME, _OTHER = 0, 1, 2
_TYPES = 128
_FRAME_PACKET = HEADER_SIZE + FRAME_SAMPLES

SingleHandler: TypeAlias = Callable[[int, bytes, float], None]
"""Slot, datagram, time: a packet of a leg's party that is not an ordinary frame."""

SocketHandler: TypeAlias = Callable[[bytes, Address, float], None]
"""Whatever comes to a socket that reads for itself."""


class Reception:
    """Reads sockets when told to. `settled` hears of a slot whose source has become certain."""

    def __init__(
        self,
        capacity: int,
        jitter: JitterBuffers,
        arrivals: Arrivals,
        *,
        single: SingleHandler,
        settled: Callable[[int], None],
    ) -> None:
        self._capacity = capacity
        self._jitter = jitter
        self._arrivals = arrivals
        self._single = single
        self._settled = settled
        self._epoll = select.epoll()
        self._rows = np.zeros((capacity, ROW_SIZE), np.uint8)
        self._headers = self._rows[:, :HEADER_SIZE].view(HEADER)[:, 0]
        self._views = [memoryview(self._rows[row]) for row in range(capacity)]
        self._kinds = np.zeros((capacity, _TYPES), np.uint8)
        self._legs: dict[int, tuple[int, socket.socket]] = {}
        self._handlers: dict[int, tuple[socket.socket, SocketHandler]] = {}
        self._latches: dict[int, Latch] = {}
        self._certain: list[Address | None] = [None] * capacity
        self._batch: list[int] = []
        self._sizes: list[int] = []

    def add_leg(self, leg: int, source: socket.socket, latch: Latch) -> None:
        """Reads a leg's RTP; nothing is taken until its types are told."""
        self._kinds[leg] = _UNKNOWN
        self._certain[leg] = None
        self._latches[leg] = latch
        self._legs[source.fileno()] = (leg, source)
        self._epoll.register(source.fileno(), select.EPOLLIN)

    def add_handler(self, source: socket.socket, handler: SocketHandler) -> None:
        """Hands what comes to a socket over as it is."""
        self._handlers[source.fileno()] = (source, handler)
        self._epoll.register(source.fileno(), select.EPOLLIN)

    def remove(self, source: socket.socket) -> None:
        """Before the socket is closed."""
        self._epoll.unregister(source.fileno())
        self._legs.pop(source.fileno(), None)
        self._handlers.pop(source.fileno(), None)

    def accept(self, leg: int, *, frame_types: Iterable[int], other_types: Iterable[int]) -> None:
        """The payload types that a leg takes from now on: frames in its ring's law, and those handled singly. Its
        source is judged anew.
        """
        self._kinds[leg] = _UNKNOWN
        self._kinds[leg, list(other_types)] = _OTHER
        self._kinds[leg, list(frame_types)] = _FRAME
        self._certain[leg] = None

    def close(self) -> None:
        """No more reading."""
        self._epoll.close()

    def drain(self, now: float) -> int:
        """Reads what has come; how many packets there were. A round reads at most one packet a socket, so that no leg
        is twice in it.
        """
        total = 0
        for _ in range(MOST_ROUNDS):
            ready = self._epoll.poll(0, self._capacity)
            if not ready:
                break
            total += len(ready)
            self._round(ready, now)
        return total

    def inject(self, leg: int, packet: bytes, now: float) -> None:
        """A packet that a handler has proved to be the party's joins the others of this round."""
        if len(packet) >= ROW_SIZE or len(self._batch) >= self._capacity or leg in self._batch[-1:]:
            self._single(leg, packet, now)
            return
        self._views[len(self._batch)][: len(packet)] = packet
        self._batch.append(leg)
        self._sizes.append(len(packet))

    def _round(self, ready: list[tuple[int, int]], now: float) -> None:
        legs, sizes = self._batch, self._sizes
        for descriptor, _ in ready:
            known = self._legs.get(descriptor)
            if known is None:
                self._hand_over(descriptor, now)
                continue
            leg, source = known
            row = self._views[len(legs)]
            try:
                size, address = source.recvfrom_into(row)
            except OSError:
                continue
            if address == self._certain[leg] or self._judge(leg, row, size, address):
                legs.append(leg)
                sizes.append(size)
        if legs:
            self._batch, self._sizes = [], []
            self._sort(np.array(legs, np.intp), np.array(sizes, np.intp), now)

    def _hand_over(self, descriptor: int, now: float) -> None:
        if descriptor not in self._handlers:
            return
        source, handler = self._handlers[descriptor]
        try:
            datagram, address = source.recvfrom(LARGEST_PACKET)
        except OSError:
            return
        handler(datagram, address, now)

    def _judge(self, leg: int, row: memoryview, size: int, address: Address) -> bool:
        """Whether a packet of an uncertain or strange source is the party's."""
        latch = self._latches[leg]
        if size < HEADER_SIZE or row[0] >> 6 != FLAGS_PLAIN >> 6 or not self._kinds[leg, row[1] & 0x7F]:
            latch.refuse()
            return False
        if not latch.takes(address, int.from_bytes(row[8:12], "big")):
            return False
        self._certain[leg] = latch.send_to
        self._settled(leg)
        return True

    def _sort(self, legs: NDArray[np.intp], sizes: NDArray[np.intp], now: float) -> None:
        count = len(legs)
        rows = self._rows[:count]
        kinds = self._kinds[legs, rows[:, 1] & 0x7F]
        ordinary = (rows[:, 0] == FLAGS_PLAIN) & (sizes == _FRAME_PACKET) & (kinds == _FRAME)
        if ordinary.all():
            self._place(legs, self._headers[:count], rows[:, HEADER_SIZE:_FRAME_PACKET], now)
            return
        chosen = np.flatnonzero(ordinary)
        if len(chosen):
            self._place(legs[chosen], self._headers[chosen], rows[chosen, HEADER_SIZE:_FRAME_PACKET], now)
        for at in np.flatnonzero(~ordinary):
            self._take_single(int(legs[at]), int(at), int(sizes[at]), now)

    def _place(
        self, legs: NDArray[np.intp], headers: NDArray[np.void], payloads: NDArray[np.uint8], now: float
    ) -> None:
        timestamps = headers["timestamp"].astype(np.uint32)
        sequences, ssrcs = headers["sequence"].astype(np.int64), headers["ssrc"].astype(np.int64)
        fresh = self._arrivals.take(legs, sequences, timestamps.astype(np.int64), ssrcs, now)
        if not fresh.all():
            legs, timestamps, payloads = legs[fresh], timestamps[fresh], payloads[fresh]
        if len(legs):
            self._jitter.place(legs, timestamps, payloads)

    def _take_single(self, leg: int, row: int, size: int, now: float) -> None:
        if size >= ROW_SIZE:
            self._latches[leg].refuse()
            return
        self._single(leg, self._rows[row, :size].tobytes(), now)
