-- Dispositions of accounts and the workflows that built-in ones trigger; scripts for agents.

create table dispositions (
    account_id uuid not null references accounts,
    key text not null,
    description text not null,
    tags text[] not null,
    direction text not null,
    triggered_campaign_id uuid,
    created_at timestamptz not null,
    primary key (account_id, key)
);

create table scripts (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    external_url text,
    questions jsonb not null,
    completion_options jsonb not null,
    callback_id uuid,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    primary key (account_id, id)
);
create index scripts_listing on scripts (account_id, created_at, id);
