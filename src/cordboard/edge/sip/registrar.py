"""REGISTER (RFC 3261 10.3): who says where it is, for how long, and over which flow it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from cordboard.edge.sip.bindings import Binding, Bindings
from cordboard.edge.sip.core import Core
from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.phone_gate import PhoneGate
from cordboard.edge.sip.phones_port import PhoneBinding, Phones
from cordboard.edge.sip.port import PhoneSource
from cordboard.edge.sip.settings import SipSettings
from cordboard.infra.tasks import Tasks
from cordboard.wire.sip.address import Address
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.validation import unsupported_options

_MOST_IN_REQUEST: Final = 10
_LONGEST_CONTACT: Final = 1000
_LONGEST_USER_AGENT: Final = 200
_TOLERATED: Final = ("path", "outbound")
"""Extensions that a phone may require: it is called over the flow that it came by, with or without them."""
_BUSY_RETRY: Final = "30"
_PING: Final = b"\r\n\r\n"
_log = structlog.get_logger(__name__)


OnRegistered = Callable[[PhoneSource, Flow], None]


class RegistrationError(Exception):
    """A REGISTER is refused: `response` says how."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(str(response.status))


class Registrar:
    """Keeps `bindings`, tells the phones' port of them, and keeps the way to them open."""

    def __init__(self, settings: SipSettings, core: Core, gate: PhoneGate, phones: Phones, tasks: Tasks) -> None:
        self.bindings = Bindings()
        self.on_registered: OnRegistered = _told_nobody
        self._settings = settings
        self._core = core
        self._gate = gate
        self._phones = phones
        self._tasks = tasks
        self._call_id = 0

    async def receive(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        """A REGISTER came: it is answered, one way or another."""
        try:
            response = await self._register(request, flow)
        except RegistrationError as error:
            response = error.response
        except SipSyntaxError as error:
            response = request.reply(error.status)
        self._core.respond(response, key)

    def flow_lost(self, flow: Flow) -> None:
        """A connection is gone, and whoever was reached over it."""
        for binding in self.bindings.over(flow):
            self._drop(binding)

    async def close(self) -> None:
        """All are gone with us."""
        for binding in self.bindings:
            if self.bindings.remove(binding):
                await self._unregister(binding)

    async def _register(self, request: Request, flow: Flow) -> Response:
        if unknown := unsupported_options(request, _TOLERATED):
            raise RegistrationError(request.reply(420, headers=(("Unsupported", ", ".join(unknown)),)))
        identity = await self._gate.identify(request, flow)
        if isinstance(identity, Response):
            return identity
        phone, username = identity
        if flow.phone is None and request.to.uri.user != username:
            raise RegistrationError(request.reply(403))
        contacts = request.contacts
        if any(contact.is_any for contact in contacts):
            await self._unregister_all(request, phone)
        elif contacts:
            await self._apply(request, phone, contacts, flow)
        return self._shown(request, phone)

    async def _unregister_all(self, request: Request, phone: PhoneSource) -> None:
        """`Contact: *`, which has to come alone and with Expires: 0 (10.3, step 6)."""
        if len(request.contacts) > 1 or request.expires != 0:
            raise RegistrationError(request.reply(400))
        for binding in self.bindings.of(phone):
            if _is_newer(request, binding) and self.bindings.remove(binding):
                await self._unregister(binding)

    async def _apply(self, request: Request, phone: PhoneSource, contacts: list[Address], flow: Flow) -> None:
        """All Contacts or none: what is wrong with one is found before any is noted (10.3, step 7)."""
        if len(contacts) > _MOST_IN_REQUEST:
            raise RegistrationError(request.reply(403, "Too Many Contacts"))
        changes = [(contact, self._expires_of(request, contact)) for contact in contacts]
        for contact, _ in changes:
            self._check(request, phone, contact)
        for contact, seconds in changes:
            await self._change(request, phone, contact, seconds, flow)

    def _expires_of(self, request: Request, contact: Address) -> int:
        """Seconds: what the Contact says, else Expires, else the longest. Too few are refused."""
        told = contact.param("expires") or ""
        seconds = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else request.expires
        if seconds is None:
            return self._settings.longest_registration
        if 0 < seconds < self._settings.shortest_registration:
            headers = (("Min-Expires", str(self._settings.shortest_registration)),)
            raise RegistrationError(request.reply(423, headers=headers))
        return min(seconds, self._settings.longest_registration)

    def _check(self, request: Request, phone: PhoneSource, contact: Address) -> None:
        if not contact.uri.is_sip or len(str(contact.uri)) > _LONGEST_CONTACT:
            raise RegistrationError(request.reply(400))
        known = self.bindings.same(phone, contact)
        if known is not None and not _is_newer(request, known):
            raise RegistrationError(request.reply(500, "Out Of Order"))
        if known is None and len(self.bindings) >= self._settings.most_registrations:
            raise RegistrationError(request.reply(503, headers=(("Retry-After", _BUSY_RETRY),)))

    async def _change(self, request: Request, phone: PhoneSource, contact: Address, seconds: int, flow: Flow) -> None:
        """One Contact: noted, renewed, or taken back."""
        binding = Binding(
            phone=phone,
            address=contact,
            flow=flow,
            call_id=request.call_id,
            cseq=request.cseq.number,
            expires_at=self._core.now + seconds,
            user_agent=request.headers.get("User-Agent")[:_LONGEST_USER_AGENT],
        )
        old = self.bindings.same(phone, contact, binding.instance)
        if seconds == 0:
            if old is not None and self.bindings.remove(old):
                await self._unregister(old)
            return
        await self._phones.register(_told(binding, seconds))
        if old is not None and self.bindings.remove(old) and old.contact != binding.contact:
            await self._unregister(old)
        self.bindings.add(binding)
        self.on_registered(phone, flow)
        self._start_timers(binding, seconds)
        for surplus in self.bindings.of(phone)[self._settings.most_contacts :]:
            self._drop(surplus)
        if flow.is_closed:
            self._drop(binding)

    def _start_timers(self, binding: Binding, seconds: int) -> None:
        binding.timers.append(self._core.timers.after(seconds, lambda: self._drop(binding)))
        if not binding.flow.is_browser:  # their API process keeps the WebSocket open
            self._ping_later(binding)

    def _ping_later(self, binding: Binding) -> None:
        timer = self._core.timers.after(self._settings.keepalive_seconds, lambda: self._ping(binding))
        binding.timers = [each for each in binding.timers if not each.is_over] + [timer]

    def _ping(self, binding: Binding) -> None:
        """Keeps the routers on the way open: line ends on connections (RFC 5626 4.4.1); over UDP an OPTIONS, whose
        answer comes from inside, as some routers want.
        """
        if binding.flow.is_reliable:
            binding.flow.send(_PING)
        else:
            self._core.request(self._options(binding), binding.flow, lambda _: None)
        self._ping_later(binding)

    def _options(self, binding: Binding) -> Request:
        self._call_id += 1
        request = Request("OPTIONS", str(binding.address.uri.without_headers()))
        host = self._core.addressing.host
        request.headers.set("From", f"<sip:{host}>;tag=ping{self._call_id}")
        request.headers.set("To", f"<{binding.address.uri.without_headers()}>")
        request.headers.set("Call-ID", f"ping-{self._call_id}@{host}")
        request.headers.set("CSeq", "1 OPTIONS")
        request.headers.set("Contact", self._core.addressing.contact(binding.flow))
        return request

    def _shown(self, request: Request, phone: PhoneSource) -> Response:
        """200 with all that is known of the phone (10.3, step 8)."""
        response = request.reply(200)
        for binding in self.bindings.of(phone):
            left = max(1, round(binding.expires_at - self._core.now))
            response.headers.add("Contact", str(binding.address.with_param("expires", str(left))))
        return response

    def _drop(self, binding: Binding) -> None:
        """Forgets one that is over, without anybody waiting for it."""
        if self.bindings.remove(binding):
            self._tasks.start(self._unregister(binding))

    async def _unregister(self, binding: Binding) -> None:
        await self._phones.unregister(binding.phone.account_id, binding.phone.user, binding.contact)


def _is_newer(request: Request, binding: Binding) -> bool:
    """Whether a REGISTER was sent after the one that made a binding: one of another Call-ID counts as newer (10.3)."""
    return request.call_id != binding.call_id or request.cseq.number > binding.cseq


def _told(binding: Binding, seconds: int) -> PhoneBinding:
    return PhoneBinding(
        account_id=binding.phone.account_id,
        user=binding.phone.user,
        contact=binding.contact,
        remote=str(binding.flow.remote),
        user_agent=binding.user_agent,
        browser=binding.flow.is_browser,
        expires=seconds,
    )


def _told_nobody(_phone: PhoneSource, _flow: Flow) -> None:
    """Nobody wants to know who has registered."""
