"""Assistants that talk with contacts for runs, by a model that does well and by one that does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.campaigns.house import NUMBERS, PERSON, Business, open_business
from tests.campaigns.test_runs import delay, sms
from tests.harness import Api, open_api

from cordboard.domain.workflows.models import EndedRun, Run
from cordboard.domain.workflows.talks.models import Talk, TalkKey, talk_job
from cordboard.domain.workflows.talks.repository import find
from cordboard.domain.workflows.talks.talk_on import AT_ONCE, RESTS
from cordboard.infra.chat import AiSettings
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import enqueue
from cordboard.testing.clock import VirtualClock
from cordboard.testing.openai_api import ChatAnswer, FakeOpenAi

ASSISTANT = {
    "name": "Shirts",
    "instructions": "Sell a shirt to %%FIRSTNAME%%. Find out the size.",
    "greeting": "Hi %%firstname|there%%, which size?",
    "maxTurns": 3,
    "timeoutMinutes": 60,
    "outcomes": ["Sold", "unsold"],
}
TALK = {"id": 1, "type": "aiAssist", "children": [2]}
RESULT = "%%node1.outcome%% %%node1.size%% %%node1.turns%%"
GREETING = "Hi Ann, which size?"


def said(text: str | None = None, **members: Any) -> ChatAnswer:
    """A model that keeps to what it is told."""
    return ChatAnswer(content=msgspec.json.encode({"text": text, "done": False, **members}).decode())


@pytest.fixture
async def model() -> AsyncIterator[FakeOpenAi]:
    """A provider."""
    async with FakeOpenAi() as server:
        server.answers = [said("Tell me more")]
        yield server


@pytest.fixture
async def api(database: Database, clock: VirtualClock, tmp_path: Path, model: FakeOpenAi) -> AsyncIterator[Api]:
    """A platform with it."""
    ai = AiSettings(base_url=model.url(), api_key=model.api_key, model="small", timeout=0.1)
    async with open_api(database, clock, tmp_path, ai=ai) as opened:
        yield opened


async def assistant_of(business: Business, **members: Any) -> str:
    """An assistant's id."""
    made = await business.api.post("/v4/ai/assistant", business.owner, ASSISTANT | members)
    return str(made.only["aiAssistId"])


async def begin(business: Business, **members: Any) -> UUID:
    """A run of Ann's in a campaign that has an assistant talk, then texts how it went; its id."""
    return await begin_with(business, await assistant_of(business, **members))


async def begin_with(business: Business, assistant: str) -> UUID:
    """The same with an assistant that is there, or is not."""
    result = await business.template(RESULT)
    campaign = await business.campaign([{**TALK, "aiAssistId": assistant}, sms(2, result)])
    started = await business.start(campaign, await business.contact(firstname="Ann"))
    return started.id


async def variables(business: Business, run_id: UUID) -> Mapping[str, str]:
    """What a run that is over knew at its end."""
    over = await business.run(run_id)
    assert isinstance(over, EndedRun), over
    return over.state.variables


async def after_a_second(business: Business) -> list[str]:
    """What is sent then: a number sends one text a second."""
    business.api.clock.advance(1)
    return await business.send()


async def talk_of(business: Business, run_id: UUID) -> Talk:
    """The talk of a run's first node."""
    async with business.api.platform.database.connection() as connection:
        talk = await find(connection, TalkKey(business.owner.id, run_id, 1))
    assert talk is not None
    return talk


async def test_an_assistant_talks_until_it_is_done(business: Business, model: FakeOpenAi) -> None:
    model.answers = [
        said("In blue or red?", variables={"Size": "XL"}),
        said("It is yours", done=True, outcome="sold", variables={"colour": "blue", "2": "no name"}),
    ]
    assistant = await assistant_of(business, model="large")
    good, bad = await business.template("Yes: " + RESULT + " %%node1.colour%%"), await business.template("No")
    sold = {"variable": "node1.outcome", "operation": "equals", "value": "Sold"}
    branch = {
        "id": 2,
        "type": "condition",
        "children": [3, 4],
        "conditions": [{"statements": [sold], "path": 4}],
    }
    campaign = await business.campaign([{**TALK, "aiAssistId": assistant}, branch, sms(3, bad), sms(4, good)])
    started = await business.start(campaign, await business.contact(firstname="Ann"))

    assert await business.send() == [GREETING]
    await business.reply("XL")
    assert await business.send() == ["In blue or red?"]
    await business.reply("Blue\nplease")
    assert await business.send() == ["It is yours"]
    assert await after_a_second(business) == ["Yes: Sold XL 3 blue"]

    first, second = model.chats
    assert (first.model, first.response_format) == ("large", {"type": "json_object"})
    assert [message.role for message in second.messages] == ["system", "assistant", "user", "assistant", "user"]
    assert "Sell a shirt to Ann." in first.messages[0].content
    assert second.messages[-1].content == "Blue\nplease"
    known = await variables(business, started.id)
    assert known["node1.transcript"].splitlines()[:2] == [f"assistant: {GREETING}", "contact: XL"]
    assert "node1.2" not in known
    assert len({one.sender for one in business.carrier.taken}) == 1
    history = await business.history(started.id)
    assert ("aiAssist", "node 1", "contact: XL") in history
    assert ("aiAssist", "node 1", "ended: Sold") in history
    sent = await business.api.fetch("select campaign_id, metadata from messages where direction = 'outbound'")
    assert {(row["campaign_id"], row["metadata"]["campaignRunId"]) for row in sent} == {(campaign, str(started.id))}


async def test_without_a_greeting_the_model_begins(business: Business, model: FakeOpenAi) -> None:
    model.answers = [said("Hello %%firstname%%, %CITY% or %%x|y%%?")]
    run_id = await begin(business, greeting="")
    assert await business.send() == ["Hello firstname, CITY or y?"], "what a model says has no variables"
    assert [message.role for message in model.chats[0].messages] == ["system", "user"]
    assert isinstance(await business.run(run_id), Run)


async def test_plain_words_are_a_text_and_nonsense_is_asked_for_again(business: Business, model: FakeOpenAi) -> None:
    model.answers = [
        ChatAnswer(content="Which size?"),
        ChatAnswer(content='{"size": "XL"'),
        ChatAnswer(content='{"answer": "XL"}'),
        ChatAnswer(content=None),
        said(None),
        ChatAnswer(content='Here:\n```json\n{"text": "Done", "done": true, "outcome": "odd"}\n```'),
    ]
    run_id = await begin(business, greeting="")
    assert await business.send() == ["Which size?"]
    await business.reply("XL")
    for rest in RESTS:
        assert await business.send() == []
        business.api.clock.advance(rest)
    assert await business.send() == ["Done"]
    assert await after_a_second(business) == ["done %%node1.size%% 2"]
    assert isinstance(await business.run(run_id), EndedRun)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("fail", "the provider answers with an error"),
        ("garble", "the provider's answer cannot be read"),
        ("hang", "the provider took too long"),
    ],
)
async def test_a_model_that_fails_again_and_again_fails_the_talk(
    business: Business, model: FakeOpenAi, mode: Any, reason: str
) -> None:
    model.mode = mode
    run_id = await begin(business)
    assert await business.send() == [GREETING]
    await business.reply("XL")
    for rest in RESTS:
        assert await business.send() == []
        business.api.clock.advance(rest)
    assert await business.send() == ["failed %%node1.size%% 1"]
    assert (await variables(business, run_id))["node1.error"] == reason
    assert any(words == f"ended: failed ({reason})" for _, _, words in await business.history(run_id))
    assert model.asked == len(RESTS) + 1


async def test_a_provider_without_formats_is_asked_once_for_one(business: Business, model: FakeOpenAi) -> None:
    model.offers_json = False
    await begin(business)
    await business.send()
    for _ in range(2):
        await business.reply("XL")
        assert await business.send() == ["Tell me more"]
    assert model.asked == 3


async def test_texts_in_quick_succession_are_answered_together(business: Business, model: FakeOpenAi) -> None:
    await begin(business)
    await business.send()
    for text in ("X", "L", "please"):
        await business.reply(text)
    assert await business.send() == ["Tell me more"]
    (chat,) = model.chats
    assert chat.messages[-1].content == "X\nL\nplease"


async def test_what_comes_while_the_model_thinks_is_answered_too(
    business: Business, model: FakeOpenAi, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.answers = [said("To the first"), said("To both")]
    run_id = await begin(business)
    await business.send()
    api, assistants = business.api, business.api.platform.assistants
    thinking, says = asyncio.Event(), assistants.says

    async def slow(*given: Any, **more: Any) -> Any:
        answer = await says(*given, **more)
        if not thinking.is_set():
            thinking.set()
            await business.reply("second")
            await api.worker.dispatcher.drain()
        return answer

    monkeypatch.setattr(assistants, "says", slow)
    await business.reply("first")
    assert await business.send() == ["To both"]
    assert model.chats[-1].messages[-1].content == "first\nsecond"
    assert (await talk_of(business, run_id)).turns == 2


async def test_jobs_that_are_repeated_say_everything_once(business: Business, model: FakeOpenAi) -> None:
    api = business.api
    run_id = await begin(business)
    await api.worker.campaigns.step()
    for _ in range(2):
        await repeat_jobs(api)
    assert await business.send() == [GREETING]
    await business.reply("XL")
    await api.worker.dispatcher.drain()
    key = TalkKey(business.owner.id, run_id, 1)
    async with api.platform.database.transaction() as tx:
        await enqueue(tx, [talk_job(key, api.clock.now())] * 3)
    assert await business.send() == ["Tell me more"]
    assert (await talk_of(business, run_id)).turns == 2


async def test_no_more_questions_at_once_than_leave_room_for_other_jobs(business: Business) -> None:
    places = business.api.platform.campaigns.talks.talk_on.places
    await begin(business)
    await business.send()
    for _ in range(AT_ONCE):
        await places.acquire()
    await business.reply("XL")
    assert await business.send() == []
    places.release()
    assert await after_a_second(business) == ["Tell me more"]


async def repeat_jobs(api: Api) -> None:
    """Runs what is queued, and queues the same again, as after a crash before a job was done with."""
    rows = await api.fetch("select kind, account_id, payload, run_at from jobs where kind like 'workflows.%'")
    assert rows
    await api.worker.jobs.start_due()
    await api.worker.jobs.settle()
    async with api.platform.database.transaction() as tx:
        for row in rows:
            await tx.execute(
                "insert into jobs (kind, account_id, payload, run_at) values ($1, $2, $3, $4)", *row.values()
            )


async def test_the_last_text_is_followed_by_a_verdict_alone(business: Business, model: FakeOpenAi) -> None:
    model.answers = [
        said("And the colour?"),
        said("One more thing", done=True, outcome="UNSOLD", variables={"size": 7}),
    ]
    await begin(business, maxTurns=2)
    await business.send()
    await business.reply("XL")
    assert await business.send() == ["And the colour?"]
    await business.reply("No idea")
    assert await business.send() == ["unsold 7 2"]
    assert "no further message" in model.chats[-1].messages[0].content


async def test_who_talks_on_and_on_reaches_the_limit(business: Business) -> None:
    await begin(business, maxTurns=2)
    await business.send()
    await business.reply("XL")
    assert await business.send() == ["Tell me more"]
    await business.reply("Why?")
    assert await business.send() == ["limit %%node1.size%% 2"]


async def test_a_silent_contact_is_waited_for_and_no_longer(business: Business, model: FakeOpenAi) -> None:
    run_id = await begin(business)
    await business.send()
    business.api.clock.advance(59 * 60)
    assert await business.send() == []
    await business.reply("Hm")
    assert await business.send() == ["Tell me more"]
    business.api.clock.advance(59 * 60)
    assert await business.send() == []
    business.api.clock.advance(2 * 60)
    assert await business.send() == ["timeout %%node1.size%% 2"]
    asked = len(model.chats)
    await business.reply("Too late")
    assert await business.send() == []
    assert len(model.chats) == asked
    assert not (await talk_of(business, run_id)).is_open


async def test_stop_ends_the_talk_and_nothing_is_said_after_it(business: Business, model: FakeOpenAi) -> None:
    run_id = await begin(business)
    await business.send()
    await business.reply("XL")
    await business.reply("STOP")
    texts = await business.send()
    assert GREETING not in texts
    assert "Tell me more" not in texts
    assert model.chats == [], "compliance comes first"
    known = await variables(business, run_id)
    assert known["node1.outcome"] == "stopped"
    assert known["node1.transcript"].endswith("contact: XL")
    assert not any("node" in text or "stopped" in text for text in texts)


async def test_what_is_refused_ends_the_talk(business: Business) -> None:
    run_id = await begin(business)
    await business.send()
    await business.api.post(
        "/v4/dnc", business.owner, {"endpoint": PERSON, "selector": "CUSTOMER_GLOBAL", "subtype": "sms"}
    )
    await business.reply("XL")
    assert await business.send() == []
    known = await variables(business, run_id)
    assert (known["node1.outcome"], known["node1.turns"]) == ("stopped", "1")
    assert "unsubscribed" in known["node1.error"]


async def test_an_assistant_that_is_gone_fails_at_once(business: Business, model: FakeOpenAi) -> None:
    run_id = await begin_with(business, str(business.owner.id))
    assert await business.send() == ["failed %%node1.size%% 0"]
    assert (await variables(business, run_id))["node1.error"] == "there is no such assistant any more"
    assert model.asked == 0


async def test_without_a_provider_the_run_takes_its_other_path(
    database: Database, clock: VirtualClock, tmp_path: Path
) -> None:
    async with open_api(database, clock, tmp_path) as opened:
        business = await open_business(opened)
        run_id = await begin(business)
        assert await business.send() == ["failed %%node1.size%% 0"]
        known = await variables(business, run_id)
        assert known["node1.error"] == "no AI provider is configured: set [ai] base_url"
        history = await business.history(run_id)
    assert ("aiAssist", "node 1", f"ended: failed ({known['node1.error']})") in history


async def test_a_run_that_was_stopped_leaves_a_talk_that_closes_quietly(business: Business, model: FakeOpenAi) -> None:
    run_id = await begin(business, greeting="")
    await business.send()
    async with business.api.platform.database.transaction() as tx:
        await business.api.platform.campaigns.service.stop(tx, business.owner.id, run_id, "enough")
    await business.reply("XL")
    assert await business.send() == []
    business.api.clock.advance(3600)
    assert await business.send() == []
    assert not (await talk_of(business, run_id)).is_open
    assert len(model.chats) == 1


async def test_the_first_text_keeps_to_the_hours_of_the_campaign(business: Business) -> None:
    talk = {**TALK, "id": 2, "children": [], "aiAssistId": await assistant_of(business)}
    campaign = await business.campaign([delay(1, 2, minutes=600), talk], hours=(time(9), time(17)))
    await business.start(campaign, await business.contact())  # it enters at 9 and comes to the assistant at 19
    for hours in (5, 10, 13):
        business.api.clock.advance(hours * 3600)
        assert await business.send() == []
    business.api.clock.advance(3600)
    assert await business.send() == ["Hi there, which size?"]


async def test_a_reply_goes_to_the_assistant_and_not_to_a_later_run(business: Business) -> None:
    later = await business.template("News")
    await begin(business)
    await business.send()
    sender = business.carrier.taken[-1].sender
    contact = (await business.api.fetch("select id from contacts"))[0]["id"]
    business.api.clock.advance(5)
    await business.start(await business.campaign([sms(1, later, 2), delay(2)]), contact, sender=sender)
    assert await business.send() == ["News"]
    await business.reply("XL")
    assert await business.send() == ["Tell me more"]


async def test_a_number_that_was_given_back_is_replaced(business: Business) -> None:
    run_id = await begin(business)
    await business.send()
    first = business.carrier.taken[-1].sender
    await business.reply("XL")
    await business.api.worker.dispatcher.drain()
    await business.api.fetch(
        "delete from numbers where account_id = $1 and phone_number = $2", business.owner.id, first
    )
    assert await business.send() == ["Tell me more"]
    (other,) = set(NUMBERS) - {first}
    run = await business.run(run_id)
    assert (business.carrier.taken[-1].sender, run.sender) == (other, other)
    await business.reply("XL")
    assert await business.send() == ["Tell me more"]
