"""Area codes and their regions."""

from __future__ import annotations

import re

import pytest

from cordboard.kit.areas import AREA_CODES, region_of


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+17145550100", "US-CA"),
        ("+12015550100", "US-NJ"),
        ("+19895550100", "US-MI"),
        ("+19715550100", "US-OR"),
        ("+14165550100", "CA-ON"),
        ("+17875550100", "US-PR"),
        ("+18005550100", ""),
        ("+442079460000", ""),
        ("71400", ""),
    ],
)
def test_a_number_belongs_to_the_region_of_its_area_code(number: str, region: str) -> None:
    assert region_of(number) == region


def test_every_area_code_can_be_dialled_and_has_a_region() -> None:
    assert list(AREA_CODES) == sorted(set(AREA_CODES))
    assert [code for code in AREA_CODES if not re.fullmatch(r"[2-9]\d\d", code)] == []
    assert {region_of(f"+1{code}5550100")[:3] for code in AREA_CODES} == {"US-", "CA-"}
    assert not {"800", "833", "844", "855", "866", "877", "888"} & set(AREA_CODES)
