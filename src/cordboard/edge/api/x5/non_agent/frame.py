"""`non_agent.php`: who asks, whether they may, what they are told, and the log of it.

The order of the checks, the lines and their punctuation are those that programs of the field were written against.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler, route

from cordboard.domain.callcenter.users.errors import BadLoginError, LoginLockedError
from cordboard.domain.callcenter.users.models import LOWEST_READER, CenterUser
from cordboard.domain.callcenter.users.signing_in import SignIntoCenter
from cordboard.edge.api.x5 import logbook
from cordboard.edge.api.x5.functions import Functions, TextCall
from cordboard.edge.api.x5.parameters import Parameters, parse, plain
from cordboard.edge.api.x5.version import version_line
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import parse_uuid

PATHS: Final = ["/x5/api/non_agent.php", "/vicidial/non_agent_api.php"]
LARGEST_FORM: Final = 256 * 1024
MASK: Final = "****"
_SHORTEST_SOURCE: Final = 2
_HEADERS: Final = {"Cache-Control": "no-cache, must-revalidate", "Pragma": "no-cache"}


class NonAgentApi:
    """Serves the functions. Everything is answered with 200: programs read the lines."""

    def __init__(self, database: Database, clock: Clock, sign_in: SignIntoCenter, functions: Functions) -> None:
        self._database = database
        self._clock = clock
        self._sign_in = sign_in
        self._functions = functions

    def handlers(self) -> tuple[HTTPRouteHandler, ...]:
        """The routes, for the application."""
        return (
            route(PATHS, http_method=["GET", "POST"], status_code=200, request_max_body_size=LARGEST_FORM)(self.serve),
        )

    async def serve(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Answers a request."""
        form = await request.body() if request.method == "POST" else b""
        try:
            given = parse(request.scope["query_string"], form)
        except InvalidInputError as error:
            lines = [f"ERROR: {error}"]
        else:
            lines = await self.answer(given)
        body = "".join(f"{line}\n" for line in lines)
        return Response(body, media_type="text/html", headers=_HEADERS)

    async def answer(self, given: Parameters) -> list[str]:
        """The lines for a request."""
        function = given.word("function", most=40)
        if function == "version":
            return [version_line(self._clock.now(), is_agent=False)]
        started = monotonic()
        user, refusal = await self._admit(given)
        if user is None:
            return [refusal]
        async with self._database.transaction() as tx:
            call = TextCall(function, user, given, tx, self._clock.now())
            await self._run(call)
            await logbook.record(call, "non-agent", monotonic() - started)
        return call.lines

    async def _admit(self, given: Parameters) -> tuple[CenterUser | None, str]:
        """The user who asks; or why nobody is let in."""
        name = given.text("user", most=20)
        try:
            user = await self._signed_in(name, given)
        except LoginLockedError:
            return None, f"ERROR: Too many login attempts, try again in 15 minutes: |{name}|LOCK|"
        except BadLoginError:
            user = None
        if user is None or user.settings.user_level < LOWEST_READER:
            return None, f"ERROR: Login incorrect, please try again: |{name}|{MASK}|BAD|"
        return user, ""

    async def _signed_in(self, name: str, given: Parameters) -> CenterUser | None:
        """The user of an account, where one is named that can be; else of whichever account has such a user."""
        account_id = parse_uuid(given.raw("accountSid"))
        if given.raw("accountSid") and account_id is None:
            return None
        return await self._sign_in(name, given.raw("pass"), account_id)

    async def _run(self, call: TextCall) -> None:
        function = self._functions.get(call.function)
        source = plain(call.given.raw("source"))[:20]
        if (function is None or function.needs_source) and len(source) < _SHORTEST_SOURCE:
            call.say(f"ERROR: Invalid Source - {source}")
            call.say(f"ERROR: Invalid Source: |{source}|")
        elif function is None:
            call.say("ERROR: NO FUNCTION SPECIFIED")
        elif not call.user.settings.may_call(call.function):
            permission = "auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION"
            call.say(f"ERROR: {permission}: |{call.name}|{call.function}|")
        elif call.user.settings.user_level < function.level or not function.flag(call.user.settings):
            call.say(f"ERROR: {call.function} USER DOES NOT HAVE PERMISSION TO {function.refusal}: |{call.name}|0|")
        else:
            await function.handler(call)
