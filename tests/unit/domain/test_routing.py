"""Which carrier takes a message, and which one comes second."""

from __future__ import annotations

from cordboard.domain.routing.models import CarrierProfile, PrefixRule
from cordboard.domain.routing.service import RoutingService

US, UK = "+19492221234", "+447911123456"
ROUTING = RoutingService(
    [
        CarrierProfile("acme", 2_000),
        CarrierProfile("backup", 4_000),
        CarrierProfile("mms", 9_000, carries_media=True),
        CarrierProfile("sandbox", carries_media=True, isolated=True),
    ],
    [
        PrefixRule("+1", ("backup", "acme")),
        PrefixRule("+1949", ("mms",), priority=50),
        PrefixRule("+1949", ("gone", "backup"), priority=10),
        PrefixRule("+44", ("backup",)),
    ],
)


def test_the_senders_own_carrier_comes_first() -> None:
    assert ROUTING.first("acme", US, media=False) == "acme"


def test_without_it_the_longest_prefix_decides_then_the_lowest_priority() -> None:
    assert ROUTING.first("gone", "+12125550123", media=False) == "backup"
    assert ROUTING.first("gone", US, media=False) == "backup"
    assert ROUTING.first("gone", "+4915112345678", media=False) is None


def test_media_goes_where_it_can() -> None:
    assert ROUTING.first("acme", US, media=True) == "mms"
    assert ROUTING.first("acme", UK, media=True) is None


def test_the_next_carrier_was_not_tried_and_is_not_too_dear() -> None:
    assert ROUTING.alternative("acme", US, media=False, tried={"acme"}, dearest=10_000) == "backup"
    assert ROUTING.alternative("acme", US, media=False, tried={"acme", "backup"}, dearest=10_000) == "mms"
    assert ROUTING.alternative("acme", US, media=False, tried={"acme", "backup"}, dearest=8_999) is None
    assert ROUTING.alternative("acme", UK, media=False, tried={"acme", "backup"}, dearest=10_000) is None


def test_what_belongs_to_the_sandbox_never_leaves_it() -> None:
    assert ROUTING.first("sandbox", US, media=True) == "sandbox"
    assert ROUTING.alternative("sandbox", US, media=False, tried={"sandbox"}, dearest=10_000) is None
