"""Settings: `cordboard.toml`, each one also as `CORDBOARD_SECTION__NAME`, checked before anything starts."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from cordboard.domain.billing.models import SERVICES
from cordboard.domain.emails.settings import EmailProviderSettings
from cordboard.domain.lookups.settings import LookupSettings
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.telnyx import is_public_key
from cordboard.edge.media.settings import MediaSettings
from cordboard.edge.sip.settings import SipSettings, TrunkSettings, sip_problems, trunks_problems
from cordboard.infra.blobs.settings import StorageSettings
from cordboard.infra.chat import AiSettings
from cordboard.infra.mail.settings import SmtpSettings
from cordboard.infra.speech.settings import SpeechSettings
from cordboard.kit.money import to_micros
from cordboard.kit.phone import is_short_code, parse_number

ROLES = ("api", "worker", "smpp", "media", "voice")
_ENV_PREFIX = "CORDBOARD_"
_ENV_CONFIG = "CORDBOARD_CONFIG"
_USUAL_FILE = "cordboard.toml"
_PRICES: tuple[str, ...] = SERVICES
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104  (told apart, not bound)

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class SettingsError(Exception):
    """A setting is missing, unknown or wrong; the text names it and the fix."""


class Http(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the API listens, how it is reached from outside (by default at host and port), and by how many processes
    it is served.
    """

    host: str = "127.0.0.1"
    port: Port = 8000
    public_url: str = "http://127.0.0.1:8000"
    processes: Count = 1

    @property
    def local_url(self) -> str:
        """The API's URL on this machine."""
        host = _EVERY_ADDRESS.get(self.host) or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"http://{host}:{self.port}"


class DatabaseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url` empty: the embedded PostgreSQL; else a postgresql:// URL. `pool` connections a process."""

    url: str = ""
    pool: Annotated[int, msgspec.Meta(ge=2)] = 10


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
    mms_in: str = "0"
    number_month: str = "1.00"
    call_out: str = "0.0084"
    call_in: str = "0.0056"
    call_sip: str = "0"
    carrier_lookup: str = "0.004"

    def micros(self) -> dict[str, int]:
        """The default prices by service, in micro-units; calls by the minute."""
        return {name: to_micros(getattr(self, name)) for name in _PRICES}


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`requests_per_second`: of an account and token, where the account has no setting of its own."""

    requests_per_second: Count = 25


class Messaging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`uncertain`: what to do, by message class, with a message whose submit was never answered; `substitute`: swap
    look-alike characters to stay in GSM-7; failover to a second carrier within so many seconds and at most so many
    attempts."""

    resend_uncertain: tuple[Literal["otp", "transactional", "marketing"], ...] = ()
    substitute: bool = False
    failover_seconds: int = 300
    failover_attempts: int = 2
    failover_cost: str = "0.05"


class Voice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of accounts that have none of their own: calls at once, new calls a second, and what a day's calls may
    cost by prefix, as decimal strings; the prefix "" is for all. `media_processes`: how many media engines run.
    """

    concurrent_calls: Count = 200
    calls_per_second: Count = 20
    daily_spend: dict[str, str] = {}
    media_processes: Count = 1

    def caps(self) -> dict[str, int]:
        """The spend caps in micro-units."""
        return {prefix: to_micros(amount) for prefix, amount in self.daily_spend.items()}


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
    speech: SpeechSettings = SpeechSettings()
    smtp: SmtpSettings = SmtpSettings()
    storage: StorageSettings = StorageSettings()
    ai: AiSettings = AiSettings()
    lookup: LookupSettings = LookupSettings()
    email_providers: EmailProviderSettings = EmailProviderSettings()
    sip: SipSettings = SipSettings()
    media: MediaSettings = MediaSettings()
    voice: Voice = Voice()
    carriers: tuple[CarrierSettings, ...] = ()
    trunks: tuple[TrunkSettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()

    @property
    def data_path(self) -> Path:
        """The data directory, absolute."""
        return Path(self.data_dir).absolute()

    @property
    def sandbox_enabled(self) -> bool:
        """Whether the sandbox's carrier and its requests are there."""
        nothing_else = not self.carriers and not self.trunks
        return nothing_else if self.sandbox.enabled is None else self.sandbox.enabled


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the file (`path`, else CORDBOARD_CONFIG, else cordboard.toml when there) and the environment.

    Raises SettingsError, whose text is one line.
    """
    environment = os.environ if environ is None else environ
    tree = _tree_of(path, environment)
    _overlay(tree, environment)
    try:
        settings = msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(str(error))) from error
    if "public_url" not in tree.get("http", {}):
        http = msgspec.structs.replace(settings.http, public_url=settings.http.local_url)
        settings = msgspec.structs.replace(settings, http=http)
    for problem in _problems(settings):
        raise SettingsError(problem)
    return settings


def settings_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file that settings come from; None where there are only defaults and the environment."""
    if path is not None:
        return path
    if named := environ.get(_ENV_CONFIG):
        return Path(named)
    return Path(_USUAL_FILE) if Path(_USUAL_FILE).exists() else None


def _tree_of(path: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    file = settings_file(path, environment)
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"settings file {file} does not exist") from error
    except (OSError, ValueError) as error:  # ValueError: neither UTF-8 nor TOML
        raise SettingsError(f"settings file {file} cannot be read: {error}") from error


def _overlay(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Puts CORDBOARD_SECTION__NAME over the file; lists are given as JSON."""
    for name, value in environment.items():
        if not name.startswith(_ENV_PREFIX) or name == _ENV_CONFIG:
            continue
        section, _, key = name.removeprefix(_ENV_PREFIX).lower().partition("__")
        if not key:
            if section in Settings.__struct_fields__:
                tree[section] = _parse_value(name, value)
            continue
        members = tree.setdefault(section, {})
        if not isinstance(members, dict):
            raise SettingsError(f"{name}: {section} has no members; set {_ENV_PREFIX}{section.upper()} as a whole")
        members[key] = _parse_value(name, value)


def _parse_value(name: str, value: str) -> Any:
    if value[:1] not in ("[", "{"):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{name}: {error}; write lists as JSON") from error


def _explain(message: str) -> str:
    """One of msgspec's messages, such as "Expected `int`, got `str` - at `$.http.port`", the setting first."""
    problem, _, place = message.partition(" - at ")
    name = place.strip("`").removeprefix("$").removeprefix(".")
    if unknown := re.fullmatch(r"Object contains unknown field `(.+)`", problem):
        full = f"{name}.{unknown[1]}" if name else unknown[1]
        return f"settings: {full} is not a setting of this version; remove it or correct its name"
    return f"settings: {name or 'the file'}: {problem[:1].lower()}{problem[1:].replace('`', '')}"


def _problems(settings: Settings) -> Iterator[str]:
    """What is wrong beyond types and ranges."""
    if settings.database.url and urlsplit(settings.database.url).scheme not in ("postgresql", "postgres"):
        yield "database.url: write it as postgresql://user:password@host/name, or leave it empty for the embedded one"
    if urlsplit(settings.http.public_url).scheme not in ("http", "https"):
        yield "http.public_url: must start with http:// or https://"
    for name in _PRICES:
        yield from _amount_problems(f"billing.{name}", getattr(settings.billing, name))
    yield from _amount_problems("messaging.failover_cost", settings.messaging.failover_cost)
    yield from (f"speech.{problem}" for problem in settings.speech.problems())
    yield from (f"smtp.{problem}" for problem in settings.smtp.problems())
    yield from (f"storage.{problem}" for problem in settings.storage.problems())
    yield from (f"ai.{problem}" for problem in settings.ai.problems())
    yield from (f"lookup.{problem}" for problem in settings.lookup.problems())
    yield from (f"email_providers.{problem}" for problem in settings.email_providers.problems())
    names = [carrier.name for carrier in settings.carriers]
    for carrier in settings.carriers:
        yield from (f"carriers: {carrier.name or 'one without a name'}: {text}" for text in _carrier_problems(carrier))
        if names.count(carrier.name) > 1:
            yield f"carriers: two carriers have the name {carrier.name!r}; give each its own"
    yield from (f"sip.{problem}" for problem in sip_problems(settings.sip))
    yield from (f"trunks: {problem}" for problem in _trunks_problems(settings.trunks))
    for prefix, amount in settings.voice.daily_spend.items():
        yield from _amount_problems(f"voice.daily_spend.{prefix}", amount)
    for route in settings.routes:
        for name in route.carriers:
            if name not in (*names, "sandbox"):
                yield f"routes: carrier {name!r} of prefix {route.prefix!r} is not configured"


def _trunks_problems(trunks: tuple[TrunkSettings, ...]) -> Iterator[str]:
    yield from trunks_problems(trunks)
    if any(trunk.name == "sandbox" for trunk in trunks):
        yield "sandbox: name: give it another, this one is taken"


def _carrier_problems(carrier: CarrierSettings) -> Iterator[str]:
    if not carrier.name or carrier.name == "sandbox":
        yield "name: give it one, other than sandbox, which is taken"
    if carrier.kind == "smpp" and not carrier.host:
        yield "host: an SMPP carrier needs one"
    if carrier.kind != "smpp" and not carrier.api_key:
        yield f"api_key: a {carrier.kind} carrier needs one"
    if carrier.kind == "twilio" and not carrier.account:
        yield "account: a twilio carrier needs the account's sid"
    if carrier.kind == "telnyx" and carrier.public_key and not is_public_key(carrier.public_key):
        yield "public_key: copy the account's from the Telnyx portal: 32 octets in base64"
    if not 1 <= carrier.port <= 65535:
        yield "port: must be between 1 and 65535"
    if carrier.window < 1 or carrier.binds < 1 or carrier.tps <= 0:
        yield "window and binds must be at least 1, tps more than 0"
    for number in carrier.inventory:
        if not is_short_code(number) and parse_number(number) != number:
            yield f"inventory: {number!r} is neither a number such as +19495551234 nor a short code"
    yield from _amount_problems("cost", carrier.cost)


def _amount_problems(name: str, amount: str) -> Iterator[str]:
    try:
        if to_micros(amount) < 0:
            yield f"{name}: must not be negative"
    except (ValueError, ArithmeticError):
        yield f'{name}: {amount!r} is not an amount; write it as a string such as "0.0075"'
