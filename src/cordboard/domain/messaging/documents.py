"""The InboundXML that answers a text message: `Sms` and `Redirect` under `Response`. Pure.

Names are matched without regard to case, unknown verbs and attributes are passed over and reported. Verbs after a
Redirect are not run, nor are those after an Sms that has an action.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

LARGEST_DOCUMENT: Final = 64 * 1024
_MOST_VERBS: Final = 20
_METHODS: Final = frozenset({"GET", "POST"})


class BadDocumentError(Exception):
    """The answer is not a document that can be carried out; the text says why, with the place where it is known."""


@dataclass(frozen=True, slots=True)
class SmsVerb:
    """Send a text; None means as usual: `to` the person who wrote, `sender` the number that got it."""

    text: str
    to: str | None = None
    sender: str | None = None
    action: str | None = None
    method: str = "POST"
    status_callback: str | None = None


@dataclass(frozen=True, slots=True)
class RedirectVerb:
    """Go on with the document of another URL."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class SmsDocument:
    """The verbs to carry out, in order, and the names of those that are not known here."""

    verbs: tuple[SmsVerb | RedirectVerb, ...]
    unknown: tuple[str, ...] = ()


NOTHING: Final = SmsDocument(())


def parse_document(body: bytes, url: str) -> SmsDocument:
    """The document that `url` answered; relative URLs in it are resolved against it. Raises BadDocumentError.

    A body that does not even begin like XML is no document: many answer an empty 200 or `OK`, which means nothing to
    do.
    """
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return NOTHING
    if len(body) > LARGEST_DOCUMENT:
        raise BadDocumentError(f"the document has {len(body)} bytes; at most {LARGEST_DOCUMENT} are read")
    root = _root(body)
    verbs: list[SmsVerb | RedirectVerb] = []
    unknown: list[str] = []
    for element in root:
        name = _name(element)
        if name not in ("sms", "redirect"):
            unknown.append(element.tag)
            continue
        if len(verbs) == _MOST_VERBS:
            raise BadDocumentError(f"the document has more than {_MOST_VERBS} verbs")
        verb = _sms(element, url) if name == "sms" else _redirect(element, url)
        verbs.append(verb)
        if isinstance(verb, RedirectVerb) or verb.action:
            break
    return SmsDocument(tuple(verbs), tuple(unknown))


def _root(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        raise BadDocumentError(f"document parse failure: {error}") from error
    except (DefusedXmlException, ValueError) as error:
        raise BadDocumentError("document parse failure: declarations of types and entities are not allowed") from error
    if _name(root) != "response":
        raise BadDocumentError(f"the root element is {root.tag!r}, not Response")
    return root


def _sms(element: Element, url: str) -> SmsVerb:
    attributes = {name.lower(): value.strip() for name, value in element.attrib.items()}
    text = "".join(element.itertext()).strip()
    if not text:
        raise BadDocumentError("an Sms verb has no text")
    return SmsVerb(
        text=text,
        to=attributes.get("to") or None,
        sender=attributes.get("from") or None,
        action=_absolute(url, attributes.get("action")),
        method=_method(attributes.get("method")),
        status_callback=_absolute(url, attributes.get("statuscallback")),
    )


def _redirect(element: Element, url: str) -> RedirectVerb:
    target = _absolute(url, (element.text or "").strip())
    if target is None:
        raise BadDocumentError("a Redirect verb names no URL")
    return RedirectVerb(target, _method(element.attrib.get("method")))


def _name(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1].lower()


def _absolute(base: str, url: str | None) -> str | None:
    return urljoin(base, url) if url else None


def _method(given: str | None) -> str:
    method = (given or "POST").upper()
    return method if method in _METHODS else "POST"
