-- Undelivered invitations are found by their reason, which only they have: the state changes with every email that is sent, and
-- PostgreSQL writes all indexes of a row anew when a column of any of them changes (no heap-only tuple).
update invitations set delivery_reason = 'server_reply'
    where status = 'pending' and delivery in ('waiting', 'failed') and delivery_reason is null;
drop index invitations_undelivered;
create index invitations_undelivered on invitations (account_id)
    where status = 'pending' and delivery_reason is not null;

-- only: PostgreSQL
-- Room for the version of a row that its email is recorded by.
alter table invitations set (fillfactor = 85);
