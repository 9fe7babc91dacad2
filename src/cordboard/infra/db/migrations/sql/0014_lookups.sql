-- What accounts asked about numbers' carriers; the last answer about a number serves again for some time.

create table carrier_lookups (
    account_id uuid not null references accounts,
    id uuid not null,
    phone_number text not null,
    network text not null,
    company text not null,
    wireless boolean,
    zip_code text not null,
    city text not null,
    state text not null,
    country text not null,
    price bigint not null,
    updated_at timestamptz not null, -- when the facts were had from their source
    created_at timestamptz not null, -- when they were asked for
    primary key (account_id, id)
);
create index carrier_lookups_time on carrier_lookups (account_id, created_at desc, id desc);
create index carrier_lookups_number on carrier_lookups (account_id, phone_number, updated_at desc);
create index carrier_lookups_age on carrier_lookups (created_at);
