"""Request 22: rewording of texts."""

from __future__ import annotations

from typing import Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.rewording.service import RewordingService, TextType
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply

_BODY: Final = {
    "text": "Hello %%FIRSTNAME|there%%, your account is past due. Call us at +19495551234! Reply STOP to opt out.",
    "type": "sms",
}
_ANSWER: Final = {
    "text": "Hi %%FIRSTNAME|there%%, a payment is overdue. Please call +19495551234. Reply STOP to opt out.",
    "type": "sms",
}


class RewordBody(msgspec.Struct):
    """A text of at most 1600 characters, and what it is for."""

    text: str
    type: TextType = "sms"


class AiResource:
    """`/v4/ai`."""

    def __init__(self, rewording: RewordingService) -> None:
        self._rewording = rewording

    async def reword(self, call: Call) -> Reply:
        """The text in other words. Variables, links, addresses, telephone numbers and the words about opting out come
        back as they were, or the answer is a 409 that names what the provider lost or added.
        """
        body: RewordBody = call.body
        reworded = await self._rewording.reword(call.principal.account_id, body.text, body.type)
        return Reply([{"text": reworded, "type": body.type}])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="22",
                method="POST",
                path="/v4/ai/reword",
                handler=self.reword,
                summary="Reword text",
                privilege=Privilege.AI_USE,
                body=RewordBody,
                own_transactions=True,
                tag="AI",
                example=Example(body=_BODY, response=_ANSWER),
            ),
        )
