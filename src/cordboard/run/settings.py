"""Settings: `cordboard.toml`, each one also as `CORDBOARD_SECTION__NAME`, checked before anything starts."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.kit.money import to_micros

ROLES = ("api", "worker", "smpp")
_ENV_PREFIX = "CORDBOARD_"
_ENV_CONFIG = "CORDBOARD_CONFIG"


class SettingsError(Exception):
    """A setting is missing, unknown or wrong; the text names it and the fix."""


class Http(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the API listens and how it is reached from outside."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    processes: int = 1


class DatabaseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url` empty: the embedded PostgreSQL; else a postgresql:// URL. `pool` connections a process."""

    url: str = ""
    pool: int = 10


class Admin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first administrator, made on the first start; what is empty is generated and printed."""

    email: str = ""
    password: str = ""


class Sandbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None: on while no carrier and no trunk is configured."""

    enabled: bool | None = None


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether webhooks and document fetches may reach private addresses."""

    allow_private_callbacks: bool = False


class Compat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Manners of older servers: every failure but 403 answered with HTTP 200."""

    errors_as_200: bool = False


class Billing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Billing of new accounts, and default prices in the currency (decimal strings) where the rate card has none."""

    mode: Literal["prepaid", "postpaid"] = "postpaid"
    currency: str = "USD"
    sms_out: str = "0.0075"
    sms_in: str = "0"
    mms_out: str = "0.02"
    number_month: str = "1.00"

    def micros(self) -> dict[str, int]:
        """The default prices by service, in micro-units."""
        return {name: to_micros(getattr(self, name)) for name in ("sms_out", "sms_in", "mms_out", "number_month")}


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`requests_per_second`: of an account and token, where the account has no setting of its own."""

    requests_per_second: int = 25


class Messaging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`uncertain`: what to do, by message class, with a message whose submit was never answered; `substitute`: swap
    look-alike characters to stay in GSM-7; failover to a second carrier within so many seconds and at most so many
    attempts."""

    resend_uncertain: tuple[Literal["otp", "transactional", "marketing"], ...] = ()
    substitute: bool = False
    failover_seconds: int = 300
    failover_attempts: int = 2
    failover_cost: str = "0.05"


class Telemetry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logs as JSON lines or for people; numbers in logs only when asked; traces to an OTLP/HTTP endpoint when one is
    set.
    """

    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_numbers: bool = False
    otlp_endpoint: str = ""


class RouteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Recipients that start with `prefix` go to `carriers`, tried in order; the longest prefix wins, then the lowest
    priority.
    """

    prefix: str
    carriers: tuple[str, ...]
    priority: int = 100


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    data_dir: str = ".cordboard"
    http: Http = Http()
    database: DatabaseSettings = DatabaseSettings()
    admin: Admin = Admin()
    sandbox: Sandbox = Sandbox()
    network: Network = Network()
    compat: Compat = Compat()
    billing: Billing = Billing()
    limits: Limits = Limits()
    messaging: Messaging = Messaging()
    telemetry: Telemetry = Telemetry()
    carriers: tuple[CarrierSettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()

    @property
    def data_path(self) -> Path:
        """The data directory, absolute."""
        return Path(self.data_dir).absolute()

    @property
    def sandbox_enabled(self) -> bool:
        """Whether the sandbox's carrier and its requests are there."""
        return not self.carriers if self.sandbox.enabled is None else self.sandbox.enabled


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the file (`path`, else CORDBOARD_CONFIG, else cordboard.toml when there) and the environment.

    Raises SettingsError.
    """
    environment = os.environ if environ is None else environ
    named = path or (Path(environment[_ENV_CONFIG]) if environment.get(_ENV_CONFIG) else None)
    tree = _read(named) if named else (_read(Path("cordboard.toml")) if Path("cordboard.toml").exists() else {})
    _overlay(tree, environment)
    try:
        settings = msgspec.convert(tree, Settings, strict=False)
        settings.billing.micros()
    except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
        raise SettingsError(f"settings: {error}") from error
    _check(settings)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise SettingsError(f"settings file {path} does not exist") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"settings file {path}: {error}") from error


def _overlay(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Puts CORDBOARD_SECTION__NAME over the file; lists are given as JSON."""
    for name, value in environment.items():
        if not name.startswith(_ENV_PREFIX) or name == _ENV_CONFIG:
            continue
        section, _, key = name.removeprefix(_ENV_PREFIX).lower().partition("__")
        parsed = msgspec.json.decode(value) if value[:1] in ("[", "{") else value
        if key:
            tree.setdefault(section, {})[key] = parsed
        elif section in Settings.__struct_fields__:
            tree[section] = parsed


def _check(settings: Settings) -> None:
    names = [carrier.name for carrier in settings.carriers]
    if len(set(names)) != len(names):
        raise SettingsError("carriers: two carriers have the same name; give each its own")
    known = {*names, "sandbox"}
    for route in settings.routes:
        if unknown := [name for name in route.carriers if name not in known]:
            raise SettingsError(f"routes: carrier {unknown[0]!r} of prefix {route.prefix!r} is not configured")
