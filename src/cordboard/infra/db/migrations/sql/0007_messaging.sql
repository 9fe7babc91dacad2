-- Messages, the queue in front of the carriers, the send ledger, receipts that came early, inbound parts.

-- `id` is a time UUID and `created_at` the time inside it, so that the id alone finds the partition.
create table messages (
    account_id uuid not null,
    id uuid not null,
    created_at timestamptz not null,
    parent_account_id uuid not null,
    direction text not null check (direction in ('inbound', 'outbound')),
    state text not null,
    sender text not null,
    recipient text not null,
    body text not null,
    media_urls jsonb not null default '[]',
    encoding text,
    segments smallint not null default 1,
    message_class text,
    sms_type text not null,
    carrier text,
    contact_id uuid,
    number_set_id uuid,
    template_id uuid,
    metadata jsonb,
    status_callback text,
    delivery_status_enabled boolean,
    gated boolean not null default true,
    scheduled_at timestamptz,
    valid_until timestamptz,
    price bigint not null default 0,
    held bigint not null default 0,
    charged boolean not null default false,
    delivery_status text,
    error_code text,
    error_message text,
    opt text,
    sent_at timestamptz,
    finished_at timestamptz,
    request_id text,
    primary key (account_id, id, created_at)
) partition by range (created_at);
create index messages_time on messages (account_id, created_at desc);

-- What waits for a carrier, and only that: a claim deletes the row. `parts` null: all of the message's segments.
create table sms_queue (
    account_id uuid not null,
    message_id uuid not null,
    created_at timestamptz not null,
    carrier text not null,
    priority smallint not null,
    due_at timestamptz not null,
    attempt smallint not null,
    parts jsonb,
    sender text not null,
    recipient text not null,
    body text not null,
    media_urls jsonb not null,
    segments smallint not null,
    message_class text not null,
    gated boolean not null,
    valid_until timestamptz,
    request_id text,
    primary key (account_id, message_id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index sms_queue_due on sms_queue (carrier, priority, due_at);

-- The send ledger: one row a part and attempt, committed before the part goes on the wire.
create table sms_sends (
    account_id uuid not null,
    message_id uuid not null,
    created_at timestamptz not null,
    attempt smallint not null,
    part smallint not null,
    carrier text not null,
    bind smallint not null,
    state text not null,
    remote_id text,
    error_code text,
    error_message text,
    submitted_at timestamptz not null,
    answered_at timestamptz,
    receipt text,
    receipt_final boolean not null default false,
    receipt_error text,
    receipt_at timestamptz,
    primary key (account_id, message_id, attempt, part, created_at)
) partition by range (created_at);
create index sms_sends_receipt on sms_sends (remote_id, carrier) where remote_id is not null;
create index sms_sends_open on sms_sends (carrier, bind) where state = 'submitting';

create table early_receipts (
    id bigint generated always as identity primary key,
    carrier text not null,
    remote_id text not null,
    report jsonb not null,
    received_at timestamptz not null
);
create index early_receipts_remote on early_receipts (remote_id, carrier);
create index early_receipts_age on early_receipts (received_at);

create table inbound_parts (
    account_id uuid not null,
    recipient text not null,
    sender text not null,
    reference text not null,
    part smallint not null,
    parts smallint not null,
    data_coding smallint not null,
    payload bytea not null,
    carrier text not null,
    received_at timestamptz not null,
    primary key (account_id, recipient, sender, reference, part)
);

-- Ids of inbound messages of carriers that may tell of one twice; kept for two days.
create table inbound_seen (
    account_id uuid not null,
    carrier text not null,
    carrier_message_id text not null,
    seen_at timestamptz not null,
    primary key (account_id, carrier, carrier_message_id)
);
create index inbound_seen_age on inbound_seen (seen_at);

-- Steps of answering an inbound message that were carried out, so that a repeated job does not send a reply twice.
create table sms_answers (
    account_id uuid not null,
    message_id uuid not null,
    step smallint not null,
    answered_at timestamptz not null,
    primary key (account_id, message_id, step)
);
create index sms_answers_age on sms_answers (answered_at);
