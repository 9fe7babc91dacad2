"""Items: the codes and words that the reference shows, and that every code can be read back."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.billing.items import description_of, item_of, number_type_of
from cordboard.domain.billing.models import NUMBER_TYPES, SERVICES, Lob, Service, Usage
from cordboard.domain.numbers.inventory import type_of
from cordboard.domain.numbers.models import LONG_CODE, SHORT_CODE, TOLL_FREE

LOCAL, FREE, SHORT, PUERTO_RICO, LONDON = "+19495551234", "+18885551234", "12345", "+17875551234", "+442079460000"


def usage(service: Service, number: str, own: str = LOCAL, lob: Lob = "api", *, inbound: bool = False) -> Usage:
    return Usage(account_id=UUID(int=1), service=service, number=number, own=own, lob=lob, inbound=inbound)


@pytest.mark.parametrize(
    ("used", "kind", "sub_type", "code", "words"),
    [
        (usage("call_in", FREE, FREE), "call", "cti", "ActiUS", "API toll free inbound call - US"),
        (usage("call_in", LOCAL), "call", "ci", "AciUS", "API local inbound call - US"),
        (usage("call_out", LOCAL), "call", "co", "AcoUS", "API local outbound call - US"),
        (usage("call_out", PUERTO_RICO), "call", "co", "AcoPR", "API local outbound call - PR"),
        (usage("call_out", LOCAL, lob="broadcast"), "call", "co", "BcoUS", "Broadcast local outbound call - US"),
        (usage("number_month", LOCAL), "mrc_did", "nu", "AnuUS", "API local number - US"),
        (usage("number_month", FREE, FREE), "mrc_did", "ntu", "AntuUS", "API toll free number - US"),
        (usage("number_month", LOCAL, lob="broadcast"), "mrc_did", "nu", "Bnu", "Broadcast number"),
        (usage("sms_out", LOCAL, SHORT), "sms", "sco", "AscoUS", "API short code outbound SMS - US"),
        (usage("sms_out", LOCAL), "sms", "so", "AsoUS", "API local outbound SMS - US"),
        (usage("sms_out", LONDON, FREE), "sms", "sto", "AstoGB", "API toll free outbound SMS - GB"),
        (usage("sms_in", LOCAL, SHORT), "sms", "sci", "AsciUS", "API short code inbound SMS - US"),
        (usage("sms_in", LOCAL), "sms", "si", "AsiUS", "API local inbound SMS - US"),
        (usage("mms_out", LOCAL), "mms", "mo", "AmoUS", "API local outbound MMS - US"),
        (usage("mms_in", LOCAL), "mms", "mi", "AmiUS", "API local inbound MMS - US"),
        (usage("call_sip", "sip:ann@example.com", ""), "sip", "sipo", "AsipoUS", "API SIP outbound call - US"),
        (usage("call_sip", "ann", "", inbound=True), "sip", "sipi", "AsipiUS", "API SIP inbound call - US"),
        (usage("carrier_lookup", LOCAL, ""), "carrierlu", "carrierlu", "AcaUS", "API carrier lookup - US"),
        (usage("call_out", "+80012345678"), "call", "co", "AcoZZ", "API local outbound call - ZZ"),
    ],
)
def test_usage_has_its_item(used: Usage, kind: str, sub_type: str, code: str, words: str) -> None:
    item = item_of(used)

    assert (item.kind, item.sub_type, item.code, item.lob) == (kind, sub_type, code, used.lob)
    assert description_of(code) == words


@given(
    st.sampled_from(SERVICES), st.sampled_from([LOCAL, FREE, SHORT, ""]), st.sampled_from(get_args(Lob)), st.booleans()
)
def test_no_two_items_share_a_code_and_each_can_be_said(service: Service, own: str, lob: Lob, inbound: bool) -> None:
    used = usage(service, LONDON, own, lob, inbound=inbound)
    others = [
        item_of(usage(other, LONDON, other_own, lob, inbound=inbound))
        for other in SERVICES
        for other_own in (LOCAL, FREE, SHORT)
    ]
    item = item_of(used)

    assert {one[:3] for one in others if one.code == item.code} == {item[:3]}
    assert "{}" not in description_of(item.code) + item.code
    assert description_of(item.code) != item.code


def test_the_types_of_numbers_are_those_of_numbers() -> None:
    named = dict(zip(map(type_of, (LOCAL, FREE, SHORT)), NUMBER_TYPES, strict=True))

    assert (named[LONG_CODE], named[TOLL_FREE], named[SHORT_CODE]) == NUMBER_TYPES
    assert [number_type_of(number) for number in (LOCAL, FREE, SHORT)] == list(NUMBER_TYPES)
    assert get_args(Service) == SERVICES
