-- runners
select 1;
