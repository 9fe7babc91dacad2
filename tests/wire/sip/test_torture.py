"""The torture messages of RFC 4475, one file each under `goldens`, and what becomes of them here.

The octets of the certificate in `mpart01` are others than the RFC's, of the same kind: every octet that there is.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.wire.sip.scenes import FLOW, Stage, only_response, told, words

from cordboard.wire.sip import (
    BadMessageError,
    Credentials,
    CSeq,
    Dialog,
    Message,
    Request,
    RequestArrived,
    Response,
    SipSyntaxError,
    StreamParser,
    TransactionLayer,
    check_request,
    check_response,
    parse_message,
    unsupported_options,
)

GOLDENS = Path(__file__).parent / "goldens"

VALID = (
    "wsinv",
    "intmeth",
    "esc01",
    "escnull",
    "esc02",
    "lwsdisp",
    "longreq",
    "dblreq",
    "semiuri",
    "transports",
    "mpart01",
    "unreason",
    "noreason",
)
"""3.1.1"""

TOLERATED = ("baddate", "baddn")
"""3.1.2, where the RFC lets a receiver make sense of it: nobody here reads Date; the names lack only their quotes."""

REFUSED = {
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "trws": 400,
    "escruri": 400,
    "regbadct": 400,
    "badaspec": 400,
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 400,
    "unkscm": 416,
    "novelsc": 416,
    "multi01": 400,
    "mcl01": 400,
}
"""3.1.2 and 3.3: requests that are answered."""

DROPPED = ("badinv01", "scalarlg", "bigcode", "insuf")
"""Responses that make no sense, and requests that lack what an answer needs."""

FOR_OTHERS = (
    "badbranch",
    "unksm2",
    "bext01",
    "invut",
    "regaut01",
    "bcast",
    "zeromf",
    "cparam01",
    "cparam02",
    "regescrt",
    "sdp01",
    "inv2543",
)
"""3.2 to 3.4: well-formed, and a matter of transactions or of the user agent."""


def golden(name: str) -> bytes:
    """The octets of a message."""
    return (GOLDENS / f"{name}.dat").read_bytes()


def read(name: str) -> Message | BadMessageError:
    """A message, or why it is none."""
    try:
        return parse_message(golden(name))
    except BadMessageError as error:
        return error


def parsed(name: str) -> Request | Response:
    """A message that has to be readable."""
    message = parse_message(golden(name))
    if isinstance(message, Request):
        check_request(message)
    else:
        check_response(message)
    return message


def asked(name: str) -> Request:
    """A request that has to be readable."""
    message = parsed(name)
    assert isinstance(message, Request)
    return message


def test_every_message_has_its_verdict() -> None:
    named = [*VALID, *TOLERATED, *REFUSED, *DROPPED, *FOR_OTHERS]
    assert len(named) == 49
    assert sorted(named) == sorted(path.stem for path in GOLDENS.glob("*.dat"))


@pytest.mark.parametrize("name", [*VALID, *TOLERATED, *FOR_OTHERS])
def test_readable_ones_are_written_as_they_were_read(name: str) -> None:
    message = parsed(name)
    assert parse_message(message.encode()) == message


@pytest.mark.parametrize("name", [*VALID, *TOLERATED, *FOR_OTHERS])
def test_readable_ones_come_over_streams_too(name: str) -> None:
    message = parsed(name)
    assert StreamParser().feed(message.encode()) == [message]


@pytest.mark.parametrize(("name", "status"), REFUSED.items())
def test_refused_ones_are_answered(name: str, status: int) -> None:
    layer = TransactionLayer(words())
    message = read(name)
    if isinstance(message, BadMessageError):
        assert message.request is not None
        answer = message.request.reply(message.status, to_tag="here")
    else:
        answer = only_response(layer.receive(message, FLOW, 0.0))
        assert layer.statistics().malformed == 1
    assert answer.encode().startswith(f"SIP/2.0 {status} ".encode())
    assert answer.call_id.startswith(name)


@pytest.mark.parametrize("name", DROPPED)
def test_hopeless_ones_are_dropped(name: str) -> None:
    message = read(name)
    if isinstance(message, BadMessageError):
        assert message.request is None
    else:
        assert TransactionLayer(words()).receive(message, FLOW, 0.0) == []


def test_wsinv() -> None:
    message = asked("wsinv")
    assert message.uri == "sip:vivekg@chair-dnrc.example.com;unknownparam"
    assert message.to.tag == "1918181833n"
    assert message.from_.display == 'J Rosenberg \\"'
    assert message.from_.tag == "98asjd8"
    assert message.max_forwards == 68
    assert message.cseq == CSeq(9, "INVITE")
    assert message.headers.get("Subject", "none") == ""
    assert message.headers.get("newfangledheader") == "newfangled value continued newfangled value"
    assert message.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    assert [(via.transport, via.sent_by, via.branch) for via in message.vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    (route,) = message.addresses("Route")
    assert route.uri.param("unknown-no-value") == ""
    assert message.contact is not None
    assert message.contact.display == 'Quoted string ""'
    assert message.contact.params == (("newparam", "newvalue"), ("secondparam", None), ("q", "0.33"))
    assert len(message.body) == 150


def test_intmeth() -> None:
    message = asked("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert message.cseq.method == message.method
    assert message.target.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert message.target.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.to.display == "BEL: NUL: DEL:"  # control characters are nobody's name
    assert message.from_.display == "token1~` token2'+_ token3*%!.-"
    assert message.from_.param("fromparam''~+*_!.-%") == "работающий"
    assert message.from_.tag == "_token~1'+`*%!-."
    assert message.via.branch == "z9hG4bK-.!%66*_+`'~"
    assert message.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"


def test_esc01() -> None:
    message = asked("esc01")
    assert (message.target.user, message.target.host) == ("sips:user@example.com", "example.net")
    assert message.to.uri.user == "user"
    assert message.from_.uri.user == "I have spaces"
    assert message.contact is not None
    assert message.contact.uri.user == "caller"
    assert message.contact.uri.params == (("lr", None), ("name", "value%41"))


def test_escnull() -> None:
    message = asked("escnull")
    assert message.to.uri.user == "null-\0-null"
    first, second = message.contacts
    assert (first.uri.user, second.uri.user) == ("\0", "\0\0")
    assert not first.uri.matches(second.uri)
    assert str(first.uri) == "sip:%00@host5.example.com"


def test_esc02() -> None:
    message = asked("esc02")
    assert message.method == "RE%47IST%45R"
    assert message.to.display == "%Z%45"
    assert [contact.uri.user for contact in message.contacts] == ["alias1", "alias3"]


def test_lwsdisp() -> None:
    message = asked("lwsdisp")
    assert (message.from_.display, message.from_.tag) == ("caller", "323")


def test_longreq() -> None:
    message = asked("longreq")
    assert len(message.vias) == 34
    assert message.via.sent_by == "sip33.example.com"
    assert not message.via.has_unique_branch
    assert message.to.display == f"I have a user name of {'extreme' * 10} proportion"
    assert message.to.uri.port == 6000
    assert len(message.body) == 150


def test_dblreq() -> None:
    message = asked("dblreq")
    assert message.method == "REGISTER"
    assert message.body == b""


def test_semiuri() -> None:
    message = asked("semiuri")
    assert (message.target.user, message.target.params) == ("user;par=u@example.net", ())
    assert message.headers.get_all("Accept")[-2:] == ["message/sip", "message/sipfrag"]


def test_transports() -> None:
    transports = [via.transport for via in asked("transports").vias]
    assert transports == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def test_mpart01() -> None:
    message = asked("mpart01")
    assert message.content_type == "multipart/mixed"
    assert bytes(range(256)) in message.body
    assert message.body.endswith(b"--7a9cbec02ceef655--\r\n")


def test_reason_phrases() -> None:
    unusual, empty = parsed("unreason"), parsed("noreason")
    assert isinstance(unusual, Response)
    assert isinstance(empty, Response)
    assert unusual.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    assert (empty.status, empty.reason) == (100, "")


def test_baddn() -> None:
    message = asked("baddn")
    assert (message.from_.display, message.to.display) == ("Bell, Alexander", "Watson, Thomas")
    assert str(message.to) == '"Watson, Thomas" <sip:t.watson@example.org>'


def test_badbranch() -> None:
    """A bare cookie is no branch: two requests that share it are told apart by their other values."""
    stage = Stage()
    message = asked("badbranch")
    other = message.copy()
    other.headers.set("Call-ID", "another")
    assert not message.via.has_unique_branch
    first, again, second = (told(stage.receive(each)) for each in (message, message.copy(), other))
    assert isinstance(first[0], RequestArrived)
    assert again == []
    assert isinstance(second[0], RequestArrived)
    assert first[0].key != second[0].key


def test_unksm2() -> None:
    message = asked("unksm2")
    assert (message.to.uri.scheme, message.to.uri.opaque) == ("isbn", "2983792873")
    assert str(message.from_.uri) == "http://www.example.com"
    assert message.contact is not None
    assert not message.contact.uri.is_sip
    with pytest.raises(SipSyntaxError):
        Dialog.from_request(message, "here")


def test_bext01() -> None:
    unknown = ["nothingSupportsThis", "nothingSupportsThisEither"]
    assert unsupported_options(asked("bext01"), ["timer", "100rel"]) == unknown


def test_invut() -> None:
    assert asked("invut").content_type == "application/unknownformat"


def test_regaut01() -> None:
    assert Credentials.parse(asked("regaut01").headers.get("Authorization")) is None


def test_bcast() -> None:
    """A response that is not for us alone."""
    stage = Stage()
    assert stage.receive(parsed("bcast")) == []
    assert stage.layer.statistics().stray == 1


def test_zeromf() -> None:
    """No hop is left, but none is needed any more."""
    message = asked("zeromf")
    assert message.max_forwards == 0
    (arrived,) = Stage().receive(message)
    assert isinstance(arrived, RequestArrived)


def test_cparam() -> None:
    """Outside of brackets a parameter is the header's, inside it is the URI's."""
    header, uri = asked("cparam01").contact, asked("cparam02").contact
    assert header is not None
    assert uri is not None
    assert (header.param("unknownparam"), header.uri.params) == ("", ())
    assert (uri.params, uri.uri.param("unknownparam")) == ((), "")


def test_regescrt() -> None:
    contact = asked("regescrt").contact
    assert contact is not None
    assert contact.uri.header("route") == "<sip:sip.example.com>"


def test_sdp01() -> None:
    assert asked("sdp01").headers.get_all("Accept") == ["text/nobodyKnowsThis"]


def test_inv2543() -> None:
    """No branch, no tag, no Contact, no Max-Forwards, no length: a call all the same."""
    stage = Stage()
    message = asked("inv2543")
    (arrived,) = stage.receive(message)
    assert isinstance(arrived, RequestArrived)
    assert message.max_forwards == 70
    assert message.body.startswith(b"v=0")
    dialog = Dialog.from_request(message, "here")
    bye = dialog.create_request("BYE")
    assert bye.uri == "sip:UserB@example.com;maddr=ss1.example.com"
    assert bye.headers.get("Route") == "<sip:+13035551111@ift.client.example.net;user=phone>"
    stage.respond(message.reply(486, to_tag="here"), arrived.key)
    ack = Request("ACK", message.uri, message.headers.copy())
    ack.headers.set("CSeq", "56 ACK")
    ack.headers.set("To", f"{message.headers.get('To')};tag=here")
    assert stage.receive(ack) == []
