"""What a file may be of: contacts, or numbers that are not to be contacted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, get_args
from uuid import UUID

from cordboard.domain.compliance.models import GLOBAL_SELECTOR, DncKey, Subtype
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.columns import ContactColumns, ContactRow, check_columns
from cordboard.domain.contacts.models import ConflictMode
from cordboard.domain.contacts.use_cases.import_contacts import ImportContacts
from cordboard.domain.uploads.chunks import Check
from cordboard.domain.uploads.models import Outcome, UploadKind
from cordboard.domain.uploads.rows import BadRow, Row
from cordboard.infra.db import Tx
from cordboard.kit.phone import parse_number, parse_sender

_ENDPOINT, _SUBTYPE, _SELECTOR = "endpoint", "subtype", "selector"
_LONGEST_PROBLEM: Final = 500
_LONGEST_SHOWN: Final = 40


class Kind(Protocol):
    """How rows of a kind are checked and written. What `check` makes of a row is a text where the row is bad."""

    def flaw_of(self, columns: Sequence[str]) -> str | None:
        """Why no file of the kind has these columns; None if it may."""
        ...

    def check(self, columns: Sequence[str]) -> Check:
        """The check of rows with these columns."""
        ...

    async def apply(self, tx: Tx, account_id: UUID, rows: Sequence[Any], mode: ConflictMode) -> Outcome:
        """Writes checked rows."""
        ...


class ContactRows:
    """Rows of contacts: every column a field."""

    def __init__(self, contacts: ImportContacts) -> None:
        self._import = contacts

    def flaw_of(self, columns: Sequence[str]) -> str | None:
        """Why there are no contacts with such fields."""
        return check_columns(columns)

    def check(self, columns: Sequence[str]) -> Check:
        """Makes a `ContactRow` of a row."""
        read = ContactColumns(columns).read

        def check(rows: Sequence[Row]) -> list[ContactRow | str]:
            return [_shortened(row.problem if isinstance(row, BadRow) else read(row)) for row in rows]

        return check

    async def apply(self, tx: Tx, account_id: UUID, rows: Sequence[ContactRow | str], mode: ConflictMode) -> Outcome:
        """Makes and changes contacts."""
        good = [row for row in rows if not isinstance(row, str)]
        done = iter(await self._import(tx, account_id, good, mode) if good else ())
        results = [row if isinstance(row, str) else next(done) for row in rows]
        errors = {place: result for place, result in enumerate(results) if isinstance(result, str)}
        return Outcome(len(rows), [None if isinstance(result, str) else result for result in results], errors)


class DncRows:
    """Rows of endpoint, subtype (sms where there is none) and selector (all numbers where there is none)."""

    def __init__(self, compliance: ComplianceService) -> None:
        self._compliance = compliance

    def flaw_of(self, columns: Sequence[str]) -> str | None:
        """Why these are not the columns of such entries."""
        known = (_ENDPOINT, _SUBTYPE, _SELECTOR)
        if unknown := next((name for name in columns if name not in known), None):
            return f"has a column {unknown[:_LONGEST_SHOWN]}; the columns are {', '.join(known)}"
        return None if _ENDPOINT in columns else f"has no column {_ENDPOINT}"

    def check(self, columns: Sequence[str]) -> Check:
        """Makes a `DncKey` of a row."""

        def check(rows: Sequence[Row]) -> list[DncKey | str]:
            return [
                row.problem if isinstance(row, BadRow) else _dnc_key(dict(zip(columns, row, strict=True)))
                for row in rows
            ]

        return check

    async def apply(self, tx: Tx, account_id: UUID, rows: Sequence[DncKey | str], mode: ConflictMode) -> Outcome:
        """Lists numbers; what is listed stays, in any mode."""
        good = [row for row in rows if not isinstance(row, str)]
        done = iter(await self._compliance.add_many(tx, account_id, good) if good else ())
        results = [row if isinstance(row, str) else next(done) for row in rows]
        return Outcome(len(rows), None, {place: text for place, text in enumerate(results) if text is not None})


def kinds(contacts: ImportContacts, compliance: ComplianceService) -> Mapping[UploadKind, Kind]:
    """Every kind by its name."""
    return {"contacts": ContactRows(contacts), "dnc": DncRows(compliance)}


def _dnc_key(cells: Mapping[str, str]) -> DncKey | str:
    given = cells[_ENDPOINT].strip()
    endpoint = parse_number(given)
    if endpoint is None:
        return f"endpoint {given[:_LONGEST_SHOWN]!r} is not a phone number; send it as +19495551234"
    selector = cells.get(_SELECTOR, "").strip() or GLOBAL_SELECTOR
    if selector != GLOBAL_SELECTOR:
        named = parse_sender(selector)
        if named is None:
            return f"selector {selector[:_LONGEST_SHOWN]!r} is neither {GLOBAL_SELECTOR} nor a phone number"
        selector = named
    wanted = cells.get(_SUBTYPE, "").strip().lower() or "sms"
    subtype: Subtype | None = next((one for one in get_args(Subtype) if one == wanted), None)
    if subtype is None:
        return f"subtype must be one of {', '.join(get_args(Subtype))}"
    return DncKey(endpoint, selector, subtype)


def _shortened(row: ContactRow | str) -> ContactRow | str:
    return row[:_LONGEST_PROBLEM] if isinstance(row, str) else row
