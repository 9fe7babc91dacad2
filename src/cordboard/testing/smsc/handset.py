"""Messages that a handset sends: text to deliver_sm bodies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cordboard.testing.smsc import codec
from cordboard.testing.smsc.codec import Message
from cordboard.testing.smsc.text import Encoding, Parts, Slot, concatenation_header, data_coding, split

_INTERNATIONAL, _ALPHANUMERIC = 1, 5
_ISDN, _UNKNOWN_PLAN = 1, 0


@dataclass(frozen=True, slots=True)
class HandsetMessage:
    """A mobile-originated text. `reference` is the concatenation reference of long ones."""

    source: str
    destination: str
    text: str
    encoding: Encoding = "gsm7"
    parts: Parts = "udh"
    reference: int = 1

    def bodies(self) -> Iterator[bytes]:
        """One deliver_sm body for each part. Raises ValueError where the encoding lacks a character."""
        pieces = split(self.text, self.encoding, self.parts)
        for number, piece in enumerate(pieces, 1):
            slot = Slot(self.reference, len(pieces), number)
            yield self._body(piece, slot if len(pieces) > 1 else None)

    def _body(self, piece: bytes, slot: Slot | None) -> bytes:
        esm_class, tlvs = 0, {}
        if self.parts == "payload":
            tlvs, piece = {codec.TAG_PAYLOAD: piece}, b""
        elif slot is not None and self.parts == "sar":
            tlvs = {
                codec.TAG_SAR_REFERENCE: slot.reference.to_bytes(2, "big"),
                codec.TAG_SAR_TOTAL: bytes((slot.total,)),
                codec.TAG_SAR_NUMBER: bytes((slot.number,)),
            }
        elif slot is not None:
            esm_class = codec.ESM_UDH
            piece = concatenation_header(slot, wide=self.parts == "udh16") + piece
        return codec.build_message(self._message(piece, esm_class, tlvs))

    def _message(self, short_message: bytes, esm_class: int, tlvs: dict[int, bytes]) -> Message:
        source_ton, source_npi = _numbering(self.source)
        destination_ton, destination_npi = _numbering(self.destination)
        return Message(
            service_type="",
            source_ton=source_ton,
            source_npi=source_npi,
            source=self.source.lstrip("+"),
            destination_ton=destination_ton,
            destination_npi=destination_npi,
            destination=self.destination.lstrip("+"),
            esm_class=esm_class,
            protocol_id=0,
            priority=0,
            schedule="",
            validity_period="",
            registered_delivery=0,
            replace_if_present=0,
            data_coding=data_coding(self.encoding),
            default_message=0,
            short_message=short_message,
            tlvs=tlvs,
        )


def _numbering(address: str) -> tuple[int, int]:
    if address.lstrip("+").isdigit():
        return _INTERNATIONAL, _ISDN
    return _ALPHANUMERIC, _UNKNOWN_PLAN
