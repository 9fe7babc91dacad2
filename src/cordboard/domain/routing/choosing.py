"""Where a call or a text goes, of the destinations that its tag has. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.routing.models import (
    ACTIVE,
    ALL_AT_ONCE,
    RANDOM,
    ROUND_ROBIN,
    TAKES,
    RouteChoice,
    RouteDestination,
    RouteKind,
    RuleSet,
)
from cordboard.engines.rules.statements import all_hold
from cordboard.kit.timezones import zone_info

Chance = Callable[[int], int]
"""A whole number from 0 up to below its argument, at random."""

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def variables_of(
    fields: Mapping[str, str],
    *,
    contact: Mapping[str, str],
    asked: Mapping[str, str],
    timezone: int,
    now: datetime,
) -> dict[str, str]:
    """What rules see, by lower-case names: the time on the number's clock, the event's fields, what `inroute` servers
    said, the contact's data. Where names are the same, the earlier of these counts.
    """
    gathered = {**contact, **asked, **fields, **_clock_of(timezone, now)}
    return {name.lower(): value for name, value in gathered.items()}


def eligible(
    destinations: Sequence[RouteDestination], kind: RouteKind, rules: Mapping[UUID, RuleSet], values: Mapping[str, str]
) -> list[RouteDestination]:
    """Those that are turned on, can take what came, and whose rules hold; in the order of their priority."""
    return sorted(
        (one for one in destinations if _may_take(one, kind) and _rules_hold(one, rules, values)),
        key=lambda one: one.priority,
    )


def choose(
    distribution_type: int, candidates: Sequence[RouteDestination], *, turn: int, chance: Chance
) -> tuple[RouteDestination, ...]:
    """The destination whose turn it is: the first, the next one around, one at random; or all of them. None of none.

    `turn` counts what was distributed before and matters to round robin only.
    """
    if not candidates or distribution_type == ALL_AT_ONCE:
        return tuple(candidates)
    if distribution_type == ROUND_ROBIN:
        return (candidates[turn % len(candidates)],)
    if distribution_type == RANDOM:
        return (candidates[chance(len(candidates))],)
    return (candidates[0],)


def choice_of(destination: RouteDestination) -> RouteChoice:
    """A destination as whoever carries it out needs it."""
    return RouteChoice(
        route_tag=destination.route_tag,
        dest=destination.dest,
        dest_type=destination.dest_type,
        name=destination.name,
        callback_url=destination.callback_url,
        options=destination.options,
        apply_tags=tuple(destination.apply_tags),
    )


def _may_take(destination: RouteDestination, kind: RouteKind) -> bool:
    return destination.status == ACTIVE and destination.src_type == kind and destination.dest_type in TAKES[kind]


def _rules_hold(destination: RouteDestination, rules: Mapping[UUID, RuleSet], values: Mapping[str, str]) -> bool:
    if destination.rule_set_id is None:
        return True
    found = rules.get(destination.rule_set_id)
    return found is not None and all_hold(found.statements, values)


def _clock_of(timezone: int, now: datetime) -> dict[str, str]:
    """`time.dayofweek`, a day's English name, and `time.hhmm`, from 0000 to 2359; UTC where the zone is no place."""
    local = now.astimezone(zone_info(timezone)) if zone_info(timezone) else now
    return {"time.dayofweek": _DAYS[local.weekday()], "time.hhmm": f"{local:%H%M}"}
