-- Searching contacts by what their fields hold, and saved searches.
--
-- Texts are compared without regard to case, which an index of ext_data as it is cannot do. What contacts hold is
-- kept once more in segments, of a hundred contacts or so each: folded as the searches compare it, a text a field, which
-- is searched in one go. A contact is always found: it is in a segment with what it holds now, or in contact_changes.
-- What a segment tells is a hint and no more: a contact that changed since stays in it until all are made anew.
drop index contacts_ext_data;

-- Which contacts no segment holds yet as they are now, by whoever wrote them; a contact may stand here several times.
create table contact_changes (
    account_id uuid not null,
    number bigint generated always as identity,
    contact_id uuid not null,
    primary key (account_id, number)
);

create function note_added_contacts() returns trigger language plpgsql as $$
begin
    insert into contact_changes (account_id, contact_id) select account_id, id from added;
    return null;
end $$;

create function note_changed_contacts() returns trigger language plpgsql as $$
begin
    insert into contact_changes (account_id, contact_id)
        select n.account_id, n.id from changed n join former f using (account_id, id) where n.ext_data <> f.ext_data;
    return null;
end $$;

create trigger contacts_added after insert on contacts
    referencing new table as added for each statement execute function note_added_contacts();
create trigger contacts_changed after update on contacts
    referencing old table as former new table as changed for each statement execute function note_changed_contacts();

insert into contact_changes (account_id, contact_id) select account_id, id from contacts order by created_at, id;

-- The ids are kept out of the row, so that going over the rows is quick; they do not compress.
create table contact_segments (
    account_id uuid not null references accounts,
    id bigint generated always as identity,
    contact_ids uuid[] not null,
    primary key (account_id, id)
) with (toast_tuple_target = 128);
alter table contact_segments alter column contact_ids set storage external;

-- `texts`: the values of a field in the order of contact_ids, each between two U+001F; empty where a contact has none.
create table contact_segment_texts (
    account_id uuid not null,
    variable text not null,
    segment_id bigint not null,
    texts text not null,
    primary key (account_id, variable, segment_id),
    foreign key (account_id, segment_id) references contact_segments on delete cascade
) with (toast_tuple_target = 8160);
alter table contact_segment_texts alter column texts set storage main;
create index contact_segment_texts_segment on contact_segment_texts (account_id, segment_id);

-- For `equals`: hashes of account, field and whole value. A contact stands here once for each time it was put into a
-- segment.
create table contact_tokens (
    account_id uuid not null,
    contact_id uuid not null,
    tokens int[] not null
);
create index contact_tokens_tokens on contact_tokens using gin (tokens) with (gin_pending_list_limit = 1024);

create table contact_queries (
    account_id uuid not null references accounts,
    id uuid not null,
    name text not null,
    query jsonb not null,
    created_at timestamptz not null,
    primary key (account_id, id)
);
create index contact_queries_listing on contact_queries (account_id, created_at, id);
