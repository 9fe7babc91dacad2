"""What the inbox tells through the outbox, and the topic of uploads that it passes on."""

from __future__ import annotations

from typing import Final

import msgspec

PUBLISHED: Final = "inbox.published"
"""An event was published in an inbox by a request: `PublishedEvent`. The subject is the contact. What the dispatcher's
own subscribers publish is not told of: they feed the sockets themselves."""


class PublishedEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which event of which contact, and where. `time` is the event's time UUID."""

    inbox_id: str
    contact_id: str
    time: str
    type: str
