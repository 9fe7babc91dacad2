"""The sandbox's telephones of one voice process, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from cordboard.domain.sandbox.service import SandboxService
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.sounds import Sounds
from cordboard.edge.sandbox_calls.phone import SandboxPhone
from cordboard.edge.sandbox_calls.tools import CallBook, Tools
from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.settings import SipSettings
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database

_RECORDINGS: Final = "handsets"


def build_sandbox_phone(
    *,
    agent: Agent,
    sip: SipSettings,
    database: Database,
    sandbox: SandboxService,
    router: Callable[[], Awaitable[MediaRouter]],
    sounds: Sounds,
    blobs: Blobs,
    folder: Path,
    node: str,
) -> SandboxPhone:
    """The handsets of the voice process `node`, for when the sandbox is enabled. Nothing is opened yet.

    `agent` is the process's own, `sip` its settings; `router` picks the media engine of a call, as `Routers.pick` does;
    `folder` is the process's own for recordings that run. Those of handsets go into a folder under it: should the
    process be killed, they are no calls of accounts to be recovered, and are removed with the rest.

    In order: start the agent, then `start()`, which needs the agent's port and makes the trunk `sandbox` known to it;
    keep `loops(wakeups)` going (asked for before `wakeups.run` begins; they wait for `start()` by themselves). At the
    end: drain call control, then `stop()`, then stop the agent, then leave the media engines.
    """
    tools = Tools(router=router, sounds=sounds, blobs=blobs, folder=folder / _RECORDINGS)
    return SandboxPhone(agent, sip, tools, CallBook(database, sandbox, node))
