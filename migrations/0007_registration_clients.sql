-- A confirmation link finishes any waiting registration of its address whose password is typed; those of the confirming
-- client are tried first, so that registrations of others cannot push one out.
alter table registrations add column client {text} not null default '';
create index registrations_of_client on registrations (email_canonical, client, id);
create index registrations_newest on registrations (email_canonical, id);
drop index registrations_of_address;
