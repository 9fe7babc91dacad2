"""The commands about money, run as they are typed, and the file of rate cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.billing.models import SERVICES, Rate
from cordboard.kit.errors import InvalidInputError
from cordboard.run.cli import main
from cordboard.run.rates_file import COLUMNS, rate_of, read_rates, texts_of

ACCOUNT = UUID("173c6f7f-c911-4823-bb2d-a13e4780c300")
Run = Callable[..., Result]
_micros = st.none() | st.integers(0, 10**12)


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Types a command against the test's database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CORDBOARD_DATABASE__URL", database_url)
    monkeypatch.setenv("CORDBOARD_DATA_DIR", str(tmp_path / "data"))
    return lambda *words: CliRunner().invoke(main, words)


@pytest.fixture
def account(run: Run) -> str:
    """An account's id."""
    made = run("account", "create", "--name", "acme", "--email", "ann@example.com", "--json")
    assert made.exit_code == 0, made.output
    sid: str = msgspec.json.decode(made.output.splitlines()[-1])["accountSid"]
    return sid


def told(result: Result) -> dict[str, Any]:
    """The members of a JSON answer."""
    assert result.exit_code == 0, result.output
    members: dict[str, Any] = msgspec.json.decode(result.output.splitlines()[-1])
    return members


def test_money_is_booked_once_for_a_reference_and_goes_back(run: Run, account: str) -> None:
    for _ in range(2):
        booked = told(run("account", "credit", account, "25.000001", "--reference", "invoice 7", "--json"))
        assert (booked["balance"], booked["available"], booked["held"]) == ("25.000001", "25.000001", "0")
    other = run("account", "credit", account, "26", "--reference", "invoice 7")
    assert (other.exit_code, "invoice 7" in other.output) == (1, True)

    assert told(run("account", "credit", account, "5", "--refund", "--json"))["balance"] == "20.000001"
    too_much = run("account", "credit", account, "20.1", "--refund")
    assert (too_much.exit_code, "Insufficient funds" in too_much.output) == (1, True)

    assert told(run("account", "funds", account, "--mode", "prepaid", "--json"))["mode"] == "prepaid"
    assert "20.000001 USD" in run("account", "funds", account).output


@pytest.mark.parametrize("amount", ["0", "-5", "x", "0.0000001", "1e999999999", "nan", "10000000000"])
def test_what_is_no_payment_is_refused(run: Run, account: str, amount: str) -> None:
    result = run("account", "credit", account, "--", amount)

    assert (result.exit_code, "AMOUNT" in result.output) == (1, True)
    assert told(run("account", "funds", account, "--json"))["balance"] == "0"


def test_nobody_else_is_paid(run: Run, account: str) -> None:
    assert run("account", "credit", str(ACCOUNT), "1").exit_code == 1
    assert run("rates", "set", "sms_out", "--price", "1", "--account", str(ACCOUNT)).exit_code == 1
    assert account


def test_rates_are_set_shown_imported_and_removed(run: Run, account: str, tmp_path: Path) -> None:
    assert run("rates", "set", "sms_out", "--prefix", "+44", "--price", "0.05", "--surcharge", "0.01").exit_code == 0
    assert run("rates", "set", "sms_out", "--prefix", "+44", "--surcharge-percent", "2.5").exit_code == 0
    assert run("rates", "set", "*", "--account", account, "--tax-percent", "8.25").exit_code == 0

    listed = run("rates", "list").output
    assert sorted(listed.splitlines()) == sorted(
        [",".join(COLUMNS), ",sms_out,,+44,0.05,0.01,2.5,", f"{account},*,,,,,,8.25"]
    )
    file = tmp_path / "rates.csv"
    file.write_text(listed)
    for place in (("sms_out", "--prefix", "+44"), ("*", "--account", account)):
        assert run("rates", "remove", *place).exit_code == 0
        assert run("rates", "remove", *place).exit_code == 1
    assert run("rates", "list").output.splitlines() == [",".join(COLUMNS)]

    assert told(run("rates", "import", str(file), "--json")) == {"imported": 2}
    assert run("rates", "list").output == listed
    shown = msgspec.json.decode(run("rates", "list", "--account", account, "--json").output)
    assert [line["tax_percent"] for line in shown["rates"]] == ["8.25"]
    assert set(shown["defaults"]) == set(SERVICES)


@given(
    st.builds(
        Rate,
        account_id=st.sampled_from([ACCOUNT, None]),
        service=st.sampled_from(SERVICES),
        number_type=st.sampled_from(["", "local", "toll_free", "short_code"]),
        prefix=st.from_regex(r"\A\+?[0-9]{0,15}\Z"),
        price=st.integers(0, 10**12),
        surcharge=_micros,
        surcharge_percent=_micros,
        tax_percent=_micros,
    )
)
def test_what_is_written_is_read_again(rate: Rate) -> None:
    assert rate_of(texts_of(rate)) == rate


def test_every_bad_line_of_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(
        "\ufeffservice,prefix,price,account,number_type,tax_percent\n"
        "fax_out,,1,,,\n"
        "sms_out,+1-949,1,,,\n"
        "sms_out,,-1,,,\n"
        "sms_out,,,,,\n"
        "*,,1,,,\n"
        "sms_out,,1,nobody,mobile,x\n"
        "sms_out,+1949,0.01,,,\n"
    )
    with pytest.raises(InvalidInputError) as caught:
        read_rates(file)

    assert [(error.field, error.problem.split()[0]) for error in caught.value.errors] == [
        ("line 2", "service"),
        ("line 3", "prefix"),
        ("line 4", "price"),
        ("line 5", "price"),
        ("line 6", "price"),
        ("line 7", "account"),
        ("line 7", "number_type"),
        ("line 7", "tax_percent"),
    ]


@pytest.mark.parametrize("text", ["", "prefix,price\n", "service,cost\n"])
def test_columns_are_asked_for(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(text)
    with pytest.raises(InvalidInputError, match="line 1"):
        read_rates(file)
