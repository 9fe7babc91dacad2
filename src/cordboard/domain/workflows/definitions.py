"""Definitions that are run, read once a process: a version never changes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final
from uuid import UUID

from cordboard.domain.workflows.errors import NoWorkflowError
from cordboard.domain.workflows.repository import campaigns
from cordboard.engines.workflow.definition import Definition, read_definition
from cordboard.infra.db import Tx

_MOST_KEPT: Final = 1000

VersionKey = tuple[UUID, UUID, int]
"""Account, campaign, version."""


class Definitions:
    """The definitions that were used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[VersionKey, Definition] = OrderedDict()

    async def of(self, tx: Tx, key: VersionKey) -> Definition:
        """The definition of a version. Raises NoWorkflowError where there is none."""
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        stored = await campaigns.version_of(tx, *key)
        if stored is None:
            raise NoWorkflowError(f"campaign {key[1]} has no version {key[2]} of a workflow")
        definition = self._kept[key] = read_definition(stored.definition)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return definition
