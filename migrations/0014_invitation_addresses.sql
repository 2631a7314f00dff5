-- An invitation can get another address (rule I16). Its links name the version of the address that they belong to, so that
-- links of earlier versions end, also one that the mail worker makes while the address changes.

alter table invitations add column address_version bigint not null default 0;
alter table invitations add column requested_email {text};
alter table invitation_tokens add column address_version bigint not null default 0;
