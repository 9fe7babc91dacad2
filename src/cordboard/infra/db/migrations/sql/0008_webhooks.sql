-- Callback configurations, and deliveries to them.

create table webhook_connections (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    description text not null default '',
    headers jsonb not null default '{}',
    auth_headers_sealed jsonb not null default '{}',
    created_at timestamptz not null,
    primary key (account_id, id)
);

create table webhooks (
    account_id uuid not null references accounts,
    id uuid not null,
    event_type text not null,
    name text not null,
    connection_id uuid,
    enabled boolean not null,
    disabled_reason text,
    headers jsonb not null default '{}',
    url text not null,
    http_method text not null,
    content_type text not null,
    body_template text not null default '',
    success_path text not null,
    success_value text not null default '',
    response_mapping jsonb not null default '{}',
    secrets_sealed jsonb not null default '[]',
    failing_since timestamptz,
    created_at timestamptz not null,
    primary key (account_id, id),
    foreign key (account_id, connection_id) references webhook_connections
);
create index webhooks_event on webhooks (account_id, event_type) where enabled;
