"""What `serve` tells whoever started it: words on a terminal, a JSON line each for machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from cordboard import __version__
from cordboard.run.first_start import AdminLogin
from cordboard.run.settings import Settings

Write = Callable[[str], None]


class Announcer(Protocol):
    """Where the news of `serve` go."""

    def admin(self, login: AdminLogin) -> None:
        """The first administrator was made; the password is told this once."""
        ...

    def ready(self, settings: Settings, roles: Sequence[str]) -> None:
        """Everything runs."""
        ...

    def slow(self) -> None:
        """The API still does not answer."""
        ...

    def stopped(self) -> None:
        """Everything has ended in good order."""
        ...


class Words:
    """For people."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def admin(self, login: AdminLogin) -> None:
        """The login, framed so that it is not overlooked."""
        password = login.password if login.generated else "(the one in your settings)"
        self._write(f"\n  The first administrator, shown this once:\n    user      {login.email}")
        self._write(f"    password  {password}\n")

    def ready(self, settings: Settings, roles: Sequence[str]) -> None:
        """What listens where."""
        self._write(f"\n  Cordboard {__version__} runs: {', '.join(roles)}")
        for name, value in _facts(settings, roles).items():
            self._write(f"    {name:<10}{value}")
        self._write("  Ctrl-C stops it.\n")

    def slow(self) -> None:
        """A hint where to look."""
        self._write("  The API does not answer yet; the log above says why.")

    def stopped(self) -> None:
        """A last line."""
        self._write("  Cordboard has stopped.")


class JsonLines:
    """For machines: objects with an `event`."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def admin(self, login: AdminLogin) -> None:
        """`admin` with the email and the password."""
        self._tell("admin", email=login.email, password=login.password)

    def ready(self, settings: Settings, roles: Sequence[str]) -> None:
        """`ready` with what listens where."""
        self._tell("ready", version=__version__, roles=list(roles), **_facts(settings, roles))

    def slow(self) -> None:
        """`slow`."""
        self._tell("slow")

    def stopped(self) -> None:
        """`stopped`."""
        self._tell("stopped")

    def _tell(self, event: str, **members: Any) -> None:
        self._write(msgspec.json.encode({"event": event, **members}).decode())


def _facts(settings: Settings, roles: Sequence[str]) -> dict[str, str]:
    facts = {"database": "your PostgreSQL" if settings.database.url else f"embedded, in {settings.data_dir}"}
    if "api" in roles:
        facts = {"api": settings.http.local_url, "docs": f"{settings.http.local_url}/docs", **facts}
    if "smpp" in roles:
        carriers = [carrier.name for carrier in settings.carriers] + ["sandbox"] * settings.sandbox_enabled
        facts["carriers"] = ", ".join(carriers) or "none: configure one, or turn the sandbox on"
    if "voice" not in roles and "api" in roles:
        facts["calls"] = "not here: no voice process runs"
    if "voice" in roles:
        facts["sip"] = f"{settings.sip.host}:{settings.sip.port}, UDP and TCP"
        trunks = [trunk.name for trunk in settings.trunks] + ["sandbox"] * settings.sandbox_enabled
        facts["trunks"] = ", ".join(trunks) or "none: configure one, or turn the sandbox on"
    return facts
