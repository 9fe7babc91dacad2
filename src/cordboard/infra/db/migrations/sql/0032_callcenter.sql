-- The contact centre: what is configured, its users, its lists and leads, and the calls of its programs' APIs.

-- One row an object of any kind (user groups, campaigns, statuses, call times, ...), its fields as JSON.
create table cc_objects (
    account_id uuid not null references accounts,
    kind text not null,
    id text collate "C" not null,
    fields jsonb not null,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    primary key (account_id, kind, id)
);

-- `name` is what a user signs in with; other accounts may have users of the same name.
create table cc_users (
    account_id uuid not null references accounts,
    name text collate "C" not null,
    password_hash text not null,
    settings jsonb not null,
    failed_logins integer not null default 0,
    locked_until timestamptz,
    last_login_at timestamptz,
    last_ip text not null default '',
    created_at timestamptz not null,
    modified_at timestamptz not null,
    primary key (account_id, name)
);
create index cc_users_name on cc_users (name);

-- `resets_today` counts the resets of `resets_day`, a day in UTC.
create table cc_lists (
    account_id uuid not null references accounts,
    list_id bigint not null,
    campaign_id text not null,
    settings jsonb not null,
    resets_today integer not null default 0,
    resets_day date,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    primary key (account_id, list_id)
);
create index cc_lists_campaign on cc_lists (account_id, campaign_id);

create sequence cc_lead_ids;

-- `phone_number` is as it was given, digits alone, without its country code; `called_since_last_reset` N is not called.
create table cc_leads (
    account_id uuid not null references accounts,
    lead_id bigint not null,
    list_id bigint not null,
    entry_list_id bigint not null default 0,
    entry_date timestamptz not null,
    modify_date timestamptz not null,
    status text not null,
    agent text not null default '',
    vendor_lead_code text not null default '',
    source_id text not null default '',
    called_since_last_reset text not null default 'N',
    gmt_offset_now numeric(4, 2) not null default 0,
    phone_code text not null,
    phone_number text not null,
    title text not null default '',
    first_name text not null default '',
    middle_initial text not null default '',
    last_name text not null default '',
    address1 text not null default '',
    address2 text not null default '',
    address3 text not null default '',
    city text not null default '',
    state text not null default '',
    province text not null default '',
    postal_code text not null default '',
    country_code text not null default '',
    gender text not null default 'U',
    date_of_birth date,
    alt_phone text not null default '',
    email text not null default '',
    security_phrase text not null default '',
    comments text not null default '',
    called_count integer not null default 0,
    last_local_call_time timestamptz,
    rank integer not null default 0,
    owner text not null default '',
    custom jsonb not null default '{}',
    primary key (account_id, lead_id)
) with (fillfactor = 85);
create index cc_leads_phone on cc_leads (account_id, phone_number);
create index cc_leads_list on cc_leads (account_id, list_id, lead_id);
create index cc_leads_vendor on cc_leads (account_id, vendor_lead_code) where vendor_lead_code <> '';
create index cc_leads_alt_phone on cc_leads (account_id, alt_phone) where alt_phone <> '';

-- Numbers that the leads of a campaign are not called under; an area code stands as 201XXXXXXX.
create table cc_campaign_dnc (
    account_id uuid not null references accounts,
    campaign_id text not null,
    phone_number text not null,
    created_at timestamptz not null,
    primary key (account_id, campaign_id, phone_number)
);

-- What programs asked for by the text APIs, and what they were told; passwords are not in it.
create table cc_api_log (
    account_id uuid not null,
    at timestamptz not null,
    name text not null,
    agent text not null default '',
    script text not null,
    function text not null,
    value text not null default '',
    result text not null,
    reason text not null,
    source text not null default '',
    data text not null default '',
    seconds real not null
) partition by range (at);
create index cc_api_log_account on cc_api_log (account_id, at);

-- Leads that are to be called at a time. ACTIVE until then, LIVE once due, INACTIVE when somebody took it.
create table cc_callbacks (
    account_id uuid not null references accounts,
    callback_id bigint generated always as identity,
    lead_id bigint not null,
    list_id bigint not null,
    campaign_id text not null,
    status text not null,
    lead_status text not null,
    recipient text not null check (recipient in ('USERONLY', 'ANYONE')),
    agent text not null default '',
    comments text not null default '',
    callback_time timestamptz not null,
    entry_time timestamptz not null,
    primary key (account_id, callback_id),
    foreign key (account_id, lead_id) references cc_leads on delete cascade
);
create index cc_callbacks_lead on cc_callbacks (account_id, lead_id);
create index cc_callbacks_due on cc_callbacks (callback_time) where status = 'ACTIVE';

-- Leads in line to be dialled, the higher priority first. `source` says how one came here: P by a program.
create table cc_hopper (
    account_id uuid not null references accounts,
    hopper_id bigint generated always as identity,
    campaign_id text not null,
    lead_id bigint not null,
    list_id bigint not null,
    status text not null default 'READY',
    priority integer not null default 0,
    source text not null,
    alt_dial text not null default 'NONE',
    gmt_offset_now numeric(4, 2) not null,
    state text not null default '',
    agent text not null default '',
    primary key (account_id, hopper_id),
    unique (account_id, lead_id),
    foreign key (account_id, lead_id) references cc_leads on delete cascade
);
create index cc_hopper_line on cc_hopper (account_id, campaign_id, status, priority desc, hopper_id);

-- Further numbers of leads, tried in the order of `place`.
create table cc_lead_phones (
    account_id uuid not null references accounts,
    lead_id bigint not null,
    place integer not null,
    phone_code text not null,
    phone_number text not null,
    note text not null default '',
    primary key (account_id, lead_id, place),
    foreign key (account_id, lead_id) references cc_leads on delete cascade
);
