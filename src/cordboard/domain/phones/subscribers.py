"""What becomes of phones and presets when users and work groups go."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cordboard.domain.accounts.events import UserEvent, WorkGroupEvent
from cordboard.domain.phones import repository
from cordboard.infra.db import Tx
from cordboard.infra.events import Event


async def forget_users(tx: Tx, events: Sequence[Event]) -> None:
    """SIP phones of users who are gone are nobody's from now on; their browser phones' registrations and their own
    presets go.
    """
    for event in events:
        client_id = msgspec.convert(event.payload, UserEvent).client_id
        await repository.disown_phones(tx, event.account_id, client_id)
        await repository.delete_bindings(tx, event.account_id, client_id)
        await repository.delete_presets_of(tx, event.account_id, "user", client_id)


async def forget_groups(tx: Tx, events: Sequence[Event]) -> None:
    """Presets of work groups that are gone go."""
    for event in events:
        name = msgspec.convert(event.payload, WorkGroupEvent).group_name
        await repository.delete_presets_of(tx, event.account_id, "workgroup", name)
