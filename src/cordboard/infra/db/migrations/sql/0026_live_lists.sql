-- Live lists: contacts that workflows put in line for agents.

create table live_lists (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    created_at timestamptz not null,
    primary key (account_id, id),
    unique (account_id, name)
);

-- Who may work lists off, besides administrators of lists.
create table live_list_users (
    account_id uuid not null,
    list_id uuid not null,
    client_id uuid not null,
    place integer not null,
    primary key (account_id, list_id, client_id),
    foreign key (account_id, list_id) references live_lists (account_id, id) on delete cascade
);
create index live_list_users_client on live_list_users (account_id, client_id);

-- Who is in line, by `sequence`. `key` is the effect's that put the contact there.
create table live_list_entries (
    account_id uuid not null,
    list_id uuid not null,
    sequence bigint generated always as identity,
    contact_id uuid not null,
    campaign_id uuid not null,
    run_id uuid not null,
    key text not null,
    variables jsonb not null,
    expires_at timestamptz,
    added_at timestamptz not null,
    primary key (account_id, list_id, sequence),
    unique (account_id, key),
    foreign key (account_id, list_id) references live_lists (account_id, id) on delete cascade
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index live_list_entries_expiry on live_list_entries (expires_at) where expires_at is not null;
