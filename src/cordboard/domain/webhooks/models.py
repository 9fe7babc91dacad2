"""Configurations of webhooks, the deliveries that wait for them, and what became of those."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

SMS_OUTBOUND: Final = "sms_outbound"
SMS_INBOUND: Final = "sms_inbound"
INROUTE: Final = "inroute"
API_CALLBACK: Final = "api_callback"
WEBRTC_USER_STATUS: Final = "webrtc_user_status"
EVENT_TYPES: Final = (
    API_CALLBACK,
    "call_completion",
    "call_dialing",
    "call_in_progress",
    "call_threshold",
    "call_threshold_reset",
    "campaign_status",
    "campaign_workflow_callback",
    "conference_end",
    "conference_guest_exit",
    "conference_guest_join",
    "conference_start",
    "dispo_status",
    INROUTE,
    "live_list_status",
    "recording",
    SMS_INBOUND,
    SMS_OUTBOUND,
    "voicemail",
    WEBRTC_USER_STATUS,
)
"""What a configuration may be for. `api_callback` is named by bulk requests; the rest are of the webhooks' chapter."""

STATUS_CALLBACK: Final = "message_status"
DNC_CALLBACK: Final = "dnc_changed"
ROUTE_CALLBACK: Final = "routed"
"""Event types of callbacks that no configuration asks for: a message's own status URL, an account's DNC URL, a route
destination's URL.
"""

METHODS: Final = ("GET", "POST", "PUT", "DELETE")
METHODS_WITH_BODY: Final = frozenset({"POST", "PUT"})
JSON_BODY, FORM_BODY, MULTIPART_BODY = "JSON", "FORM-DATA", "MULTIPART-FORM-DATA"
CONTENT_TYPES: Final = (JSON_BODY, FORM_BODY, MULTIPART_BODY)
HTTP_OK: Final = "HTTP_OK"
"""The success path of configurations for which any 2xx answer is good."""

WAITING: Final = "waiting"
FinalState = Literal["delivered", "failed", "cancelled"]
"""`failed`: every attempt was used up, or none could help. `cancelled`: the configuration went or was turned off."""
DELIVERY_STATES: Final = (WAITING, "delivered", "failed", "cancelled")

EndpointKey = tuple[UUID, UUID]
"""An account and an endpoint of it: a configuration's id, or one derived from a callback URL's origin."""


class SealedSecret(msgspec.Struct, frozen=True):
    """A signing secret at rest. `valid_until` None: the present one; else it was rotated out and holds until then."""

    sealed: str
    valid_until: datetime | None = None


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A common configuration: headers that webhooks share, the authorising ones sealed."""

    account_id: UUID
    id: UUID
    name: str
    description: str = ""
    headers: dict[str, str] = {}
    auth_headers_sealed: dict[str, str] = {}
    created_at: datetime


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration. `disabled_reason` tells why the platform turned it off; texts may hold variables."""

    account_id: UUID
    id: UUID
    event_type: str
    name: str
    connection_id: UUID | None = None
    enabled: bool = True
    disabled_reason: str | None = None
    headers: dict[str, str] = {}
    url: str
    http_method: str = "POST"
    content_type: str = JSON_BODY
    body_template: str = ""
    success_path: str = HTTP_OK
    success_value: str = ""
    response_mapping: dict[str, str] = {}
    error_response_mapping: dict[str, str] = {}
    failure_strategy: dict[str, Any] = {}
    secrets_sealed: list[SealedSecret] = []
    created_at: datetime


class WebhookChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sets on a webhook; None leaves it as it is. `connection_id` "" takes it off."""

    event_type: str | None = None
    name: str | None = None
    connection_id: str | None = None
    enabled: bool | None = None
    headers: dict[str, str] | None = None
    url: str | None = None
    http_method: str | None = None
    content_type: str | None = None
    body_template: str | None = None
    success_path: str | None = None
    success_value: str | None = None
    response_mapping: dict[str, str] | None = None
    error_response_mapping: dict[str, str] | None = None
    failure_strategy: dict[str, Any] | None = None

    def given(self) -> dict[str, Any]:
        """The members that are set, by name."""
        members = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in members.items() if value is not None}


class Attempt(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One try, as it is stored and shown. `time` is epoch milliseconds, `error` None a success, `status_code` None: no
    answer. `variables` are those that the configuration's mapping took from the answer."""

    time: int
    duration_ms: int
    status_code: int | None = None
    error: str | None = None
    variables: dict[str, Any] = {}


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to an endpoint. `payload` is the event's JSON text.

    `seq` orders deliveries as they were made and is 0 before; `message_id` is what the receiver knows it by, the same
    on every attempt and replay. `method` and `url` None: those of the configuration. `about` is whose debug log tells
    of it.
    """

    account_id: UUID
    endpoint_id: UUID
    subject: str
    seq: int = 0
    message_id: UUID
    event_type: str
    method: str | None = None
    url: str | None = None
    payload: str
    about: UUID | None = None
    occurred_at: datetime
    created_at: datetime
    attempts: list[Attempt] = []


class LoggedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as its list shows it, waiting or finished."""

    seq: int
    message_id: UUID
    event_type: str
    state: str
    subject: str
    payload: str
    about: UUID | None
    occurred_at: datetime
    created_at: datetime
    finished_at: datetime | None
    attempts: list[Any]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how to deliver, with secrets opened: it lives only while it is sent to."""

    method: str = "POST"
    url: str = ""
    content_type: str = JSON_BODY
    body_template: str = ""
    common_headers: dict[str, str] = {}
    auth_headers: dict[str, str] = {}
    headers: dict[str, str] = {}
    success_path: str = HTTP_OK
    success_value: str = ""
    response_mapping: dict[str, str] = {}
    error_response_mapping: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
