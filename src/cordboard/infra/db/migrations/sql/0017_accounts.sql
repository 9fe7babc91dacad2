-- Subaccounts that were deleted, settings for services outside, and numbers that were given back.

-- `status`: 1 active, 0 inactive, 2 closed. What was deleted is closed too, for whoever still works for it.
alter table accounts add column deleted_at timestamptz;
alter table accounts add constraint accounts_status check (status in (0, 1, 2));
alter table accounts add constraint accounts_deleted check (deleted_at is null or status = 2);

-- `value_sealed`: what is opened only to speak to the provider. One of the two is set.
create table external_settings (
    account_id uuid not null references accounts,
    provider text not null,
    key text not null,
    value text,
    value_sealed text,
    primary key (account_id, provider, key),
    check ((value is null) <> (value_sealed is null))
);

-- Numbers that only `account_id` may buy again until then.
create table number_quarantine (
    phone_number text primary key,
    account_id uuid not null references accounts,
    until timestamptz not null
);
