"""Transactions of a user agent (RFC 3261 17, RFC 6026): repeats what may be lost, absorbs what comes twice.

Messages and time in, effects out:

    layer = TransactionLayer(token)
    key, effects = layer.send_request(invite, flow, now, reliable=False)   # [Transmit(invite with its branch, flow)]
    layer.receive(response, flow, now)                                     # [ResponseArrived(response, key)]
    layer.receive(request, flow, now)                                      # [RequestArrived(request, flow, key)]
    layer.send_response(request.reply(200, to_tag=tag), key, now)          # [Transmit(response, flow)]
    layer.wake(now)                                                        # at next_wake: repetitions, timeouts

The layer answers for itself what never becomes anybody's business: CANCEL, requests that came a second time by another
way or have come back to where they started (482), that cannot be read (400, 416), or are too many (503). The ACK for a
2xx is outside of transactions: it belongs to the dialog, which sends it over a flow with a branch from `new_branch`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.matching import MergeKey, companion, merge_key, server_key
from cordboard.wire.sip.message import Message, Request, Response
from cordboard.wire.sip.transaction_store import Transaction, TransactionStore
from cordboard.wire.sip.transactions import RULES, RUNNING, Action, Event, Kind, State, Timer, Timings, Trigger
from cordboard.wire.sip.validation import check_request, check_response
from cordboard.wire.sip.via import MAGIC_COOKIE, Via

MOST_SERVER_TRANSACTIONS = 20_000
RETRY_AFTER = 5
"""Seconds after which a peer may try again that was refused because too much goes on."""


@dataclass(frozen=True, slots=True)
class TransactionStatistics:
    """How many transactions there are, and what has happened so far."""

    client: int
    server: int
    sent_again: int
    """Messages that we repeated because a timer said so."""
    absorbed: int
    """Requests that came again."""
    stray: int
    """Responses to nothing that we know of."""
    malformed: int
    merged: int
    """Requests that came by several ways, or came back: 482."""
    overload: int
    """Requests refused because of the limit: 503."""
    timed_out: int


@dataclass(frozen=True, slots=True)
class _Move:
    """What one call is about: when, what came or is to go out, and the effects so far."""

    now: float
    effects: list[Effect]
    message: Message | None = None


class TransactionLayer:
    """All transactions of one user agent. Times are seconds of any monotonic clock."""

    def __init__(
        self,
        token: Callable[[], str],
        t1: float = 0.5,
        t2: float = 4.0,
        t4: float = 5.0,
        *,
        most_server_transactions: int = MOST_SERVER_TRANSACTIONS,
    ) -> None:
        """`token` gives a new unguessable word with each call, for branches and tags."""
        self._token = token
        self._timings = Timings(t1, t2, t4)
        self._most_servers = most_server_transactions
        self._store = TransactionStore()
        self._counts = dict.fromkeys(
            ("sent_again", "absorbed", "stray", "malformed", "merged", "overload", "timed_out"), 0
        )

    def new_branch(self) -> str:
        """A branch for a request outside of transactions."""
        return MAGIC_COOKIE + self._token()

    def statistics(self) -> TransactionStatistics:
        """A snapshot."""
        return TransactionStatistics(self._store.clients, self._store.servers, **self._counts)

    def receive(self, message: Message, flow: Flow, now: float) -> list[Effect]:
        """A message came. Whether its transport is a reliable one is told by its Via."""
        move = _Move(now, [], message)
        try:
            if isinstance(message, Response):
                self._receive_response(message, move)
            else:
                self._receive_request(message, flow, move)
        except SipSyntaxError as error:
            self._counts["malformed"] += 1
            if isinstance(message, Request) and message.method != "ACK" and _has_via(message):
                self._refuse(message, error.status, flow, move)
        return move.effects

    def send_request(
        self, request: Request, flow: Flow, now: float, *, reliable: bool
    ) -> tuple[TransactionKey, list[Effect]]:
        """Sends a request that carries the Via of its sender, to which a branch is added. Not for ACK and CANCEL."""
        branch = self.new_branch()
        stamped = request.copy()
        vias = stamped.headers.get_all("Via")
        stamped.headers.set("Via", str(request.via.with_param("branch", branch)), *vias[1:])
        move = _Move(now, [])
        kind = Kind.INVITE_CLIENT if request.method == "INVITE" else Kind.CLIENT
        key = TransactionKey("client", branch, request.method)
        self._begin(Transaction(key, kind, flow, reliable, stamped, last=stamped), move)
        return key, move.effects

    def send_response(self, response: Response, key: TransactionKey, now: float) -> list[Effect]:
        """Answers a request. A second final answer is ignored, save a 2xx to an INVITE, which its dialog repeats until
        the ACK comes. Nothing happens when the transaction is over.
        """
        move = _Move(now, [], response)
        transaction = self._store.get(key)
        if transaction is not None and key.side == "server":
            self._step(transaction, _sending(response), move)
        return move.effects

    def cancel(self, key: TransactionKey, now: float) -> list[Effect]:
        """Cancels an INVITE of ours: at once, or as soon as a provisional answer shows that somebody has it (9.1).

        Its final answer still comes: 487, or another one that crossed the CANCEL, or TransactionTimedOut.
        """
        move = _Move(now, [])
        transaction = self._store.get(key)
        if transaction is not None and transaction.kind is Kind.INVITE_CLIENT:
            transaction.cancel_wanted = True
            self._cancel_if_due(transaction, move)
        return move.effects

    def transport_failed(self, subject: TransactionKey | Flow, now: float) -> list[Effect]:
        """A message of that transaction, or any over that flow, cannot be sent."""
        move = _Move(now, [])
        for key in [subject] if isinstance(subject, TransactionKey) else self._store.of_flow(subject):
            transaction = self._store.get(key)
            if transaction is not None:
                self._step(transaction, Event.TRANSPORT_FAILED, move)
        return move.effects

    def next_wake(self) -> float | None:
        """When `wake` is to be called, if nothing else happens before."""
        return self._store.next_wake()

    def wake(self, now: float) -> list[Effect]:
        """Fires the timers that are due."""
        move = _Move(now, [])
        while (due := self._store.pop_due(now)) is not None:
            transaction, timer = due
            delay = self._timings.again(timer, transaction.state, transaction.intervals[timer])
            self._start(transaction, timer, delay, now)
            self._counts["sent_again"] += delay is not None
            self._step(transaction, timer, move)
        return move.effects

    # Requests that come

    def _receive_request(self, request: Request, flow: Flow, move: _Move) -> None:
        via = request.via
        key = server_key(request, via, "INVITE" if request.method == "ACK" else request.method)
        transaction = self._store.get(key)
        if request.method == "ACK":
            self._receive_ack(request, transaction, flow, move)
        elif transaction is not None:
            self._counts["absorbed"] += 1
            self._step(transaction, Event.REQUEST_REPEATED, move)
        else:
            check_request(request)
            self._receive_new(request, key, via, flow, move)

    def _receive_ack(self, request: Request, invite: Transaction | None, flow: Flow, move: _Move) -> None:
        """One for a 2xx has a branch of its own, or, from some peers, that of the INVITE (RFC 6026 7.1)."""
        check_request(request)
        if invite is None:
            move.effects.append(AckArrived(request, flow))
        else:
            self._step(invite, Event.ACK_CAME, move)

    def _receive_new(self, request: Request, key: TransactionKey, via: Via, flow: Flow, move: _Move) -> None:
        shared = merge_key(request)
        if self._store.servers >= self._most_servers:
            self._counts["overload"] += 1
            self._refuse(request, 503, flow, move)
        elif shared is not None and self._was_here(request, shared):
            self._counts["merged"] += 1
            self._refuse(request, 482, flow, move)
        else:
            kind = Kind.INVITE_SERVER if request.method == "INVITE" else Kind.SERVER
            transaction = Transaction(key, kind, flow, via.is_reliable, request, shared=shared)
            self._add(transaction, move)
            if request.method == "CANCEL":
                self._answer_cancel(transaction, via, move)
            else:
                move.effects.append(RequestArrived(request, flow, key))

    def _refuse(self, request: Request, status: int, flow: Flow, move: _Move) -> None:
        """Answers without keeping anything: should the request come again, it is refused again."""
        headers = [("Retry-After", str(RETRY_AFTER))] if status == 503 else []
        move.effects.append(Transmit(request.reply(status, to_tag=self._token(), headers=headers), flow))

    def _was_here(self, request: Request, shared: MergeKey) -> bool:
        """Whether a request outside of dialogs is already being answered (8.2.2.2), or is one of our own."""
        if self._store.has_shared(shared):
            return True
        return any(self._store.get(TransactionKey("client", via.branch, request.method)) for via in request.vias)

    def _answer_cancel(self, cancel: Transaction, via: Via, move: _Move) -> None:
        """200 when there is an INVITE to cancel, also when it is too late; else 481 (9.2)."""
        invite = self._store.get(server_key(cancel.request, via, "INVITE"))
        if invite is None:
            answer = cancel.request.reply(481, to_tag=self._token())
        else:
            answer = cancel.request.reply(200, to_tag=_to_tag(invite.last) or self._token())
        self._step(cancel, _sending(answer), _Move(move.now, move.effects, answer))
        if invite is not None and invite.state is State.PROCEEDING:
            move.effects.append(CancelArrived(cancel.request, invite.key))

    # Responses that come

    def _receive_response(self, response: Response, move: _Move) -> None:
        transaction = self._store.get(TransactionKey("client", response.via.branch, response.cseq.method))
        if transaction is None or len(response.headers.get_all("Via")) != 1:
            self._counts["stray"] += 1
            return
        check_response(response)
        self._step(transaction, _arriving(response), move)
        self._cancel_if_due(transaction, move)

    def _cancel_if_due(self, invite: Transaction, move: _Move) -> None:
        if invite.cancel_wanted and not invite.cancel_sent and invite.state is State.PROCEEDING:
            self._cancel(invite, move)

    # The machines

    def _begin(self, transaction: Transaction, move: _Move) -> None:
        """A request of ours: kept, and sent for the first time."""
        self._add(transaction, move)
        self._repeat(transaction, move)

    def _add(self, transaction: Transaction, move: _Move) -> None:
        self._store.add(transaction)
        for timer in RUNNING[transaction.kind][transaction.state]:
            self._start(transaction, timer, self._timings.first(timer, reliable=transaction.reliable), move.now)

    def _start(self, transaction: Transaction, timer: Timer, delay: float | None, now: float) -> None:
        if delay is not None:
            self._store.start(transaction, timer, delay, now)

    def _step(self, transaction: Transaction, trigger: Trigger, move: _Move) -> None:
        """One move of a machine: what its table says."""
        rule = RULES[transaction.kind][transaction.state].get(trigger)
        if rule is None:
            return
        for action in rule.actions:
            _ACTIONS[action](self, transaction, move)
        if rule.state is State.TERMINATED:
            self._end(transaction, move)
        elif rule.state is not transaction.state:
            self._enter(transaction, rule.state, move)

    def _enter(self, transaction: Transaction, state: State, move: _Move) -> None:
        """Stops the timers that do not belong to the state and starts those that do. One that is due at once, as all
        lingering over reliable transports is, fires in the same breath.
        """
        transaction.state = state
        timers = RUNNING[transaction.kind][state]
        for timer in [timer for timer in transaction.deadlines if timer not in timers]:
            del transaction.deadlines[timer]
        for timer in timers:
            delay = self._timings.first(timer, reliable=transaction.reliable)
            if delay == 0:
                self._step(transaction, timer, move)
            elif timer not in transaction.deadlines:
                self._start(transaction, timer, delay, move.now)

    def _end(self, transaction: Transaction, move: _Move) -> None:
        transaction.state = State.TERMINATED
        self._store.remove(transaction)
        if not transaction.hidden:
            move.effects.append(TransactionTerminated(transaction.key))

    # What the machines do

    def _send(self, transaction: Transaction, move: _Move) -> None:
        transaction.last = move.message
        transaction.deadlines.pop(Timer.TRYING, None)
        self._repeat(transaction, move)

    def _repeat(self, transaction: Transaction, move: _Move) -> None:
        if transaction.last is not None:
            move.effects.append(Transmit(transaction.last, transaction.flow))

    def _pass_up(self, transaction: Transaction, move: _Move) -> None:
        if isinstance(move.message, Request):
            move.effects.append(AckArrived(move.message, transaction.flow))
        elif move.message is not None and not transaction.hidden:
            move.effects.append(ResponseArrived(move.message, transaction.key))

    def _acknowledge(self, transaction: Transaction, move: _Move) -> None:
        if move.message is not None:
            ack = companion(transaction.request, "ACK", move.message.headers.get("To"))
            move.effects.append(Transmit(ack, transaction.flow))

    def _extend(self, transaction: Transaction, move: _Move) -> None:
        """Timer C begins anew with each sign of life, save 100 (16.7 step 2)."""
        if Timer.C in transaction.deadlines and isinstance(move.message, Response) and move.message.status != 100:
            self._start(transaction, Timer.C, self._timings.first(Timer.C, reliable=False), move.now)

    def _cancel(self, invite: Transaction, move: _Move) -> None:
        invite.cancel_sent = invite.cancel_wanted = True
        invite.deadlines.pop(Timer.C, None)
        delay = self._timings.first(Timer.CANCELLED, reliable=invite.reliable)
        self._start(invite, Timer.CANCELLED, delay, move.now)
        request = companion(invite.request, "CANCEL", invite.request.headers.get("To"))
        key = TransactionKey("client", invite.key.branch, "CANCEL")
        self._begin(Transaction(key, Kind.CLIENT, invite.flow, invite.reliable, request, request, hidden=True), move)

    def _send_trying(self, transaction: Transaction, move: _Move) -> None:
        transaction.last = transaction.request.reply(100)
        self._repeat(transaction, move)

    def _report_timeout(self, transaction: Transaction, move: _Move) -> None:
        self._counts["timed_out"] += 1
        if not transaction.hidden:
            move.effects.append(TransactionTimedOut(transaction.key))

    def _report_failure(self, transaction: Transaction, move: _Move) -> None:
        if not transaction.hidden:
            move.effects.append(TransportFailed(transaction.key))


_ACTIONS: Mapping[Action, Callable[[TransactionLayer, Transaction, _Move], None]] = {
    Action.SEND: TransactionLayer._send,
    Action.REPEAT: TransactionLayer._repeat,
    Action.PASS_UP: TransactionLayer._pass_up,
    Action.ACKNOWLEDGE: TransactionLayer._acknowledge,
    Action.EXTEND: TransactionLayer._extend,
    Action.CANCEL: TransactionLayer._cancel,
    Action.SEND_TRYING: TransactionLayer._send_trying,
    Action.REPORT_TIMEOUT: TransactionLayer._report_timeout,
    Action.REPORT_FAILURE: TransactionLayer._report_failure,
}


def _has_via(request: Request) -> bool:
    try:
        return bool(request.via)
    except SipSyntaxError:
        return False


def _to_tag(message: Message | None) -> str:
    return message.to.tag if message is not None else ""


def _arriving(response: Response) -> Event:
    if response.is_provisional:
        return Event.PROVISIONAL_CAME
    return Event.SUCCESS_CAME if response.is_success else Event.FAILURE_CAME


def _sending(response: Response) -> Event:
    if response.is_provisional:
        return Event.SEND_PROVISIONAL
    return Event.SEND_SUCCESS if response.is_success else Event.SEND_FAILURE
