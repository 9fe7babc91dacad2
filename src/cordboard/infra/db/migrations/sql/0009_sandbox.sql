-- The sandbox carrier's handsets, what they got and said, and its faults.

create table sandbox_handsets (
    number text primary key,
    script jsonb not null
);

create table sandbox_messages (
    id bigint generated always as identity primary key,
    handset text not null,
    direction text not null,
    sender text not null,
    recipient text not null,
    text text not null,
    media_url text not null default '',
    at timestamptz not null
);
create index sandbox_messages_handset on sandbox_messages (handset, id);

create table sandbox_faults (
    singleton boolean primary key default true check (singleton),
    faults jsonb not null default '{}'
);
insert into sandbox_faults default values;
