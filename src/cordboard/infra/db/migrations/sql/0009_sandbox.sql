-- The sandbox carrier's handsets, what they got and said, and its faults.

create table sandbox_handsets (
    number text primary key,
    script jsonb not null
);

-- `message_id` and `attempt`: the submission that a handset got, so that a repeat of it does not show twice.
create table sandbox_messages (
    id bigint generated always as identity primary key,
    handset text not null,
    direction text not null check (direction in ('inbound', 'outbound')),
    sender text not null,
    recipient text not null,
    text text not null,
    media_urls jsonb not null default '[]',
    message_id uuid,
    attempt smallint,
    at timestamptz not null
);
create index sandbox_messages_handset on sandbox_messages (handset, id);
create unique index sandbox_messages_submission on sandbox_messages (message_id, attempt);

-- `since`: when they were set; periods count from it.
create table sandbox_faults (
    singleton boolean primary key default true check (singleton),
    faults jsonb not null default '{}',
    since timestamptz not null default 'epoch'
);
insert into sandbox_faults default values;
