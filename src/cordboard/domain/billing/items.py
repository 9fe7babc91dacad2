"""Billable items: the code, the kinds and the words under which usage stands in a report (request 28).

A code is the line of business, the letters of the item and its country: `AsoUS` is a text that an API request sent from
a local number to the United States. `t` in the letters stands for a toll-free number, `c` for a short code.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from cordboard.domain.billing.models import Lob, NumberType, Usage
from cordboard.kit.areas import region_of
from cordboard.kit.phone import country_of, is_short_code, is_toll_free


class Item(NamedTuple):
    """What a ledger entry says of what was used; `kind` is the report's service type."""

    kind: str
    sub_type: str
    lob: Lob
    code: str


class _Sold(NamedTuple):
    """How a service is written: `letters` and `words` have a place for the type of number where that matters."""

    kind: str
    letters: str
    words: str
    sub_type: str = "{}"


_SOLD: Final = {
    "sms_out": _Sold("sms", "s{}o", "{} outbound SMS"),
    "sms_in": _Sold("sms", "s{}i", "{} inbound SMS"),
    "mms_out": _Sold("mms", "m{}o", "{} outbound MMS"),
    "mms_in": _Sold("mms", "m{}i", "{} inbound MMS"),
    "number_month": _Sold("mrc_did", "n{}u", "{} number"),
    "call_out": _Sold("call", "c{}o", "{} outbound call"),
    "call_in": _Sold("call", "c{}i", "{} inbound call"),
    "call_sip": _Sold("sip", "sipo", "SIP outbound call"),
    "call_sip inbound": _Sold("sip", "sipi", "SIP inbound call"),
    "carrier_lookup": _Sold("carrierlu", "ca", "carrier lookup", "carrierlu"),
}
_MARKS: Final[dict[NumberType, tuple[str, str]]] = {
    "local": ("", "local"),
    "toll_free": ("t", "toll free"),
    "short_code": ("c", "short code"),
}
_LOBS: Final[dict[Lob, tuple[str, str]]] = {"api": ("A", "API"), "broadcast": ("B", "Broadcast")}
# Numbers of campaigns are one item, whatever their type and country.
_CAMPAIGN_NUMBER: Final = Item("mrc_did", "nu", "broadcast", "Bnu")
_TERRITORIES: Final = {"US-PR": "PR"}
_NO_COUNTRY: Final = "ZZ"
_WORDS: Final = {
    sold.letters.format(mark): sold.words.format(word) for sold in _SOLD.values() for mark, word in _MARKS.values()
}


def item_of(usage: Usage) -> Item:
    """The item of what is used."""
    service = "call_sip inbound" if usage.service == "call_sip" and usage.inbound else usage.service
    return _item(service, number_type_of(usage.own), usage.lob, _country_of(usage.number))


def number_type_of(number: str) -> NumberType:
    """The type of an account's number; what is none counts as local."""
    if number.startswith("+"):
        return "toll_free" if is_toll_free(number) else "local"
    return "short_code" if is_short_code(number) else "local"


def description_of(code: str) -> str:
    """An item's code in words, such as `API local outbound SMS - US`."""
    if code == _CAMPAIGN_NUMBER.code:
        return "Broadcast number"
    letter, letters, country = code[:1], code[1:-2], code[-2:]
    lob = next((word for mark, word in _LOBS.values() if mark == letter), letter)
    return f"{lob} {_WORDS.get(letters, letters)} - {country}"


@lru_cache(maxsize=4096)
def _item(service: str, number_type: NumberType, lob: Lob, country: str) -> Item:
    sold = _SOLD[service]
    if service == "number_month" and lob == "broadcast":
        return _CAMPAIGN_NUMBER
    letters = sold.letters.format(_MARKS[number_type][0])
    return Item(sold.kind, sold.sub_type.format(letters), lob, _LOBS[lob][0] + letters + country)


@lru_cache(maxsize=20_000)
def _country_of(number: str) -> str:
    """Where a number is charged as: a territory with a country code of its own goes before its country; numbers of no
    country, such as international toll-free ones, have `ZZ`.
    """
    country = _TERRITORIES.get(region_of(number)) or country_of(number).iso
    return country if country.isalpha() else _NO_COUNTRY
