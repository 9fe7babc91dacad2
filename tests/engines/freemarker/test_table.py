"""Every directive, operator and built-in: what a template makes, or what is wrong with it."""

from __future__ import annotations

import pytest
from tests.engines.freemarker.rows import NOW, ROWS, VALUES, Row

from cordboard.engines.freemarker.built_ins.table import BUILT_INS
from cordboard.engines.freemarker.faults import FreemarkerError
from cordboard.engines.freemarker.template import render


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.template[:60])
def test_row(row: Row) -> None:
    if row.output is not None:
        assert render(row.template, VALUES, now=NOW) == row.output
        return
    assert row.error
    with pytest.raises(FreemarkerError) as caught:
        render(row.template, VALUES, now=NOW)
    assert str(caught.value).startswith(row.error)


def test_every_built_in_has_a_row() -> None:
    templates = "\n".join(row.template for row in ROWS if row.output is not None)
    unseen = [name for name in BUILT_INS if f"?{name}" not in templates]
    assert unseen == ["matches"]
