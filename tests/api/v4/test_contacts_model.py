"""Contacts against a model of them: whatever is added, edited, archived and brought back in whatever order, keys belong
to one contact at most, and data and keys are what the modes make of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness import Answer, Api, Tenant

PHONE = "phonenumber1"
keys = st.lists(st.sampled_from(("a", "b", "c", "d")), max_size=3)
data = st.fixed_dictionaries(
    {},
    optional={
        "color": st.sampled_from(("red", "blue")),
        "size": st.sampled_from(("L", "XL")),
        PHONE: st.sampled_from(("+17142220000", "+16192331234")),
    },
)
places = st.integers(0, 3)
modes = st.sampled_from(("REPLACE", "APPEND", "OVERWRITE", "REJECT"))
steps = st.one_of(
    st.tuples(st.just("add"), data, keys),
    st.tuples(st.just("edit"), places, modes, st.none() | data, st.none() | keys, keys),
    st.tuples(st.just("archive"), places),
    st.tuples(st.just("unarchive"), places),
)


@dataclass
class Person:
    """What a contact should be."""

    id: str
    data: dict[str, str]
    keys: list[str]
    archived: bool = False


@dataclass
class Model:
    """All contacts that there should be. Each verb answers the status that the request should have."""

    people: list[Person] = field(default_factory=list)

    def is_taken(self, wanted: list[str], by_others_than: Person | None = None) -> bool:
        """Whether a key is somebody else's."""
        others = [one for one in self.people if one is not by_others_than and not one.archived]
        return any(key in one.keys for one in others for key in wanted)

    def edit(
        self,
        person: Person,
        mode: str,
        new: dict[str, str] | None,
        added: list[str] | None,
        removed: list[str],
    ) -> int:
        """Changes a contact as the mode says."""
        if person.archived:
            return 404
        if mode == "REJECT":
            return 409
        result = person.data
        if new is not None:
            result = {"REPLACE": new, "APPEND": new | person.data, "OVERWRITE": person.data | new}[mode]
        kept = [] if mode == "REPLACE" and added is not None else list(person.keys)
        if person.data.get(PHONE) != result.get(PHONE) and person.data.get(PHONE) in kept:
            kept.remove(person.data[PHONE])
        wanted = [key for key in unique(kept + (added or [])) if key not in removed]
        wanted = unique([*wanted, result[PHONE]] if PHONE in result else wanted)
        if self.is_taken(wanted, person):
            return 409
        person.data, person.keys = result, wanted
        return 200


def unique(values: list[str]) -> list[str]:
    """Without repeats, in order."""
    return list(dict.fromkeys(values))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=15))
async def test_contacts_are_what_the_model_says(api: Api, steps: list[tuple[Any, ...]]) -> None:
    tenant, model = await api.account(), Model()
    for step in steps:
        await take(api, tenant, model, step)
    await compare(api, tenant, model)


async def take(api: Api, tenant: Tenant, model: Model, step: tuple[Any, ...]) -> None:
    """One step, on the platform and on the model."""
    api.clock.advance(1)
    if step[0] == "add":
        await add(api, tenant, model, step[1], step[2])
        return
    if step[1] >= len(model.people):
        return
    person = model.people[step[1]]
    path = f"/v4/contact/{person.id}"
    if step[0] == "edit":
        _, _, mode, new, added, removed = step
        body = {"extData": new, "keys": added, "rmkeys": removed}
        answer = await api.call("PUT", path, tenant, body, params={"conflictMode": mode})
        assert answer.status == model.edit(person, mode, new, added, removed)
    elif step[0] == "archive":
        answer = await api.delete(path, tenant)
        assert answer.status == (404 if person.archived else 200)
        person.archived = True
    else:
        answer = await api.put(f"{path}/unarchive", tenant)
        assert answer.status == (409 if model.is_taken(person.keys, person) else 200)
        person.archived = person.archived and answer.status != 200
    assert_shown(answer, person)


async def add(api: Api, tenant: Tenant, model: Model, new: dict[str, str], wanted: list[str]) -> None:
    """A new contact, or a refusal that leaves nothing behind."""
    answer = await api.post("/v4/contact", tenant, {"extData": new, "keys": wanted})
    everything = unique([*wanted, new[PHONE]] if PHONE in new else wanted)
    if not new and not wanted:
        assert answer.status == 400
    elif model.is_taken(everything):
        assert answer.status == 409
    else:
        model.people.append(Person(answer.only["contactId"], new, everything))
        assert_shown(answer, model.people[-1])


def assert_shown(answer: Answer, person: Person) -> None:
    """A success shows the contact as it should be."""
    if answer.status == 200:
        shown = answer.only
        assert (shown["contactId"], shown["extData"], shown["keys"]) == (person.id, person.data, person.keys)
        assert set(shown.get("rmkeys", ())) & set(person.keys) == set()


async def compare(api: Api, tenant: Tenant, model: Model) -> None:
    """Everything that can be asked, in the end."""
    present = [person for person in model.people if not person.archived]
    listed = (await api.get("/v4/contact", tenant)).payload
    assert [one["contactId"] for one in listed] == [person.id for person in present]
    for person in model.people:
        answer = await api.get(f"/v4/contact/{person.id}", tenant)
        assert answer.status == (404 if person.archived else 200)
        assert_shown(answer, person)
        if person.keys:
            by_keys = await api.post("/v4/contact/search", tenant, {"keys": person.keys})
            assert (person.id in [one["contactId"] for one in by_keys.payload]) is not person.archived
    rows = await api.fetch("select key, contact_id from contact_keys where account_id = $1", tenant.id)
    assert {(row["key"], str(row["contact_id"])) for row in rows} == {(k, one.id) for one in present for k in one.keys}
