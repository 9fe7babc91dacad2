"""The header fields of a message (RFC 3261 7.3): any case, short forms, lists on one line or on many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cordboard.wire.sip.errors import SipSyntaxError, SipUsageError
from cordboard.wire.sip.grammar import is_token, split_list

VALUE_LISTS = frozenset(
    (
        "Alert-Info",
        "Call-Info",
        "Contact",
        "Diversion",
        "Error-Info",
        "History-Info",
        "P-Asserted-Identity",
        "P-Associated-URI",
        "P-Preferred-Identity",
        "Path",
        "Record-Route",
        "Route",
        "Service-Route",
        "Via",
        "Warning",
    )
)
"""Lists whose members are kept, and written, one a line."""

TOKEN_LISTS = frozenset(
    (
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Allow",
        "Allow-Events",
        "Content-Encoding",
        "Content-Language",
        "In-Reply-To",
        "Proxy-Require",
        "Require",
        "Supported",
        "Unsupported",
    )
)
"""Lists of words, written on one line."""

_OTHERS = (
    "Authentication-Info",
    "Authorization",
    "Call-ID",
    "Content-Disposition",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Event",
    "Expires",
    "From",
    "Identity",
    "Max-Forwards",
    "MIME-Version",
    "Min-Expires",
    "Min-SE",
    "Organization",
    "P-Access-Network-Info",
    "P-Charging-Vector",
    "Priority",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "RAck",
    "Reason",
    "Refer-Sub",
    "Refer-To",
    "Referred-By",
    "Remote-Party-ID",
    "Replaces",
    "Reply-To",
    "Request-Disposition",
    "Retry-After",
    "RSeq",
    "Server",
    "Session-Expires",
    "Session-ID",
    "SIP-ETag",
    "SIP-If-Match",
    "Subject",
    "Subscription-State",
    "Target-Dialog",
    "Timestamp",
    "To",
    "User-Agent",
    "WWW-Authenticate",
)

_SHORT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
"""The registered compact forms."""


def _spellings() -> dict[str, str]:
    """From each spelling that is worth a look-up of its own (proper, all small, short) to the proper one."""
    proper = {*VALUE_LISTS, *TOKEN_LISTS, *_OTHERS, *_SHORT.values()}
    spellings = {name: name for name in proper} | {name.lower(): name for name in proper}
    return spellings | _SHORT | {short.upper(): name for short, name in _SHORT.items()}


SPELLINGS = _spellings()
"""Header names as they come, and what they are called. Complete for proper, small and short spellings only: see
`proper_name`.
"""


def proper_name(name: str) -> str:
    """What a header is called on the wire, however it was spelled; a name unknown here gets capitals after hyphens.

    Raises SipSyntaxError when it cannot be a name.
    """
    found = SPELLINGS.get(name)
    if found is not None:
        return found
    name = name.rstrip(" \t")
    found = SPELLINGS.get(name.lower())
    if found is not None:
        return found
    if not is_token(name):
        raise SipSyntaxError(f"{name[:40]!r} is not the name of a header")
    return "-".join([part.capitalize() for part in name.split("-")])


class Headers:
    """Header fields by name, in the order in which names first came. Values are text as on the wire, unfolded.

    Content-Length is not among them: it follows from the body. Values never hold line ends: SipUsageError.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        """Names in any spelling; a name may come several times."""
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self.add(name, value)

    @classmethod
    def of(cls, fields: dict[str, list[str]]) -> Headers:
        """Takes over what the parser has found: proper names, clean values, no empty lists."""
        headers = cls.__new__(cls)
        headers._fields = fields
        return headers

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers.of({name: values.copy() for name, values in self._fields.items()})

    def get(self, name: str, default: str = "") -> str:
        """The first value. Of a list of words: the whole list."""
        values = self._fields.get(name) or self._values(name)
        if not values:
            return default
        return values[0] if len(values) == 1 or proper_name(name) not in TOKEN_LISTS else ", ".join(values)

    def get_all(self, name: str) -> list[str]:
        """All values; members of lists one by one."""
        values = self._values(name)
        if values and proper_name(name) in TOKEN_LISTS:
            return [word for value in values for word in split_list(value)]
        return list(values)

    def has_word(self, name: str, word: str) -> bool:
        """Whether a list of words (Supported, Require, Allow) holds one, in any case."""
        return word.lower() in [each.lower() for each in self.get_all(name)]

    def set(self, name: str, *values: str) -> None:
        """Puts these values in place of what was there; none removes the header."""
        name = self._writable(name)
        cleaned = (
            _clean(name, values[0]) if len(values) == 1 else [each for value in values for each in _clean(name, value)]
        )
        if cleaned:
            self._fields[name] = cleaned
        else:
            self._fields.pop(name, None)

    def add(self, name: str, value: str) -> None:
        """Puts a value after those of that name."""
        name = self._writable(name)
        self.set(name, *self._fields.get(name, ()), value)

    def prepend(self, name: str, value: str) -> None:
        """Puts a value before those of that name, as Via and Record-Route grow."""
        name = self._writable(name)
        self.set(name, value, *self._fields.get(name, ()))

    def remove(self, name: str) -> None:
        """Takes a header out; harmless when it is not there."""
        self._fields.pop(proper_name(name), None)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Name and value of each line, as written."""
        for name, values in self._fields.items():
            for value in values:
                yield name, value

    def subset(self, names: Iterable[str]) -> Headers:
        """A copy of those headers, by their proper names, in that order."""
        return Headers.of({name: self._fields[name].copy() for name in names if name in self._fields})

    def names(self) -> list[str]:
        """The names that are there."""
        return list(self._fields)

    def __contains__(self, name: str) -> bool:
        return bool(self._values(name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]  # they change

    def __repr__(self) -> str:
        return f"Headers({list(self.lines())!r})"

    def _values(self, name: str) -> list[str] | tuple[()]:
        return self._fields.get(SPELLINGS.get(name) or proper_name(name), ())

    @staticmethod
    def _writable(name: str) -> str:
        name = proper_name(name)
        if name == "Content-Length":
            raise SipUsageError("Content-Length follows from the body")
        return name


def _clean(name: str, value: str) -> list[str]:
    """The values that a line stands for. Raises SipUsageError for a line end."""
    if "\r" in value or "\n" in value:
        raise SipUsageError(f"{name} would hold a line end")
    value = value.strip(" \t")
    return split_list(value) if "," in value and name in VALUE_LISTS else [value]
