"""Requests 162 to 165: the second factor of signing in."""

from __future__ import annotations

from typing import Final

import msgspec

from cordboard.domain.accounts.credentials import pincode_text
from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.passwords import LONGEST
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.accounts.two_factor import TwoFactorService
from cordboard.edge.api.ams.user_fields import ID, TAG
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.errors import InvalidInputError

_PROOF: Final = {"pincode": 123456, "password": "quiet river stone"}
_SHOWN: Final = {**ID, "username": "annie@example.com", "twoFactorEnabled": True}
_CLEARED: Final = _SHOWN | {"twoFactorEnabled": False}


class ProofBody(msgspec.Struct, kw_only=True):
    """The caller's password, and the pincode where two-factor sign-in is on or to be confirmed."""

    password: str
    pincode: int | str | None = None

    def checked(self) -> tuple[str, str]:
        """Password and pincode as they are compared. Raises InvalidInputError."""
        if len(self.password) > LONGEST:
            raise InvalidInputError.of("password", f"may have {LONGEST} characters")
        return self.password, pincode_text(self.pincode)


class TwoFactorResource:
    """`/ams/v3/users/setup2fa`, `confirm2fa` and `clear2fa`."""

    def __init__(self, two_factor: TwoFactorService) -> None:
        self._two_factor = two_factor

    async def set_up(self, call: Call) -> Reply:
        """A secret for the caller's authenticator app, and recovery codes: shown this once. It is in force when
        `confirm2fa` has seen a pincode of it.
        """
        setup = await self._two_factor.set_up(call.tx, call.principal.client_id)
        shown = {"clientId": call.principal.client_id, "secret": setup.secret, "provisioningUri": setup.uri}
        return Reply([{**shown, "recoveryCodes": setup.recovery_codes, "twoFactorEnabled": False}])

    async def confirm(self, call: Call) -> Reply:
        """Puts what was set up in force; with two-factor sign-in on, tells whether pincode and password match. Wrong
        ones count as failed sign-ins do.
        """
        password, pincode = call.body.checked()
        return _shown(await self._two_factor.confirm(call.principal.client_id, password, pincode))

    async def clear(self, call: Call) -> Reply:
        """Turns the caller's two-factor sign-in off."""
        password, pincode = call.body.checked()
        return _shown(await self._two_factor.clear(call.principal.client_id, password, pincode))

    async def clear_by_id(self, call: Call) -> Reply:
        """Turns another user's two-factor sign-in off, with the caller's own password, and the caller's own pincode if
        the caller's is on.
        """
        client_id = uuid_in_path(call, "clientId")
        password, pincode = call.body.checked()
        return _shown(await self._two_factor.clear_of(call.principal, client_id, password, pincode))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/ams/v3/users"
        return (
            Endpoint(
                number="162",
                method="POST",
                path=base + "/setup2fa",
                handler=self.set_up,
                summary="Initialize 2fa",
                secret_answer=True,
                privilege=None,
                any_user=True,
                session_only=True,
                tag=TAG,
                example=Example(
                    response={
                        **ID,
                        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                        "provisioningUri": "otpauth://totp/Cordboard:annie%40example.com"
                        "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Cordboard",
                        "recoveryCodes": ["abcd-efgh-ijkl-mnop"],
                        "twoFactorEnabled": False,
                    }
                ),
            ),
            Endpoint(
                number="163",
                method="POST",
                path=base + "/confirm2fa",
                handler=self.confirm,
                summary="Check 2fa",
                privilege=None,
                any_user=True,
                body=ProofBody,
                session_only=True,
                own_transactions=True,
                tag=TAG,
                example=Example(body=_PROOF, response=_SHOWN),
            ),
            Endpoint(
                number="164",
                method="DELETE",
                path=base + "/clear2fa",
                handler=self.clear,
                summary="Clear 2fa",
                privilege=None,
                any_user=True,
                body=ProofBody,
                session_only=True,
                own_transactions=True,
                tag=TAG,
                example=Example(body=_PROOF, response=_CLEARED),
            ),
            Endpoint(
                number="165",
                method="DELETE",
                path=base + "/clear2fa/{clientId}",
                handler=self.clear_by_id,
                summary="Clear 2fa by id",
                privilege=Privilege.USER_UPDATE,
                body=ProofBody,
                session_only=True,
                own_transactions=True,
                tag=TAG,
                example=Example(path=ID, body=_PROOF, response=_CLEARED),
            ),
        )


def _shown(user: User) -> Reply:
    return Reply([{"clientId": user.id, "username": user.username, "twoFactorEnabled": user.two_factor}])
