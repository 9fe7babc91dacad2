"""The api role's application: the endpoints of every dialect over one platform."""

from __future__ import annotations

from litestar import Litestar

from cordboard.edge.api.ams.accounts import AccountsResource
from cordboard.edge.api.auth.token import TokenResource
from cordboard.edge.api.frame.app import build_app
from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.frame import Frame
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.v4 import debug_logs
from cordboard.run.platform import Platform


def api_endpoints(platform: Platform) -> tuple[Endpoint, ...]:
    """Every request that this installation serves, in the order of the reference."""
    return (
        *TokenResource(platform.sign_in).endpoints(),
        *AccountsResource(platform.accounts).endpoints(),
        *debug_logs.ENDPOINTS,
    )


def build_api(platform: Platform) -> Litestar:
    """The ASGI application."""
    frame = Frame(
        database=platform.database,
        authenticator=platform.accounts,
        limiter=RateLimiter(platform.settings.limits.requests_per_second),
        clock=platform.clock,
        errors_as_200=platform.settings.compat.errors_as_200,
    )
    return build_app(frame, api_endpoints(platform), ())
