-- Mailboxes of numbers, and what was left in them.

create table mailboxes (
    account_id uuid not null references accounts,
    phone_number text not null,
    greeting_text text not null,
    greeting_url text not null,
    voice text not null,
    transcribe boolean not null,
    max_seconds integer not null,
    primary key (account_id, phone_number)
);

-- `status`: 0 new, 1 listened to. `announced`: higher contexts were told; they are once its transcription is there.
create table voicemails (
    account_id uuid not null references accounts,
    recording_id uuid not null,
    call_id uuid not null,
    phone_number text not null,
    from_number text not null,
    contact_id uuid,
    seconds integer not null,
    url text not null,
    metadata jsonb not null,
    transcription text,
    status smallint not null check (status in (0, 1)),
    announced boolean not null,
    created_at timestamptz not null,
    primary key (account_id, recording_id)
);
create index voicemails_time on voicemails (account_id, created_at desc);
create index voicemails_number on voicemails (account_id, phone_number, created_at desc);
