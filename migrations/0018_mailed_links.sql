-- The address that a link was mailed to, for comparing. An invitation can get another one since (rule I16), and whoever has the
-- email stops those to its address. Null for links to hand over.
alter table invitation_tokens add column email_canonical {text};
update invitation_tokens set email_canonical = (select i.email_canonical from invitations i
    where i.id = invitation_tokens.invitation_id and i.address_version = invitation_tokens.address_version) where proves_mailbox;
