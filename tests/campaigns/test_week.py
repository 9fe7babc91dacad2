"""A campaign of seven days, in minutes of the clock on the wall: time moves only when nothing is left to do.

`CORDBOARD_WEEK_PEOPLE` says how many contacts take part.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import timedelta
from uuid import UUID

from tests.campaigns.house import Business
from tests.campaigns.test_runs import question, sms

PEOPLE = int(os.environ.get("CORDBOARD_WEEK_PEOPLE", "400"))
_SHORT_CODE = "72345"
_FIRST = 2_000_000
_AT_ONCE = 100


async def test_a_week_of_a_campaign_ends_as_its_contacts_decide(business: Business) -> None:
    texts = ("Coming on Friday?", "Great", "Still time to answer", "Last call", "Bye")
    ask, great, remind, last, bye = [await business.template(text) for text in texts]
    await _widen(business)
    campaign = await business.campaign(
        [
            sms(1, ask, 2),
            question(2, "node1.reply", 3, 4, minutes=2 * 24 * 60),
            sms(3, great),
            sms(4, remind, 5),
            question(5, "node4.reply", 3, 6, minutes=2 * 24 * 60),
            sms(6, last, 7),
            question(7, "node6.reply", 3, 8, minutes=3 * 24 * 60),
            sms(8, bye),
        ]
    )
    people = await _people(business)
    await business.start_all(campaign, list(people.values()))

    handsets = list(people)
    answering = {0: handsets[::4], 2: handsets[1::4], 4: handsets[2::4]}  # day: who says yes on it; the rest never
    begun = business.api.clock.now()
    for day in range(8):
        business.api.clock.set(begun + timedelta(days=day, minutes=1))
        await _deliver(business)
        yes = answering.get(day, [])
        for place in range(0, len(yes), _AT_ONCE):
            assert all(await business.carrier.deliver_all(yes[place : place + _AT_ONCE], _SHORT_CODE, "Yes!"))
        business.api.clock.advance(3600)
        await _deliver(business)

    got = Counter((one.recipient, one.text) for one in business.carrier.taken)
    assert set(got.values()) == {1}
    texts_of = defaultdict(set)
    for who, text in got:
        texts_of[who].add(text)
    expected = {
        day: ["Coming on Friday?", *texts[2 : 2 + place], "Great"] for place, day in enumerate(sorted(answering))
    }
    for day, group in answering.items():
        for person in group:
            assert texts_of[person] == set(expected[day])
    for person in handsets[3::4]:
        assert texts_of[person] == {texts[0], *texts[2:]}
    rows = await business.api.fetch("select ending, count(*) as n from ended_runs group by 1")
    assert rows == [{"ending": "completed", "n": PEOPLE}]
    assert await business.api.fetch("select 1 from runs") == []


async def _deliver(business: Business) -> None:
    """Lets all happen that is due by now."""
    await business.api.settle()
    while await business.carrier.work():
        business.api.clock.advance(5)
    await business.api.settle()


async def _widen(business: Business) -> None:
    """A short code, which sends a hundred a second, in the place of the set's numbers."""
    async with business.api.platform.database.transaction() as tx:
        await tx.execute(
            "update numbers set phone_number = $2, number_type = 4 where account_id = $1 and phone_number ="
            " (select min(phone_number) from numbers where account_id = $1)",
            business.owner.id,
            _SHORT_CODE,
        )
        await tx.execute(
            "delete from numbers where account_id = $1 and phone_number <> $2", business.owner.id, _SHORT_CODE
        )


async def _people(business: Business) -> dict[str, UUID]:
    """Contacts by number."""
    async with business.api.platform.database.transaction() as tx:
        found = await business.api.platform.contacts.find_or_create_by_phone(
            tx, [(business.owner.id, f"+1949{_FIRST + n}") for n in range(PEOPLE)]
        )
    return {number: contact for (_, number), contact in found.items()}
