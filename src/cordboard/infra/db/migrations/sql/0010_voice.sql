-- Calls: a record a leg, what is live, what waits for a voice process, recordings, conferences, and who does the work.

-- `id` is a time UUID and `created_at` the time inside it, so that the id alone finds the partition.
create table calls (
    account_id uuid not null,
    id uuid not null,
    created_at timestamptz not null,
    parent_account_id uuid not null,
    parent_call_id uuid,
    direction text not null check (direction in ('inbound', 'outbound')),
    kind text not null,
    caller text not null,
    callee text not null,
    status text not null,
    reason text,
    hangup_by text,
    trunk text,
    node text,
    client_id uuid,
    contact_id uuid,
    number_set_id uuid,
    campaign_id uuid,
    conference_id uuid,
    answered_by text,
    digits text not null default '',
    metadata jsonb,
    options jsonb not null default '{}',
    media jsonb,
    answered_at timestamptz,
    ended_at timestamptz,
    billed_seconds integer not null default 0,
    price bigint not null default 0,
    cost bigint not null default 0,
    request_id text,
    primary key (account_id, id, created_at)
) partition by range (created_at);
create index calls_time on calls (account_id, created_at desc);

-- Calls that are not over. `node` null: it waits for a voice process, for `at_node` where that is set, else for any;
-- `node` is the process that answers for it.
create table live_calls (
    account_id uuid not null,
    call_id uuid not null,
    created_at timestamptz not null,
    node text,
    at_node text,
    direction text not null,
    caller text not null,
    callee text not null,
    prefix text not null default '',
    client_id uuid,
    answered_at timestamptz,
    price bigint not null default 0,
    held bigint not null default 0,
    expires_at timestamptz not null,
    primary key (account_id, call_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index live_calls_waiting on live_calls (created_at) where node is null;
create index live_calls_node on live_calls (node);
create index live_calls_expiry on live_calls (expires_at);

-- What the API asks of a live call; the process that has the call takes it from here.
create table call_commands (
    id bigint generated always as identity primary key,
    account_id uuid not null,
    call_id uuid not null,
    node text not null,
    command jsonb not null,
    asked_at timestamptz not null,
    request_id text
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index call_commands_node on call_commands (node, id);

-- Processes that hold calls. `seen_at` is on the database's clock: it guards against dead processes.
create table voice_nodes (
    node text primary key,
    sip_address text not null default '',
    started_at timestamptz not null,
    seen_at timestamptz not null
);

-- When an account may place its next call, and what it has spent on a prefix ('' for all) today.
create table call_pace (
    account_id uuid primary key,
    next_free_at timestamptz not null
) with (fillfactor = 50);

create table call_spend (
    account_id uuid not null,
    day date not null,
    prefix text not null,
    amount bigint not null default 0,
    primary key (account_id, day, prefix)
) with (fillfactor = 50);

create table call_thresholds (
    account_id uuid not null,
    phone_number text not null,
    since timestamptz not null,
    calls integer not null,
    primary key (account_id, phone_number)
) with (fillfactor = 50);

create table recordings (
    account_id uuid not null,
    id uuid not null,
    created_at timestamptz not null,
    call_id uuid not null,
    parent_call_id uuid,
    direction text not null,
    file_format text not null,
    seconds integer not null,
    url text not null,
    size bigint not null default 0,
    status text not null,
    callback_url text not null default '',
    transcription text,
    metadata jsonb,
    primary key (account_id, id, created_at)
) partition by range (created_at);
create index recordings_call on recordings (account_id, call_id);
create index recordings_time on recordings (account_id, created_at desc);

create table conferences (
    account_id uuid not null,
    id uuid not null,
    name text not null,
    mini boolean not null,
    node text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    primary key (account_id, id)
);
create unique index conferences_live on conferences (account_id, name) where ended_at is null;
create index conferences_node on conferences (node) where ended_at is null;

create table conference_members (
    account_id uuid not null,
    conference_id uuid not null,
    member_id integer not null,
    call_id uuid not null,
    name text not null,
    caller_id_name text not null default '',
    caller_id_number text not null default '',
    mute boolean not null default false,
    deaf boolean not null default false,
    ghost boolean not null default false,
    joined_at timestamptz not null,
    primary key (account_id, conference_id, member_id),
    foreign key (account_id, conference_id) references conferences (account_id, id) on delete cascade
);
create index conference_members_call on conference_members (account_id, call_id);
