-- campaign report
select 1;
