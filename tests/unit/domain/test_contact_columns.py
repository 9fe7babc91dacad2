"""Rows of a table as contacts: the short way of columns answers what the long way of single contacts does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.contacts.columns import ContactColumns, ContactRow, check_columns
from cordboard.domain.contacts.ext_data import MOST_FIELDS, clean_ext_data, clean_keys, timezone_of, with_computed_keys
from cordboard.kit.errors import InvalidInputError

COLUMNS = ("phonenumber1", "email1", "state1", "country2", "firstname", "zip1", "phonenumber22")
values = st.one_of(
    st.sampled_from(["", " ", "+17148675309", "(714) 867-5309", "911", "ca", "US", "65203", "a@b.co", "x" * 4097, "é"]),
    st.text(st.characters(exclude_characters="\0"), max_size=8),
    st.from_regex(r"\+?1?[2-9]\d{9}", fullmatch=True),
)


@given(st.tuples(*[values] * len(COLUMNS)))
def test_a_row_becomes_what_the_same_contact_would_become(cells: tuple[str, ...]) -> None:
    row = ContactColumns(COLUMNS).read(cells)
    given_data = {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True) if cell.strip()}
    assert row == as_a_single_contact(given_data)


@given(st.lists(st.sampled_from(["ext-1", "+1 (714) 867-5309", " x ", "", "k" * 256]), max_size=25))
def test_keys_are_what_single_contacts_have(keys: list[str]) -> None:
    row = ContactColumns(["Keys".lower(), "firstname"]).read(["|".join(keys), "Jenny"])
    found = (row.keys, row.ext_data) if isinstance(row, ContactRow) else row
    assert found == keys_of_a_single_contact(keys)


def as_a_single_contact(given_data: dict[str, str]) -> ContactRow | str:
    """What the request that adds one contact makes of the same data."""
    try:
        data = clean_ext_data(given_data)
    except InvalidInputError as error:
        return "; ".join(f"{e.field.removeprefix('extData.')} {e.problem}" for e in error.errors)
    return ContactRow(data, with_computed_keys([], data), timezone_of(data)) if data else "has nothing in it"


def keys_of_a_single_contact(keys: list[str]) -> tuple[list[str], dict[str, str]] | str:
    """The same for keys, beside a name."""
    try:
        return clean_keys(keys, "keys"), {"firstname": "Jenny"}
    except InvalidInputError as error:
        return f"keys {error.errors[0].problem}"


def test_a_row_of_keys_alone_is_a_contact() -> None:
    assert ContactColumns(["keys", "firstname"]).read(["ext-1", " "]) == ContactRow({}, ["ext-1"], timezone_of({}))


def test_columns_have_limits() -> None:
    assert check_columns(["keys", *(f"c{n}" for n in range(MOST_FIELDS))]) is None
    assert "at most 200 fields" in str(check_columns([f"c{n}" for n in range(MOST_FIELDS + 1)]))
    assert "at most 64 characters" in str(check_columns(["x" * 65]))
