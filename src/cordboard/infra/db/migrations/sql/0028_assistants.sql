-- Assistants, and the conversations that they hold for runs.

create table assistants (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    instructions text not null,
    greeting text not null default '',
    max_turns integer not null,
    timeout_minutes integer not null,
    outcomes text[] not null default '{}',
    model text not null default '',
    created_at timestamptz not null,
    primary key (account_id, id)
);
create index assistants_created on assistants (account_id, created_at, id);

-- `token` is the wait of the run that the conversation is to end. `briefing` is what the assistant was told when it
-- began, `lines` what was said since, `variables` what was found out: JSON, as text.
create table talks (
    account_id uuid not null,
    run_id uuid not null,
    token integer not null,
    node integer not null,
    assistant_id text not null,
    person text not null default '',
    number text not null default '',
    briefing text not null,
    lines text not null,
    variables text not null,
    failures integer not null default 0,
    state text not null check (state in ('open', 'done')),
    outcome text not null default '',
    waits_until timestamptz not null,
    created_at timestamptz not null,
    primary key (account_id, run_id, token)
);
create index talks_time on talks using brin (created_at);
