-- Balances with holds, the ledger of charges, and the rate card. Amounts are micro-units.

create table balances (
    account_id uuid primary key references accounts,
    mode text not null check (mode in ('prepaid', 'postpaid')),
    currency text not null,
    balance bigint not null default 0,
    held bigint not null default 0 check (held >= 0)
) with (fillfactor = 50);

create table ledger_entries (
    account_id uuid not null,
    id uuid not null,
    booked_at timestamptz not null,
    kind text not null,
    amount bigint not null,
    quantity integer not null,
    subject_id uuid,
    description text not null,
    primary key (account_id, id, booked_at)
) partition by range (booked_at);
create index ledger_entries_time on ledger_entries (account_id, booked_at);

create table rates (
    service text not null,
    prefix text not null,
    price bigint not null check (price >= 0),
    primary key (service, prefix)
);
