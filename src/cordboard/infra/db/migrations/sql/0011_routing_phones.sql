-- Inbound routing: tags, where they lead, and the rules of that. Phones, where they are registered, webphone users'
-- statuses, and presets for transfers.

create table route_tags (
    account_id uuid not null references accounts,
    route_tag text not null,
    description text not null default '',
    distribution_type smallint not null check (distribution_type between 1 and 4),
    created_at timestamptz not null,
    primary key (account_id, route_tag)
);

create table route_rule_sets (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    statements jsonb not null,
    created_at timestamptz not null,
    primary key (account_id, id)
);

create table route_destinations (
    account_id uuid not null,
    route_tag text not null,
    src_type text not null check (src_type in ('call', 'sms')),
    dest text not null,
    dest_type text not null,
    name text not null default '',
    description text not null default '',
    distribution_type smallint not null,
    callback_url text not null default '',
    options jsonb not null,
    apply_tags jsonb not null,
    priority integer not null,
    rule_set_id uuid,
    status smallint not null,
    created_at timestamptz not null,
    primary key (account_id, route_tag, src_type, dest, dest_type),
    foreign key (account_id, route_tag) references route_tags on delete cascade,
    foreign key (account_id, rule_set_id) references route_rule_sets (account_id, id)
);
create index route_destinations_rules on route_destinations (account_id, rule_set_id) where rule_set_id is not null;

-- Whose turn it is where a tag goes round: how many calls or texts it has distributed.
create table route_turns (
    account_id uuid not null,
    route_tag text not null,
    src_type text not null,
    turn bigint not null,
    primary key (account_id, route_tag, src_type)
) with (fillfactor = 50);

alter table numbers add column route_tag text;
alter table numbers add foreign key (account_id, route_tag) references route_tags (account_id, route_tag)
    on delete set null (route_tag);
create index numbers_route_tag on numbers (account_id, route_tag) where route_tag is not null;
create index numbers_user on numbers (account_id, assigned_user) where assigned_user is not null;

-- `ha1_*_sealed`: what digest authentication compares with, never the password.
create table sip_phones (
    username text primary key,
    account_id uuid not null references accounts,
    client_id uuid,
    display_name text not null default '',
    extension text not null default '',
    caller_id text not null default '',
    enabled boolean not null default true,
    ha1_md5_sealed text not null,
    ha1_sha256_sealed text not null,
    created_at timestamptz not null
);
create index sip_phones_account on sip_phones (account_id, username);
create unique index sip_phones_extension on sip_phones (account_id, extension) where extension <> '';

-- Where phones can be reached just now. `user_name` is a SIP phone's user name, or a browser phone's clientId.
create table phone_bindings (
    account_id uuid not null,
    user_name text not null,
    contact text not null,
    node text not null,
    user_agent text not null default '',
    remote text not null default '',
    browser boolean not null default false,
    registered_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (account_id, user_name, contact)
) with (fillfactor = 70);
create index phone_bindings_expiry on phone_bindings (expires_at);
create index phone_bindings_node on phone_bindings (node);

-- Webphone users. `login_at` null: not signed in just now.
create table webphones (
    account_id uuid not null,
    client_id uuid not null references users on delete cascade,
    status text not null check (status in ('available', 'unavailable')),
    login_at timestamptz,
    call_id uuid,
    conf_id uuid,
    last_action_at timestamptz,
    primary key (account_id, client_id)
) with (fillfactor = 70);

-- `identifier`: the account's id, a work group's name or a user's id.
create table transfer_presets (
    account_id uuid not null references accounts,
    preset_type text not null check (preset_type in ('account', 'workgroup', 'user')),
    identifier text not null,
    destination text not null,
    created_at timestamptz not null,
    primary key (account_id, preset_type, identifier, destination)
);
