"""Documents as text: what is taken, what is left out, what is refused, and where it says the fault is."""

from __future__ import annotations

import pytest

from cordboard.engines.callflow.parsing import (
    LARGEST_DOCUMENT,
    MOST_IGNORED,
    BadDocumentError,
    Document,
    parse_document,
)
from cordboard.engines.callflow.verbs.registry import INBOUND_XML

BILLION_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><Response><Say>&b;</Say></Response>'

AMPERSAND = "; inside a document & is written &amp; and < is written &lt;"
ENTITIES = "; XML knows only &amp; &lt; &gt; &quot; and &apos;"


def parsed(body: str) -> Document:
    return parse_document(body, INBOUND_XML)


@pytest.mark.parametrize(
    "body",
    [
        "<Response/>",
        "<Response></Response>",
        "<response></response>",
        "\n\t <Response/>\n",
        "\ufeff<?xml version='1.0'?><Response/>",
        '<?xml version="1.0" encoding="UTF-16"?><Response/>',
        '<Response xmlns="urn:x"/>',
        "<Response><!-- nothing --><?php nothing ?></Response>",
    ],
)
def test_empty_documents(body: str) -> None:
    assert parsed(body) == Document((), ())


def test_names_without_regard_to_case() -> None:
    verb = parsed('<RESPONSE><gAtHeR NUMDIGITS=" 2 "><x:sAy xmlns:x="u">Hi</x:sAy></gAtHeR></RESPONSE>').verbs[0]
    assert verb.name == "gather"
    assert verb.attributes == {"numdigits": "2"}
    assert [(child.name, child.text) for child in verb.children] == [("say", "Hi")]


def test_what_is_unknown_is_left_out_and_named() -> None:
    document = parsed("<Response><Fax>a</Fax><Gather><Dial>1</Dial></Gather><Play>x<Say>y</Say></Play></Response>")
    assert [verb.name for verb in document.verbs] == ["gather", "play"]
    assert document.verbs[1].text == "x"
    assert document.ignored == (
        "<Fax> is not known in Response",
        "<Dial> is not known in Gather",
        "<Say> is not known in Play",
    )


def test_not_more_is_named_than_anybody_reads() -> None:
    assert len(parsed(f"<Response>{'<Fax/>' * 100}</Response>").ignored) == MOST_IGNORED


def test_text_around_nouns_belongs_to_the_verb() -> None:
    dial = parsed("<Response><Dial> +1949 <Number>2</Number> 555 </Dial></Response>").verbs[0]
    assert (dial.text, dial.children[0].text) == ("+1949 555", "2")


def test_the_markup_of_say_is_kept_without_namespaces() -> None:
    say = parsed('<Response><Say xmlns:s="u">a &lt; b<s:break time="1s"/> c</Say> d</Response>').verbs[0]
    assert say.text == "a < b c"
    assert say.markup == 'a &lt; b<break time="1s" /> c'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "this is not XML: it must begin with <Response> or an XML prolog"),
        ("OK", "this is not XML: it must begin with <Response> or an XML prolog"),
        ("<html><body/></html>", "the root element is <html>; it must be <Response>"),
        ("<Response><Say></Response>", "mismatched tag at line 1, column 18"),
        ("\n\n<Response>\n <Say>a&nbsp;b</Say></Response>", f"undefined entity at line 4, column 8{ENTITIES}"),
        (
            "<Response><Redirect>a?b=1&c=2</Redirect></Response>",
            f"not well-formed (invalid token) at line 1, column 28{AMPERSAND}",
        ),
        (BILLION_LAUGHS, "document types and entities are not allowed; leave out <!DOCTYPE>"),
        ("<Response>" + "<Pause/>" * 501 + "</Response>", "the document has more than 500 verbs"),
        ("<Response>" + "<a>" * 21 + "</a>" * 21 + "</Response>", "the document is nested more than 20 deep"),
        ("<Response>" + " " * LARGEST_DOCUMENT + "</Response>", "the document has more than 256 KiB"),
        ("<Response>" + "\u20ac" * (LARGEST_DOCUMENT // 3) + "</Response>", "the document has more than 256 KiB"),
    ],
)
def test_bad_documents(body: str, message: str) -> None:
    with pytest.raises(BadDocumentError) as caught:
        parsed(body)
    assert str(caught.value) == message
