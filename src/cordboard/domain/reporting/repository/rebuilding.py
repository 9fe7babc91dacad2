"""Filling statistics from the logs (`statistics_rebuild`).

What happened before the cutoff counts from the logs, once for each record, by the hour in which the record was made,
the newest hour first; what happened afterwards counts from events. This is the one place that reads the tables of
messaging, voice and numbers: a hundred million records are summed up where they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from cordboard.domain.reporting.counting import EXTREMES, SUMS
from cordboard.domain.reporting.models import NOBODY
from cordboard.domain.reporting.repository.counters import ADDED_TO_MINUTES, ADDED_TO_TRAFFIC, TRAFFIC_KEY
from cordboard.infra.db import Tx
from cordboard.infra.events.outbox import LOCK as OUTBOX_LOCK

_HOUR: Final = timedelta(hours=1)
_NOBODY: Final = f"'{NOBODY}'::uuid"


class Rebuild(msgspec.Struct, frozen=True):
    """A filling: of what happened before `cutoff`; records made at `filled_from` and later are in, those down to
    `oldest` are to follow.
    """

    cutoff: datetime
    filled_from: datetime
    oldest: datetime


async def cutoff(tx: Tx) -> datetime | None:
    """The moment before which the logs are counted, and no events; None where none was ever filled."""
    moment: datetime | None = await tx.fetchval("select cutoff from statistics_rebuild")
    return moment


async def restart(tx: Tx, moment: datetime) -> bool:
    """Forgets all statistics, to be filled anew from what happened before `moment`; False where the logs are empty.

    Under the dispatcher's lock: what it counts meanwhile would be forgotten, or count twice.
    """
    await tx.execute("select pg_advisory_xact_lock($1)", OUTBOX_LOCK)
    await tx.execute("truncate statistics_minutes, traffic_statistics, statistics_rebuild")
    added = await tx.fetchval(
        "insert into statistics_rebuild (cutoff, filled_from, oldest) select $1, $1, oldest"
        " from (select least((select min(created_at) from messages), (select min(created_at) from calls)) as oldest)"
        " as logs where oldest is not null returning true",
        moment,
    )
    return bool(added)


async def lock(tx: Tx) -> Rebuild | None:
    """The filling that is not finished, locked against others; None where there is nothing to do."""
    row = await tx.fetchrow(
        "select cutoff, filled_from, oldest from statistics_rebuild where not finished for update skip locked"
    )
    return Rebuild(**dict(row)) if row else None


async def fill(tx: Tx, rebuild: Rebuild) -> datetime | None:
    """Counts the records of the hour before those that are in; answers from when on they are in now, None when all
    are.
    """
    beginning = (rebuild.filled_from - timedelta(microseconds=1)).replace(minute=0, second=0, microsecond=0)
    for statement in (_MINUTES, _TRAFFIC):
        await tx.execute(statement, beginning, rebuild.filled_from, rebuild.cutoff)
    finished = beginning <= rebuild.oldest
    await tx.execute("update statistics_rebuild set filled_from = $1, finished = $2", beginning, finished)
    return None if finished else beginning


# Outbound messages count when the carrier took them, else when they ended: one that it took in part has a cost. One
# that was never answered counts once what became of it is known.
_MESSAGES: Final = f"""
    select m.account_id, m.direction, m.price, m.segments, m.opt, m.sent_at is not null as sent,
           coalesce(m.campaign_id, {_NOBODY}) as campaign_id,
           case m.direction when 'inbound' then m.created_at else coalesce(m.sent_at, m.finished_at) end as at,
           case m.direction when 'inbound' then m.recipient else m.sender end as number,
           coalesce(m.number_set_id, n.number_set_id, {_NOBODY}) as number_set_id
    from messages m left join numbers n on n.account_id = m.account_id
     and n.phone_number = case m.direction when 'inbound' then m.recipient else m.sender end
    where m.created_at >= $1 and m.created_at < $2 and m.state not in ('scheduled', 'queued', 'uncertain')
"""
_CALLS: Final = f"""
    select c.account_id, c.direction, c.created_at, c.answered_at, c.ended_at, c.cost,
           coalesce(ceil(extract(epoch from c.ended_at - c.answered_at)), 0)::bigint as seconds,
           case c.direction when 'inbound' then c.callee else c.caller end as number,
           coalesce(c.number_set_id, n.number_set_id, {_NOBODY}) as number_set_id,
           case when c.kind = 'webrtc' then coalesce(c.client_id, {_NOBODY}) else {_NOBODY} end as client_id,
           coalesce(c.campaign_id, {_NOBODY}) as campaign_id
    from calls c left join numbers n on n.account_id = c.account_id
     and n.phone_number = case c.direction when 'inbound' then c.callee else c.caller end
    where c.created_at >= $1 and c.created_at < $2
"""
_MINUTES: Final = f"""
    with messages_made as ({_MESSAGES}), calls_made as ({_CALLS}),
    happened as (
        select account_id, at, 0 as dialed, 0 as started_out, 0 as started_in, 0 as completed,
               (direction = 'inbound')::int as sms_in, (direction = 'outbound')::int as sms_out
        from messages_made where at < $3 and (direction = 'inbound' or sent)
        union all
        select account_id, created_at, 1, 0, 0, 0, 0, 0 from calls_made where direction = 'outbound'
        union all
        select account_id, answered_at, 0, (direction = 'outbound')::int, (direction = 'inbound')::int, 0, 0, 0
        from calls_made where answered_at < $3
        union all
        select account_id, ended_at, 0, 0, 0, 1, 0, 0 from calls_made where ended_at < $3
    )
    insert into statistics_minutes (account_id, minute, calls_dialed, outbound_calls_started, inbound_calls_started,
                                    calls_completed, inbound_sms, outbound_sms)
    select account_id, date_trunc('minute', at, 'UTC') as minute, sum(dialed), sum(started_out), sum(started_in),
           sum(completed), sum(sms_in), sum(sms_out)
    from happened group by account_id, minute order by account_id, minute
    {ADDED_TO_MINUTES}
"""
_SUMMED: Final = ", ".join(f"sum({name})::bigint as {name}" for name in SUMS)
_BOUNDED: Final = ", ".join(f"{('min', 'max')[index % 2]}({name}) as {name}" for index, name in enumerate(EXTREMES))
_TRAFFIC: Final = f"""
    with messages_made as ({_MESSAGES}), calls_made as ({_CALLS}),
    happened as (
        select account_id, at, number, number_set_id, {_NOBODY} as client_id, campaign_id,
               (direction = 'inbound')::int as sms_in, (direction = 'outbound' and sent)::int as sms_out,
               case direction when 'inbound' then price else 0 end as sms_in_cost,
               case direction when 'outbound' then price else 0 end as sms_out_cost,
               (direction = 'inbound' and opt is not distinct from 'out')::int as opt_outs,
               0 as calls_in, 0 as calls_out, 0 as seconds_in, 0 as seconds_out, 0 as calls_in_cost,
               0 as calls_out_cost,
               case when direction = 'inbound' or sent then segments end as smallest_sms,
               case when direction = 'inbound' or sent then segments end as largest_sms,
               null::bigint as shortest_in, null::bigint as longest_in,
               null::bigint as shortest_out, null::bigint as longest_out
        from messages_made where at < $3 and (direction = 'inbound' or sent or price > 0)
        union all
        select account_id, ended_at, number, number_set_id, client_id, campaign_id, 0, 0, 0, 0, 0,
               (direction = 'inbound')::int, (direction = 'outbound')::int,
               case direction when 'inbound' then seconds else 0 end,
               case direction when 'outbound' then seconds else 0 end,
               case direction when 'inbound' then cost else 0 end,
               case direction when 'outbound' then cost else 0 end,
               null, null,
               case direction when 'inbound' then seconds end, case direction when 'inbound' then seconds end,
               case direction when 'outbound' then seconds end, case direction when 'outbound' then seconds end
        from calls_made where ended_at < $3
    ),
    by_hour as (
        select account_id, date_trunc('hour', at, 'UTC') as hour, number, number_set_id, client_id, campaign_id,
               {_SUMMED}, {_BOUNDED}
        from happened group by 1, 2, 3, 4, 5, 6
    )
    insert into traffic_statistics ({", ".join((*TRAFFIC_KEY, *SUMS, *EXTREMES))})
    select b.account_id, p.period, d.dimension, date_trunc(p.period, b.hour, 'UTC'), d.number, d.number_set_id,
           d.client_id, d.campaign_id, {_SUMMED}, {_BOUNDED}
    from by_hour b cross join (values ('hour'), ('day')) as p (period)
    cross join lateral (values
        ('account', '', {_NOBODY}, {_NOBODY}, {_NOBODY}),
        ('number', b.number, b.number_set_id, b.client_id, b.campaign_id),
        ('set', '', b.number_set_id, {_NOBODY}, {_NOBODY}),
        ('user', '', {_NOBODY}, b.client_id, {_NOBODY}),
        ('campaign', '', {_NOBODY}, {_NOBODY}, b.campaign_id)
    ) as d (dimension, number, number_set_id, client_id, campaign_id)
    where d.dimension in ('account', 'number')
       or greatest(d.number_set_id, d.client_id, d.campaign_id) <> {_NOBODY}
    group by 1, 2, 3, 4, 5, 6, 7, 8
    order by 1, p.period collate "C", d.dimension collate "C", 4, d.number collate "C", 6, 7, 8
    {ADDED_TO_TRAFFIC}
"""
