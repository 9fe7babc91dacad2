"""What a step wants done. The host carries effects out once: `key` is the same whenever the same step is repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec


class SendSms(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A message from a template to the contact; a reply comes back as the variable `reply_to`."""

    key: str
    template_id: str
    variables: dict[str, str]
    reply_to: str


class PlaceCall(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A call to the contact with the members that Make Call takes; what becomes of it is told under `node`."""

    key: str
    node: int
    members: dict[str, Any]


class CallWebhook(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A request to a configured webhook; the run waits for the variables of its answer."""

    key: str
    token: int
    callback_id: str
    variables: dict[str, str]


class StartCampaign(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Another campaign for the same contact, with the present one's variables."""

    key: str
    campaign_id: str
    variables: dict[str, str]


class LookUpCarrier(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A carrier lookup of the contact's number; the run waits for what it says."""

    key: str
    token: int


class AddToDnc(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The contact's number onto the account's do-not-call list."""

    key: str
    subtypes: tuple[Literal["sms", "call"], ...]


class CheckDnc(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Whether the contact's number is on a list; the run waits for the outcome `match` or `noMatch`."""

    key: str
    token: int
    dnc_list: str
    subtype: str


class EditContact(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Fields of the contact to set, or to take away where the value is None."""

    key: str
    changes: dict[str, str | None]


class SendEmail(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A mail by an external provider's template."""

    key: str
    provider: str
    message: dict[str, Any]


class DrawMeme(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A picture with a text on it; the run waits for its URL in the variable `stored_as`."""

    key: str
    token: int
    file_name: str
    stored_as: str
    text: dict[str, Any]


class AskAssistant(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A conversation by an assistant; the run waits until that says that it is done."""

    key: str
    token: int
    assistant_id: str
    variables: dict[str, str]


class AddToLiveList(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The contact into a live list until `expires_at`."""

    key: str
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
