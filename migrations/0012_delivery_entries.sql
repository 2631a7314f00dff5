-- The outbox entry whose delivery an invitation shows since it was last resent; null before that. Entries are deleted when
-- they are sent, so this refers to none.
alter table invitations add column delivery_entry_id {uuid};
