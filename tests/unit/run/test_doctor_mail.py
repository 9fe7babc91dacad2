"""`cordboard doctor` on mail: where it goes, and whether the server takes it."""

from __future__ import annotations

from pathlib import Path

from tests.unit.infra.mail.house import PASSWORD, USER, smtp_server

from cordboard.infra.mail.settings import SmtpSettings
from cordboard.run.doctor_mail import mail_finding
from cordboard.run.settings import Settings
from cordboard.testing.certificates import self_signed


def over(folder: Path, url: str = "", **more: str) -> Settings:
    """Settings with a server."""
    return Settings(data_dir=str(folder), smtp=SmtpSettings(url=url, **more))  # type: ignore[arg-type]


async def test_a_folder_and_how_many_mails_wait_in_it(tmp_path: Path) -> None:
    empty = await mail_finding(over(tmp_path))
    (tmp_path / "mail").mkdir()
    for name in ("1.eml", "2.eml", ".3.eml.part"):
        (tmp_path / "mail" / name).touch()
    full = await mail_finding(over(tmp_path))

    assert (empty.state, str(tmp_path / "mail") in empty.text) == ("good", True)
    assert (full.state, full.text.endswith("where 2 wait")) == ("warning", True)
    assert "smtp.url" in full.fix


async def test_a_server_that_takes_mail(tmp_path: Path) -> None:
    async with smtp_server(starttls=self_signed(["mail.test"]).server_context()) as house:
        finding = await mail_finding(over(tmp_path, f"smtp://127.0.0.1:{house.port}"))

    assert (finding.state, finding.text) == ("good", f"127.0.0.1 port {house.port} takes mail over TLS")
    assert house.taken == []


async def test_a_sign_in_that_is_refused(tmp_path: Path) -> None:
    async with smtp_server(auth=True) as house:
        right = await mail_finding(
            over(tmp_path, f"smtp://{USER.replace(' ', '%20')}:p%40ss%2Fword@127.0.0.1:{house.port}")
        )
        wrong = await mail_finding(over(tmp_path, f"smtp://u:secret@127.0.0.1:{house.port}"))

    assert PASSWORD == "p@ss/word"
    assert right.state == "good"
    assert (wrong.state, "refuses the sign-in" in wrong.text, "secret" in wrong.text) == ("bad", True, False)


async def test_a_server_that_is_away_or_cannot_be_trusted(tmp_path: Path, unused_tcp_port: int) -> None:
    away = await mail_finding(over(tmp_path, f"smtp://127.0.0.1:{unused_tcp_port}"))
    async with smtp_server(starttls=self_signed().server_context()) as house:
        strange = await mail_finding(over(tmp_path, f"smtp://127.0.0.1:{house.port}", starttls="required"))

    assert (away.state, strange.state) == ("bad", "bad")
    assert "CERTIFICATE_VERIFY_FAILED" in strange.text
    assert "smtp.tls_verify" in strange.fix
