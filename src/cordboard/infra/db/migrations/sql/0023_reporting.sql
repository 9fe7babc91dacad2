-- Statistics as they are rolled up from events, and exports of the logs.

-- What happened in an account by the minute. Partitions by month, as the logs.
create table statistics_minutes (
    account_id uuid not null,
    minute timestamptz not null,
    calls_dialed integer not null default 0,
    outbound_calls_started integer not null default 0,
    inbound_calls_started integer not null default 0,
    calls_completed integer not null default 0,
    inbound_sms integer not null default 0,
    outbound_sms integer not null default 0,
    primary key (account_id, minute)
) partition by range (minute);

-- Traffic by the hour and by the day (UTC). A row of dimension `number` is of one number of the account, with the set,
-- the browser phone's user and the workflow of that traffic; the other dimensions sum these up by one of them, and
-- `account` over all. What a row is not told apart by is '' or the nil UUID. Amounts are micro-units.
create table traffic_statistics (
    account_id uuid not null,
    period text not null check (period in ('hour', 'day')),
    dimension text not null check (dimension in ('account', 'number', 'set', 'user', 'campaign')),
    starts_at timestamptz not null,
    number text not null,
    number_set_id uuid not null,
    client_id uuid not null,
    campaign_id uuid not null,
    sms_in integer not null,
    sms_out integer not null,
    sms_in_cost bigint not null,
    sms_out_cost bigint not null,
    opt_outs integer not null,
    calls_in integer not null,
    calls_out integer not null,
    seconds_in bigint not null,
    seconds_out bigint not null,
    calls_in_cost bigint not null,
    calls_out_cost bigint not null,
    smallest_sms smallint,
    largest_sms smallint,
    shortest_in integer,
    longest_in integer,
    shortest_out integer,
    longest_out integer,
    primary key (account_id, period, dimension, starts_at, number, number_set_id, client_id, campaign_id)
) partition by range (starts_at);
create index traffic_statistics_number on traffic_statistics (account_id, period, number, starts_at)
    where dimension = 'number';

-- The filling of statistics from the logs, the newest hour of them first: what happened before `cutoff` comes from the
-- logs alone, what happens afterwards from events. `filled_from`: the hours from here on are in. No row: none was ever
-- asked for.
create table statistics_rebuild (
    singleton boolean primary key default true check (singleton),
    cutoff timestamptz not null,
    filled_from timestamptz not null,
    oldest timestamptz not null,
    finished boolean not null default false
);

-- Partitions for the months that the logs have: what they tell is rolled up.
do $$
declare
    month date;
begin
    for month in
        select distinct to_date(right(c.relname, 6), 'YYYYMM') from pg_inherits i
        join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
        where p.relname in ('messages', 'calls')
    loop
        execute format(
            'create table statistics_minutes_%s partition of statistics_minutes'
            ' for values from (%L) to (%L) with (fillfactor = 70)',
            to_char(month, 'YYYYMM'), month || ' 00:00+00', (month + interval '1 month')::date || ' 00:00+00');
        execute format(
            'create table traffic_statistics_%s partition of traffic_statistics'
            ' for values from (%L) to (%L) with (fillfactor = 70)',
            to_char(month, 'YYYYMM'), month || ' 00:00+00', (month + interval '1 month')::date || ' 00:00+00');
    end loop;
end $$;

-- An installation that has logs: what is still being committed counts as past, so that the filling begins later.
insert into statistics_rebuild (cutoff, filled_from, oldest)
select date_trunc('minute', moment) + interval '2 minutes', date_trunc('minute', moment) + interval '2 minutes', oldest
from (
    select now() + make_interval(secs => offset_ms / 1000.0) as moment,
           least((select min(created_at) from messages), (select min(created_at) from calls)) as oldest
    from business_clock
) as logs
where oldest is not null;

insert into jobs (kind, account_id, payload, run_at)
select 'reporting.rebuild', '00000000-0000-0000-0000-000000000000', '{}', cutoff + interval '2 minutes'
from statistics_rebuild;

-- Exports of logs that were asked for. `part`: how many pieces of the file are written, `after_at` and `after_id` the
-- last record in them; `read`: there are no more. `file` is the beginning of the blobs' names.
create table log_exports (
    account_id uuid not null references accounts,
    id uuid not null,
    requested_at timestamptz not null,
    email text not null,
    kind text not null check (kind in ('calls', 'sms')),
    start_day date not null,
    end_day date not null,
    status text not null check (status in ('processing', 'ready', 'failed', 'expired')),
    file text not null,
    part integer not null default 0,
    after_at timestamptz,
    after_id uuid,
    read boolean not null default false,
    records bigint not null default 0,
    raw_bytes bigint not null default 0,
    size bigint,
    url text,
    finished_at timestamptz,
    expires_at timestamptz,
    primary key (account_id, id)
);
create index log_exports_recent on log_exports (account_id, requested_at desc);
