-- inbox: to be filled in; select does nothing.
select 1;
