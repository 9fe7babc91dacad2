"""Signatures and the rotation of their secrets."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.webhooks.errors import RotatedTooOftenError
from cordboard.domain.webhooks.signing import GRACE, SecretBox, sign, signature_headers
from cordboard.kit.secrets import KeyRing, UnsealError
from cordboard.testing.clock import VirtualClock
from cordboard.testing.webhook_receiver import verify_headers

ACCOUNT, OTHER = UUID(int=1), UUID(int=2)
NOW = VirtualClock().now()
BOX = SecretBox(KeyRing({"k1": bytes(32)}))


def test_the_standards_own_example() -> None:
    """Standard Webhooks publishes this secret, message and signature."""
    secret = "whsec_plJ3nmyCDGBKInavdOK15jsl"

    signature = sign(secret, "msg_loFOjxBNrRLzqYUf", "1731705121", b'{"event_type":"ping","data":{"success":true}}')

    assert signature == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


@given(st.binary(max_size=200), st.uuids())
def test_receivers_can_verify_with_each_valid_secret(body: bytes, message_id: UUID) -> None:
    present = [BOX.new(ACCOUNT)]
    both = BOX.open_valid(ACCOUNT, BOX.rotated(ACCOUNT, present, NOW), NOW)

    headers = signature_headers(both, message_id, NOW, body)

    assert len(both) == 2
    assert all(verify_headers(headers, body, secret) for secret in both)
    assert not verify_headers(headers, body + b"x", both[0])
    (unknown,) = BOX.open_valid(ACCOUNT, [BOX.new(ACCOUNT)], NOW)
    assert not verify_headers(headers, body, unknown)


def test_no_body_is_signed_as_an_empty_one() -> None:
    (secret,) = BOX.open_valid(ACCOUNT, [BOX.new(ACCOUNT)], NOW)

    assert verify_headers(signature_headers([secret], ACCOUNT, NOW, None), b"", secret)


def test_an_old_secret_holds_for_a_day_whatever_is_rotated_meanwhile() -> None:
    first = [BOX.new(ACCOUNT)]
    (oldest,) = BOX.open_valid(ACCOUNT, first, NOW)
    second = BOX.rotated(ACCOUNT, first, NOW)
    third = BOX.rotated(ACCOUNT, second, NOW + timedelta(hours=23))

    assert oldest in BOX.open_valid(ACCOUNT, third, NOW + GRACE - timedelta(seconds=1))
    assert oldest not in BOX.open_valid(ACCOUNT, third, NOW + GRACE)
    assert len(BOX.rotated(ACCOUNT, third, NOW + timedelta(days=9))) == 2


def test_so_many_rotations_are_refused_until_an_old_one_runs_out() -> None:
    secrets = [BOX.new(ACCOUNT)]
    for _ in range(4):
        secrets = BOX.rotated(ACCOUNT, secrets, NOW)

    with pytest.raises(RotatedTooOftenError):
        BOX.rotated(ACCOUNT, secrets, NOW)
    assert len(BOX.rotated(ACCOUNT, secrets, NOW + GRACE)) == 2


def test_a_sealed_secret_cannot_be_moved_to_another_account() -> None:
    with pytest.raises(UnsealError):
        BOX.open_valid(OTHER, [BOX.new(ACCOUNT)], NOW)
