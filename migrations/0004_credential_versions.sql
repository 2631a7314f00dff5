-- A proof made outside of a transaction names the version it was made for (rule V13); every change of password or
-- address makes the next one, and voids what was prepared before it (rule V14).
alter table users add column credential_version bigint not null default 0;

create index password_resets_of_address on password_resets (email_canonical);
create index ownership_offers_from on ownership_offers (from_user);
