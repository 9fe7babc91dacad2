-- Runners: contacts that are to enter a campaign one after the other, and schedules that make runners.

-- `started` is the place of the last contact that entered, `queued` how many places are filled; `scanned` is the contact
-- up to which a runner of statements has been filled while it is `filling`. `anchor`: when `anchor_started` had been started, which
-- the pace counts from. `epoch` tells the timer of this start from those of earlier ones.
create table runners (
    account_id uuid not null,
    id uuid not null,
    campaign_id uuid not null,
    display_name text not null,
    state text not null check (state in ('not_started', 'in_progress', 'stopped', 'completed')),
    period_ms integer not null,
    statements jsonb not null default '[]',
    dnc jsonb not null default '[]',
    filling boolean not null,
    scanned uuid,
    queued bigint not null default 0,
    started bigint not null default 0,
    epoch integer not null default 0,
    anchor timestamptz,
    anchor_started bigint not null default 0,
    created_at timestamptz not null,
    primary key (account_id, id),
    foreign key (account_id, campaign_id) references campaigns (account_id, id)
) with (fillfactor = 50);
create index runners_campaign on runners (account_id, campaign_id, created_at);

create table runner_contacts (
    account_id uuid not null,
    runner_id uuid not null,
    place bigint not null,
    contact_id uuid not null,
    primary key (account_id, runner_id, place)
);

create table workflow_schedules (
    account_id uuid not null,
    id uuid not null,
    campaign_id uuid not null,
    members jsonb not null,
    request jsonb not null,
    active boolean not null,
    epoch integer not null default 0,
    next_at timestamptz,
    last_run timestamptz,
    created_at timestamptz not null,
    primary key (account_id, id),
    foreign key (account_id, campaign_id) references campaigns (account_id, id)
);
