"""The file of the federal do-not-call list."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.kit.errors import InvalidInputError
from cordboard.run.federal_file import read_federal_list


def test_every_form_of_a_number(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("\ufeff9495551234\n+19495551235\n\n949,5551236\n", encoding="utf-8")
    assert list(read_federal_list(file)) == ["+19495551234", "+19495551235", "+19495551236"]


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("9495551234\nnobody\n")
    with pytest.raises(InvalidInputError, match="line 2: 'nobody' is not a phone number"):
        list(read_federal_list(file))
