"""Carrying effects out: those of one kind together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.domain.workflows.ports import EffectHandler
from cordboard.engines.workflow.effects import Effect
from cordboard.infra.db import Tx


class Effects:
    """Who carries out which kind of effect."""

    def __init__(self, handlers: Mapping[type[Effect], EffectHandler]) -> None:
        self._handlers = handlers

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """One outcome an effect, in order."""
        places: dict[type[Effect], list[int]] = defaultdict(list)
        for place, one in enumerate(wanted):
            places[type(one.effect)].append(place)
        found: dict[int, Outcome] = {}
        for kind, group in places.items():
            outcomes = await self._handlers[kind](tx, [wanted[place] for place in group])
            found |= zip(group, outcomes, strict=True)
        return [found[place] for place in range(len(wanted))]
