-- What the house itself needs: outbox, jobs, timers, idempotency keys, the sandbox's clock.

create table outbox (
    id bigint generated always as identity primary key,
    account_id uuid not null,
    topic text not null,
    subject text not null,
    payload jsonb not null,
    occurred_at timestamptz not null,
    request_id text,
    attempts integer not null default 0,
    parked boolean not null default false,
    last_error text
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index outbox_ready on outbox (id) where not parked;

create table jobs (
    id bigint generated always as identity primary key,
    kind text not null,
    account_id uuid not null,
    payload jsonb not null,
    run_at timestamptz not null,
    request_id text,
    attempts integer not null default 0,
    lease_until timestamptz,
    parked boolean not null default false,
    last_error text
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index jobs_due on jobs (run_at, id) where not parked;

create table timers (
    account_id uuid not null,
    kind text not null,
    scope text not null,
    fire_at timestamptz not null,
    step bigint not null default 0,
    payload jsonb not null default '{}',
    primary key (account_id, kind, scope)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index timers_due on timers (kind, fire_at);

create table idempotency_keys (
    account_id uuid not null,
    key text not null,
    fingerprint bytea not null,
    status smallint not null,
    response bytea not null,
    created_at timestamptz not null,
    primary key (account_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table business_clock (
    singleton boolean primary key default true check (singleton),
    offset_ms bigint not null default 0
);
insert into business_clock default values;
