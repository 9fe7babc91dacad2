"""What the settings say of HTTP carriers before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.run.message_carriers import build_webhook_readers
from cordboard.run.settings import Settings, SettingsError, load_settings
from cordboard.testing.telnyx import FakeTelnyx


def loaded(folder: Path, **carrier: str) -> Settings:
    """The settings of a file with one carrier."""
    file = folder / "cordboard.toml"
    lines = [f'{name} = "{value}"' for name, value in {"name": "acme", "api_key": "k", **carrier}.items()]
    file.write_text("\n".join(["[[carriers]]", *lines]))
    return load_settings(file, {})


def test_a_twilio_carrier_needs_its_account(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="carriers: acme: account: a twilio carrier needs the account's sid"):
        loaded(tmp_path, kind="twilio")

    (reader,) = build_webhook_readers(loaded(tmp_path, kind="twilio", account="AC1"))
    assert reader.name == "acme"


@pytest.mark.parametrize("key", ["AAAA", "no base64"])
def test_a_telnyx_carriers_key_is_looked_at(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="carriers: acme: public_key: copy the account's"):
        loaded(tmp_path, kind="telnyx", public_key=key)


def test_a_telnyx_carrier_may_be_without_a_key(tmp_path: Path) -> None:
    for given in ({}, {"public_key": FakeTelnyx().public_key}):
        (reader,) = build_webhook_readers(loaded(tmp_path, kind="telnyx", **given))
        assert reader.name == "acme"
