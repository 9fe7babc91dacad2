-- What was added to a call's cost, as its transaction in the ledger says it, so that logs and reports can say it too.
alter table calls
    add column surcharge bigint not null default 0;
