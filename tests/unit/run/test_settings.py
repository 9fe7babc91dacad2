"""Settings: what a file and the environment come to, and the one clear line about each mistake."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cordboard.run.settings import Settings, SettingsError, load_settings

_SMPP = '[[carriers]]\nname = "acme"\nhost = "smsc.acme.example"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test writes its settings."""
    return tmp_path / "cordboard.toml"


def test_defaults_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings == Settings()
    assert settings.sandbox_enabled
    assert settings.data_path == tmp_path / ".cordboard"


def test_file_in_the_folder_the_environment_and_the_option(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file.write_text("[http]\nport = 1\n")
    (tmp_path / "named.toml").write_text("[http]\nport = 2\n")
    (tmp_path / "given.toml").write_text("[http]\nport = 3\n")
    named = {"CORDBOARD_CONFIG": str(tmp_path / "named.toml")}
    assert load_settings(environ={}).http.port == 1
    assert load_settings(environ=named).http.port == 2
    assert load_settings(tmp_path / "given.toml", environ=named).http.port == 3


def test_environment_over_the_file(file: Path) -> None:
    file.write_text(f'[http]\nport = 9000\nhost = "0.0.0.0"\n{_SMPP}')
    environ = {
        "CORDBOARD_HTTP__PORT": "9001",
        "CORDBOARD_DATA_DIR": "/var/lib/cordboard",
        "CORDBOARD_SANDBOX__ENABLED": "true",
        "CORDBOARD_ROUTES": '[{"prefix": "+44", "carriers": ["acme"]}]',
        "CORDBOARD_TEST_SOMETHING": "not a setting",
        "PATH": "/bin",
    }
    settings = load_settings(file, environ)
    assert (settings.http.host, settings.http.port) == ("0.0.0.0", 9001)
    assert settings.data_path == Path("/var/lib/cordboard")
    assert settings.sandbox_enabled
    assert settings.routes[0].carriers == ("acme",)


@pytest.mark.parametrize(
    ("http", "url"),
    [
        ("port = 9000", "http://127.0.0.1:9000"),
        ('host = "0.0.0.0"', "http://127.0.0.1:8000"),
        ('host = "10.0.0.1"', "http://10.0.0.1:8000"),
        ('host = "::1"', "http://[::1]:8000"),
        ('port = 9000\npublic_url = "https://sms.example"', "https://sms.example"),
    ],
)
def test_public_url_follows_host_and_port(file: Path, http: str, url: str) -> None:
    file.write_text(f"[http]\n{http}\n")
    assert load_settings(file, {}).http.public_url == url


def test_a_carrier_turns_the_sandbox_off(file: Path) -> None:
    file.write_text(_SMPP)
    assert not load_settings(file, {}).sandbox_enabled


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ("[http]\nport = 'x'", "settings: http.port: expected int, got str"),
        ("[http]\nport = 0", "settings: http.port: expected int >= 1"),
        ("[http]\nprot = 1", "settings: http.prot is not a setting of this version; remove it or correct its name"),
        ("[fax]\nport = 5060", "settings: fax is not a setting of this version; remove it or correct its name"),
        ("[database]\npool = 1", "settings: database.pool: expected int >= 2"),
        ("http = 3", "settings: http: expected object, got int"),
        ('[database]\nurl = "mysql://x"', "database.url: write it as postgresql://user:password@host/name"),
        ('[http]\npublic_url = "sms.example"', "http.public_url: must start with http:// or https://"),
        ('[billing]\nsms_out = "cheap"', "billing.sms_out: 'cheap' is not an amount"),
        ('[billing]\nsms_out = "Infinity"', "billing.sms_out: 'Infinity' is not an amount"),
        ('[billing]\nsms_out = "-1"', "billing.sms_out: must not be negative"),
        ('[messaging]\nfailover_cost = "0.00000001"', "messaging.failover_cost: '0.00000001' is not an amount"),
        (_SMPP + _SMPP, "carriers: two carriers have the name 'acme'; give each its own"),
        ('[[carriers]]\nname = "acme"', "carriers: acme: host: an SMPP carrier needs one"),
        ('[[carriers]]\nname = "acme"\nkind = "telnyx"', "carriers: acme: api_key: a telnyx carrier needs one"),
        ('[[carriers]]\nname = "sandbox"\nhost = "x"', "carriers: sandbox: name: give it one, other than sandbox"),
        ('[[carriers]]\nname = ""\nhost = "x"', "carriers: one without a name: name: give it one"),
        (_SMPP + "port = 70000", "carriers: acme: port: must be between 1 and 65535"),
        (_SMPP + "tps = 0", "carriers: acme: window and binds must be at least 1, tps more than 0"),
        (_SMPP + 'inventory = ["949 555 1234"]', "carriers: acme: inventory: '949 555 1234' is neither a number such"),
        (_SMPP + 'cost = "?"', "carriers: acme: cost: '?' is not an amount"),
        (_SMPP + 'bind = "both"', "settings: carriers[0].bind: invalid enum value 'both'"),
        ('[[routes]]\nprefix = "+44"\ncarriers = ["b"]', "routes: carrier 'b' of prefix '+44' is not configured"),
        (
            '[[trunks]]\nname = "sandbox"\nhost = "sip.example"',
            "trunks: sandbox: name: give it another, this one is taken",
        ),
        ("[http", "cannot be read"),
    ],
)
def test_mistakes_in_the_file(file: Path, toml: str, complaint: str) -> None:
    file.write_text(toml)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("CORDBOARD_HTTP__PORT", "many", "settings: http.port: expected int, got str"),
        ("CORDBOARD_FAX__URL", "x", "settings: fax is not a setting"),
        ("CORDBOARD_DATA_DIR__NAME", "x", "CORDBOARD_DATA_DIR__NAME: data_dir has no members"),
        ("CORDBOARD_CARRIERS", "[{", "CORDBOARD_CARRIERS: "),
    ],
)
def test_mistakes_in_the_environment(file: Path, name: str, value: str, complaint: str) -> None:
    file.write_text('data_dir = "data"\n')
    with pytest.raises(SettingsError, match=complaint):
        load_settings(file, {name: value})


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings(tmp_path / "none.toml", {})
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path, {})
    (tmp_path / "latin.toml").write_bytes(b'data_dir = "\xe9"')
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "latin.toml", {})


def test_settings_travel_to_the_roles_unchanged(file: Path) -> None:
    file.write_text(_SMPP + 'inventory = ["+19495551234", "12345"]\n[[routes]]\nprefix = "+1"\ncarriers = ["acme"]\n')
    settings = load_settings(file, {})
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings
