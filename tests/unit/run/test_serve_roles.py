"""Which roles run where."""

from __future__ import annotations

import select

import pytest

from cordboard.run.opening import StartError
from cordboard.run.serve import roles_here
from cordboard.run.settings import ROLES


def test_every_role_or_some_on_linux() -> None:
    assert roles_here(()) == ROLES
    assert roles_here(("voice",)) == ("voice",)


def test_calls_are_left_out_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "epoll")

    assert list(roles_here(())) == [role for role in ROLES if role not in ("voice", "media")]
    assert roles_here(("api", "smpp")) == ("api", "smpp")
    with pytest.raises(StartError, match="--role media: calls need Linux"):
        roles_here(("api", "media"))
