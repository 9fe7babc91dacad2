"""How a text becomes segments: alphabet, sizes and cuts (TS 23.038, 6.2; TS 23.040, 9.2.3.24.1).

One message holds 140 octets: 160 septets or 70 UTF-16 units. A part of a longer text gives six octets to its header,
which
leaves 153 septets or 67 units. Cuts never fall inside an escape pair or a surrogate pair, and avoid what a reader sees
as one character whenever that takes no further segment.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from cordboard.wire.sms.alphabets import (
    ESCAPE,
    count_septets,
    encode_gsm7,
    encode_ucs2,
    outside_gsm7,
    well_formed,
)
from cordboard.wire.sms.lookalikes import replace_lookalikes

Encoding = Literal["gsm7", "ucs2"]

SINGLE_SEPTETS: Final = 160
PART_SEPTETS: Final = 153
SINGLE_UNITS: Final = 70
PART_UNITS: Final = 67
MAX_SEGMENTS: Final = 255
"""The count octet of the concatenation header ends here."""

_CLUSTER_REACH: Final = 16
_ZERO_WIDTH_JOINER: Final = "\u200d"
_DATA_CODING: Final[dict[Encoding, int]] = {"gsm7": 0, "ucs2": 8}


class TextTooLongError(ValueError):
    """The text needs more than `MAX_SEGMENTS` segments."""


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """A text ready to be sent: `text` is what will be shown, `segments` the payloads without user data headers.

    `units` counts septets or UTF-16 units; `forced_by` lists the characters that made it UCS-2.
    """

    encoding: Encoding
    text: str
    segments: tuple[bytes, ...]
    units: int
    forced_by: tuple[str, ...] = ()

    @property
    def data_coding(self) -> int:
        """SMPP `data_coding` of every segment."""
        return _DATA_CODING[self.encoding]


@dataclass(frozen=True, slots=True)
class Substitution:
    """What look-alike substitution would do: `replaced` maps each character to its stand-in; empty if none is made."""

    text: str
    replaced: dict[str, str]
    segments_before: int
    segments_after: int


def plan(text: str, *, substitute: bool = False) -> SegmentPlan:
    """Segments of `text`; with `substitute`, of its look-alike in GSM 7 bit where there is one.

    An empty text is one empty segment. Raises TextTooLongError above `MAX_SEGMENTS`.
    """
    septets = encode_gsm7(text)
    if septets is None and substitute:
        text = substitution(text).text
        septets = encode_gsm7(text)
    if septets is not None:
        return SegmentPlan("gsm7", text, _checked(_cut_septets(septets)), len(septets))
    text = well_formed(text)
    octets = encode_ucs2(text)
    return SegmentPlan("ucs2", text, _checked(_cut_ucs2(text, octets)), len(octets) // 2, outside_gsm7(text))


def segment_count(text: str) -> int:
    """How many segments `plan` would make of `text`, without building them and without an upper limit."""
    septets = count_septets(text)
    if septets is None:
        return _count_ucs2(encode_ucs2(text))
    if septets <= SINGLE_SEPTETS:
        return 1
    if septets == len(text):
        return -(-septets // PART_SEPTETS)
    return len(_cut_septets(encode_gsm7(text) or b""))


def substitution(text: str) -> Substitution:
    """The look-alike of `text` in GSM 7 bit, and what it saves.

    Nothing is replaced unless the whole text then fits the alphabet in no more segments than before.
    """
    before = segment_count(text)
    if count_septets(text) is None:
        lookalike, replaced = replace_lookalikes(text)
        if count_septets(lookalike) is not None and (after := segment_count(lookalike)) <= before:
            return Substitution(lookalike, replaced, before, after)
    return Substitution(text, {}, before, before)


def _checked(segments: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if len(segments) > MAX_SEGMENTS:
        raise TextTooLongError(f"the text takes {len(segments)} segments; at most {MAX_SEGMENTS} can be joined")
    return segments


def _cut_septets(septets: bytes) -> tuple[bytes, ...]:
    if len(septets) <= SINGLE_SEPTETS:
        return (septets,)
    segments = []
    start = 0
    while start < len(septets):
        end = start + PART_SEPTETS
        if end < len(septets) and septets[end - 1] == ESCAPE:
            end -= 1
        segments.append(septets[start:end])
        start = end
    return tuple(segments)


def _cut_ucs2(text: str, octets: bytes) -> tuple[bytes, ...]:
    if len(octets) <= 2 * SINGLE_UNITS:
        return (octets,)
    whole = _cut_between_clusters(text)
    return whole if len(whole) <= _count_ucs2(octets) else _cut_between_characters(octets)


def _count_ucs2(octets: bytes) -> int:
    return 1 if len(octets) <= 2 * SINGLE_UNITS else len(_cuts(octets))


def _cuts(octets: bytes) -> list[int]:
    """Octet offsets at which each part ends, as full as surrogate pairs allow."""
    cuts = []
    end = 0
    while end < len(octets):
        end += 2 * PART_UNITS
        if end < len(octets) and octets[end] & 0xFC == 0xDC:
            end -= 2
        cuts.append(min(end, len(octets)))
    return cuts


def _cut_between_characters(octets: bytes) -> tuple[bytes, ...]:
    ends = _cuts(octets)
    return tuple(octets[start:end] for start, end in zip([0, *ends], ends, strict=False))


def _cut_between_clusters(text: str) -> tuple[bytes, ...]:
    segments = []
    start = 0
    while start < len(text):
        end = _before_cluster(text, start, _fill(text, start))
        segments.append(encode_ucs2(text[start:end]))
        start = end
    return tuple(segments)


def _fill(text: str, start: int) -> int:
    """Index after the last character that fits a part beginning at `start`."""
    window = text[start : start + PART_UNITS]
    if max(window) <= "\uffff":
        return start + len(window)
    units = 0
    for index, character in enumerate(window, start):
        units += 2 if character > "\uffff" else 1
        if units > PART_UNITS:
            return index
    return start + len(window)


def _before_cluster(text: str, start: int, end: int) -> int:
    """`end`, moved back to the beginning of the cluster that it would cut, when that is near."""
    for cut in range(end, max(start, end - _CLUSTER_REACH), -1):
        if cut == len(text) or not _cuts_cluster(text, cut):
            return cut
    return end


def _cuts_cluster(text: str, cut: int) -> bool:
    """Whether the characters around `cut` belong together: a simple reading of UAX 29, without its Hangul rules."""
    after, before = text[cut], text[cut - 1]
    return (
        _ZERO_WIDTH_JOINER in (after, before)
        or unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\U000e0020" <= after <= "\U000e007f"
        or (_is_regional(after) and _regionals_before(text, cut) % 2 == 1)
    )


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _regionals_before(text: str, cut: int) -> int:
    count = 0
    while count < cut and count < _CLUSTER_REACH and _is_regional(text[cut - 1 - count]):
        count += 1
    return count
