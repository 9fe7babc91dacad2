"""Callers who come together share one piece of work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from cordboard.infra.batching import Batcher


async def test_those_who_wait_meanwhile_go_together() -> None:
    sizes: list[int] = []
    gate = asyncio.Event()

    async def work(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        await gate.wait()
        return [item * 2 for item in items]

    batcher = Batcher(work, largest=10, at_once=1)
    calls = [asyncio.create_task(batcher(number)) for number in range(15)]
    await asyncio.sleep(0)
    gate.set()

    assert await asyncio.gather(*calls) == [number * 2 for number in range(15)]
    assert sizes == [1, 10, 4]


async def test_a_bad_item_fails_alone() -> None:
    gate = asyncio.Event()

    async def work(items: Sequence[int]) -> list[int]:
        await gate.wait()
        if 3 in items:
            raise ValueError("three")
        return list(items)

    batcher = Batcher(work, at_once=1)
    calls = [asyncio.create_task(batcher(number)) for number in range(6)]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)

    assert results[:3] == [0, 1, 2]
    assert isinstance(results[3], ValueError)
    assert results[4:] == [4, 5]


async def test_an_item_is_worked_on_though_its_caller_went() -> None:
    done: list[int] = []
    gate = asyncio.Event()

    async def work(items: Sequence[int]) -> list[int]:
        await gate.wait()
        done.extend(items)
        return list(items)

    batcher = Batcher(work)
    caller = asyncio.create_task(batcher(1))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    gate.set()
    await batcher(2)

    assert done == [1, 2]
