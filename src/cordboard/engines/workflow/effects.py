"""What a step wants done. The host carries effects out once: `key` is the same whenever the same step is repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec


class NodeEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What every effect has: its key, and the node that wants it."""

    key: str
    node: int


class SendSms(NodeEffect, frozen=True, kw_only=True, tag=True):
    """A message from a template to the contact; a reply comes back as the variable `reply_to`."""

    template_id: str
    variables: dict[str, str]
    reply_to: str


class PlaceCall(NodeEffect, frozen=True, kw_only=True, tag=True):
    """A call to the contact with the members that Make Call takes; what becomes of it is told by its node."""

    members: dict[str, Any]


class CallWebhook(NodeEffect, frozen=True, kw_only=True, tag=True):
    """A request to a configured webhook; the run waits for the variables of its answer."""

    token: int
    callback_id: str
    variables: dict[str, str]


class StartCampaign(NodeEffect, frozen=True, kw_only=True, tag=True):
    """Another campaign for the same contact, with the present one's variables."""

    campaign_id: str
    variables: dict[str, str]


class LookUpCarrier(NodeEffect, frozen=True, kw_only=True, tag=True):
    """A carrier lookup of the contact's number; the run waits for what it says."""

    token: int


class AddToDnc(NodeEffect, frozen=True, kw_only=True, tag=True):
    """The contact's number onto the account's do-not-call list."""

    subtypes: tuple[Literal["sms", "call"], ...]


class CheckDnc(NodeEffect, frozen=True, kw_only=True, tag=True):
    """Whether the contact's number is on a list; the run waits for the outcome `match` or `noMatch`."""

    token: int
    dnc_list: str
    subtype: str


class EditContact(NodeEffect, frozen=True, kw_only=True, tag=True):
    """Fields of the contact to set, or to take away where the value is None."""

    changes: dict[str, str | None]


class SendEmail(NodeEffect, frozen=True, kw_only=True, tag=True):
    """A mail by an external provider's template."""

    provider: str
    message: dict[str, Any]


class DrawMeme(NodeEffect, frozen=True, kw_only=True, tag=True):
    """A picture with a text on it; the run waits for its URL in the variable `stored_as`."""

    token: int
    file_name: str
    stored_as: str
    text: dict[str, Any]


class AskAssistant(NodeEffect, frozen=True, kw_only=True, tag=True):
    """A conversation by an assistant; the run waits until that says that it is done."""

    token: int
    assistant_id: str
    variables: dict[str, str]


class AddToLiveList(NodeEffect, frozen=True, kw_only=True, tag=True):
    """The contact into a live list until `expires_at`."""

    list_name: str
    expires_at: datetime | None
    variables: dict[str, str]


Effect: TypeAlias = (
    SendSms
    | PlaceCall
    | CallWebhook
    | StartCampaign
    | LookUpCarrier
    | AddToDnc
    | CheckDnc
    | EditContact
    | SendEmail
    | DrawMeme
    | AskAssistant
    | AddToLiveList
)
