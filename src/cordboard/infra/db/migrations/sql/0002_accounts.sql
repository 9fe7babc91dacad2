-- Tenants, their people and keys, and the tenant's log of steps.

create table accounts (
    id uuid primary key,
    parent_id uuid not null,
    name text not null,
    email text not null default '',
    domain text not null default '',
    phone text not null default '',
    source text not null default '',
    first_name text not null default '',
    last_name text not null default '',
    status smallint not null default 1,
    created_at timestamptz not null,
    modified_at timestamptz not null
);
create index accounts_parent on accounts (parent_id);

create table account_settings (
    account_id uuid not null references accounts,
    key text not null,
    value text not null,
    primary key (account_id, key)
);

create table users (
    id uuid primary key,
    account_id uuid not null references accounts,
    username text not null,
    password_hash text not null,
    first_name text not null default '',
    last_name text not null default '',
    email text not null default '',
    status smallint not null default 1,
    roles text[] not null,
    totp_secret_sealed text,
    totp_last_step bigint not null default 0,
    created_at timestamptz not null
);
create unique index users_username on users (lower(username));
create index users_account on users (account_id);

create table login_attempts (
    username text primary key,
    failures integer not null,
    locked_until timestamptz,
    last_at timestamptz not null
);

create table refresh_tokens (
    token_hash bytea primary key,
    family uuid not null,
    user_id uuid not null references users on delete cascade,
    expires_at timestamptz not null,
    minutes integer not null,
    used_at timestamptz,
    revoked_at timestamptz
);
create index refresh_tokens_family on refresh_tokens (family);

create table api_keys (
    jti uuid primary key,
    account_id uuid not null references accounts,
    user_id uuid not null references users on delete cascade,
    description text not null,
    roles text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index api_keys_account on api_keys (account_id);

create sequence debug_log_order;

-- `step` keeps the order of entries of one moment.
create table debug_log (
    account_id uuid not null,
    subject_id uuid not null,
    entry_id uuid not null,
    type text not null,
    data text not null,
    client_id uuid,
    date timestamptz not null,
    step bigint not null default nextval('debug_log_order')
) partition by range (date);
create index debug_log_subject on debug_log (account_id, subject_id, date);
