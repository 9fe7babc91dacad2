-- The ledger's items and counter accounts, what was used by day, rate cards of accounts with surcharges and taxes,
-- payments that are booked once, balance alerts, and numbers whose month could not be paid.

-- One row is one transaction. `amount` is the customer's side; `cost`, `surcharge`, `tax` and `payment` are the other
-- accounts' sides, so that the five always come to 0. `kind` of what was used is its service type.
alter table ledger_entries
    add column sub_type text not null default '',
    add column lob text not null default '',
    add column item_code text not null default '',
    add column seconds integer not null default 0,
    add column cost bigint not null default 0,
    add column surcharge bigint not null default 0,
    add column tax bigint not null default 0,
    add column payment bigint not null default 0;
update ledger_entries set payment = -amount where kind = 'credit';
update ledger_entries set
    cost = -amount,
    lob = 'api',
    kind = case kind when 'number' then 'mrc_did' when 'carrier_lookup' then 'carrierlu' else kind end,
    sub_type = case
        when kind = 'sms' then case when description like 'message from%' then 'si' else 'so' end
        when kind = 'mms' then 'mo'
        when kind = 'call' then case when description like 'inbound%' then 'ci' else 'co' end
        when kind = 'number' then 'nu'
        else 'carrierlu'
    end,
    seconds = case when kind = 'call' then quantity else 0 end,
    quantity = case when kind = 'call' then (quantity + 59) / 60 else quantity end
    where kind <> 'credit';
update ledger_entries set item_code = 'A' || case sub_type when 'carrierlu' then 'ca' else sub_type end || 'US'
    where kind <> 'credit';
alter table ledger_entries add check (amount + cost + surcharge + tax + payment = 0);
-- Entries come in the order of time, which is all that such an index needs, and it costs a booking next to nothing.
drop index ledger_entries_time;
create index ledger_entries_time on ledger_entries using brin (booked_at) with (pages_per_range = 32);

create view ledger_postings as
select e.account_id, e.id as transaction_id, e.booked_at, p.book, p.amount
from ledger_entries e
cross join lateral (
    values ('customer', e.amount), ('revenue', e.cost), ('surcharges', e.surcharge), ('taxes', e.tax),
        ('payments', e.payment)
) as p (book, amount)
where p.amount <> 0;

-- What was used on a day (UTC), written with the entries: what a report reads.
create table usage_days (
    account_id uuid not null references accounts,
    day date not null,
    item_code text not null,
    kind text not null,
    sub_type text not null,
    lob text not null,
    entries bigint not null,
    quantity bigint not null,
    seconds bigint not null,
    cost bigint not null,
    surcharge bigint not null,
    tax bigint not null,
    primary key (account_id, day, item_code)
) with (fillfactor = 50);
insert into usage_days
select account_id, (booked_at at time zone 'UTC')::date, item_code, min(kind), min(sub_type), min(lob), count(*),
    sum(quantity), sum(seconds), sum(cost), sum(surcharge), sum(tax)
from ledger_entries where kind <> 'credit' group by 1, 2, 3;

-- `account_id` null: for every account; `service` '*': for every service; `number_type` '': for every kind of number.
-- What is null is not said here. Percentages are millionths of a percent.
alter table rates drop constraint rates_pkey;
alter table rates
    add column account_id uuid references accounts,
    add column number_type text not null default ''
        check (number_type in ('', 'local', 'toll_free', 'short_code')),
    add column surcharge bigint check (surcharge >= 0),
    add column surcharge_percent bigint check (surcharge_percent >= 0),
    add column tax_percent bigint check (tax_percent >= 0),
    alter column price drop not null;
create unique index rates_place on rates (account_id, service, number_type, prefix) nulls not distinct;

-- Payments that carry a reference, such as an invoice's number, are booked once.
create table payment_references (
    account_id uuid not null references accounts,
    reference text not null,
    amount bigint not null,
    booked_at timestamptz not null,
    primary key (account_id, reference)
);

-- `below_alert`, `below_min`: the balance was below the amount when it was looked at last, and the mail is sent.
create table balance_alerts (
    account_id uuid primary key references accounts,
    alert_amount bigint not null,
    min_amount bigint not null,
    email text not null,
    below_alert boolean not null,
    below_min boolean not null
);

-- Since when a number's month has not been paid; suspended, it sends and calls nobody until it is.
alter table numbers
    add column overdue_since timestamptz,
    add column suspended boolean not null default false;
create index numbers_overdue on numbers (account_id) where overdue_since is not null;
