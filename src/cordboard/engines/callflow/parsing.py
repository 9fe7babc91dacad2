"""InboundXML as text, made elements. Case does not matter in names; what is unknown is left out and named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cordboard.engines.callflow.state import Element, Elements
from cordboard.engines.callflow.tags import Tag

LARGEST_DOCUMENT: Final = 256 * 1024
MOST_VERBS: Final = 500
DEEPEST: Final = 20
MOST_IGNORED: Final = 20
_BLANK: Final = "\ufeff \t\r\n"
_HINTS: Final = {
    "not well-formed (invalid token)": "; inside a document & is written &amp; and < is written &lt;",
    "undefined entity": "; XML knows only &amp; &lt; &gt; &quot; and &apos;",
}

Verbs = Mapping[str, type[Tag]]


class BadDocumentError(Exception):
    """This is no document that can be carried out; the message says why, with line and column where they are known."""


class Document(NamedTuple):
    """The verbs in order; and what was left out, in words, at most `MOST_IGNORED` of them."""

    verbs: Elements
    ignored: tuple[str, ...]


def parse_document(body: str, verbs: Verbs) -> Document:
    """The document of a text that should hold some of `verbs`, by name in lower case. Raises BadDocumentError.

    A prolog is optional, an empty `Response` is right, entities and document types are refused.
    """
    if len(body) > LARGEST_DOCUMENT or len(body.encode(errors="replace")) > LARGEST_DOCUMENT:
        raise BadDocumentError(f"the document has more than {LARGEST_DOCUMENT // 1024} KiB")
    root = _root(body)
    _check_depth(root)
    if _name(root) != "response":
        raise BadDocumentError(f"the root element is {_shown(root)}; it must be <Response>")
    ignored: list[str] = []
    elements = tuple(_elements(root, "Response", verbs, ignored))
    if sum(1 + len(element.children) for element in elements) > MOST_VERBS:
        raise BadDocumentError(f"the document has more than {MOST_VERBS} verbs")
    return Document(elements, tuple(ignored[:MOST_IGNORED]))


def _root(body: str) -> Node:
    text = body.lstrip(_BLANK)
    if not text.startswith("<"):
        raise BadDocumentError("this is not XML: it must begin with <Response> or an XML prolog")
    try:
        root: Node = fromstring(text, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        line += body[: len(body) - len(text)].count("\n")
        what = str(error).partition(":")[0]
        raise BadDocumentError(f"{what} at line {line}, column {column + 1}{_HINTS.get(what, '')}") from error
    except (DefusedXmlException, ValueError) as error:
        raise BadDocumentError("document types and entities are not allowed; leave out <!DOCTYPE>") from error
    return root


def _check_depth(root: Node) -> None:
    level: list[Node] = [root]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node]
        if not level:
            return
    raise BadDocumentError(f"the document is nested more than {DEEPEST} deep")


def _elements(parent: Node, parent_name: str, known: Verbs, ignored: list[str]) -> Iterable[Element]:
    for node in parent:
        tag = known.get(_name(node))
        if tag is None:
            ignored.append(f"{_shown(node)} is not known in {parent_name}")
        else:
            yield _element(node, tag, ignored)


def _element(node: Node, tag: type[Tag], ignored: list[str]) -> Element:
    attributes = {_bare(name).lower(): value.strip() for name, value in node.attrib.items()}
    name = tag.name.lower()
    if tag.speaks_markup:
        text = " ".join("".join(node.itertext()).split())
        return Element(name=name, attributes=attributes, text=text, markup=_inner(node))
    children = tuple(_elements(node, tag.name, {held.name.lower(): held for held in tag.holds}, ignored))
    return Element(name=name, attributes=attributes, text=_own_text(node), children=children)


def _own_text(node: Node) -> str:
    """The text of an element without that of elements in it."""
    pieces = [node.text or "", *(child.tail or "" for child in node)]
    return " ".join("".join(pieces).split())


def _inner(node: Node) -> str:
    """The inner XML, without namespaces that would only be heard as noise."""
    for inner in node.iter():
        inner.tag = _bare(inner.tag)
    written = tostring(node, encoding="unicode")
    _, _, rest = written.partition(">")
    return " ".join(rest.rpartition("</")[0].split())


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _name(node: Node) -> str:
    return _bare(node.tag).lower()


def _shown(node: Node) -> str:
    return f"<{_bare(node.tag)[:40]}>"
