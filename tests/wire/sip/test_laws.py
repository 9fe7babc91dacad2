"""Laws for all values: what is written reads the same, streams may be cut anywhere, nonsense never surprises."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.sip.scenes import FLOW, request, words

from cordboard.wire.sip import (
    Address,
    Challenge,
    Credentials,
    Headers,
    KeepAlive,
    Message,
    RAck,
    Replaces,
    Request,
    Response,
    SessionExpires,
    SipSyntaxError,
    SipUri,
    StreamItem,
    StreamParser,
    SubscriptionState,
    TransactionLayer,
    Via,
    parse_message,
    parse_sipfrag,
)

TOKEN = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=12)
HOST = st.one_of(st.sampled_from(["h", "example.com", "192.0.2.1", "2001:db8::1", "::1"]))
PORT = st.one_of(st.none(), st.integers(0, 65535))
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)
ANY_TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
PAIRS = st.lists(st.tuples(TOKEN.map(str.lower), st.one_of(st.none(), TOKEN)), max_size=3).map(tuple)


def uris() -> st.SearchStrategy[SipUri]:
    """SIP addresses of every kind."""
    user = ANY_TEXT.filter(bool)
    headers = st.lists(st.tuples(TOKEN, ANY_TEXT), max_size=2).map(tuple)
    params = st.lists(st.tuples(ANY_TEXT.filter(bool).map(str.lower), st.one_of(st.none(), ANY_TEXT)), max_size=3).map(
        tuple
    )
    with_user = st.builds(SipUri, st.sampled_from(["sip", "sips"]), user, HOST, PORT, params, headers, ANY_TEXT)
    without = st.builds(SipUri, st.just("sip"), st.none(), HOST, PORT, params)
    return with_user | without


def is_lower(params: tuple[tuple[str, str | None], ...]) -> bool:
    """Whether names survive being made small: some letters have no small form that stays as it is."""
    return all(name == name.lower() for name, _ in params)


def addresses() -> st.SearchStrategy[Address]:
    """Addresses with a name and parameters."""
    return st.builds(Address, uris(), TEXT, PAIRS)


@given(uris().filter(lambda uri: is_lower(uri.params)))
def test_uris_read_as_written(uri: SipUri) -> None:
    assert SipUri.parse(str(uri)) == uri
    assert uri.matches(uri)


@given(addresses().filter(lambda address: is_lower(address.uri.params) and address.display.isprintable()))
def test_addresses_read_as_written(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(st.builds(Via, st.sampled_from(["UDP", "TCP", "WSS"]), HOST, PORT, PAIRS))
def test_vias_read_as_written(via: Via) -> None:
    assert Via.parse(str(via)) == via


@given(TOKEN, TOKEN, TOKEN, st.booleans())
def test_replaces_reads_as_written(call_id: str, to_tag: str, from_tag: str, early: bool) -> None:
    replaces = Replaces(call_id, to_tag, from_tag, early)
    assert Replaces.parse(str(replaces)) == replaces


@given(TEXT.filter(bool), TEXT, st.booleans(), st.one_of(st.none(), TEXT))
def test_challenges_read_as_written(realm: str, nonce: str, stale: bool, opaque: str | None) -> None:
    if not (realm.isprintable() and nonce.isprintable() and nonce and (opaque or "").isprintable()):
        return
    challenge = Challenge(realm, nonce, "SHA-256", ("auth",), opaque, stale)
    assert Challenge.parse(str(challenge)) == challenge


VALUES = TEXT.map(lambda text: text.strip()).filter(lambda text: "," not in text)
FIELDS = st.lists(
    st.tuples(st.sampled_from(["Subject", "User-Agent", "X-One", "X-Two", "Supported"]), VALUES), max_size=6
)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Requests and responses with some header fields and any body."""
    extra = tuple(draw(FIELDS))
    body = draw(st.binary(max_size=50))
    asking = request(
        draw(st.sampled_from(["INVITE", "BYE", "X-NEW"])), cseq=draw(st.integers(0, 2**31 - 1)), extra=extra
    )
    if draw(st.booleans()):
        return Request(asking.method, asking.uri, asking.headers, body)
    return Response(draw(st.integers(100, 699)), draw(VALUES), asking.headers, body)


@given(messages())
def test_messages_read_as_written(message: Message) -> None:
    assert parse_message(message.encode()) == message


@given(st.lists(messages() | st.just(KeepAlive(ping=True)), max_size=4), st.randoms(use_true_random=False))
def test_streams_may_be_cut_anywhere(items: list[StreamItem], chance: random.Random) -> None:
    data = b"".join(
        b"\r\n\r\n" if isinstance(item, KeepAlive) else item.encode()
        for item in items
        if not isinstance(item, Exception)
    )
    parser = StreamParser()
    found: list[StreamItem] = []
    while data:
        size = chance.randint(1, 40)
        found += parser.feed(data[:size])
        data = data[size:]
    assert found == items


@given(st.binary(max_size=300))
def test_random_octets_are_refused_in_one_way(data: bytes) -> None:
    with suppress(SipSyntaxError):
        TransactionLayer(words()).receive(parse_message(data), FLOW, 0.0)
    StreamParser().feed(data)


GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.dat"))
NOISE = [
    b"\r\n",
    b"\n",
    b"\r",
    b";",
    b",",
    b'"',
    b"<",
    b">",
    b"@",
    b":",
    b"%",
    b"\0",
    b"\xff",
    b" ",
    b"\t",
    b"=",
    b"?",
    b"\\",
]


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_damaged_messages_are_refused_in_one_way(path: Path) -> None:
    chance = random.Random(path.stem)
    layer = TransactionLayer(words())
    for _ in range(120):
        data = bytearray(path.read_bytes())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.choice(NOISE)
        try:
            message = parse_message(bytes(data))
        except SipSyntaxError:
            continue
        for effect in layer.receive(message, FLOW, 0.0):
            assert effect is not None
        assert parse_message(message.encode()).body == message.body
        StreamParser().feed(bytes(data))


@given(st.one_of(ANY_TEXT, st.text(';,"<>@:=?%\\ sip*', max_size=20)))
def test_random_values_are_refused_in_one_way(text: str) -> None:
    readers = (
        SipUri.parse,
        Address.parse,
        Via.parse,
        Replaces.parse,
        RAck.parse,
        SessionExpires.parse,
        SubscriptionState.parse,
        Challenge.parse,
        Credentials.parse,
    )
    for read in readers:
        for value in (text, "Digest " + text, "sip:" + text, "SIP/2.0/UDP " + text):
            try:
                str(read(value))
            except SipSyntaxError:
                continue
    with suppress(SipSyntaxError):
        parse_sipfrag(text.encode())


@pytest.mark.parametrize("unit", [" ", ";", ",", "<", '"', "\\", "%00", "a=", ";a=", "<>", '""', "\t", "sip:", "a@"])
def test_long_values_take_no_long_time(unit: str) -> None:
    """Quadratic readers would need minutes for these."""
    text = unit * (8000 // len(unit))
    for read in (SipUri.parse, Address.parse, Via.parse, Challenge.parse, Replaces.parse):
        for value in (text, f"sip:{text}", f"<sip:a@h>;{text}", f"SIP/2.0/UDP h{text}", f"Digest {text}", f'"{text}'):
            try:
                read(value)
            except SipSyntaxError:
                continue
    with suppress(SipSyntaxError):
        Headers([("Contact", text), ("Via", f"{text},{text}")])
