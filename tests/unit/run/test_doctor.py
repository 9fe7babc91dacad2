"""`cordboard doctor`: what it finds, in words with the fix."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cordboard.infra.db import Database
from cordboard.run.cli import main
from cordboard.run.doctor import examine
from cordboard.run.findings import Finding
from cordboard.testing.certificates import self_signed


def _config(folder: Path, text: str = "") -> Path:
    path = folder / "cordboard.toml"
    path.write_text(f'data_dir = "{folder / "data"}"\n{text}')
    return path


def _of(findings: Sequence[Finding], subject: str) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)


async def test_a_healthy_installation(database_url: str, tmp_path: Path, unused_tcp_port: int) -> None:
    text = f'[database]\nurl = "{database_url}"\n[http]\nport = {unused_tcp_port}\n'
    findings = await examine(_config(tmp_path, text))
    assert [finding for finding in findings if finding.state != "good"] == []
    assert {finding.subject for finding in findings} >= {
        "settings",
        "data_dir",
        "database",
        "clock",
        "migrations",
        "port",
    }


async def test_bad_settings_end_the_examination(tmp_path: Path) -> None:
    (finding,) = await examine(_config(tmp_path, "[fax]\nport = 1\n"))
    assert (finding.subject, finding.state) == ("settings", "bad")
    assert "fax is not a setting" in finding.text


async def test_key_files_that_others_can_read(tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    keys.mkdir(parents=True)
    (keys / "secrets.json").write_text("{}")
    (keys / "secrets.json").chmod(0o644)
    bad = [
        finding for finding in await examine(_config(tmp_path)) if finding.state == "bad" and finding.subject == "keys"
    ]
    assert [finding.fix for finding in bad] == [f"chmod 600 {keys / 'secrets.json'}"]


async def test_a_database_that_is_away_and_one_that_is_behind(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    away = await examine(_config(tmp_path, f'[database]\nurl = "postgresql://postgres@/x?host={tmp_path}"\n'))
    assert _of(away, "database").state == "bad"
    async with database.connection() as connection:
        await connection.execute("update alembic_version set version_num = '0001'")
        await connection.execute("update business_clock set offset_ms = 60000")
    behind = await examine(_config(tmp_path, f'[database]\nurl = "{database_url}"\n'))
    assert (_of(behind, "migrations").state, _of(behind, "migrations").fix) == ("bad", "cordboard migrate")
    assert _of(behind, "business time").state == "warning"


async def test_a_port_that_a_stranger_has(tmp_path: Path) -> None:
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        findings = await examine(_config(tmp_path, f"[http]\nport = {port}\n"))
    assert _of(findings, "port").state == "bad"


async def test_carriers_are_called(tmp_path: Path, unused_tcp_port: int) -> None:
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        carriers = (
            f'[[carriers]]\nname = "up"\nhost = "127.0.0.1"\nport = {port}\n'
            f'[[carriers]]\nname = "down"\nhost = "127.0.0.1"\nport = {unused_tcp_port}\n'
            f'[[carriers]]\nname = "plain"\nhost = "127.0.0.1"\nport = {port}\ntls = true\n'
            f'[[carriers]]\nname = "api"\nkind = "twilio"\naccount = "AC1"\napi_key = "k"\nbase_url = "http://127.0.0.1:{port}"\n'
        )
        findings = await examine(_config(tmp_path, carriers))
    states = {name: _of(findings, f"carrier {name}").state for name in ("up", "down", "plain", "api")}
    assert states == {"up": "good", "down": "bad", "plain": "bad", "api": "good"}
    assert _of(findings, "sandbox").text == "off"


async def test_tls_is_verified_unless_it_is_not_to_be(tmp_path: Path) -> None:
    context = self_signed().server_context()
    async with await asyncio.start_server(
        lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context
    ) as server:
        port = server.sockets[0].getsockname()[1]
        carrier = f'host = "127.0.0.1"\nport = {port}\ntls = true\n'
        findings = await examine(
            _config(
                tmp_path,
                f'[[carriers]]\nname = "strict"\n{carrier}[[carriers]]\nname = "lax"\ntls_verify = false\n{carrier}',
            )
        )
    assert "TLS" in _of(findings, "carrier strict").text
    assert _of(findings, "carrier strict").state == "bad"
    assert _of(findings, "carrier lax").state == "good"


async def test_neither_carrier_nor_sandbox(tmp_path: Path) -> None:
    findings = await examine(_config(tmp_path, "[sandbox]\nenabled = false\n"))
    assert _of(findings, "sandbox").state == "bad"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_data_directory_that_cannot_be_written(tmp_path: Path) -> None:
    config = _config(tmp_path)
    tmp_path.chmod(0o500)
    findings = asyncio.run(examine(config))
    tmp_path.chmod(0o700)
    assert _of(findings, "data_dir").state == "bad"


def test_exit_code_and_json(tmp_path: Path) -> None:
    bad = _config(tmp_path, "[sandbox]\nenabled = false\n")
    result = CliRunner().invoke(main, ["doctor", "--config", str(bad)])
    assert result.exit_code == 1
    assert "BAD   sandbox: off, and there is no carrier and no trunk either" in result.output
    assert "-> configure a carrier or a trunk, or set sandbox.enabled = true" in result.output
    result = CliRunner().invoke(main, ["doctor", "--config", str(bad), "--json"])
    assert result.exit_code == 1
    assert {finding["state"] for finding in msgspec.json.decode(result.output)} == {"good", "bad"}


def test_every_command_has_help() -> None:
    for words in (
        [],
        ["serve"],
        ["migrate"],
        ["doctor"],
        ["account", "create"],
        ["keys", "create"],
        ["numbers", "import"],
    ):
        result = CliRunner().invoke(main, [*words, "--help"])
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_bad_settings_end_a_command_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--config", str(tmp_path / "none.toml")])
    assert result.exit_code == 1
    assert result.output == f"Error: settings file {tmp_path / 'none.toml'} does not exist\n"
