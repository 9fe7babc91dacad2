-- Callback configurations, what waits to be delivered to them, and the log of what was.

create table webhook_connections (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    description text not null,
    headers jsonb not null,
    auth_headers_sealed jsonb not null,
    created_at timestamptz not null,
    primary key (account_id, id)
);

create table webhooks (
    account_id uuid not null references accounts,
    id uuid not null,
    event_type text not null,
    name text not null,
    connection_id uuid,
    enabled boolean not null,
    disabled_reason text,
    headers jsonb not null,
    url text not null,
    http_method text not null,
    content_type text not null,
    body_template text not null,
    success_path text not null,
    success_value text not null,
    response_mapping jsonb not null,
    error_response_mapping jsonb not null,
    failure_strategy jsonb not null,
    secrets_sealed jsonb not null,
    created_at timestamptz not null,
    primary key (account_id, id),
    foreign key (account_id, connection_id) references webhook_connections
);
create index webhooks_event on webhooks (account_id, event_type) where enabled;
create index webhooks_connection on webhooks (account_id, connection_id) where connection_id is not null;

-- The keys that sign callbacks which no configuration asked for: of messages, of the do-not-call list.
create table webhook_account_secrets (
    account_id uuid primary key references accounts,
    secrets_sealed jsonb not null
);

-- One row for each key (endpoint and subject) that has deliveries waiting: the unit of claiming, so that order holds.
-- The lease is on the database's clock, `due_at` is business time.
create table webhook_lanes (
    account_id uuid not null,
    endpoint_id uuid not null,
    subject text not null,
    due_at timestamptz not null,
    lease_until timestamptz,
    primary key (account_id, endpoint_id, subject)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
-- Not by account: without statistics the planner would take it for looking up a single lane, and read all of an endpoint.
create index webhook_lanes_due on webhook_lanes (endpoint_id, due_at) include (account_id);

-- What waits, and only that: a finished delivery moves to the log. `url` null: the configuration's.
create table webhook_queue (
    account_id uuid not null,
    endpoint_id uuid not null,
    subject text not null,
    seq bigint generated always as identity,
    message_id uuid not null,
    event_type text not null,
    method text,
    url text,
    payload text not null,
    about uuid,
    occurred_at timestamptz not null,
    created_at timestamptz not null,
    attempts jsonb not null,
    primary key (account_id, endpoint_id, subject, seq)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

-- Endpoints whose last attempt failed. `probe_at` set: the circuit is open and one lane may try from then on.
create table webhook_circuits (
    account_id uuid not null,
    endpoint_id uuid not null,
    failures integer not null,
    failing_since timestamptz not null,
    probe_at timestamptz,
    primary key (account_id, endpoint_id)
);

create table webhook_deliveries (
    account_id uuid not null,
    endpoint_id uuid not null,
    seq bigint not null,
    created_at timestamptz not null,
    subject text not null,
    message_id uuid not null,
    event_type text not null,
    state text not null check (state in ('delivered', 'failed', 'cancelled')),
    method text,
    url text,
    payload text not null,
    about uuid,
    occurred_at timestamptz not null,
    finished_at timestamptz not null,
    attempts jsonb not null,
    primary key (account_id, endpoint_id, seq, created_at)
) partition by range (created_at);
