"""What a step may know of the world."""

from __future__ import annotations

from datetime import datetime

import msgspec

from cordboard.engines.workflow.windows import Window
from cordboard.kit.clock import epoch_ms


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """The contact: `ext_data` with names in lower case, `timezone_id` of the platform's table."""

    id: str
    created_at: datetime
    phone: str
    timezone_id: int
    ext_data: dict[str, str]


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """The campaign: `phone` is the number that writes and calls, `protection` when it may (None: always)."""

    id: str
    phone: str = ""
    protection: Window | None = None


class World(msgspec.Struct, frozen=True, kw_only=True):
    """`seed` makes the draws of a step: the same for a repeated one, another one for each run."""

    now: datetime
    run_id: str
    contact: Person
    campaign: Campaign
    seed: int = 0


def known_of(world: World, path: tuple[int, ...]) -> dict[str, str]:
    """The variables that every run has: `contact_creation_time_ms`, `contact_creation_time_iso`, `contact_phone`,
    `contact_id`, `campaign_id`, `campaign_phone`, `campaign_path`, `campaign_run_id`.
    """
    created = world.contact.created_at
    return {
        "contact_creation_time_ms": str(epoch_ms(created)),
        "contact_creation_time_iso": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "contact_phone": world.contact.phone,
        "contact_id": world.contact.id,
        "campaign_id": world.campaign.id,
        "campaign_phone": world.campaign.phone,
        "campaign_path": ",".join(map(str, path)),
        "campaign_run_id": world.run_id,
    }
