"""Who acts for the contexts in a rehearsal: texts are written and priced, and contacts edited, as they would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from cordboard.domain.billing.models import Terms
from cordboard.domain.compliance import rules
from cordboard.domain.compliance.models import Candidate
from cordboard.domain.contacts.ext_data import clean_ext_data, timezone_of
from cordboard.domain.contacts.models import PHONE_FIELD
from cordboard.domain.messaging.composing import compose
from cordboard.domain.templates.models import SmsTemplate
from cordboard.engines.templates.variables import missing
from cordboard.engines.workflow.effects import SendSms
from cordboard.engines.workflow.rehearsal.staging import Refused, Written
from cordboard.engines.workflow.world import Person
from cordboard.kit.errors import InvalidInputError


@dataclass(slots=True)
class PricedCrew:
    """`rehearsal.staging.Crew` with the account's templates and prices. `asked` is what the compliance gate is asked
    about a text, but for whom it goes to.
    """

    sender: str
    caller: str
    templates: Mapping[str, SmsTemplate]
    terms: Mapping[str, Terms]
    substitute: bool
    asked: Candidate
    _free: Terms = field(default_factory=lambda: Terms(0))

    def write(self, person: Person, effect: SendSms) -> Written | Refused:
        """The message as it would be accepted."""
        template = self.templates.get(effect.template_id)
        if template is None:
            return Refused(problem="the template is gone", told="the template is gone")
        scopes = (effect.variables, person.ext_data)
        empty = missing(template.text, *scopes)
        if not person.phone or not self.sender:
            lack = "the campaign has no number that texts" if person.phone else "the contact has no phonenumber1"
            return Refused(problem=lack, told=lack, empty=empty)
        media = bool(template.media_url)
        try:
            text = compose(template.text, scopes, substitute=self.substitute, media=media, field="smsTemplateId")
        except InvalidInputError as error:
            return Refused(problem=error.errors[0].problem, told=str(error), empty=empty)
        quote = self.terms.get(person.id, self._free).quote(text.segments)
        return Written(
            text=text.text,
            segments=text.segments,
            cost=quote.cost,
            surcharge=quote.surcharge,
            tax=quote.tax,
            empty=empty,
        )

    def held_until(self, recipient: str, now: datetime) -> datetime | None:
        """As the gate decides; who is on a list is the rehearsal's to know."""
        return rules.decide(replace(self.asked, recipient=recipient), rules.Facts(now, ())).defer_until

    def edit(self, person: Person, changes: Mapping[str, str | None]) -> Person | str:
        """Somebody with fields changed, or why that is refused."""
        kept = {name: value for name, value in person.ext_data.items() if name not in changes}
        try:
            data = clean_ext_data({**kept, **{name: value for name, value in changes.items() if value is not None}})
        except InvalidInputError as error:
            return error.errors[0].problem
        return replace(person, ext_data=data, phone=data.get(PHONE_FIELD, ""), timezone_id=timezone_of(data))
