-- Contacts with free-form data and unique look-up keys; SMS templates.

create table contacts (
    account_id uuid not null references accounts,
    id uuid not null,
    created uuid not null,
    dnc smallint not null default 0,
    timezone smallint not null,
    ext_data jsonb not null,
    keys text[] not null default '{}',
    removed_keys text[] not null default '{}',
    archived boolean not null default false,
    created_at timestamptz not null,
    primary key (account_id, id)
);
create index contacts_listing on contacts (account_id, created_at, id) where not archived;
create index contacts_ext_data on contacts using gin (ext_data jsonb_path_ops);

create table contact_keys (
    account_id uuid not null,
    key text not null,
    contact_id uuid not null,
    primary key (account_id, key),
    foreign key (account_id, contact_id) references contacts on delete cascade
);
create index contact_keys_contact on contact_keys (account_id, contact_id);

create table sms_templates (
    account_id uuid not null references accounts,
    id uuid not null,
    text text not null default '',
    title text not null default '',
    media_url text not null default '',
    last_used timestamptz,
    archived boolean not null default false,
    created_at timestamptz not null,
    primary key (account_id, id)
);
