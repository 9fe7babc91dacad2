"""Whether somebody is the phone that it says it is: by digest (RFC 3261 22, RFC 8760). Unknown names and wrong
passwords look the same from outside, and count against the address that they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import structlog

from cordboard.edge.sip.admission import Admission
from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.phones_port import PhoneCredentials, Phones
from cordboard.edge.sip.port import PhoneSource
from cordboard.wire.sip.digest import Credentials, DigestGate
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.uri import SipUri

_LONGEST_USERNAME: Final = 128
_NOBODYS_HASH: Final = "0" * 64
"""No password has it, as far as anybody knows; comparing with it takes as long as with a real one."""
_log = structlog.get_logger(__name__)


class PhoneGate:
    """Checks requests of phones. `secret` seals nonces."""

    def __init__(
        self,
        *,
        realm: str,
        algorithms: Sequence[str],
        secret: bytes,
        phones: Phones,
        admission: Admission,
        now: Callable[[], float],
    ) -> None:
        self._gate = DigestGate(secret, realm)
        self._realm = realm
        self._algorithms = algorithms
        self._phones = phones
        self._admission = admission
        self._now = now

    def challenge(self, request: Request, *, stale: bool = False) -> Response:
        """The 401 that asks who it is."""
        response = request.reply(401)
        for challenge in self._gate.challenges(self._now(), stale=stale):
            if challenge.algorithm in self._algorithms:
                response.headers.add("WWW-Authenticate", str(challenge))
        return response

    def has_credentials(self, request: Request) -> bool:
        """Whether a request answers a challenge at all, rightly or not."""
        return "Authorization" in request.headers

    async def identify(self, request: Request, flow: Flow) -> tuple[PhoneSource, str] | Response:
        """Whose request it is and the name that it goes by; or how to refuse it. A flow whose owner is known needs no
        password. Raises what the phones' port raises.
        """
        if flow.phone is not None:
            return flow.phone, flow.phone.user
        try:
            credentials = self._credentials(request)
        except SipSyntaxError as error:
            return request.reply(error.status)
        if credentials is None:
            return self.challenge(request)
        phone = None
        if len(credentials.username) <= _LONGEST_USERNAME:
            phone = await self._phones.credentials(credentials.username)
        verdict = self._gate.verify(credentials, request.method, _hash_of(phone, credentials), self._now())
        if verdict == "stale" and phone is not None:
            return self.challenge(request, stale=True)
        if verdict == "refused" or phone is None or not _is_same_target(credentials, request):
            self._admission.authentication_failed(flow.remote.host, self._now())
            _log.info("sip.authentication_failed", address=flow.remote.host, method=request.method)
            return request.reply(403)
        return PhoneSource(phone.account_id, phone.user), credentials.username

    def _credentials(self, request: Request) -> Credentials | None:
        """Those for our realm. Raises SipSyntaxError."""
        found = [Credentials.parse(value) for value in request.headers.get_all("Authorization")]
        return next((each for each in found if each is not None and each.realm == self._realm), None)


def _hash_of(phone: PhoneCredentials | None, credentials: Credentials) -> str:
    if phone is None:
        return _NOBODYS_HASH
    return phone.ha1_sha256 if credentials.algorithm == "SHA-256" else phone.ha1_md5


def _is_same_target(credentials: Credentials, request: Request) -> bool:
    """Whether the password was given for calling this user, so that nobody on the way sends the call elsewhere. Hosts
    may be rewritten by routers.
    """
    try:
        return SipUri.parse(credentials.uri).user == request.target.user
    except SipSyntaxError:
        return False
