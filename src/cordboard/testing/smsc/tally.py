"""Running counts, small enough to keep over a long load."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass

from cordboard.testing.smsc.records import Delivery, Submit

_DIGEST_BYTES = 8


@dataclass(slots=True)
class Counts:
    """What happened so far. `duplicates` are accepted submits whose source, destination and content came
    before."""

    connections: int = 0
    binds: int = 0
    submits: int = 0
    accepted: int = 0
    throttled: int = 0
    refused: int = 0
    unanswered: int = 0
    duplicates: int = 0
    receipts: int = 0
    receipts_answered: int = 0
    messages: int = 0
    messages_answered: int = 0
    redelivered: int = 0


class Tally:
    """Counts, and how often each content was accepted for each destination: texts that are unique show lost
    and doubled ones."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._contents: Counter[tuple[str, str, bytes, bytes]] = Counter()

    def accepted(self, submit: Submit) -> None:
        """Count a submit that was taken."""
        key = (submit.destination, submit.source, submit.udh, submit.payload)
        self.counts.accepted += 1
        self.counts.duplicates += key in self._contents
        self._contents[key] += 1

    def sent(self, delivery: Delivery) -> None:
        """Count a delivery that was queued for the first time."""
        if delivery.kind == "receipt":
            self.counts.receipts += 1
        else:
            self.counts.messages += 1

    def answered(self, delivery: Delivery) -> None:
        """Count an answer to a delivery."""
        if delivery.kind == "receipt":
            self.counts.receipts_answered += 1
        else:
            self.counts.messages_answered += 1

    def stats(self) -> dict[str, int]:
        """The counts by name, and the number of different destinations."""
        return {**asdict(self.counts), "destinations": len({key[0] for key in self._contents})}

    def references(self) -> dict[str, dict[str, int]]:
        """By destination: how often each content was accepted, contents named by a digest of source, header
        and payload."""
        found: dict[str, dict[str, int]] = {}
        for (destination, source, udh, payload), count in self._contents.items():
            digest = hashlib.blake2b(source.encode() + b"\0" + udh + payload, digest_size=_DIGEST_BYTES)
            found.setdefault(destination, {})[digest.hexdigest()] = count
        return found
