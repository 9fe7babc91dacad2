"""Mail over a real SMTP server: what goes over the wire, and what each refusal means."""

from __future__ import annotations

import asyncio
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.infra.mail.house import PASSWORD, USER, SmtpHouse, smtp_server

from cordboard.infra.mail import Mail, smtp
from cordboard.infra.mail.port import MailRefusedError
from cordboard.infra.mail.settings import SmtpSettings
from cordboard.infra.mail.smtp import SmtpMailer, compose
from cordboard.testing.certificates import self_signed
from cordboard.testing.clock import VirtualClock

MAIL = Mail("boss@example.com", "Your log of März", "Hello,\n\n.\nhttps://example.com/" + "x" * 200 + "\n–\n")
ID = "<7.acme@cordboard>"
SENDER = "Cordboard <noreply@acme.example>"
SIGN_IN = f"{quote(USER)}:{quote(PASSWORD, safe='')}@"


def mailer(house: SmtpHouse, url: str = "smtp://{}127.0.0.1:{}", user: str = "", **settings: str) -> SmtpMailer:
    """A mailer that knows the house."""
    return SmtpMailer(_settings(url.format(user, house.port), **settings), VirtualClock())


def _settings(url: str, **more: str) -> SmtpSettings:
    return SmtpSettings(url=url, sender=SENDER, **more)  # type: ignore[arg-type]  # a test names settings as texts


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with smtp_server() as house:
        await mailer(house).send(MAIL, ID)

    (taken,) = house.taken
    assert (taken.sender, taken.recipients) == ("noreply@acme.example", ["boss@example.com"])
    message = taken.message
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, MAIL.to, MAIL.subject)
    assert (message["Message-ID"], message["Auto-Submitted"]) == (ID, "auto-generated")
    assert parsedate_to_datetime(message["Date"]).replace(tzinfo=UTC) == VirtualClock().now()
    assert message.get_content().replace("\r\n", "\n") == MAIL.text
    assert not taken.encrypted


async def test_starttls_is_used_where_it_is_offered_and_any_certificate_is_better_than_none() -> None:
    async with smtp_server(starttls=self_signed(["mail.test"]).server_context()) as house:
        await mailer(house).send(MAIL, ID)

    assert [taken.encrypted for taken in house.taken] == [True]


async def test_it_signs_in_over_tls() -> None:
    certificate = self_signed()
    async with smtp_server(starttls=certificate.server_context(), auth=True) as house:
        settings = _settings(f"smtp://{SIGN_IN}localhost:{house.port}", starttls="required")
        await SmtpMailer(settings, VirtualClock(), certificate.client_context()).send(MAIL, ID)

    assert [(taken.encrypted, taken.signed_in) for taken in house.taken] == [(True, True)]


async def test_tls_from_the_start() -> None:
    certificate = self_signed()
    async with smtp_server(tls=certificate.server_context(), auth=False) as house:
        settings = _settings(f"smtps://localhost:{house.port}")
        await SmtpMailer(settings, VirtualClock(), certificate.client_context()).send(MAIL, ID)

    assert [taken.encrypted for taken in house.taken] == [True]


async def test_a_certificate_that_is_not_trusted_and_a_server_without_tls_get_nothing() -> None:
    async with smtp_server(starttls=self_signed().server_context()) as house:
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            await mailer(house, starttls="required").send(MAIL, ID)
    async with smtp_server() as plain:
        with pytest.raises(OSError, match="STARTTLS"):
            await mailer(plain, starttls="required").send(MAIL, ID)
    assert house.taken == plain.taken == []


async def test_a_password_goes_to_another_machine_over_tls_only() -> None:
    assert _settings("smtp://u:p@mail.example").must_encrypt
    assert _settings("smtps://mail.example").must_encrypt
    assert not _settings("smtp://mail.example").must_encrypt
    assert not _settings("smtp://u:p@localhost").must_encrypt
    assert not _settings("smtp://u:p@mail.example", starttls="never").must_encrypt


async def test_it_signs_in_on_this_machine_without_tls() -> None:
    async with smtp_server(auth=True) as house:
        await mailer(house, user=SIGN_IN).send(MAIL, ID)
        with pytest.raises(OSError, match="535"):
            await mailer(house, user="u:wrong@").send(MAIL, ID)
        with pytest.raises(OSError, match="530"):
            await mailer(house).send(MAIL, ID)

    assert [taken.signed_in for taken in house.taken] == [True]


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 no such user", MailRefusedError),
        ("RCPT", "452 mailbox full", OSError),
        ("DATA", "554 spam", MailRefusedError),
        ("DATA", "451 try later", OSError),
        ("MAIL", "550 who are you", OSError),
    ],
)
async def test_what_a_refusal_means(command: str, answer: str, error: type[Exception]) -> None:
    async with smtp_server(answers={command: answer}) as house:
        with pytest.raises(error, match=answer.split()[0]) as raised:
            await mailer(house).send(MAIL, ID)

    assert type(raised.value) is error
    assert house.taken == []


async def test_a_server_that_is_away_or_slow_or_leaves(unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="connect"):
        await mailer(SmtpHouse(port=unused_tcp_port)).send(MAIL, ID)
    monkeypatch.setattr(smtp, "_TIMEOUT", 0.05)
    async with smtp_server(slow=0.3) as house:
        with pytest.raises(OSError, match="Timed out"):
            await mailer(house).send(MAIL, ID)
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OSError, match="SMTP"):
            await mailer(SmtpHouse(port=port)).send(MAIL, ID)
    monkeypatch.setattr(smtp, "_TIMEOUT", 20.0)
    monkeypatch.setattr(smtp, "_IN_ALL", 0.05)
    async with smtp_server(slow=0.3) as house:
        with pytest.raises(TimeoutError):
            await mailer(house).send(MAIL, ID)


async def test_many_at_once_share_a_few_connections() -> None:
    async with smtp_server() as house:
        sender = mailer(house)
        await asyncio.gather(*(sender.send(MAIL, f"<{index}@cordboard>") for index in range(30)))

    assert len({taken.message["Message-ID"] for taken in house.taken}) == 30


@given(st.text(), st.text(), st.text())
def test_nobody_writes_headers_of_his_own(to: str, subject: str, text: str) -> None:
    try:
        data = bytes(compose(Mail(to, subject, text), SENDER, ID, 0.0))
    except MailRefusedError:
        data = bytes(compose(Mail("boss@example.com", subject, text), SENDER, ID, 0.0))
    head = data.partition(b"\n\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.splitlines() if not line.startswith((" ", "\t"))]

    assert names == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]


@pytest.mark.parametrize(
    "to", ["a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "A <a@b.example>", "", "@"]
)
async def test_what_is_not_one_address_is_refused(to: str) -> None:
    async with smtp_server() as house:
        with pytest.raises(MailRefusedError):
            await mailer(house).send(Mail(to, "x", "y"), ID)

    assert house.taken == []
