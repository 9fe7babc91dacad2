"""Waiting for a database that is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from cordboard.infra.db.patience import patiently


def failing_with(*errors: Exception) -> tuple[Callable[[], Awaitable[str]], list[Exception]]:
    """Work that raises these in turn and then succeeds; and those that are left."""
    left = list(errors)

    async def work() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return work, left


async def test_it_tries_again_until_the_database_is_back() -> None:
    work, left = failing_with(ConnectionRefusedError(), asyncpg.CannotConnectNowError("starting up"))

    assert await patiently(work, 10) == "done"
    assert not left


async def test_a_wrong_statement_is_raised_at_once() -> None:
    work, left = failing_with(asyncpg.UndefinedColumnError("no such column"), ConnectionRefusedError())

    with pytest.raises(asyncpg.UndefinedColumnError):
        await patiently(work, 10)
    assert len(left) == 1


async def test_a_wrong_argument_is_raised_at_once() -> None:
    work, left = failing_with(asyncpg.exceptions.DataError("invalid input"), ConnectionRefusedError())

    with pytest.raises(asyncpg.exceptions.DataError):
        await patiently(work, 10)
    assert len(left) == 1


async def test_it_gives_up_in_the_end() -> None:
    work, left = failing_with(ConnectionRefusedError("first"), ConnectionRefusedError("second"))

    with pytest.raises(ConnectionRefusedError, match="first"):
        await patiently(work, -1)
    assert len(left) == 1
