"""Recordings whose store is away: nothing is lost meanwhile, nor when the process ends meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from cordboard.domain.voice.models import CallRecord
from cordboard.edge.calls import recordings
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.running_record import RunningRecord
from cordboard.edge.media.protocol import RecordEnded
from cordboard.infra.blobs import BlobStoreError
from cordboard.kit.ids import Ids
from cordboard.testing.clock import VirtualClock

CALL, ACCOUNT = UUID(int=1), UUID(int=2)


class Store:
    """Takes files once it has refused `refusals` of them."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.asked = asyncio.Event()
        self.kept: list[bytes] = []

    async def put_file(self, name: str, path: Path) -> str:
        """Stores, or is away."""
        self.asked.set()
        if self.refusals:
            self.refusals -= 1
            raise BlobStoreError("no answer")
        self.kept.append(content(path))
        return f"https://store.example/{name}"


class Voice:
    """Counts rows."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._ids = Ids(VirtualClock())

    def new_recording_id(self) -> tuple[UUID, Any]:
        """An id and its moment."""
        return self._ids.time_uuid(), VirtualClock().now()

    async def get(self, _tx: object, account_id: UUID, call_id: UUID) -> CallRecord:
        """The call."""
        return call(account_id, call_id)

    async def keep_recording(self, _tx: object, recording: Any, *_: object) -> None:
        """Adds the row."""
        self.rows.append(recording)


class Database:
    """Has transactions."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Nothing to commit."""
        yield


def call(account_id: UUID = ACCOUNT, call_id: UUID = CALL) -> CallRecord:
    """As much of a call as a recording needs."""
    members = {"account_id": account_id, "id": call_id, "parent_call_id": None, "metadata": None, "kind": "call"}
    return cast("CallRecord", SimpleNamespace(**members))


def recorder(store: Store, voice: Voice, folder: Path) -> Recorder:
    services = {
        "blobs": store,
        "voice": voice,
        "database": Database(),
        "ids": Ids(VirtualClock()),
        "recordings": folder,
        "clips": SimpleNamespace(to_mp3=_as_it_is),
    }
    return Recorder(cast("Any", SimpleNamespace(**services)))


def ended(path: Path) -> RunningRecord:
    """A recording that is over."""
    end = RecordEnded(record="", path=str(path), reason="stopped", duration_ms=1000, voiced_ms=1000)

    async def wait() -> RecordEnded:
        return end

    return cast("RunningRecord", SimpleNamespace(wait=wait))


def content(path: Path) -> bytes:
    """What is in a file; nothing where there is none."""
    return path.read_bytes() if path.exists() else b""


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """A recording's working file."""
    path = tmp_path / "one.wav"
    path.write_bytes(b"sound")
    return path


async def test_a_store_that_is_away_is_waited_for(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "exponential", lambda *_, **__: 0.0)
    store, voice = Store(5), Voice()

    kept = await recorder(store, voice, wav.parent).keep_ended(call(), ended(wav), file_format="wav")

    assert kept is not None
    assert store.kept == [b"sound"]
    assert [row.id for row in voice.rows] == [kept.id]
    assert content(wav) == b""


async def test_whoever_is_cut_off_leaves_the_file(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "exponential", lambda *_, **__: 3600.0)
    store, voice = Store(5), Voice()
    keeping = asyncio.create_task(recorder(store, voice, wav.parent).keep_ended(call(), ended(wav), file_format="wav"))
    await store.asked.wait()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert content(wav) == b"sound"
    assert voice.rows == []


async def test_the_next_start_leaves_what_it_cannot_store_to_the_one_after(tmp_path: Path) -> None:
    left = tmp_path / "999999999"
    left.mkdir()
    name = f"{ACCOUNT.hex}_{CALL.hex}_both_token.wav"
    (left / name).write_bytes(b"\0" * 1000)
    store, voice = Store(1), Voice()
    keeper = recorder(store, voice, tmp_path / "1")

    assert await keeper.recover() == 0
    assert content(left / name)
    assert await keeper.recover() == 1
    assert content(left / name) == b""


async def _as_it_is(wav: Path) -> Path:
    return wav
