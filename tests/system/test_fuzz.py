"""The whole API is sent what its OpenAPI document allows and what it forbids; nothing of it may break the platform."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest
from tests.installation import serving

_HERE = Path(__file__).parent
_EXAMPLES = 5
_PATIENCE = 400.0
# Threads that parse at once fail by a fault of CPython before 3.11.8 (python/cpython#106905).
_WORKERS = 1
# These end the run's own token, or make time pass under it.
_LEFT_OUT = "/sandbox/clock/advance|/auth/v3/token|/users/password/update|/users/setup2fa"

pytestmark = pytest.mark.system


async def test_nothing_that_is_sent_breaks_the_platform(tmp_path: Path) -> None:
    async with serving(tmp_path, []) as served:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{served.port}/openapi.json"),
            *("--header", f"Authorization: Bearer {served.token}", "--exclude-path-regex", _LEFT_OUT),
            *("--checks", "nothing_breaks", "--phases", "examples,fuzzing", "--no-shrink", "--seed", "1"),
            *("--max-examples", str(_EXAMPLES), "--request-timeout", "30", "--suppress-health-check", "all"),
            *("--warnings", "off", "--workers", str(_WORKERS)),
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.system.fuzz_checks", "PYTHONPATH": _python_path()},
            stdout=PIPE,
            stderr=STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)

    failures = [line for line in served.said if line.get("event") in ("http.failed", "websocket.failed")]
    assert failures == []
    assert process.returncode == 0, said.decode()[-6000:]


def _python_path() -> str:
    return os.pathsep.join([str(_HERE.parent.parent), os.environ.get("PYTHONPATH", "")])
