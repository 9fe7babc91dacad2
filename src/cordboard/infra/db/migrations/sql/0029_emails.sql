-- emails
select 1;
