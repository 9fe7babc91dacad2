"""Webhooks of workflows: what is asked, how often, and what becomes of failures and of jobs that are repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest
from tests.campaigns.house import PERSON, Business
from tests.campaigns.test_outside import asking, callback
from tests.campaigns.test_runs import control, delay, sms

from cordboard.domain.workflows.models import EndedRun, Run, StartedRun
from cordboard.domain.workflows.outside.answering import Answering
from cordboard.domain.workflows.outside.call_webhook import RETRY_SECONDS
from cordboard.engines.workflow.effects import Effect
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.jobs.queue import Job
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver, verify_signature


class Dying(Answering):
    """A process that dies before it can say what it heard."""

    async def __call__(
        self, account_id: UUID, run_id: UUID, answered: Answered, failure: tuple[Effect, str] | None = None
    ) -> None:
        """Dies."""
        raise ConnectionResetError


async def waiting_job(business: Business) -> Job:
    """The job of the run that has just been stepped."""
    await business.api.platform.campaigns.loop.step()
    columns = "kind, account_id, payload, run_at, id, attempts + 1 as attempts"
    (row,) = await business.api.fetch(f"select {columns} from jobs where kind = 'workflows.call_webhook'")
    return Job(**row)


async def asking_run(business: Business, callback_id: str, **variables: str) -> StartedRun:
    """A run that asks, and ends."""
    campaign = await business.campaign([asking(callback_id), control(2)])
    return await business.start(campaign, await business.contact(), variables=variables)


async def variables(business: Business, run_id: UUID) -> dict[str, str]:
    """What a run knows."""
    return (await business.run(run_id)).state.variables


async def test_a_request_is_signed_and_takes_variables_in_its_url_headers_and_body(business: Business) -> None:
    async with WebhookReceiver() as receiver:
        members = {
            "headers": {"X-Who": "%%CONTACT_PHONE%%"},
            "bodyTemplate": '{"all": %%PAYLOAD%%, "campaign": "%CAMPAIGN_ID%"}',
        }
        callback_id = await callback(business, receiver.url("/ask?offer=%%OFFER%%"), **members)
        secret = (await business.api.get(f"/v4/callback/configuration/{callback_id}/secret", business.owner)).only
        campaign = await business.campaign([asking(callback_id), control(2)])
        contact = await business.contact(firstname="Ann", offer="the contact's")
        await business.start(campaign, contact, variables={"offer": 'a "b"&c'})
        await business.api.settle()
        (request,) = receiver.requests
    assert request.params == {"offer": ['a "b"&c']}, "the campaign's before the contact's"
    assert request.headers["x-who"] == PERSON
    assert request.json["campaign"] == str(campaign)
    assert {"offer": 'a "b"&c', "firstname": "Ann", "contact_id": str(contact)}.items() <= request.json["all"].items()
    assert verify_signature(request, secret["secret"])


async def test_objects_of_the_answer_are_kept_as_json_for_computations(business: Business) -> None:
    shown = await business.template("%%CITY%%")
    read = {"variable": "city", "type": "jsonpath", "jsonPath": "$.user.city", "jsonPathSourceVariable": "response"}
    computation = {"id": 2, "type": "computation", "children": [3], "computations": [read]}
    async with WebhookReceiver() as receiver:
        answer = {"padding": "x" * 20_000, "user": {"city": "Irvine"}}
        receiver.answer("/ask", Answer(body=json.dumps(answer)))
        callback_id = await callback(business, receiver.url("/ask"), responseMapping={"response": "$"})
        started = await business.start(
            await business.campaign([asking(callback_id), computation, sms(3, shown)]), await business.contact()
        )
        assert await business.send() == ["Irvine"]
    assert json.loads((await variables(business, started.id))["response"]) == answer


async def test_failures_are_asked_again_in_growing_waits_and_their_mapping_is_told_at_last(business: Business) -> None:
    async with WebhookReceiver() as receiver:
        receiver.answer("/ask", Answer(body='{"status": "busy", "why": {"code": 7}}'))
        callback_id = await callback(
            business,
            receiver.url("/ask"),
            successPath="$.status",
            successValue="done",
            errorResponseMapping={"Why": "$.why"},
        )
        started = await asking_run(business, callback_id)
        await business.api.settle()
        for count, wait in enumerate(RETRY_SECONDS, start=1):
            business.api.clock.advance(0.79 * wait)
            await business.api.settle()
            assert len(receiver.requests) == count
            assert isinstance(await business.run(started.id), Run)
            business.api.clock.advance(0.42 * wait)  # waits differ by a fifth either way
            await business.api.settle()
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
        assert len(receiver.requests) == len(RETRY_SECONDS) + 1
    assert isinstance(await business.run(started.id), EndedRun), "in less than a day"
    told = await variables(business, started.id)
    assert (told["why"], told["callback.error"]) == ('{"code":7}', "$.status is not done")
    business.at(business.api.clock.now())
    assert ("CallWebhook", "node 1", "given up: $.status is not done") in await business.history(started.id)


@pytest.mark.parametrize("given", ["off", "unsendable"])
async def test_what_cannot_be_asked_is_told_at_once(business: Business, given: str) -> None:
    async with WebhookReceiver() as receiver:
        members = {"enabled": False} if given == "off" else {"headers": {"X-Offer": "%%OFFER%%"}}
        callback_id = await callback(business, receiver.url("/ask"), **members)
        started = await asking_run(business, callback_id, offer="two\nlines")
        await business.api.settle()
        assert receiver.requests == []
    assert isinstance(await business.run(started.id), EndedRun)
    problem = (await variables(business, started.id))["callback.error"]
    assert ("turned off" if given == "off" else "line break") in problem
    assert ("CallWebhook", "node 1", f"given up: {problem}") in await business.history(started.id)


async def test_a_job_that_died_asks_under_the_same_id_and_a_repeated_one_answers_once(business: Business) -> None:
    handler = business.api.platform.campaigns.call_webhook
    dying = replace(handler, answering=Dying(business.api.platform.database, business.api.clock))
    async with WebhookReceiver() as receiver:
        receiver.answer("/ask", Answer(body='{"score": 7}'))
        callback_id = await callback(business, receiver.url("/ask"))
        started = await business.start(
            await business.campaign([asking(callback_id), delay(2, 3), control(3)]), await business.contact()
        )
        job = await waiting_job(business)
        with pytest.raises(ConnectionResetError):
            await dying(job)
        await handler(job)
        first, second = receiver.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        await handler(job)
        assert len(receiver.requests) == 2, "nobody is asked for what the run has been told"
        late = Answered((await business.run(started.id)).state.moves, {"score": "8"}, "success")
        await handler.answering(business.owner.id, started.id, late)
        assert len(await business.api.fetch("select 1 from run_inputs")) == 1
        await business.api.settle()
        assert len(receiver.requests) == 2
    assert (await variables(business, started.id))["score"] == "7"


async def test_nobody_is_asked_for_a_run_that_was_ended(business: Business) -> None:
    async with WebhookReceiver() as receiver:
        receiver.answer("/ask", Answer(status=500))
        callback_id = await callback(business, receiver.url("/ask"))
        started = await asking_run(business, callback_id)
        await business.api.settle()
        async with business.api.platform.database.transaction() as tx:
            await business.api.platform.campaigns.service.stop(tx, business.owner.id, started.id, "enough")
        business.api.clock.advance(10)
        await business.api.settle()
        assert len(receiver.requests) == 1
    assert await business.api.fetch("select 1 from jobs") == []
