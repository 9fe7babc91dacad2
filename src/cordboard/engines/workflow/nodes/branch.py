"""Conditions that lead to paths, as condition nodes and event nodes have them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.engines.rules.statements import Statement
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

_MOST: Final = 100


class Branch(msgspec.Struct, frozen=True):
    """The way `path` is taken when all `statements` hold."""

    statements: tuple[Statement, ...]
    path: int

    @property
    def is_otherwise(self) -> bool:
        """Whether it holds whatever is known: a nameless variable that equals nothing, or no statement at all."""
        return not any(statement.variable for statement in self.statements)


def read_branches(members: Members) -> tuple[Branch, ...]:
    """The conditions of a node, in their order."""
    return tuple(
        _branch(members.at(one, f"conditions[{place}]"))
        for place, one in enumerate(members.listed("conditions", _MOST))
    )


def taken(branches: tuple[Branch, ...], turn: Turn) -> int | None:
    """The way of the first condition that holds; None when none does."""
    return next((branch.path for branch in branches if turn.hold(branch.statements)), None)


def ways_of(branches: tuple[Branch, ...]) -> tuple[int, ...]:
    """The ways of all conditions."""
    return tuple(branch.path for branch in branches)


def _branch(members: Members) -> Branch:
    given: Any = members.raw("statements")
    return Branch(members.statements(given if given is not None else [], "statements"), members.integer("path"))
