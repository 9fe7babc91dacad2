"""SIP without I/O: messages, transactions, dialogs, digest (RFC 3261 and its extensions).

Theory of operation
-------------------
A user agent owns the sockets and the clock. What arrives becomes a message (`parse_message` for datagrams and WebSocket
frames, a `StreamParser` for each TCP or TLS connection) and goes to the `TransactionLayer`, whose effects say what to
transmit and what has happened. A `Dialog` remembers a call, makes its requests and judges those that come.

    message = parse_message(datagram)                       # BadMessageError: answer with its status, or drop
    for effect in layer.receive(message, flow, now): ...    # Transmit, RequestArrived, ResponseArrived, ...
    dialog = Dialog.from_request(request, local_tag)
    layer.send_response(request.reply(200, to_tag=local_tag, headers=contact, body=sdp), key, now)
    bye = dialog.create_request("BYE")                      # the sender adds its Via, the layer the branch

Modules, from the inside out: `grammar` (tokens, quotes, parameters), `uri`, `address`, `via`, `headers`, `message`,
`parsing` and `stream`, `validation`; `transactions` (the machines as tables), `transaction_store`,
`transaction_layer`; `dialog`, `reliability` (2xx and ACK), `provisional` (100rel), `session_timer`, `refer`; `digest`.

The peer's mistakes raise SipSyntaxError where something is read, and never anything else; values that are read are
frozen. Times are seconds of any monotonic clock, and words that must not be guessed are handed in.
"""

from cordboard.wire.sip.address import ANY, Address
from cordboard.wire.sip.dialog import Dialog, DialogError, DialogId, ForkedDialogs
from cordboard.wire.sip.digest import (
    Challenge,
    Credentials,
    DigestGate,
    answer,
    best_challenge,
    ha1,
    parse_challenges,
)
from cordboard.wire.sip.effects import (
    AckArrived,
    CancelArrived,
    Effect,
    Flow,
    RequestArrived,
    ResponseArrived,
    TransactionKey,
    TransactionTerminated,
    TransactionTimedOut,
    Transmit,
    TransportFailed,
)
from cordboard.wire.sip.errors import SipError, SipSyntaxError, SipUsageError
from cordboard.wire.sip.headers import Headers
from cordboard.wire.sip.message import CSeq, Message, Request, Response
from cordboard.wire.sip.parsing import BadMessageError, is_keep_alive, parse_message
from cordboard.wire.sip.provisional import ProvisionalReceiver, ProvisionalSender, RAck, rack_for, wants_prack
from cordboard.wire.sip.refer import (
    ReferTarget,
    Replaces,
    SubscriptionState,
    parse_sipfrag,
    refer_progress_headers,
    refer_target,
    refer_to,
    replaces_of,
    sipfrag,
)
from cordboard.wire.sip.reliability import AckMemory, Repetition
from cordboard.wire.sip.session_timer import Agreement, IntervalTooSmallError, SessionExpires, SessionTimer
from cordboard.wire.sip.status import reason_phrase
from cordboard.wire.sip.stream import KeepAlive, StreamItem, StreamParser
from cordboard.wire.sip.transaction_layer import TransactionLayer, TransactionStatistics
from cordboard.wire.sip.uri import SipUri
from cordboard.wire.sip.validation import check_request, check_response, unsupported_options
from cordboard.wire.sip.via import Via

__all__ = [
    "ANY",
    "AckArrived",
    "AckMemory",
    "Address",
    "Agreement",
    "BadMessageError",
    "CSeq",
    "CancelArrived",
    "Challenge",
    "Credentials",
    "Dialog",
    "DialogError",
    "DialogId",
    "DigestGate",
    "Effect",
    "Flow",
    "ForkedDialogs",
    "Headers",
    "IntervalTooSmallError",
    "KeepAlive",
    "Message",
    "ProvisionalReceiver",
    "ProvisionalSender",
    "RAck",
    "ReferTarget",
    "Repetition",
    "Replaces",
    "Request",
    "RequestArrived",
    "Response",
    "ResponseArrived",
    "SessionExpires",
    "SessionTimer",
    "SipError",
    "SipSyntaxError",
    "SipUri",
    "SipUsageError",
    "StreamItem",
    "StreamParser",
    "SubscriptionState",
    "TransactionKey",
    "TransactionLayer",
    "TransactionStatistics",
    "TransactionTerminated",
    "TransactionTimedOut",
    "Transmit",
    "TransportFailed",
    "Via",
    "answer",
    "best_challenge",
    "check_request",
    "check_response",
    "ha1",
    "is_keep_alive",
    "parse_challenges",
    "parse_message",
    "parse_sipfrag",
    "rack_for",
    "reason_phrase",
    "refer_progress_headers",
    "refer_target",
    "refer_to",
    "replaces_of",
    "sipfrag",
    "unsupported_options",
    "wants_prack",
]
