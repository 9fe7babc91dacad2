"""The numbers of SMPP 3.4, named as the specification names them (section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

RESPONSE_BIT = 0x80000000
"""Set in the command_id of every response (5.1.2.1)."""


class CommandId(IntEnum):
    """command_id of the requests (5.1.2.1); a response is the same number with RESPONSE_BIT set."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    QUERY_SM = 0x03
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    REPLACE_SM = 0x07
    CANCEL_SM = 0x08
    BIND_TRANSCEIVER = 0x09
    OUTBIND = 0x0B
    ENQUIRE_LINK = 0x15
    SUBMIT_MULTI = 0x21
    ALERT_NOTIFICATION = 0x102
    DATA_SM = 0x103

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER_RESP = 0x80000002
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM_RESP = 0x80000005
    UNBIND_RESP = 0x80000006
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK_RESP = 0x80000015
    DATA_SM_RESP = 0x80000103


def command_name(command_id: int) -> str:
    """`submit_sm` for 0x04, `command 0x000000ab` for a number that 3.4 does not define."""
    try:
        return CommandId(command_id).name.lower()
    except ValueError:
        return f"command 0x{command_id:08x}"


class Status(IntEnum):
    """command_status (5.1.3), each with its meaning for people."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Status:
        """A code with its `meaning`."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    ESME_ROK = 0x00, "no error"
    ESME_RINVMSGLEN = 0x01, "message length is invalid"
    ESME_RINVCMDLEN = 0x02, "command length is invalid"
    ESME_RINVCMDID = 0x03, "invalid command id"
    ESME_RINVBNDSTS = 0x04, "not allowed in this bind state"
    ESME_RALYBND = 0x05, "already bound"
    ESME_RINVPRTFLG = 0x06, "invalid priority flag"
    ESME_RINVREGDLVFLG = 0x07, "invalid registered delivery flag"
    ESME_RSYSERR = 0x08, "system error"
    ESME_RINVSRCADR = 0x0A, "invalid source address"
    ESME_RINVDSTADR = 0x0B, "invalid destination address"
    ESME_RINVMSGID = 0x0C, "invalid message id"
    ESME_RBINDFAIL = 0x0D, "bind failed"
    ESME_RINVPASWD = 0x0E, "invalid password"
    ESME_RINVSYSID = 0x0F, "invalid system id"
    ESME_RCANCELFAIL = 0x11, "cancel_sm failed"
    ESME_RREPLACEFAIL = 0x13, "replace_sm failed"
    ESME_RMSGQFUL = 0x14, "message queue is full"
    ESME_RINVSERTYP = 0x15, "invalid service type"
    ESME_RINVNUMDESTS = 0x33, "invalid number of destinations"
    ESME_RINVDLNAME = 0x34, "invalid distribution list name"
    ESME_RINVDESTFLAG = 0x40, "invalid destination flag"
    ESME_RINVSUBREP = 0x42, "invalid submit with replace"
    ESME_RINVESMCLASS = 0x43, "invalid esm_class"
    ESME_RCNTSUBDL = 0x44, "cannot submit to a distribution list"
    ESME_RSUBMITFAIL = 0x45, "submit failed"
    ESME_RINVSRCTON = 0x48, "invalid source type of number"
    ESME_RINVSRCNPI = 0x49, "invalid source numbering plan"
    ESME_RINVDSTTON = 0x50, "invalid destination type of number"
    ESME_RINVDSTNPI = 0x51, "invalid destination numbering plan"
    ESME_RINVSYSTYP = 0x53, "invalid system type"
    ESME_RINVREPFLAG = 0x54, "invalid replace_if_present flag"
    ESME_RINVNUMMSGS = 0x55, "invalid number of messages"
    ESME_RTHROTTLED = 0x58, "throttled: the allowed message rate is exceeded"
    ESME_RINVSCHED = 0x61, "invalid scheduled delivery time"
    ESME_RINVEXPIRY = 0x62, "invalid validity period"
    ESME_RINVDFTMSGID = 0x63, "predefined message is invalid or not found"
    ESME_RX_T_APPN = 0x64, "receiver: temporary application error"
    ESME_RX_P_APPN = 0x65, "receiver: permanent application error"
    ESME_RX_R_APPN = 0x66, "receiver: message rejected"
    ESME_RQUERYFAIL = 0x67, "query_sm failed"
    ESME_RINVOPTPARSTREAM = 0xC0, "error in the optional part of the PDU"
    ESME_ROPTPARNOTALLWD = 0xC1, "optional parameter not allowed"
    ESME_RINVPARLEN = 0xC2, "invalid parameter length"
    ESME_RMISSINGOPTPARAM = 0xC3, "expected optional parameter is missing"
    ESME_RINVOPTPARAMVAL = 0xC4, "invalid optional parameter value"
    ESME_RDELIVERYFAILURE = 0xFE, "delivery failure"
    ESME_RUNKNOWNERR = 0xFF, "unknown error"


_STATUSES: Mapping[int, Status] = {int(status): status for status in Status}


def describe_status(status: int) -> str:
    """`ESME_RTHROTTLED (throttled: ...)`, or the number with its range's meaning (5.1.3)."""
    known = _STATUSES.get(status)
    if known is not None:
        return f"{known.name} ({known.meaning})"
    vendor = 0x400 <= status <= 0x4FF
    return f"0x{status:08x} ({'specific to this SMSC' if vendor else 'not defined by SMPP 3.4'})"


class Ton(IntEnum):
    """Type of number (5.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER_NUMBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    """Numbering plan indicator (5.2.6)."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP_CLIENT_ID = 18


class EsmClass(IntEnum):
    """Bits of esm_class (5.2.12): messaging mode 1-0, message type 5-2, GSM features 7-6."""

    DEFAULT = 0x00
    DATAGRAM = 0x01
    FORWARD = 0x02
    STORE_AND_FORWARD = 0x03
    DELIVERY_RECEIPT = 0x04
    DELIVERY_ACKNOWLEDGEMENT = 0x08
    USER_ACKNOWLEDGEMENT = 0x10
    CONVERSATION_ABORT = 0x18
    INTERMEDIATE_NOTIFICATION = 0x20
    MESSAGE_TYPE_MASK = 0x3C
    UDHI = 0x40
    REPLY_PATH = 0x80


class RegisteredDelivery(IntEnum):
    """Bits of registered_delivery (5.2.17)."""

    NONE = 0x00
    FINAL_RECEIPT = 0x01
    FAILURE_RECEIPT = 0x02
    DELIVERY_ACKNOWLEDGEMENT = 0x04
    USER_ACKNOWLEDGEMENT = 0x08
    INTERMEDIATE_NOTIFICATION = 0x10


class DataCoding(IntEnum):
    """data_coding (5.2.19)."""

    SMSC_DEFAULT = 0x00
    IA5 = 0x01
    OCTETS_2 = 0x02
    LATIN_1 = 0x03
    OCTETS_4 = 0x04
    JIS = 0x05
    CYRILLIC = 0x06
    LATIN_HEBREW = 0x07
    UCS2 = 0x08
    PICTOGRAM = 0x09
    ISO_2022_JP = 0x0A
    EXTENDED_KANJI_JIS = 0x0D
    KS_C_5601 = 0x0E


class Tag(IntEnum):
    """Tags of the optional parameters (5.3.2)."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    USSD_SERVICE_OP = 0x0501
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383
