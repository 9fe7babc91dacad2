"""Turns: few at once, fewer of one party, and everybody in turn."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.infra.turns import Turns
from cordboard.kit.errors import TooManyRequestsError


class Stage:
    """Workers that take turns and stay until they are sent off."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.inside: list[str] = []
        self.log: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        """Workers named by their party and a number, such as a1."""
        for name in names:
            self._leave[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._work(name))
            await settle()

    async def go(self, name: str) -> None:
        """Sends one off."""
        self._leave[name].set()
        await settle()

    async def _work(self, name: str) -> None:
        async with self._turns.taken(name[0]):
            self.inside.append(name)
            self.log.append(name)
            try:
                await self._leave[name].wait()
            finally:
                self.inside.remove(name)


async def settle() -> None:
    """Lets everybody run who can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_places_go_to_the_parties_in_turn() -> None:
    stage = Stage(Turns(most=3, most_of_one=2))
    await stage.come("a1", "a2", "a3", "a4", "b1", "b2", "c1")
    assert stage.inside == ["a1", "a2", "b1"]

    await stage.go("a1")
    await stage.go("b1")
    await stage.go("a2")
    await stage.go("a3")

    assert stage.log == ["a1", "a2", "b1", "a3", "b2", "c1", "a4"]


async def test_one_party_leaves_places_to_the_others() -> None:
    stage = Stage(Turns(most=4, most_of_one=2))
    await stage.come("a1", "a2", "a3", "a4", "a5")
    assert stage.inside == ["a1", "a2"]

    await stage.come("b1")

    assert stage.inside == ["a1", "a2", "b1"]


async def test_who_gives_up_waiting_takes_no_place() -> None:
    stage = Stage(Turns(most=1, most_of_one=1))
    await stage.come("a1", "a2", "b1")

    stage.tasks["a2"].cancel()
    await settle()
    await stage.go("a1")

    assert stage.inside == ["b1"]
    stage.tasks["b1"].cancel()
    await settle()
    await stage.come("c1")
    assert stage.inside == ["c1"]


async def test_who_is_called_while_giving_up_passes_the_place_on() -> None:
    stage = Stage(Turns(most=1, most_of_one=1))
    await stage.come("a1", "b1", "c1")

    stage._leave["a1"].set()
    stage.tasks["b1"].cancel()
    await settle()

    assert stage.inside == ["c1"]


async def test_too_many_do_not_wait() -> None:
    turns = Turns(most=1, most_of_one=1, most_waiting=2)
    stage = Stage(turns)
    await stage.come("a1", "a2", "a3")

    with pytest.raises(TooManyRequestsError):
        async with turns.taken("a"):
            pass
    with pytest.raises(TooManyRequestsError):
        async with turns.taken("b", wait=False):
            pass
    await stage.come("b1")
    await stage.go("a1")
    assert stage.inside == ["a2"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("come", "leave", "cancel"))), max_size=60))
async def test_the_limits_always_hold_and_nobody_is_forgotten(steps: list[tuple[str, str]]) -> None:
    stage = Stage(Turns(most=3, most_of_one=2))
    for number, (party, step) in enumerate(steps):
        if step == "come":
            await stage.come(f"{party}{number}")
        elif step == "leave" and stage.inside:
            await stage.go(stage.inside[number % len(stage.inside)])
        elif waiting := [name for name, task in stage.tasks.items() if not task.done()]:
            stage.tasks[waiting[number % len(waiting)]].cancel()
            await settle()
        counts = Counter(name[0] for name in stage.inside)
        assert len(stage.inside) <= 3
        assert all(many <= 2 for many in counts.values())
        idle = {name[0] for name, task in stage.tasks.items() if not task.done()} - {
            p for p in counts if counts[p] == 2
        }
        assert len(stage.inside) == 3 or all(
            name in stage.inside for name, task in stage.tasks.items() if not task.done() and name[0] in idle
        )
    while stage.inside:
        await stage.go(stage.inside[0])
    assert all(task.done() for task in stage.tasks.values())
