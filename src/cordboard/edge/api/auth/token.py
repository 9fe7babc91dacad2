"""Request 1: a token for a password or a refresh token."""

from __future__ import annotations

import msgspec

from cordboard.domain.accounts.credentials import pincode_text
from cordboard.domain.accounts.sign_in import SignIn
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.errors import FieldError, InvalidInputError

_LONGEST_REFRESH = 43_200
_USUAL_REFRESH = 1_440
_LONGEST = {"username": 320, "password": 1_024, "pincode": 32}
_GRANTS = ("resource_owner_credentials", "refresh_token")


class TokenRequest(msgspec.Struct, rename="camel"):
    """`captcha` is accepted and ignored. With two-factor sign-in on the `pincode`, or a recovery code in its place, is
    asked for; the rest by `grantType`.
    """

    grant_type: str
    username: str = ""
    password: str = ""
    refresh_token: str = ""
    refresh_duration_minutes: int = _USUAL_REFRESH
    pincode: int | str = ""
    captcha: str = ""


class TokenResource:
    """`POST /auth/v3/token`."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    async def request_token(self, call: Call) -> Reply:
        """Grants tokens by `grantType`."""
        body: TokenRequest = call.body
        _check(body)
        if body.grant_type == "refresh_token":
            return Reply([await self._sign_in.with_refresh_token(body.refresh_token)])
        return Reply(
            [
                await self._sign_in.with_password(
                    body.username, body.password, pincode_text(body.pincode), body.refresh_duration_minutes
                )
            ]
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="1",
                method="POST",
                path="/auth/v3/token",
                handler=self.request_token,
                summary="Request a token",
                privilege=None,
                body=TokenRequest,
                own_transactions=True,
                tag="Authentication",
                example=Example(
                    body={
                        "grantType": "resource_owner_credentials",
                        "username": "ann@example.com",
                        "password": "correct horse",
                    },
                    response={"accessToken": "eyJ...", "refreshToken": "q1w2...", "tokenType": "Bearer"},
                ),
            ),
        )


def _check(body: TokenRequest) -> None:
    errors = []
    if body.grant_type not in _GRANTS:
        errors.append(FieldError("grantType", f"must be one of {', '.join(_GRANTS)}"))
    if body.grant_type == _GRANTS[0]:
        errors += [FieldError(name, "is required") for name in ("username", "password") if not getattr(body, name)]
    if body.grant_type == _GRANTS[1] and not body.refresh_token:
        errors.append(FieldError("refreshToken", "is required"))
    errors += [
        FieldError(name, f"may have {longest} characters")
        for name, longest in _LONGEST.items()
        if len(str(getattr(body, name))) > longest
    ]
    if not 1 <= body.refresh_duration_minutes <= _LONGEST_REFRESH:
        errors.append(FieldError("refreshDurationMinutes", f"must be from 1 to {_LONGEST_REFRESH}"))
    if errors:
        raise InvalidInputError(errors)
