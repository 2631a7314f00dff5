-- Why an invitation was not sent is stored as a code, with the text of the other side beside it, and when it is tried next.
alter table invitations add column delivery_reason {text};
alter table invitations add column next_attempt_at bigint;
update invitations set delivery_reason = 'suppressed', delivery_detail = null where delivery_detail = 'suppressed';
update invitations set delivery_reason = 'timeout', delivery_detail = null
    where delivery_detail in ('The mail server took too long to answer.', 'The mail server did not answer.');
update invitations set delivery_reason = case when delivery = 'failed' or delivery_detail like '4%' or delivery_detail like '5%'
    then 'server_reply' else 'connection' end where delivery_detail is not null and delivery <> 'sent';
update invitations set delivery = 'waiting', next_attempt_at = (select max(o.available_at) from outbox o
    where o.subject_id = invitations.id and o.kind = 'invitation') where delivery = 'queued' and delivery_reason is not null;

-- Lists and counts of those that wait or have failed.
create index invitations_by_delivery on invitations (account_id, delivery, id) where status = 'pending';

-- Failures of an email, which its delay grows with. attempts counts leases, also those that ended without a failure.
alter table outbox add column failures bigint not null default 0;
update outbox set failures = attempts;
