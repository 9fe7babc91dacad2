"""`cordboard doctor`: looks at everything that an installation needs and says in words what is wrong and what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import asyncpg

from cordboard.edge.api.frame.server import listen
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.infra.db.business_clock import read_offset
from cordboard.infra.db.embedded import running_url
from cordboard.infra.db.migrate import current_revision, newest_revision
from cordboard.kit.clock import SystemClock
from cordboard.run.depths import depths
from cordboard.run.doctor_mail import mail_finding
from cordboard.run.doctor_storage import storage_finding
from cordboard.run.doctor_voice import voice_findings
from cordboard.run.findings import Finding
from cordboard.run.first_start import OLDEST_POSTGRES
from cordboard.run.opening import POSTGRES_FOLDER
from cordboard.run.platform import KEYS_FILE, SIGNING_FILE
from cordboard.run.settings import Settings, SettingsError, load_settings, settings_file

_CONNECT_SECONDS: Final = 5.0
_MOST_CLOCK_DIFFERENCE: Final = 2.0
_LEAST_FREE: Final = 1 << 30
_GROUP_AND_OTHERS: Final = 0o077
_HTTP_CARRIERS: Final = {"telnyx": "https://api.telnyx.com", "twilio": "https://api.twilio.com"}


async def examine(config: Path | None) -> list[Finding]:
    """Every check that the settings allow, in the order in which one would put things right."""
    try:
        settings = load_settings(config)
    except SettingsError as error:
        return [Finding("settings", "bad", str(error), "correct the settings and ask again")]
    file = settings_file(config, os.environ)
    findings = [Finding("settings", "good", f"read from {file}" if file else "no file: the defaults")]
    findings += _data_directory(settings)
    findings += [finding async for finding in _database(settings)]
    findings.append(await storage_finding(settings))
    findings.append(await _port(settings))
    findings += [await _carrier(carrier) for carrier in settings.carriers]
    findings += [finding async for finding in voice_findings(settings)]
    findings.append(await mail_finding(settings))
    findings.append(_sandbox(settings))
    return findings


def _data_directory(settings: Settings) -> Iterator[Finding]:
    directory = settings.data_path
    there = directory if directory.exists() else _nearest(directory)
    if not os.access(there, os.W_OK | os.X_OK):
        yield Finding("data_dir", "bad", f"{there} is not writable", "give it to the user that runs cordboard")
    else:
        yield Finding("data_dir", "good", f"{directory} is writable")
    free = shutil.disk_usage(there).free
    state: Literal["good", "bad"] = "good" if free >= _LEAST_FREE else "bad"
    yield Finding("disk", state, f"{free >> 20} MiB free", "" if state == "good" else "keep at least 1024 MiB free")
    for name in (KEYS_FILE, SIGNING_FILE):
        yield _key_file(directory / name)


def _nearest(path: Path) -> Path:
    """The closest folder above that exists."""
    return next(parent for parent in path.parents if parent.exists())


def _key_file(path: Path) -> Finding:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Finding("keys", "good", f"{path.name} will be made on the first start")
    if mode & _GROUP_AND_OTHERS:
        return Finding("keys", "bad", f"{path} can be read by others than its owner", f"chmod 600 {path}")
    return Finding("keys", "good", f"{path.name} is readable by its owner only")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    url = settings.database.url or running_url(settings.data_path / POSTGRES_FOLDER)
    if url is None:
        yield Finding("database", "good", "the embedded one, which does not run now; cordboard serve starts it")
        return
    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        yield Finding("database", "bad", f"no answer: {error}", "check database.url, and that the server runs")
        return
    try:
        yield _version(connection.get_server_version().major)
        yield _clock_difference(await connection.fetchval("select clock_timestamp()"))
        revision = await current_revision(url)
        yield _migrations(revision)
        if revision:
            yield await _business_time(connection)
        if revision == newest_revision():
            yield _parked(await depths(connection))
    finally:
        await connection.close()


def _version(major: int) -> Finding:
    if major < OLDEST_POSTGRES:
        return Finding("database", "bad", f"PostgreSQL {major}", f"upgrade it to {OLDEST_POSTGRES} or newer")
    return Finding("database", "good", f"PostgreSQL {major} answers")


def _clock_difference(theirs: datetime) -> Finding:
    difference = abs((SystemClock().now() - theirs).total_seconds())
    if difference > _MOST_CLOCK_DIFFERENCE:
        fix = "run an NTP client on this machine and on the database's"
        return Finding("clock", "bad", f"the database's clock differs by {difference:.1f} s", fix)
    return Finding("clock", "good", "this machine and the database agree on the time")


def _migrations(revision: str | None) -> Finding:
    newest = newest_revision()
    if revision != newest:
        return Finding(
            "migrations", "bad", f"the database is at {revision}, this version at {newest}", "cordboard migrate"
        )
    return Finding("migrations", "good", f"the database is at {newest}")


async def _business_time(connection: asyncpg.Connection[asyncpg.Record]) -> Finding:
    offset = await read_offset(connection)
    if offset:
        return Finding("business time", "warning", f"{offset} ahead of the clock: the sandbox has moved it")
    return Finding("business time", "good", "the system's")


def _parked(waiting: Mapping[str, int]) -> Finding:
    parked = {queue: waiting[queue] for queue in ("outbox_parked", "jobs_parked") if waiting[queue]}
    if parked:
        text = ", ".join(f"{queue.removesuffix('_parked')} {count}" for queue, count in parked.items())
        fix = "read last_error of those rows, put right what it says, and set parked = false"
        return Finding("parked", "warning", f"given up after failing again and again: {text}", fix)
    return Finding("parked", "good", "no event and no job was given up")


async def _port(settings: Settings) -> Finding:
    host, port = settings.http.host, settings.http.port
    try:
        listen(host, port).close()
    except OSError as error:
        if await _is_cordboard(settings.http.local_url):
            return Finding("port", "good", f"cordboard answers at {settings.http.local_url}")
        text = f"cannot listen on {host} port {port}: {error.strerror}"
        return Finding("port", "bad", text, "end the program that does, or set http.host and http.port")
    return Finding("port", "good", f"{host} port {port} is free")


async def _is_cordboard(url: str) -> bool:
    """Whether /healthz answers there as ours does."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return answer.startswith(b"HTTP/1.1 200")


async def _carrier(carrier: CarrierSettings) -> Finding:
    """Whether a connection to the carrier, encrypted where it is to be, can be made. Nothing is sent."""
    if carrier.kind == "smpp":
        host, port, tls = carrier.host, carrier.port, carrier.tls
    else:
        parts = urlsplit(carrier.base_url or _HTTP_CARRIERS[carrier.kind])
        tls = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    subject = f"carrier {carrier.name}"
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=_tls(carrier) if tls else None)
    except ssl.SSLError as error:
        fix = "check tls and tls_verify, and the carrier's certificate"
        return Finding(subject, "bad", f"{host} port {port} refuses TLS: {error.reason or error}", fix)
    except (OSError, TimeoutError) as error:
        text = f"no connection to {host} port {port}: {str(error) or 'no answer'}"
        return Finding(
            subject, "bad", text, "check host and port, the firewall, and whether the carrier knows this address"
        )
    writer.close()
    return Finding(subject, "good", f"{host} port {port} takes connections{' over TLS' if tls else ''}")


def _tls(carrier: CarrierSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not carrier.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _sandbox(settings: Settings) -> Finding:
    others = bool(settings.carriers or settings.trunks)
    if not settings.sandbox_enabled:
        state: Literal["good", "bad"] = "good" if others else "bad"
        fix = "" if others else "configure a carrier or a trunk, or set sandbox.enabled = true"
        return Finding("sandbox", state, "off" if others else "off, and there is no carrier and no trunk either", fix)
    if others:
        return Finding("sandbox", "warning", "on beside real carriers", "set sandbox.enabled = false in production")
    return Finding("sandbox", "good", "on: numbers and handsets are invented, nothing leaves this machine")
