-- Inboxes, the conversations of accounts with their contacts, and what sockets are told of them.

-- The row whose `id` is its account's is the default inbox; it is there once somebody has named it.
create table inboxes (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    display_name text not null,
    created_at timestamptz not null,
    primary key (account_id, id)
);
create unique index inboxes_name on inboxes (account_id, lower(name));

create table inbox_users (
    account_id uuid not null,
    inbox_id uuid not null,
    client_id uuid not null references users on delete cascade,
    primary key (account_id, client_id, inbox_id),
    foreign key (account_id, inbox_id) references inboxes on delete cascade
);
create index inbox_users_inbox on inbox_users (account_id, inbox_id);

-- All that happened with one person. `thread_id` is a contact's id, or made of the number of somebody who is none yet;
-- `time` is the event's time UUID and `happened_at` the time inside it, so that the id alone finds the partition.
create table conversation_events (
    account_id uuid not null,
    time uuid not null,
    happened_at timestamptz not null,
    thread_id uuid not null,
    type text not null,
    status text not null,
    event jsonb not null,
    primary key (account_id, time, happened_at)
) partition by range (happened_at);
create index conversation_events_thread on conversation_events (account_id, thread_id, happened_at desc, time desc);

-- A conversation as it stands in an inbox, by the newest of its published events.
create table inbox_entries (
    account_id uuid not null,
    contact_id uuid not null,
    inbox_id uuid not null,
    time uuid not null,
    happened_at timestamptz not null,
    type text not null,
    is_unread boolean not null,
    is_open boolean not null,
    primary key (account_id, contact_id, inbox_id)
) with (fillfactor = 80);
create index inbox_entries_listing on inbox_entries (account_id, inbox_id, is_open, happened_at desc, time desc);
create index inbox_entries_unread on inbox_entries (account_id, inbox_id) where is_unread and is_open;
create index inbox_entries_age on inbox_entries (happened_at);

-- What sockets are told, kept for a day. Only the outbox's dispatcher adds rows, one transaction after the other, so that
-- they can be seen in the order of their ids. `inbox_id` null: for all sockets of the account, and `payload` is told.
create table inbox_feed (
    id bigint generated always as identity primary key,
    account_id uuid not null,
    inbox_id uuid,
    contact_id uuid,
    time uuid,
    happened_at timestamptz,
    kind text not null,
    payload jsonb,
    created_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index inbox_feed_account on inbox_feed (account_id, id);
create index inbox_feed_age on inbox_feed (created_at);
