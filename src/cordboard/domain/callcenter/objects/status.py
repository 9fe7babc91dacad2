"""Statuses: what became of a call to a lead. Fifty are built in; accounts add their own."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from cordboard.domain.callcenter.objects.fields import WORD, YesNo
from cordboard.domain.callcenter.objects.kind import CenterObject

_FLAGS: Final = {
    "S": "selectable",
    "H": "human_answered",
    "$": "sale",
    "D": "dnc",
    "C": "customer_contact",
    "N": "not_interested",
    "U": "unworkable",
    "B": "scheduled_callback",
    "K": "completed",
    "M": "answering_machine",
}
_BUILT_IN: Final = """
NEW|New Lead|
QUEUE|Lead To Be Called|
INCALL|Lead Being Called|
DROP|Agent Not Available|H
XDROP|Agent Not Available IN|H
NA|No Answer AutoDial|
CALLBK|Call Back|SHCB
CBHOLD|Call Back Hold|HCB
A|Answering Machine|SM
AA|Answering Machine Auto|
AM|Answering Machine SentToMesg|M
AL|Answering Machine Msg Played|M
AFAX|Fax Machine Auto|U
AB|Busy Auto|
B|Busy|S
DC|Disconnected Number|SU
ADC|Disconnected Number Auto|U
DEC|Declined Sale|SHC
DNC|DO NOT CALL|SHDK
DNCL|DO NOT CALL Hopper Sys Match|DK
DNCC|DO NOT CALL Hopper Camp Match|DK
SALE|Sale Made|SH$K
N|No Answer|S
NI|Not Interested|SHCN
NP|No Pitch No Price|SH
PU|Call Picked Up|
PM|Played Message|
XFER|Call Transferred|SHC
ERI|Agent Error|
SVYEXT|Survey sent to Extension|
SVYVM|Survey sent to Voicemail|
SVYHU|Survey Hungup|
SVYREC|Survey sent to Record|
QVMAIL|Queue Abandon Voicemail Left|
RQXFER|Re-Queue|H
TIMEOT|Inbound Queue Timeout Drop|H
AFTHRS|Inbound After Hours Drop|H
NANQUE|Inbound No Agent No Queue Drop|H
IQNANQ|InQueue No-Agent-No-Queue drop|H
PDROP|Outbound Pre-Routing Drop|H
IVRXFR|Outbound drop to Call Menu|H
SVYCLM|Survey sent to Call Menu|H
MLINAT|Multi-Lead auto-alt set inactv|HK
MAXCAL|Inbound Max Calls Drop|H
LRERR|Outbound Local Channel Res Err|H
QCFAIL|QC_FAIL_CALLBK|HCB
ADCT|Disconnected Number Temporary|
LSMERG|Agent lead search old lead mrg|
DAIR|Dead Air|S
ADAIR|Dead Air Auto|
"""
"""Status, name and flags, a letter each."""


class Status(CenterObject, frozen=True, kw_only=True):
    """`selectable` by agents; `human_answered` and `answering_machine` say who took the call; `dnc` puts the number on
    the do-not-call lists; `completed` ends the work on a lead.
    """

    kind: ClassVar[str] = "status"
    key_field: ClassVar[str] = "status"

    status: Annotated[str, Meta(min_length=1, max_length=8), WORD]
    status_name: Annotated[str, Meta(min_length=2, max_length=30)]
    selectable: YesNo = "N"
    human_answered: YesNo = "N"
    sale: YesNo = "N"
    dnc: YesNo = "N"
    customer_contact: YesNo = "N"
    not_interested: YesNo = "N"
    unworkable: YesNo = "N"
    scheduled_callback: YesNo = "N"
    completed: YesNo = "N"
    answering_machine: YesNo = "N"

    @classmethod
    def built_in(cls) -> tuple[Status, ...]:
        """The fifty that the field knows."""
        rows = (line.split("|") for line in _BUILT_IN.split("\n") if line)
        return tuple(
            msgspec.convert({"status": key, "status_name": name, **{_FLAGS[letter]: "Y" for letter in flags}}, Status)
            for key, name, flags in rows
        )
