-- Mails that campaigns have sent by a provider's template: written down before they go out, so that after a crash none
-- goes out twice. `key` is the step's.
create table emails (
    account_id uuid not null references accounts,
    key text not null,
    run_id uuid not null,
    campaign_id uuid not null,
    provider text not null,
    recipient text not null,
    state text not null check (state in ('sending', 'sent', 'failed', 'uncertain')),
    provider_id text not null default '',
    error text not null default '',
    created_at timestamptz not null,
    finished_at timestamptz,
    primary key (account_id, key)
);
create index emails_time on emails (account_id, created_at desc);
create index emails_run on emails (account_id, run_id);
