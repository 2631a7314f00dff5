-- Counts of those whose email waits or has failed. Most emails are sent at once, so that the index is not written for them.
drop index invitations_by_delivery;
create index invitations_undelivered on invitations (account_id, delivery)
    where status = 'pending' and delivery in ('waiting', 'failed');
