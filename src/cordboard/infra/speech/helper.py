"""A child process that does one thing at a time: what may crash, or keeps a core busy, does so away from the calls.

The protocol: a request is a line of JSON on the child's standard input. The answer is a line of JSON, `{"size": n}`
followed by n bytes, or `{"error": "..."}`. The child ends when its input does.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from cordboard.infra.speech.port import SpeechError

_LARGEST_ANSWER: Final = 64 * 1024 * 1024


class HelperProcess:
    """Asks `python -m module`, which is started with the first request and anew after a crash or a time limit.
    `seconds` bounds a request.
    """

    def __init__(self, module: str, *, seconds: float) -> None:
        self._module = module
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def ask(self, request: Mapping[str, Any]) -> bytes:
        """The answer's bytes. Raises SpeechError: the child refused, died or took too long."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._exchange(await self._running(), request)
            except TimeoutError as error:
                await self._stop()
                raise SpeechError(f"no answer within {self._seconds:g} s") from error
            except (OSError, EOFError, ValueError) as error:  # ValueError: what came is no answer
                await self._stop()
                raise SpeechError(f"the helper process failed: {type(error).__name__}") from error
            except asyncio.CancelledError:
                await self._stop()  # an answer that nobody waits for would be taken for the next one
                raise

    async def close(self) -> None:
        """Ends the child. Safe to repeat."""
        await self._stop()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C in a terminal is for the parent, whose end ends the child
            )
        return self._process

    @staticmethod
    async def _exchange(process: asyncio.subprocess.Process, request: Mapping[str, Any]) -> bytes:
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(msgspec.json.encode(request) + b"\n")
        await process.stdin.drain()
        head = msgspec.json.decode(await process.stdout.readline() or b"null", type=dict[str, Any] | None)
        if head is None:
            raise EOFError
        if "error" in head:
            raise SpeechError(str(head["error"]))
        size = int(head["size"])
        if not 0 <= size <= _LARGEST_ANSWER:
            raise ValueError("size")
        return await process.stdout.readexactly(size)

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def serve(handle: Callable[[dict[str, Any]], bytes]) -> None:
    """The child's loop. `handle` raises SpeechError for what it refuses. Whatever a library prints goes to the errors,
    not among the answers.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        try:
            data = handle(msgspec.json.decode(line))
            head: dict[str, Any] = {"size": len(data)}
        except SpeechError as error:
            data, head = b"", {"error": str(error)}
        answers.write(msgspec.json.encode(head) + b"\n" + data)
        answers.flush()
