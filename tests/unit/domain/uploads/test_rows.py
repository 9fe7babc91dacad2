"""Rows out of bytes: whatever programs save as CSV, and whatever is wrong with it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.uploads.chunks import count_rows
from cordboard.domain.uploads.header import LONGEST_HEADER, WINDOWS, examine
from cordboard.domain.uploads.lines import LONGEST_LINE
from cordboard.domain.uploads.models import Table
from cordboard.domain.uploads.rows import MOST_LINES, BadRow, Row, RowReader
from cordboard.kit.errors import InvalidInputError


def rows_of(data: bytes, *, width: int = 2, encoding: str = "utf-8", delimiter: str = ",", step: int = 0) -> list[Row]:
    """The rows of `data`, fed in pieces of `step` bytes; at the end it must have been read to its last byte."""
    reader = RowReader(encoding, delimiter, width=width)
    rows: list[Row] = []
    for at in range(0, len(data), step or len(data) or 1):
        reader.lines.feed(data[at : at + (step or len(data))])
        rows += reader.take(1000)
    reader.lines.finish()
    while taken := reader.take(3):
        rows += taken
    assert reader.position == len(data)
    return rows


def problem(row: Row) -> str:
    assert isinstance(row, BadRow)
    return row.problem


@pytest.mark.parametrize("step", [0, 1, 2, 7])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_they_like(end: bytes, step: int) -> None:
    data = end.join([b"a,b", b"", b'"c\r\nd",e', b"", b"f,g"])

    assert rows_of(data, step=step) == [["a", "b"], ["c\r\nd", "e"], ["f", "g"]]


def test_cells_may_be_quoted_and_hold_anything() -> None:
    data = b'"a ""b"", c", "d"\n  e ,5" pipe\n,\n'

    assert rows_of(data) == [['a "b", c', "d"], ["e ", '5" pipe'], ["", ""]]


@pytest.mark.parametrize("step", [0, 1, 5])
def test_a_bad_row_costs_only_itself(step: int) -> None:
    data = b'a,b\nonly one\none,two,three\n"x"y,z\nnul\0,n\nc,d\n"open,e\nf,g\n'
    rows = rows_of(data, step=step)

    assert [row for row in rows if not isinstance(row, BadRow)] == [["a", "b"], ["c", "d"], ["f", "g"]]
    assert problem(rows[1]) == "has 1 cells; the header has 2"
    assert problem(rows[2]) == "has 3 cells; the header has 2"
    assert "quotes" in problem(rows[3])
    assert problem(rows[4]) == "holds the character U+0000"
    assert "quotes" in problem(rows[6])


def test_a_quote_that_is_never_closed_spoils_one_row_and_not_the_rest() -> None:
    lines = [b'"open,e', *[b"f,g"] * (3 * MOST_LINES)]
    rows = rows_of(b"\n".join(lines))

    assert f"within {MOST_LINES} lines" in problem(rows[0])
    assert rows[1:] == [["f", "g"]] * (3 * MOST_LINES)


@pytest.mark.parametrize("step", [0, 64 * 1024])
def test_lines_without_end_are_not_kept(step: int) -> None:
    rows = rows_of(b"a,b\n" + b"x" * (2 * LONGEST_LINE) + b"\r\nc,d\n" + b"y" * (LONGEST_LINE + 1), step=step)

    assert [rows[0], rows[2]] == [["a", "b"], ["c", "d"]]
    assert f"{2 * LONGEST_LINE + 2} bytes" in problem(rows[1])
    assert f"{LONGEST_LINE + 1} bytes" in problem(rows[3])


def test_cells_have_a_limit_of_their_own() -> None:
    rows = rows_of(b"a," + b"x" * 200_000 + b"\nc,d\n")

    assert "field limit" in problem(rows[0])
    assert rows[1] == ["c", "d"]


def test_bytes_that_are_no_characters_are_named() -> None:
    rows = rows_of(b"caf\xe9,\x80\nbad,\x81\nc,d\n", encoding=WINDOWS)

    assert rows[0] == ["café", "€"]
    assert "0x81" in problem(rows[1])
    assert rows[2] == ["c", "d"]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6).map(str.lstrip)


@given(
    st.lists(st.tuples(cells, cells, cells), max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 40),
)
def test_what_is_written_as_csv_is_read_again(
    table: list[tuple[str, str, str]], delimiter: str, end: str, step: int
) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    data = written.getvalue().encode()

    assert rows_of(data, width=3, delimiter=delimiter, step=step) == [list(row) for row in table]


@given(st.lists(st.sampled_from(['"', ",", "\n", "\r", "a", "\0", "é", " "]), max_size=60), st.integers(1, 9))
def test_whatever_the_bytes_reading_goes_on_from_any_row(pieces: list[str], step: int) -> None:
    """The position after a row is all that is needed to read the rest."""
    data = "".join(pieces).encode()
    whole = rows_of(data, step=step)
    position, one_by_one = 0, list[Row]()
    while True:
        reader = RowReader("utf-8", ",", width=2, position=position)
        reader.lines.feed(data[position:])
        reader.lines.finish()
        taken = reader.take(1)
        position = reader.position
        one_by_one += taken
        if not taken:
            break

    assert position == len(data)
    assert one_by_one == whole


def table_of(folder: Path, data: bytes) -> Table:
    path = folder / "file.csv"
    path.write_bytes(data)
    return examine(path, "parts")


@pytest.mark.parametrize(
    ("data", "delimiter", "encoding", "position"),
    [
        (b"phone,Name\n1,2\n", ",", "utf-8", 11),
        (b"\xef\xbb\xbfphone;Name\r\n1;2\r\n", ";", "utf-8", 15),
        (b'phone\t"Na,,,me"\n', "\t", "utf-8", 16),
        (b"\n\r\n phone | Name \r1|2", "|", "utf-8", 18),
        (b"phone,Name\ncaf\xe9,2\n", ",", "windows-1252", 11),
        ("phone,Name\ncafé,2\n".encode(), ",", "utf-8", 11),
        (b"phone,Name", ",", "utf-8", 10),
    ],
)
def test_headers_are_read(tmp_path: Path, data: bytes, delimiter: str, encoding: str, position: int) -> None:
    table = table_of(tmp_path, data)

    assert table.columns == ["phone", "na,,,me" if delimiter == "\t" else "name"]
    assert (table.delimiter, table.encoding, table.position, table.size) == (delimiter, encoding, position, len(data))


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert table_of(tmp_path, b"endpoint\n+19495551234\n").columns == ["endpoint"]


def test_what_is_no_utf_8_far_behind_counts_too(tmp_path: Path) -> None:
    data = b"phone,name\n" + b"1,2\n" * 700_000 + b"3,\xe9\n"

    assert table_of(tmp_path, data).encoding == WINDOWS


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\n", "is empty"),
        (b"\xff\xfep\0h\0", "UTF-16"),
        (b"phone,name,Phone , NAME,x\n1,2,3,4,5\n", "phone, name"),
        (b"phone,,name\n", "without a name: the 2."),
        (b"phone,name,\n", "without a name: the 3."),
        (b'phone,"name\n1,2\n', "quotes"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text file"),
        (b"PK\x03\x04\x14\x00\x06\x00", "not a text file"),
        (b"x" * (LONGEST_HEADER + 1), "no header"),
        (b"a,b\x1b\n" + b"1,2\n" * 100, "not a text file"),
        (b"a,b\0\n" + b"1,2\n" * 100, "U+0000"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        table_of(tmp_path, data)

    assert refused.value.errors[0].field == "parts"
    assert words in refused.value.errors[0].problem


def test_counting_stops_when_it_is_enough(tmp_path: Path) -> None:
    data = b"phone,name\n" + b"1,2\n\n" * 200_000
    table = table_of(tmp_path, data)

    assert count_rows(tmp_path / "file.csv", table, 1_000_000) == 200_000
    assert 10 < count_rows(tmp_path / "file.csv", table, 10) < 200_000
