-- live lists
select 1;
