-- SHA-256 of each migration's file as it was applied: a file that is changed afterwards is noticed.
alter table schema_migrations add column checksum {text};
