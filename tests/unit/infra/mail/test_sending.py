"""The job that sends mail, the folder where there is no server, and what counts as an address."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default as readable
from pathlib import Path

import pytest
from tests.harness import Api
from tests.unit.infra.mail.house import smtp_server

from cordboard.domain.reporting.models import NOBODY
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import JobLoop
from cordboard.infra.mail import MAIL_JOB, Mail, queue_mail
from cordboard.infra.mail.address import parse_address
from cordboard.infra.mail.sending import SendMail
from cordboard.infra.mail.settings import SmtpSettings
from cordboard.infra.mail.sink import MailSink
from cordboard.infra.mail.smtp import SmtpMailer
from cordboard.testing.clock import VirtualClock

MAIL = Mail("boss@example.com", "Hello", "See you.\n")


async def run(jobs: JobLoop) -> int:
    """Runs what is due."""
    started = await jobs.start_due()
    await jobs.settle()
    return started


async def queued(database: Database, clock: VirtualClock, mail: Mail = MAIL) -> None:
    """Queues a mail."""
    async with database.transaction() as tx:
        await queue_mail(tx, NOBODY, mail, clock.now())


def jobs_over(database: Database, clock: VirtualClock, port: int) -> JobLoop:
    """The loop of a worker with a server."""
    jobs = JobLoop(database, clock)
    jobs.handle(MAIL_JOB, SendMail(SmtpMailer(SmtpSettings(url=f"smtp://127.0.0.1:{port}"), clock)))
    return jobs


async def waiting(database: Database) -> int:
    """How many jobs there are."""
    async with database.connection() as connection:
        count: int = await connection.fetchval("select count(*) from jobs")
        return count


async def test_a_mail_waits_for_a_server_on_the_business_clock(database: Database, clock: VirtualClock) -> None:
    await queued(database, clock)
    async with smtp_server(answers={"DATA": "451 later"}) as house:
        jobs = jobs_over(database, clock, house.port)
        for pause in (30, 120, 600):
            assert await run(jobs) == 1
            clock.advance(pause - 1)
            assert await run(jobs) == 0
            clock.advance(1)
        house.answers.clear()
        assert await run(jobs) == 1

    assert [(taken.recipients, taken.message["Subject"]) for taken in house.taken] == [([MAIL.to], "Hello")]
    assert await waiting(database) == 0


async def test_a_mail_is_given_up_after_half_a_day(
    database: Database, clock: VirtualClock, unused_tcp_port: int
) -> None:
    await queued(database, clock)
    jobs = jobs_over(database, clock, unused_tcp_port)
    begun, runs = clock.now(), 0
    while await waiting(database):
        runs += await run(jobs)
        clock.advance(30)

    assert runs == 8
    assert 12 * 3600 < (clock.now() - begun).total_seconds() < 14 * 3600


async def test_a_refused_mail_is_let_go(database: Database, clock: VirtualClock) -> None:
    await queued(database, clock)
    await queued(database, clock, Mail("nobody", "x", "y"))
    async with smtp_server(answers={"RCPT": "550 no such user"}) as house:
        assert await run(jobs_over(database, clock, house.port)) == 2

    assert await waiting(database) == 0


async def test_without_a_server_mails_are_kept_in_a_folder(tmp_path: Path, clock: VirtualClock) -> None:
    sink = MailSink(tmp_path / "mail", "cordboard@localhost", clock)
    for message_id in ("<1@x>", "<1@x>", "<2@x>"):
        await sink.send(MAIL, message_id)

    kept = sorted((tmp_path / "mail").iterdir())
    assert [path.suffix for path in kept] == [".eml"] * 2
    message = message_from_bytes(kept[0].read_bytes(), policy=readable)
    assert (message["To"], message["From"]) == (MAIL.to, "cordboard@localhost")
    assert message["Message-ID"] in ("<1@x>", "<2@x>")


async def test_a_platform_without_a_server_keeps_its_mails(api: Api) -> None:
    async with api.platform.database.transaction() as tx:
        await queue_mail(tx, NOBODY, MAIL, api.clock.now())
    await api.settle()

    assert len(list((api.platform.settings.data_path / "mail").glob("*.eml"))) == 1


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("you@example.com", "you@example.com"),
        (" first.last+tag@sub.example.co ", "first.last+tag@sub.example.co"),
        ("root@localhost", "root@localhost"),
        ("you@bücher.example", "you@xn--bcher-kva.example"),
        ("", None),
        ("you", None),
        ("you@", None),
        ("@example.com", None),
        ("you@exa mple.com", None),
        ("you@-example.com", None),
        ("you..me@example.com", None),
        ("jürgen@example.com", None),
        ("a@b@example.com", None),
        ("you@example.com,me@example.com", None),
        ("you@example.com\nBcc: me@example.com", None),
        ('"you"@example.com', None),
        ("You <you@example.com>", None),
        ("you@" + "a" * 64 + ".com", None),
        ("y" * 65 + "@example.com", None),
        ("you@" + ".".join(["a" * 50] * 6), None),
    ],
)
def test_what_is_an_address(text: str, address: str | None) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (SmtpSettings(), ""),
        (SmtpSettings(url="smtps://u:p@mail.example"), ""),
        (SmtpSettings(url="http://mail.example"), "url"),
        (SmtpSettings(url="smtp://"), "url"),
        (SmtpSettings(url="smtp://mail.example:port"), "url"),
        (SmtpSettings(url="smtp://mail.example:99999"), "url"),
        (SmtpSettings(sender="Cordboard"), "sender"),
        (SmtpSettings(sender="Cordboard <x@y.example>\nBcc: z@y.example"), "sender"),
    ],
)
def test_settings_that_cannot_work(settings: SmtpSettings, named: str) -> None:
    assert [problem.partition(":")[0] for problem in settings.problems()] == [named][: bool(named)]
