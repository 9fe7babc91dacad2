-- Assets: files of an account at a public address. `blob`: the file's name in the store; its owner and those in
-- `client_ids` and in the groups of `work_groups` may see and change the asset. `seconds`: how long a sound is.
create table assets (
    account_id uuid not null references accounts,
    type text not null check (type in ('audio', 'mms-image', 'meme-image', 'inboundxml')),
    name text not null,
    description text,
    owner_id uuid not null,
    client_ids uuid[] not null,
    work_groups text[] not null,
    blob text not null,
    mime_type text not null,
    size bigint not null,
    seconds integer not null,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    primary key (account_id, type, name)
);
create index assets_listed on assets (account_id, created_at, type, name);
create unique index assets_blob on assets (blob);

-- How many rewordings an account may ask for: `tokens` at `filled_at`, filled up as time passes.
create table rewording_allowances (
    account_id uuid primary key references accounts,
    tokens double precision not null,
    filled_at timestamptz not null
);
