"""Sealed values: opened by the ring and the purpose that sealed them, and by nothing else."""

from __future__ import annotations

import base64
import json
import secrets
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.kit.secrets import KeyRing, UnsealError

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)
RING = KeyRing({"k1": OLD})


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_is_opened(value: str, purpose: str) -> None:
    assert RING.open(RING.seal(value, purpose), purpose) == value


def test_the_same_value_never_looks_the_same() -> None:
    assert len({RING.seal("value", "probe") for _ in range(100)}) == 100
    assert RING.seal("value", "probe").startswith("v1.k1.")


def test_another_purpose_does_not_open_it() -> None:
    sealed = RING.seal("value", "carrier password")
    with pytest.raises(UnsealError):
        RING.open(sealed, "webhook secret")


def test_a_rotated_ring_opens_the_old_and_seals_with_the_new() -> None:
    rotated = KeyRing({"k1": OLD, "k2": NEW})
    assert rotated.open(RING.seal("old", "probe"), "probe") == "old"
    sealed = rotated.seal("new", "probe")
    assert sealed.startswith("v1.k2.")
    assert KeyRing({"k2": NEW}).open(sealed, "probe") == "new"
    with pytest.raises(UnsealError):
        RING.open(sealed, "probe")


def test_no_bit_may_change() -> None:
    prefix, _, encoded = RING.seal("value", "probe").rpartition(".")
    box = base64.urlsafe_b64decode(encoded)
    for position in range(len(box) * 8):
        changed = bytearray(box)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(UnsealError):
            RING.open(f"{prefix}.{base64.urlsafe_b64encode(changed).decode()}", "probe")


@pytest.mark.parametrize("sealed", ["", "v1", "v1.k1", "v1.k1.", "v1.k1.AAAA", "v1.k1.é", "v1.k9.AAAA", "plain text"])
def test_what_was_never_sealed_is_refused(sealed: str) -> None:
    with pytest.raises(UnsealError):
        RING.open(sealed, "probe")


def test_another_version_is_refused() -> None:
    with pytest.raises(UnsealError):
        RING.open(RING.seal("value", "probe").replace("v1.", "v2.", 1), "probe")


@given(st.text(max_size=60))
def test_junk_is_refused(sealed: str) -> None:
    with pytest.raises(UnsealError):
        RING.open(sealed, "probe")


@pytest.mark.parametrize("keys", [{}, {"k.1": OLD}, {"k1": b"short"}])
def test_a_ring_of_bad_keys_is_refused(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError):
        KeyRing(keys)


def test_the_ring_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    sealed = KeyRing.load_or_create(path).seal("value", "probe")
    assert KeyRing.load_or_create(path).open(sealed, "probe") == "value"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_a_key_is_added_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    sealed = KeyRing.load_or_create(path).seal("value", "probe")
    stored = json.loads(path.read_text())
    path.write_text(json.dumps({**stored, "k2": base64.b64encode(NEW).decode()}))
    ring = KeyRing.load_or_create(path)
    assert ring.open(sealed, "probe") == "value"
    assert ring.seal("value", "probe").startswith("v1.k2.")


def test_threads_that_start_together_share_one_ring(tmp_path: Path) -> None:
    for attempt in range(20):
        path, together = tmp_path / f"{attempt}.json", threading.Barrier(8)
        rings: list[KeyRing] = []

        def load(path: Path = path, together: threading.Barrier = together, rings: list[KeyRing] = rings) -> None:
            together.wait()
            rings.append(KeyRing.load_or_create(path))

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sealed = rings[0].seal("value", "probe")
        assert [ring.open(sealed, "probe") for ring in rings] == ["value"] * 8


def test_processes_that_start_together_share_one_ring(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cordboard.kit.secrets import KeyRing;"
        "sys.stdin.readline(); print(KeyRing.load_or_create(Path(sys.argv[1])).seal('value', 'probe'))"
    )
    path = tmp_path / "keys.json"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    sealed = [process.communicate()[0].strip() for process in processes]
    ring = KeyRing.load_or_create(path)
    assert [ring.open(value, "probe") for value in sealed] == ["value"] * 4
