-- The name that was given with the address, until the invitation ends (rule I17), and the same in lower case for searching.
alter table invitations add column name {text};
alter table invitations add column name_key {text};
