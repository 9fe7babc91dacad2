-- Messages, the queue in front of the carriers, the send ledger, receipts that came early, inbound parts.

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
    media_urls text[] not null default '{}',
    encoding text,
    segments smallint,
    message_class text,
    sms_type text not null,
    carrier text,
    contact_id uuid,
    number_set_id uuid,
    template_id uuid,
    metadata jsonb,
    status_callback text,
    delivery_status_enabled boolean,
    scheduled_at timestamptz,
    valid_until timestamptz,
    price bigint not null default 0,
    attempt smallint not null default 1,
    parts_delivered smallint not null default 0,
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

create table sms_queue (
    message_id uuid not null,
    account_id uuid not null,
    created_at timestamptz not null,
    carrier text not null,
    priority smallint not null,
    due_at timestamptz not null,
    attempt smallint not null,
    sender text not null,
    recipient text not null,
    body text not null,
    media_urls text[] not null,
    segments smallint not null,
    message_class text not null,
    valid_until timestamptz,
    request_id text,
    primary key (account_id, message_id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index sms_queue_due on sms_queue (carrier, priority, due_at);

-- One row a part and attempt, committed before the part goes on the wire.
create table sms_sends (
    account_id uuid not null,
    message_id uuid not null,
    created_at timestamptz not null,
    attempt smallint not null,
    part smallint not null,
    parts smallint not null,
    carrier text not null,
    bind smallint not null,
    state text not null,
    remote_id text,
    error_code text,
    submitted_at timestamptz not null,
    answered_at timestamptz,
    receipt text,
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
    state text not null,
    error_code text,
    done_at timestamptz,
    received_at timestamptz not null
);
create index early_receipts_remote on early_receipts (remote_id, carrier);
create index early_receipts_age on early_receipts (received_at);

create table inbound_parts (
    account_id uuid not null,
    sender text not null,
    recipient text not null,
    reference text not null,
    part smallint not null,
    parts smallint not null,
    encoding text not null,
    payload bytea not null,
    carrier text not null,
    received_at timestamptz not null,
    primary key (account_id, recipient, sender, reference, part)
);
