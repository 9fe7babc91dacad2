"""The transactional outbox: what happened, told to higher contexts after the commit."""

from cordboard.infra.events.outbox import Dispatcher, Event, append

__all__ = ["Dispatcher", "Event", "append"]
