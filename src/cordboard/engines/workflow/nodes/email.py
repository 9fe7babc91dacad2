"""Email: a mail by the template of an external provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from cordboard.engines.workflow.effects import SendEmail
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

PROVIDERS: Final = ("hubspot", "mailgun", "sendgrid")
_MOST: Final = 50


class Email(Node, frozen=True, kw_only=True):
    """Mails the contact. `replacements` fill the provider's template; variables in them are replaced before."""

    kind: ClassVar[str] = "email"
    provider: str
    template_id: str
    subject: str
    sender: dict[str, str]
    cc: tuple[dict[str, str], ...]
    bcc: tuple[dict[str, str], ...]
    replacements: dict[str, str]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """What is sent."""
        return {
            "provider": members.one_of(PROVIDERS, "provider"),
            "template_id": members.text("templateId"),
            "subject": members.text("subject", required=False),
            "sender": _address(members.inside("from"), required=False),
            "cc": _addresses(members, "cc"),
            "bcc": _addresses(members, "bcc"),
            "replacements": _replacements(members),
        }

    def enter(self, turn: Turn) -> Move:
        """Wants it sent, and goes on."""
        message = {
            "templateId": self.template_id,
            "subject": turn.render(self.subject),
            "from": self.sender,
            "cc": list(self.cc),
            "bcc": list(self.bcc),
            "replacements": {name: turn.render(value) for name, value in self.replacements.items()},
        }
        turn.emit(SendEmail(key=turn.key, node=self.id, provider=self.provider, message=message))
        return Go(self.first)


def _address(members: Members, *, required: bool = True) -> dict[str, str]:
    email = members.text("email", required=required, longest=320)
    if email and "@" not in email:
        members.fault("email", "must be an e-mail address")
    return {"email": email, "name": members.text("name", required=False, longest=255)} if email else {}


def _addresses(members: Members, member: str) -> tuple[dict[str, str], ...]:
    given = members.listed(member, _MOST)
    return tuple(_address(members.at(one, f"{member}[{place}]")) for place, one in enumerate(given))


def _replacements(members: Members) -> dict[str, str]:
    """A map, or a list of maps, of names to texts."""
    given = members.raw("replacements")
    maps = given if isinstance(given, list) else [given] if given is not None else []
    if not all(isinstance(one, Mapping) for one in maps):
        members.fault("replacements", "must map names to texts")
        return {}
    texts = [members.at(one, "replacements") for one in maps]
    return {name: text.text(name, required=False) for one, text in zip(maps, texts, strict=True) for name in one}
