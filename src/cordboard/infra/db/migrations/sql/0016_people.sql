-- What is known of users, the second factor of their sign-in, and work groups.

-- `tokens_since`: access tokens that were issued before it are refused. `totp_pending_sealed`: a second factor that was
-- set up and is not confirmed yet.
alter table users
    add column display_name text not null default '',
    add column phone text not null default '',
    add column source text not null default '',
    add column avatar text not null default '',
    add column ucaas_extension text not null default '',
    add column ucaas_code text not null default '',
    add column totp_pending_sealed text,
    add column tokens_since timestamptz;
drop index users_account;
create index users_account on users (account_id, created_at, id);
create index refresh_tokens_user on refresh_tokens (user_id);
create index api_keys_user on api_keys (user_id);

-- Each stands once in place of a pincode: it is gone when it has been used.
create table recovery_codes (
    user_id uuid not null references users on delete cascade,
    code_hash bytea not null,
    primary key (user_id, code_hash)
);

create table work_groups (
    id uuid primary key,
    account_id uuid not null references accounts,
    name text not null,
    description text not null,
    metadata jsonb not null,
    details jsonb not null,
    created_at timestamptz not null
);
create unique index work_groups_name on work_groups (account_id, lower(name));

-- `place` keeps the members' order.
create table work_group_members (
    group_id uuid not null references work_groups on delete cascade,
    user_id uuid not null references users on delete cascade,
    place integer not null,
    primary key (group_id, user_id)
);
create index work_group_members_user on work_group_members (user_id);
