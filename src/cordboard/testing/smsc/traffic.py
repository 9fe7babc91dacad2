"""What the SMSC does with its traffic: takes or refuses submits, sends receipts, shows the faults it was
told to show."""

from __future__ import annotations

import asyncio
from random import Random

from cordboard.kit.clock import Clock, monotonic
from cordboard.testing.smsc import codec
from cordboard.testing.smsc.behaviour import Fate, SmscBehaviour, draw_copies, draw_fate
from cordboard.testing.smsc.codec import Bind, CodecError, Message, Pdu
from cordboard.testing.smsc.mailbox import Mailbox
from cordboard.testing.smsc.receipts import is_due, receipt_body
from cordboard.testing.smsc.records import BindRecord, Delivery, Submit
from cordboard.testing.smsc.session import Session
from cordboard.testing.smsc.tally import Tally
from cordboard.testing.smsc.text import split_header
from cordboard.testing.watching import Watch

_SUBMIT_RESP = codec.SUBMIT_SM | codec.RESPONSE
_TEMPORARY = frozenset({codec.ESME_RX_T_APPN, codec.ESME_RSYSERR, codec.ESME_RMSGQFUL, codec.ESME_RTHROTTLED})


class Traffic:
    """The `session.Exchange` of an SMSC. `keep` says whether submits and deliveries are remembered one by
    one."""

    def __init__(self, behaviour: SmscBehaviour, clock: Clock, first_message_id: int, *, keep: bool) -> None:
        self.watch = Watch()
        self.tally = Tally()
        self.sessions: set[Session] = set()
        self.binds: list[BindRecord] = []
        self.submits: list[Submit] = []
        self.deliveries: list[Delivery] = []
        self._mailboxes: dict[str, Mailbox] = {}
        self._clock = clock
        self._next_message_id = first_message_id
        self._next_delivery = 1
        self._keep = keep
        self._closed = False
        self._behaviour = behaviour
        self._random = Random(behaviour.seed)

    @property
    def behaviour(self) -> SmscBehaviour:
        """The rules in force."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: SmscBehaviour) -> None:
        if behaviour.seed != self._behaviour.seed:
            self._random = Random(behaviour.seed)
        self._behaviour = behaviour
        for session in self.sessions:
            self._apply(session)

    def mailbox(self, system_id: str) -> Mailbox:
        """What waits for `system_id`."""
        return self._mailboxes.setdefault(system_id, Mailbox())

    def enqueue(self, system_id: str, delivery: Delivery) -> None:
        """Send a delivery as soon as somebody can take it."""
        if self._keep:
            self.deliveries.append(delivery)
        self.tally.sent(delivery)
        self.mailbox(system_id).add(delivery)

    def next_delivery(self) -> int:
        """The number of a new delivery."""
        self._next_delivery += 1
        return self._next_delivery - 1

    def close(self) -> None:
        """Drop every connection and give up what waits."""
        self._closed = True
        for session in list(self.sessions):
            session.abort()
        for mailbox in self._mailboxes.values():
            for delivery in mailbox.waiting:
                _give_up(delivery)

    # session.Exchange

    def connected(self, session: Session) -> None:
        self.sessions.add(session)
        self.tally.counts.connections += 1

    def check_bind(self, bind: Bind) -> int:
        rules = self._behaviour
        if rules.bind_status:
            return rules.bind_status
        if rules.system_id and bind.system_id != rules.system_id:
            return codec.ESME_RINVSYSID
        if rules.password and bind.password != rules.password:
            return codec.ESME_RINVPASWD
        return codec.ESME_ROK

    def bound(self, session: Session, bind: Bind) -> None:
        assert session.mode is not None
        session.number = len(self.binds) + 1
        self.binds.append(
            BindRecord(
                session.number,
                bind.system_id,
                session.mode,
                bind.system_type,
                bind.interface_version,
                monotonic(),
            )
        )
        self.tally.counts.binds += 1
        self._apply(session)
        if session.can_receive:
            self.mailbox(session.system_id).opened(session)

    def submitted(self, session: Session, pdu: Pdu) -> None:
        session.submits += 1
        try:
            message = codec.parse_message(pdu.body)
        except CodecError as error:
            self.tally.counts.submits += 1
            self.tally.counts.refused += 1
            session.send(codec.pdu(_SUBMIT_RESP, error.status, pdu.sequence))
        else:
            self._decide(session, pdu.sequence, message)
        every = self._behaviour.disconnect_every_submits
        if every and session.submits % every == 0:
            session.finish()

    def answered(self, session: Session, delivery: Delivery, status: int) -> None:
        delivery.status, delivery.answered_at = status, monotonic()
        self.tally.answered(delivery)
        if delivery.answered is not None and not delivery.answered.done():
            delivery.answered.set_result(status)
        mailbox = self.mailbox(session.system_id)
        retry = self._behaviour.retry_refused_after
        if retry is not None and status in _TEMPORARY:
            self._later(retry, mailbox, delivery)
        mailbox.pump()

    def writable(self, session: Session) -> None:
        if session.can_receive:
            self.mailbox(session.system_id).pump()

    def quiet(self) -> None:
        self.watch.changed()

    def lost(self, session: Session) -> None:
        self.sessions.discard(session)
        if session.mode is not None:
            unanswered = list(session.unanswered.values())
            self.tally.counts.redelivered += len(unanswered)
            if self._closed:
                for delivery in unanswered:
                    _give_up(delivery)
            else:
                self.mailbox(session.system_id).lost(session, unanswered)
        self.watch.changed()

    # submits

    def _decide(self, session: Session, sequence: int, message: Message) -> None:
        rules = self._behaviour
        fate = draw_fate(rules, message.destination, self._random)
        taken = fate in (Fate.ACCEPT, Fate.HANG_UP)
        message_id = self._draw_message_id() if taken else 0
        spelled = (f"{message_id:x}" if rules.hex_response_ids else str(message_id)) if taken else ""
        status = _status(fate, rules, message.destination)
        submit = _record(session.number, sequence, message, spelled, status)
        self._count(fate, submit)
        if fate is Fate.HANG_UP:
            session.abort()
            self._plan_receipt(session.system_id, submit, message_id)
        elif status is not None:
            self._respond(session, submit, message_id)

    def _respond(self, session: Session, submit: Submit, message_id: int) -> None:
        early = self._behaviour.early_receipts and message_id != 0
        if early:
            self._send_receipt(session.system_id, submit, message_id)
        latency = self._behaviour.response_latency
        if latency > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(latency, self._answer, session, submit, message_id, early)
        else:
            self._answer(session, submit, message_id, early)

    def _answer(self, session: Session, submit: Submit, message_id: int, early: bool) -> None:
        body = codec.c_string(submit.message_id) if message_id else b""
        session.send(codec.pdu(_SUBMIT_RESP, submit.status or 0, submit.sequence, body))
        if message_id and not early:
            self._plan_receipt(session.system_id, submit, message_id)

    def _plan_receipt(self, system_id: str, submit: Submit, message_id: int) -> None:
        rules = self._behaviour
        delay = rules.receipt_delay
        if rules.receipt_jitter > 0:
            delay += self._random.random() * rules.receipt_jitter
        if delay > 0:
            asyncio.get_running_loop().call_later(delay, self._send_receipt, system_id, submit, message_id)
        else:
            self._send_receipt(system_id, submit, message_id)

    def _send_receipt(self, system_id: str, submit: Submit, message_id: int) -> None:
        rules = self._behaviour
        if self._closed or not is_due(submit, rules.receipts):
            return
        body = receipt_body(submit, str(message_id), rules, self._clock.now())
        for _ in range(draw_copies(rules, self._random)):
            delivery = Delivery(
                self.next_delivery(), "receipt", str(message_id), submit.destination, submit.source, body
            )
            self.enqueue(system_id, delivery)

    def _draw_message_id(self) -> int:
        self._next_message_id += 1
        return self._next_message_id - 1

    def _count(self, fate: Fate, submit: Submit) -> None:
        counts = self.tally.counts
        counts.submits += 1
        if self._keep:
            self.submits.append(submit)
        if submit.message_id:
            self.tally.accepted(submit)
        counts.throttled += fate is Fate.THROTTLE
        counts.refused += fate is Fate.REFUSE
        counts.unanswered += submit.status is None

    # sessions

    def _apply(self, session: Session) -> None:
        """Bring a bound connection under the rules in force."""
        session.window = self._behaviour.deliver_window
        if session.deadline is not None:
            session.deadline.cancel()
            session.deadline = None
        seconds = self._behaviour.disconnect_after_seconds
        if seconds > 0 and session.mode is not None:
            session.deadline = asyncio.get_running_loop().call_later(seconds, session.abort)

    def _later(self, seconds: float, mailbox: Mailbox, delivery: Delivery) -> None:
        def again() -> None:
            if not self._closed:
                self.tally.counts.redelivered += 1
                mailbox.add(delivery)

        asyncio.get_running_loop().call_later(seconds, again)


def _status(fate: Fate, rules: SmscBehaviour, destination: str) -> int | None:
    if fate is Fate.ACCEPT:
        return codec.ESME_ROK
    if fate is Fate.THROTTLE:
        return codec.ESME_RTHROTTLED
    return rules.error_destinations[destination] if fate is Fate.REFUSE else None


def _record(bind: int, sequence: int, message: Message, message_id: str, status: int | None) -> Submit:
    content = message.short_message or message.tlvs.get(codec.TAG_PAYLOAD, b"")
    udh, payload = split_header(message.esm_class, content)
    return Submit(
        bind=bind,
        sequence=sequence,
        source_ton=message.source_ton,
        source_npi=message.source_npi,
        source=message.source,
        destination_ton=message.destination_ton,
        destination_npi=message.destination_npi,
        destination=message.destination,
        service_type=message.service_type,
        esm_class=message.esm_class,
        protocol_id=message.protocol_id,
        priority=message.priority,
        schedule=message.schedule,
        validity_period=message.validity_period,
        registered_delivery=message.registered_delivery,
        data_coding=message.data_coding,
        udh=udh,
        payload=payload,
        tlvs=message.tlvs,
        received_at=monotonic(),
        message_id=message_id,
        status=status,
    )


def _give_up(delivery: Delivery) -> None:
    if delivery.answered is not None and not delivery.answered.done():
        delivery.answered.cancel()
