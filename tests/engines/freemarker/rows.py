"""The table of templates and what comes of them, as `table.json` holds it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

NOW: Final = datetime(2026, 11, 25, 8, 50, 37, tzinfo=UTC)
VALUES: Final = {
    "name": "Ann",
    "empty": "",
    "n": "12",
    "amount": "1,234.5",
    "node1.reply": "Yes please",
    "node1.status": "sent",
    "phonenumber1": "+19495551234",
    "phonenumber1.wireless": "true",
    "firstname": "Ann",
    "json": '{"items": [{"sku": "a", "price": 2.5}, {"sku": "b", "price": 10}], "ok": true, "none": null}',
}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`output`, or else `error`: the beginning of the problem. `differs` says why FreeMarker does otherwise."""

    template: str
    output: str | None = None
    error: str | None = None
    differs: str | None = None


ROWS: Final = msgspec.json.decode(Path(__file__).with_name("table.json").read_bytes(), type=list[Row])
