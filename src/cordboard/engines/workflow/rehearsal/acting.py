"""What becomes of the effects of a rehearsed run: counted, and answered in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cordboard.engines.workflow.effects import (
    AddToDnc,
    AddToLiveList,
    AskAssistant,
    CallWebhook,
    CheckDnc,
    DrawMeme,
    EditContact,
    Effect,
    LookUpCarrier,
    PlaceCall,
    SendEmail,
    SendSms,
    StartCampaign,
)
from cordboard.engines.workflow.inputs import Answered, Input, Told
from cordboard.engines.workflow.nodes.dnc_check import MATCH
from cordboard.engines.workflow.rehearsal.behaviour import Answer, Behaviour, Reply
from cordboard.engines.workflow.rehearsal.part import Part
from cordboard.engines.workflow.rehearsal.sending import Sending, Text
from cordboard.engines.workflow.rehearsal.staging import Crew, Refused, Written
from cordboard.engines.workflow.rehearsal.tally import Tally

PICTURE: Final = "https://example.com/rehearsed-picture.png"
_OPTED_OUT: Final = "Opted out: the contact has unsubscribed"
_NO_PHONE: Final = "the contact has no phonenumber1"
_NO_CALLER: Final = "there is no number that calls: the campaign needs a number set with one that is voice-enabled"
_NO_EMAIL: Final = "the contact has no email"

Happening = Input | Reply | Text
"""What happens in time: a run is given an input, its person writes, or a text of it may go on."""
Later = tuple[datetime, Happening]


class Acting:
    """Carries effects out in a rehearsal's way; texts leave at `rate` segments a second."""

    def __init__(self, behaviour: Behaviour, crew: Crew, tally: Tally, rate: float) -> None:
        self._behaviour = behaviour
        self._crew = crew
        self._tally = tally
        self._sending = Sending(crew, tally, rate)

    def heard(self, part: Part, reply: Reply) -> Told:
        """Takes a reply: who says STOP is written to no more. It goes to who wrote last."""
        self._tally.replies += 1
        if reply.word == "stop" and "sms" not in part.listed:
            self._tally.opt_outs += 1
            part.listed.add("sms")
        elif reply.word == "start":
            part.listed.discard("sms")
        return Told({part.reply_to: reply.text})

    def go_on(self, part: Part, text: Text, now: datetime) -> Iterator[Later]:
        """A text whose wait is over."""
        yield from self._sending.go_on(part, text, now)

    def act(self, part: Part, effect: Effect, now: datetime) -> Iterator[Later]:
        """What happens to the run because of an effect, and when."""
        match effect:
            case SendSms():
                yield from self._send(part, effect, now)
            case PlaceCall():
                yield self._call(part, effect.node, now)
            case AskAssistant():
                yield self._converse(part, effect, now)
            case CallWebhook():
                given = self._behaviour.callbacks.get(effect.callback_id, Answer())
                error = {"callback.error": given.error} if given.error else {}
                outcome = "failed" if error else "success"
                answered = Answered(effect.token, {**given.variables, **error}, outcome)
                yield now + given.after.drawn(part.random), answered
            case LookUpCarrier():
                yield now, self._look_up(part, effect)
            case CheckDnc():
                is_listed = ("federal" if effect.dnc_list == "federal" else effect.subtype) in part.listed
                yield now, Answered(effect.token, outcome=MATCH if is_listed else "noMatch")
            case DrawMeme():
                yield now, Answered(effect.token, {effect.stored_as: PICTURE}, "success")
            case _:
                self._note(part, effect)

    def _note(self, part: Part, effect: Effect) -> None:
        """What is never answered."""
        match effect:
            case EditContact():
                edited = self._crew.edit(part.person, effect.changes)
                if isinstance(edited, str):
                    self._tally.fault(effect.node, f"the contact is not changed: {edited}", part.place)
                else:
                    part.person = edited
            case AddToDnc():
                if part.phone:
                    part.listed.update(effect.subtypes)
                else:
                    self._tally.fault(effect.node, _NO_PHONE, part.place)
            case StartCampaign():
                self._tally.campaigns[effect.campaign_id] += 1
            case AddToLiveList():
                self._tally.live_lists[effect.list_name.strip()] += 1
            case SendEmail():
                self._tally.emails += 1
                if not part.person.ext_data.get("email"):
                    self._tally.fault(effect.node, _NO_EMAIL, part.place)

    def _send(self, part: Part, effect: SendSms, now: datetime) -> Iterator[Later]:
        written = self._crew.write(part.person, effect)
        for name in written.empty:
            self._tally.fault(effect.node, f"the variable {name} is empty", part.place)
        if isinstance(written, Refused):
            self._tally.refused()
            self._tally.fault(effect.node, written.problem, part.place)
            yield now, _not_sent(effect.node, written.told)
        elif "sms" in part.listed:
            self._tally.refused(opted_out=True)
            yield now, _not_sent(effect.node, _OPTED_OUT)
        else:
            part.sender, part.reply_to = part.sender or self._crew.sender, effect.reply_to
            yield from self._sending.accept(part, self._text(part, effect, written), now)

    def _text(self, part: Part, effect: SendSms, written: Written) -> Text:
        """A message with the reply to it: that is drawn now, for when it leaves depends on the others."""
        replies = self._behaviour.replies_to(effect.node)
        reply = replies.drawn(part.random)
        after = replies.after.drawn(part.random) if reply else timedelta(0)
        return Text(
            template_id=effect.template_id, recipient=part.phone, written=written, reply=reply, reply_after=after
        )

    def _call(self, part: Part, node: int, now: datetime) -> Later:
        problem = "" if part.phone else _NO_PHONE
        problem = problem or ("" if part.sender or self._crew.caller else _NO_CALLER)
        if problem:
            self._tally.fault(node, problem, part.place)
        elif "call" in part.listed:
            problem = _OPTED_OUT
        if problem:
            self._tally.calls["refused"] += 1
            return now, Told({f"node{node}.callstatus": "failed", f"node{node}.error": problem})
        part.sender = part.sender or self._crew.caller
        ends = self._behaviour.calls
        end = part.random.choices(ends, [one.weight for one in ends])[0]
        self._tally.called(end.name, now)
        told = {
            f"node{node}.callstatus": end.status,
            f"node{node}.callduration": str(end.seconds),
            f"node{node}.answeredby": end.answered_by,
            f"node{node}.digits": "",
        }
        return now + timedelta(seconds=end.seconds), Told(told)

    def _converse(self, part: Part, effect: AskAssistant, now: datetime) -> Later:
        given = self._behaviour.assistants.get(effect.assistant_id, Answer(outcome="done"))
        problem = "" if part.phone else _NO_PHONE
        if problem:
            self._tally.fault(effect.node, problem, part.place)
        elif "sms" in part.listed:
            problem = _OPTED_OUT
        if problem:
            told = {"outcome": "stopped", "transcript": "", "turns": "0", "error": problem}
            return now, Answered(effect.token, _under(effect.node, told), "stopped")
        told = {"transcript": "", "turns": "1", **given.variables, "outcome": given.outcome, "error": given.error}
        return now + given.after.drawn(part.random), Answered(effect.token, _under(effect.node, told), given.outcome)

    def _look_up(self, part: Part, effect: LookUpCarrier) -> Answered:
        lookup = self._behaviour.lookup
        problem = lookup.error if part.phone else _NO_PHONE
        if problem:
            self._tally.fault(effect.node, f"the lookup fails: {problem}", part.place)
            return Answered(effect.token, {"lookup.error": problem}, "failed")
        wireless = str(part.random.random() < lookup.wireless).lower()
        facts = {f"phonenumber1.{name}": value for name, value in {**lookup.facts, "wireless": wireless}.items()}
        return Answered(effect.token, facts, "success")


def _not_sent(node: int, error: str) -> Told:
    return Told({f"node{node}.error": error})


def _under(node: int, told: dict[str, str]) -> dict[str, str]:
    return {f"node{node}.{name}": value for name, value in told.items()}
