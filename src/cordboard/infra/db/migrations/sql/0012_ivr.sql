-- IVRs, their earlier versions, and which options callers chose.

create table ivrs (
    account_id uuid not null references accounts,
    name text not null,
    version integer not null,
    definition jsonb not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (account_id, name)
);

create table ivr_archives (
    account_id uuid not null references accounts,
    name text not null,
    version integer not null,
    definition jsonb not null,
    archived_at timestamptz not null,
    primary key (account_id, name, version)
);

-- `key` empty: the caller chose what is no option.
create table ivr_choices (
    account_id uuid not null references accounts,
    name text not null,
    day date not null,
    version integer not null,
    menu text not null,
    key text not null,
    choices bigint not null,
    primary key (account_id, name, day, version, menu, key)
) with (fillfactor = 70);
