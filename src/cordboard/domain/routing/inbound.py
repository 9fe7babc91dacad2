"""Routing of what comes in: what is known of it is gathered without a transaction, for servers are asked; then the
choice, its log and its event are written in one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.contacts.service import ContactService
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.routing import repository
from cordboard.domain.routing.choosing import Chance, choice_of, choose, eligible, variables_of
from cordboard.domain.routing.events import ROUTED, RoutedEvent
from cordboard.domain.routing.models import (
    ROUND_ROBIN,
    InboundEvent,
    RouteChoice,
    RouteDestination,
    RouteTag,
    RuleSet,
)
from cordboard.domain.routing.ports import InrouteVariables
from cordboard.infra.db import Database, Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock

_OTHER_PARTY: Final = "from"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a choice is made of: the event, its tag with the destinations for it, and what rules see."""

    event: InboundEvent
    tag: RouteTag
    destinations: Sequence[RouteDestination]
    rules: Mapping[UUID, RuleSet]
    variables: Mapping[str, str]


class InboundRouting:
    """The verbs. `chance` draws where a tag distributes at random."""

    def __init__(
        self,
        *,
        clock: Clock,
        database: Database,
        contacts: ContactService,
        inroute: InrouteVariables,
        chance: Chance = secrets.randbelow,
    ) -> None:
        self._clock = clock
        self._database = database
        self._contacts = contacts
        self._inroute = inroute
        self._chance = chance

    async def route_inbound(self, event: InboundEvent) -> tuple[RouteChoice, ...]:
        """Where it goes: one destination, several where the tag distributes to all at once, none when no destination's
        rules hold: then the number's own URL is asked. Opens its own transaction and may take seconds.
        """
        situation = await self.gather(event)
        if situation is None:
            return ()
        async with self._database.transaction() as tx:
            return await self.choose(tx, situation)

    async def gather(self, event: InboundEvent) -> Situation | None:
        """Reads the configuration and asks the account's `inroute` servers; None when the tag has no destination for
        it. No transaction may be open.
        """
        async with self._database.connection() as connection:
            tag = await repository.find_tag(connection, event.account_id, event.route_tag)
            found = await repository.destinations_of(connection, event.account_id, event.route_tag, event.kind)
            if tag is None or not found:
                return None
            wanted = [one.rule_set_id for one in found if one.rule_set_id]
            rules = await repository.rule_sets_of(connection, event.account_id, wanted) if wanted else []
            contact = await self._contact(connection, event)
        variables = variables_of(
            event.fields,
            contact=contact,
            asked=await self._inroute.ask(event),
            timezone=event.timezone,
            now=self._clock.now(),
        )
        return Situation(event, tag, found, {one.id: one for one in rules}, variables)

    async def choose(self, tx: Tx, situation: Situation) -> tuple[RouteChoice, ...]:
        """Chooses, and records it in the debug log and as events."""
        event, tag = situation.event, situation.tag
        candidates = eligible(situation.destinations, event.kind, situation.rules, situation.variables)
        turn = 0
        if candidates and tag.distribution_type == ROUND_ROBIN:
            turn = await repository.next_turn(tx, event.account_id, tag.route_tag, event.kind)
        chosen = choose(tag.distribution_type, candidates, turn=turn, chance=self._chance)
        choices = tuple(choice_of(one) for one in chosen)
        await debuglog.record(tx, self._logged(event, choices))
        await append(tx, [self._event(event, choice) for choice in choices])
        return choices

    async def _contact(self, tx: Tx, event: InboundEvent) -> dict[str, str]:
        if event.contact_id is None:
            return {}
        found = await self._contacts.by_ids(tx, event.account_id, [event.contact_id])
        return dict(found[event.contact_id].ext_data) if event.contact_id in found else {}

    def _logged(self, event: InboundEvent, choices: Sequence[RouteChoice]) -> list[Entry]:
        outcomes = [f"{choice.dest_type} {choice.dest}" for choice in choices]
        return [
            self._entry(event, outcome, success=bool(choices))
            for outcome in outcomes or ["no destination's rules hold: the number's own URL is asked"]
        ]

    def _entry(self, event: InboundEvent, outcome: str, *, success: bool) -> Entry:
        entry = sms_action(
            event.account_id,
            event.subject_id,
            self._clock.now(),
            "route",
            f"routeTag {event.route_tag}",
            outcome,
            success=success,
        )
        return entry if event.kind == "sms" else replace(entry, type="callaction")

    def _event(self, event: InboundEvent, choice: RouteChoice) -> Event:
        routed = RoutedEvent(
            account_sid=str(event.account_id),
            subject_sid=str(event.subject_id),
            src_type=event.kind,
            route_tag=choice.route_tag,
            dest=choice.dest,
            dest_type=choice.dest_type,
            name=choice.name,
            callback_url=choice.callback_url,
            options=choice.options,
            apply_tags=list(choice.apply_tags),
            contact_id=str(event.contact_id) if event.contact_id else None,
            fields=dict(event.fields),
        )
        subject = event.fields.get(_OTHER_PARTY) or str(event.subject_id)
        return Event(ROUTED, event.account_id, subject, msgspec.to_builtins(routed), self._clock.now())
