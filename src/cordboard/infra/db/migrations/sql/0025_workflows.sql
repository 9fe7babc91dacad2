-- Campaigns, the versions of their workflows, and the contacts that are under way in them.

create table campaigns (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    number_set_id uuid,
    protection_type smallint not null default 0 check (protection_type in (0, 1, 2)),
    protection_timezone integer,
    protection_start time,
    protection_end time,
    display_type integer not null default 1,
    workflow_version integer not null default 0,
    last_used timestamptz,
    archived boolean not null default false,
    created_at timestamptz not null,
    primary key (account_id, id)
);

create table workflow_versions (
    account_id uuid not null,
    campaign_id uuid not null,
    version integer not null,
    definition text not null,
    client_id uuid,
    created_at timestamptz not null,
    primary key (account_id, campaign_id, version),
    foreign key (account_id, campaign_id) references campaigns (account_id, id)
);

-- Who is under way, and nobody else. `state` is the engine's; `wake_at` is when there is something to do next: the wait
-- that ends, or an input that has come. `sender` is the number that the contact knows the campaign by.
create table runs (
    account_id uuid not null,
    id uuid not null,
    campaign_id uuid not null,
    version integer not null,
    contact_id uuid not null,
    batch_id uuid,
    depth smallint not null default 0,
    sender text not null default '',
    state text not null,
    at_node integer,
    listening boolean not null default false,
    wake_at timestamptz,
    failures smallint not null default 0,
    created_at timestamptz not null,
    primary key (account_id, id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
create index runs_due on runs (wake_at) where wake_at is not null;
create index runs_contact on runs (account_id, contact_id);
create index runs_campaign on runs (account_id, campaign_id, version);

-- Those that have ended.
create table ended_runs (
    account_id uuid not null,
    id uuid not null,
    campaign_id uuid not null,
    version integer not null,
    contact_id uuid not null,
    batch_id uuid,
    sender text not null,
    state text not null,
    ending text not null,
    reason text not null,
    created_at timestamptz not null,
    ended_at timestamptz not null,
    primary key (account_id, id, ended_at)
) partition by range (ended_at);
create index ended_runs_contact on ended_runs (account_id, contact_id);

-- What runs have been told of and have not seen yet, in order.
create table run_inputs (
    account_id uuid not null,
    run_id uuid not null,
    id bigint generated always as identity,
    given text not null,
    at timestamptz not null,
    primary key (account_id, run_id, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

-- Who a run has written to and called, from which number: whose reply an inbound message is.
create table run_sends (
    account_id uuid not null,
    person text not null,
    number text not null,
    id uuid not null,
    run_id uuid not null,
    campaign_id uuid not null,
    template_id uuid,
    reply_to text not null,
    sent_at timestamptz not null,
    primary key (account_id, person, number, id)
);
create index run_sends_time on run_sends using brin (sent_at);

-- How many contacts wait for one opening of a campaign's hours, so that they start one after the other.
create table campaign_openings (
    account_id uuid not null,
    campaign_id uuid not null,
    opens_at timestamptz not null,
    taken bigint not null,
    primary key (account_id, campaign_id, opens_at)
);

-- The campaign that a message is of, and what was added to its price.
alter table messages
    add column campaign_id uuid,
    add column surcharge bigint not null default 0;
