"""Rows of a table meet contacts: all at once is as one after the other, and nobody's key is ever somebody else's."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.contacts.columns import ContactRow
from cordboard.domain.contacts.import_plan import ImportPlan
from cordboard.domain.contacts.models import ConflictMode, Contact
from cordboard.kit.ids import Ids
from cordboard.testing.clock import VirtualClock

ACCOUNT = UUID(int=1)
MODES: tuple[ConflictMode, ...] = ("REJECT", "APPEND", "OVERWRITE", "REPLACE")
PHONES = ("+19495550101", "+19495550102", "+19495550103")
CLOCK = VirtualClock()


class Store:
    """Contacts and the owners of keys, as the tables hold them."""

    def __init__(self) -> None:
        self.contacts: dict[UUID, Contact] = {}
        self.owners: dict[str, UUID] = {}
        self._made = 1

    def work_off(self, rows: list[ContactRow], mode: ConflictMode) -> list[UUID | str]:
        """One plan for all of `rows`, written as the verb writes it."""
        owners = {key: self.owners[key] for row in rows for key in row.keys if key in self.owners}
        contacts = [] if mode == "REJECT" else [self.contacts[one] for one in sorted(set(owners.values()))]
        plan = ImportPlan(mode, owners, contacts, self._new)
        results = [plan.add(row) for row in rows]
        self.contacts |= {contact.id: contact for contact in (*plan.added, *plan.changed)}
        leaving = set(plan.leaving)
        for key, owner in plan.claimed:
            assert self.owners.get(key, owner) == owner or self.owners[key] in leaving
            self.owners[key] = owner
        for key, owner in plan.released:
            assert self.owners[key] == owner
            assert owner in leaving
            del self.owners[key]
        return results

    def _new(self, row: ContactRow) -> Contact:
        self._made += 1
        return Contact(
            account_id=ACCOUNT,
            id=UUID(int=self._made),
            created=Ids(CLOCK).time_uuid(),
            dnc=0,
            timezone=row.timezone,
            ext_data=row.ext_data,
            keys=row.keys,
            removed_keys=[],
            archived=False,
            created_at=CLOCK.now(),
        )

    def shown(self) -> object:
        """All of it, but for what differs each time."""
        contacts = {one.id: (one.ext_data, one.keys, one.removed_keys, one.timezone) for one in self.contacts.values()}
        return contacts, self.owners


@st.composite
def contact_rows(draw: st.DrawFn) -> ContactRow:
    phone = draw(st.none() | st.sampled_from(PHONES))
    fields = draw(st.dictionaries(st.sampled_from(["firstname", "candy"]), st.sampled_from(["a", "b"])))
    keys = draw(st.lists(st.sampled_from(["k1", "k2", "k3"]), unique=True, max_size=2))
    data = fields | ({"phonenumber1": phone} if phone else {})
    return ContactRow(data or {"candy": "c"}, [*keys, *([phone] if phone else [])], -32)


tables = st.lists(contact_rows(), max_size=8)


@given(tables, tables, st.sampled_from(MODES), st.sampled_from(MODES))
def test_all_at_once_is_as_one_after_the_other(
    before: list[ContactRow], rows: list[ContactRow], first: ConflictMode, mode: ConflictMode
) -> None:
    at_once, singly = Store(), Store()
    for store in (at_once, singly):
        store.work_off(before, first)

    together = at_once.work_off(rows, mode)
    apart = [result for row in rows for result in singly.work_off([row], mode)]

    assert together == apart
    assert at_once.shown() == singly.shown()
    for key, owner in at_once.owners.items():
        assert key in at_once.contacts[owner].keys
    assert sum(len(one.keys) for one in at_once.contacts.values()) == len(at_once.owners)


def test_each_mode_does_what_it_says() -> None:
    old = ContactRow({"phonenumber1": PHONES[0], "candy": "old", "firstname": "Jenny"}, ["k1", PHONES[0]], -32)
    new = ContactRow({"phonenumber1": PHONES[1], "candy": "new", "lastname": "Doe"}, ["k1", PHONES[1]], -32)
    found = {}
    for mode in MODES:
        store = Store()
        (owner,) = store.work_off([old], "REJECT")
        (result,) = store.work_off([new], mode)
        assert isinstance(owner, UUID)
        contact = store.contacts[owner]
        found[mode] = (result == owner, contact.ext_data, contact.keys, contact.removed_keys)

    kept = old.ext_data
    assert found["REJECT"] == (False, kept, ["k1", PHONES[0]], [])
    assert found["APPEND"] == (True, {**kept, "lastname": "Doe"}, ["k1", PHONES[0], PHONES[1]], [])
    over = {"phonenumber1": PHONES[1], "candy": "new", "firstname": "Jenny", "lastname": "Doe"}
    assert found["OVERWRITE"] == (True, over, ["k1", PHONES[1]], [PHONES[0]])
    assert found["REPLACE"] == (True, new.ext_data, ["k1", PHONES[1]], [PHONES[0]])


def test_refusals_name_the_contacts() -> None:
    store = Store()
    one, two = store.work_off(
        [ContactRow({"candy": "a"}, ["k1"], -32), ContactRow({"candy": "b"}, ["k2"], -32)], "REJECT"
    )

    (taken,) = store.work_off([ContactRow({"candy": "c"}, ["k3", "k2"], -32)], "REJECT")
    assert taken == f"the key k2 belongs to contactId {two}"
    for mode in MODES:
        (several,) = store.work_off([ContactRow({"candy": "c"}, ["k2", "k1"], -32)], mode)
        assert several == f"the keys belong to several contacts: contactId {two}, {one}"
