-- The list by last activity walks along its index: it is ordered by this expression.
create index members_by_last_activity on members (account_id, (coalesce(last_active_at, 0)), user_id);
drop index members_by_activity;
