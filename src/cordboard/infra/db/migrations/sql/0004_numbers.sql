-- Numbers: what carriers offer, what accounts own, sets of them, and when each may send next.

create table inventory (
    phone_number text primary key,
    area text generated always as -- the area code; empty for short codes and numbers of other plans
        (case when phone_number like '+1%' then substr(phone_number, 3, 3) else '' end) stored,
    carrier text not null,
    attributes text[] not null,
    imported boolean not null default false -- by the command line; the rest is from the settings
);
create index inventory_area on inventory (area);

create table number_sets (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    forward_number text not null default '',
    caller_id_name text not null default '',
    urls jsonb not null default '{}',
    keyword_actions jsonb not null default '{}',
    created_at timestamptz not null,
    primary key (account_id, id)
);

create table numbers (
    account_id uuid not null references accounts,
    phone_number text not null,
    phone_sid uuid not null,
    friendly_name text not null default '',
    carrier text not null,
    number_type smallint not null,
    attributes text[] not null,
    region text not null default '',
    timezone smallint not null,
    urls jsonb not null default '{}',
    keyword_actions jsonb not null default '{}',
    number_set_id uuid,
    assigned_user uuid,
    purchase_date timestamptz not null,
    renewal_date timestamptz not null,
    primary key (account_id, phone_number),
    foreign key (account_id, number_set_id) references number_sets (account_id, id)
);
create unique index numbers_owned_once on numbers (phone_number);
create index numbers_set on numbers (account_id, number_set_id) where number_set_id is not null;

-- The pacing of a sender: the moment its next segment may leave. Narrow and hot, apart from the settings above.
create table number_pace (
    account_id uuid not null,
    phone_number text not null,
    next_free_at timestamptz not null,
    primary key (account_id, phone_number)
) with (fillfactor = 50);
