"""The control socket: a real server on a thread, real clients."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.house import remote_of

from cordboard.edge.media.client import MediaClient
from cordboard.edge.media.errors import MediaError, MediaLostError, NoEngineError
from cordboard.edge.media.framing import FrameReader, FrameTooLongError, to_frame
from cordboard.edge.media.media_pool import MediaPool
from cordboard.edge.media.protocol import (
    LARGEST_FRAME,
    CloseLeg,
    ConnectLeg,
    EngineStatus,
    GetStatistics,
    GetStatus,
    JoinRoom,
    LegStatistics,
    MediaEvent,
    OpenLeg,
    Play,
    PlayEnded,
    Record,
    RecordEnded,
    Request,
    SilenceClip,
    ToneClip,
)
from cordboard.edge.media.server import MediaServer
from cordboard.edge.media.settings import MediaSettings
from cordboard.testing.rtp import RtpParty, dominant_frequency

SETTINGS = MediaSettings(most_legs=6, codec_workers=0, ports="24000-24999")


@contextmanager
def serving(path: Path) -> Iterator[MediaServer]:
    """A media server on a thread of its own."""
    server = MediaServer(SETTINGS, path)
    stopping = threading.Event()
    thread = threading.Thread(target=server.run, args=(stopping.is_set,))
    thread.start()
    try:
        yield server
    finally:
        stopping.set()
        thread.join()


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    with serving(tmp_path / "one.sock"):
        yield tmp_path / "one.sock"


@pytest.fixture
async def client(path: Path) -> AsyncIterator[MediaClient]:
    connected = await MediaClient.connect(path)
    yield connected
    await connected.close()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  (it is another thread that makes it true)
            await asyncio.sleep(0.005)


async def _legs(client: MediaClient) -> int:
    return (await client.request(GetStatus())).legs


async def test_a_call_is_driven_from_the_socket(client: MediaClient, tmp_path: Path) -> None:
    events: list[MediaEvent] = []
    client.on_event(events.append)
    party = RtpParty()
    opened = await client.request(OpenLeg("ann"))
    assert (opened.host, opened.port % 2, opened.srtp_key) == ("127.0.0.1", 0, None)
    await client.request(ConnectLeg("ann", remote_of(party)))
    await client.request(JoinRoom("r", "ann"))
    await client.request(Record(record="rec", path=str(tmp_path / "a.wav"), leg="ann", direction="out"))
    await client.request(Play(play="p", leg="ann", clips=[ToneClip((800.0,), 300)]))
    await _until(lambda: any(isinstance(event, PlayEnded) for event in events))
    figures = await client.request(CloseLeg("ann"))
    assert isinstance(figures, LegStatistics)
    assert figures.packets_sent >= 15
    assert [type(event) for event in events] == [PlayEnded, RecordEnded]
    assert (tmp_path / "a.wav").exists()
    party.hear()
    assert dominant_frequency(np.trim_zeros(party.audio)) == pytest.approx(800, abs=10)
    party.close()
    status = await client.request(GetStatus())
    assert (status.legs, status.most_legs) == (0, 6)
    assert status.ticks > 10


async def test_refusals_are_errors_with_their_code(client: MediaClient) -> None:
    with pytest.raises(MediaError) as unknown:
        await client.request(GetStatistics("nobody"))
    assert unknown.value.code == "unknown"
    for number in range(6):
        await client.request(OpenLeg(str(number)))
    with pytest.raises(MediaError) as busy:
        await client.request(OpenLeg("one more"))
    assert busy.value.code == "busy"
    with pytest.raises(MediaError) as invalid:
        await client.request(OpenLeg("0"))
    assert invalid.value.code == "invalid"
    await client.request(CloseLeg("3"))
    await client.request(OpenLeg("one more"))


async def test_a_client_that_dies_takes_only_its_legs_along(path: Path, client: MediaClient, tmp_path: Path) -> None:
    other = await MediaClient.connect(path)
    await client.request(OpenLeg("mine"))
    await other.request(OpenLeg("theirs"))
    await other.request(Record(record="rec", path=str(tmp_path / "t.wav"), leg="theirs"))
    await other.request(Play(play="p", leg="theirs", clips=[SilenceClip(60_000)]))
    assert await _legs(client) == 2
    await other.close()
    while await _legs(client) != 1:
        pass
    await client.request(GetStatistics("mine"))
    await _until((tmp_path / "t.wav").exists)
    with pytest.raises(MediaLostError):
        await other.request(GetStatus())


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff",
        struct.pack(">I", LARGEST_FRAME + 1),
        struct.pack(">I", 3) + b"\xc1\xc1\xc1",
        struct.pack(">I", 1) + b"\x80",
        to_frame(Request(1, GetStatus()))[:-1] + b"\xff",
    ],
)
async def test_garbage_ends_its_connection_and_no_other(path: Path, client: MediaClient, garbage: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(stranger, str(path))
        await loop.sock_sendall(stranger, garbage)
        async with asyncio.timeout(5):
            assert await loop.sock_recv(stranger, 100) == b""
    assert await _legs(client) == 0


async def test_many_requests_at_once_are_all_answered(client: MediaClient) -> None:
    answers = await asyncio.gather(*(client.request(GetStatus()) for _ in range(500)))
    assert all(isinstance(answer, EngineStatus) for answer in answers)


async def test_the_pool_finds_engines_chooses_the_emptiest_and_tells_of_losses(tmp_path: Path) -> None:
    lost: list[MediaClient] = []
    pool = MediaPool(tmp_path, on_event=lambda client, event: None, on_lost=lost.append)
    with pytest.raises(NoEngineError):
        pool.pick()
    (tmp_path / "dead.sock").touch()
    with serving(tmp_path / "a.sock"):
        await pool.refresh()
        (first,) = pool.clients
        for number in range(3):
            await first.request(OpenLeg(str(number)))
        with serving(tmp_path / "b.sock"):
            await pool.refresh()
            second = next(client for client in pool.clients if client is not first)
            assert [pool.pick() for _ in range(3)] == [second] * 3
            assert {pool.pick(), pool.pick()} == {first, second}
        await second.closed.wait()
        assert lost == [second]
        await pool.refresh()
        assert pool.pick() is first
        await pool.close()
    assert lost == [second]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300)), st.integers(1, 50))
def test_frames_come_out_however_the_stream_is_cut(bodies: list[bytes], size: int) -> None:
    stream = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
    reader = FrameReader()
    out: list[bytes] = []
    for at in range(0, len(stream), size):
        out += reader.feed(stream[at : at + size])
    assert out == bodies


def test_a_frame_over_the_limit_is_refused_both_ways() -> None:
    with pytest.raises(FrameTooLongError):
        FrameReader().feed(struct.pack(">I", LARGEST_FRAME + 1))
    with pytest.raises(FrameTooLongError):
        to_frame(Request(1, OpenLeg("x" * LARGEST_FRAME)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ports", "20000"),
        ("ports", "30000-20000"),
        ("ports", "20001-20002"),
        ("ports", "10-90000"),
        ("host", "0.0.0.0"),
        ("most_delay", 1),
        ("jitter_slots", 8000),
    ],
)
def test_settings_that_cannot_work_are_refused(name: str, value: str | int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({name: value}, MediaSettings)


def test_ports_are_even_and_leave_the_next_one() -> None:
    assert list(MediaSettings(ports="20001-20006").port_range) == [20002, 20004]
    assert MediaSettings(host="0.0.0.0", public_host="203.0.113.5").advertised_host == "203.0.113.5"
