-- An account's members are counted as they come and go, because every invitation asks for their number.
alter table accounts add column member_count bigint not null default 0;
update accounts set member_count = (select count(*) from members m where m.account_id = accounts.id);

-- only: SQLite
create trigger members_inserted after insert on members begin
    update accounts set member_count = member_count + 1 where id = new.account_id;
end;
create trigger members_deleted after delete on members begin
    update accounts set member_count = member_count - 1 where id = old.account_id;
end;

-- only: PostgreSQL
create function count_members() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        update accounts set member_count = member_count + 1 where id = new.account_id;
    else
        update accounts set member_count = member_count - 1 where id = old.account_id;
    end if;
    return null;
end
$$;
create trigger members_counted after insert or delete on members for each row execute function count_members();
