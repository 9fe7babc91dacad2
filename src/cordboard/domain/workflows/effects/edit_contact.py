"""Edit contact: fields of the contact set and cleared for good."""

from __future__ import annotations

from collections.abc import Sequence

from cordboard.domain.contacts.service import ContactService
from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.domain.workflows.rendering import person_of
from cordboard.engines.workflow.effects import EditContact
from cordboard.infra.db import Tx
from cordboard.kit.errors import CordboardError


class EditContactEffects:
    """The handler. Contacts are edited in the order of their ids, as everybody locks them."""

    def __init__(self, contacts: ContactService) -> None:
        self._contacts = contacts

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """An edit that is refused is noted, and the run goes on."""
        outcomes = [Outcome()] * len(wanted)
        for place in sorted(range(len(wanted)), key=lambda place: wanted[place].run.contact_id):
            outcomes[place] = await self._edited(tx, wanted[place])
        return outcomes

    async def _edited(self, tx: Tx, one: Wanted) -> Outcome:
        effect = one.of(EditContact)
        try:
            async with tx.transaction():
                changed = await self._contacts.assign(tx, one.run.account_id, one.run.contact_id, effect.changes)
        except CordboardError as error:
            return Outcome(notes=(f"not changed: {error}",))
        return Outcome(person=person_of(one.run, changed))
