-- Who must not be contacted, which words say so, and why the gate decided what it did.

create table dnc (
    account_id uuid not null references accounts,
    endpoint text not null,
    selector text not null,
    subtype text not null,
    source text not null,
    created_at timestamptz not null,
    primary key (account_id, endpoint, selector, subtype)
);
create index dnc_listing on dnc (account_id, created_at, endpoint);

create table optout_words (
    account_id uuid not null references accounts,
    match text not null,
    match_rule text not null,
    created_at timestamptz not null
);
create unique index optout_words_once on optout_words (account_id, lower(match));

create table decisions (
    account_id uuid not null,
    subject_id uuid not null,
    decided_at timestamptz not null,
    channel text not null,
    verdict text not null,
    code text,
    reason text,
    defer_until timestamptz,
    rules jsonb not null,
    rules_version text not null
) partition by range (decided_at);
create index decisions_subject on decisions (account_id, subject_id, decided_at);

-- The national do-not-call list of the installation, as it was last loaded; accounts with access to it may ask for it.
create table federal_dnc (
    phone_number text primary key
);
