-- Files of contacts and of numbers not to be contacted, worked off in chunks. `position` is the offset in the file after
-- the last row that counts: it moves in the transaction of that row's effects.
create table uploads (
    account_id uuid not null references accounts,
    id uuid not null,
    kind text not null check (kind in ('contacts', 'dnc')),
    status text not null check (status in ('processing', 'completed', 'failed')),
    reason text,
    mode text not null,
    callback text,
    incremental boolean not null,
    told_at timestamptz,
    blob text not null,
    filename text not null,
    size bigint not null,
    encoding text not null,
    delimiter text not null,
    columns text[] not null,
    position bigint not null,
    success_rows bigint not null default 0,
    failed_rows bigint not null default 0,
    created_at timestamptz not null,
    finished_at timestamptz,
    primary key (account_id, id)
);
create index uploads_listing on uploads (account_id, created_at, id);
create index uploads_unfinished on uploads (account_id, created_at, id) where finished_at is null;
create index uploads_age on uploads (created_at);

-- What became of each row, a chunk of rows a record: `contact_ids` has a member for every row of the chunk, null for
-- those that failed. The counts before it say which pages a chunk lies on.
create table upload_results (
    account_id uuid not null,
    upload_id uuid not null,
    first_row bigint not null,
    succeeded_before bigint not null,
    failed_before bigint not null,
    rows integer not null,
    contact_ids uuid[],
    error_rows bigint[] not null,
    error_texts text[] not null,
    primary key (account_id, upload_id, first_row),
    foreign key (account_id, upload_id) references uploads on delete cascade
);
-- Random ids cannot be compressed.
alter table upload_results alter contact_ids set storage external;

-- Neither accounts nor contacts are ever deleted, they are hidden: nothing can be left behind, and a check of every row
-- would be a third of what an upload costs.
alter table contact_keys drop constraint contact_keys_account_id_contact_id_fkey;
alter table contacts drop constraint contacts_account_id_fkey;
