-- The calls of the sandbox's handsets. `plan`: what a handset does that calls; `node`: the voice process that has it.
-- A lease that runs out ends a call: of one that waits, because nobody took it, else because its process is gone.
create table sandbox_calls (
    id uuid primary key,
    number bigint generated always as identity,
    handset text not null,
    direction text not null check (direction in ('inbound', 'outbound')),
    caller text not null,
    callee text not null,
    state text not null check (state in ('waiting', 'ringing', 'in-progress', 'ended')),
    started_at timestamptz not null,
    answered_at timestamptz,
    ended_at timestamptz,
    reason text not null default '',
    digits text not null default '',
    recording_url text,
    plan jsonb not null default '{}',
    node text,
    hangup_asked boolean not null default false,
    leased_until timestamptz not null
);
create index sandbox_calls_handset on sandbox_calls (handset, number);
create index sandbox_calls_live on sandbox_calls (number) where state <> 'ended';
create index sandbox_calls_recordings on sandbox_calls (ended_at) where recording_url is not null;
