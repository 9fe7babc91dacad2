"""A business moves over: newman sends the reference's requests to a running platform, and no answer is a surprise.

The requests are those of our own table; CORDBOARD_REFERENCE_COLLECTION names the reference's collection, where there is
a copy of it, to be sent instead.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.harness import Api
from tests.installation import ADMIN, PASSWORD, serving
from tests.interop.journey import PERSON, Files, steps
from tests.interop.postman import Request, Step, journey_of, own_collection, read_collection

from cordboard.run.api import api_endpoints
from cordboard.wire.audio.wav import build_file

PEERS = Path(__file__).parent / "peers"
NEWMAN = PEERS / "node_modules" / "newman"
REFERENCE = os.environ.get("CORDBOARD_REFERENCE_COLLECTION", "")
_PATIENCE = 240.0

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        shutil.which("node") is None or not NEWMAN.exists(),
        reason="needs node and the npm package newman: tools/install_peers.sh installs them",
    ),
]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """What is uploaded on the way."""
    return Files(tmp_path, second_of_silence())


async def test_every_numbered_request_is_on_the_way(api: Api, files: Files) -> None:
    sent = {step.number for step in steps(files)} - {0}

    assert sent == set(own_collection(api_endpoints(api.platform)))


async def test_our_table_holds_no_surprise(api: Api, files: Files, tmp_path: Path) -> None:
    requests = own_collection(api_endpoints(api.platform))

    found = await surprises(requests, steps(files), tmp_path)

    assert not found, "\n".join(found)


@pytest.mark.skipif(not REFERENCE, reason="CORDBOARD_REFERENCE_COLLECTION names no collection")
async def test_the_reference_holds_no_surprise(files: Files, tmp_path: Path) -> None:
    requests = read_collection(Path(REFERENCE))

    found = await surprises(requests, steps(files), tmp_path)

    assert not found, "\n".join(found)


async def surprises(requests: Mapping[int, Request], way: Sequence[Step], folder: Path) -> list[str]:
    """What was answered otherwise than expected."""
    async with serving(folder / "data", []) as served:
        report = await run_newman(journey_of(requests, way, f"http://127.0.0.1:{served.port}"), folder)
    assert report["sent"] == len(way), report
    failed: list[str] = report["failed"]
    return failed


async def run_newman(collection: Mapping[str, Any], folder: Path) -> Any:
    """What a run sent, and what of it failed."""
    values = {
        "email": ADMIN,
        "password": PASSWORD,
        "tonumber": PERSON,
        "newEmail": "annie@cordboard.test",
        "callbackurl": "",
        "today": f"{datetime.now(UTC):%Y-%m-%d}",
        "account_phonenumber": "{{fromnumber}}",
    }
    environment = {"name": "ours", "values": [{"key": k, "value": v, "enabled": True} for k, v in values.items()]}
    collection_file, environment_file = folder / "collection.json", folder / "environment.json"
    collection_file.write_bytes(msgspec.json.encode(collection))
    environment_file.write_bytes(msgspec.json.encode(environment))
    process = await asyncio.create_subprocess_exec(
        *("node", str(PEERS / "journey.js"), str(collection_file), str(environment_file), str(folder)),
        stdin=DEVNULL,
        stdout=PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
    return msgspec.json.decode(said)


def second_of_silence() -> bytes:
    """A sound file."""
    return build_file(np.zeros(8000, dtype=np.int16))
