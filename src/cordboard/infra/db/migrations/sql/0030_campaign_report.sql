-- What campaigns did by the day, and the dispositions of calls and conversations.

-- A day (UTC) in which messages and calls of a campaign were made; `template_id` is the nil UUID for what has none.
-- Amounts are micro-units.
create table campaign_days (
    account_id uuid not null,
    day date not null,
    campaign_id uuid not null,
    template_id uuid not null,
    sends integer not null,
    replies integer not null,
    opt_outs integer not null,
    cost bigint not null,
    surcharge bigint not null,
    primary key (account_id, day, campaign_id, template_id)
) with (fillfactor = 70);
create index campaign_days_age on campaign_days using brin (day);

-- How a call or a message was concluded, as it was said last; `former` is what was said before that.
create table disposition_assignments (
    account_id uuid not null references accounts,
    subject_id uuid not null,
    subject_type text not null check (subject_type in ('call', 'sms')),
    dispositions text[] not null,
    former text[] not null default '{}',
    contact_id uuid,
    client_id uuid not null,
    assigned_at timestamptz not null,
    primary key (account_id, subject_id)
);
create index disposition_assignments_age on disposition_assignments using brin (assigned_at);
