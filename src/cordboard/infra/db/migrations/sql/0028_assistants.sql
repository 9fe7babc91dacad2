-- assistants
select 1;
