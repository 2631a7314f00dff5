-- The name that was given with the address, until the invitation ends (rule I17).
alter table invitations add column name {text};
