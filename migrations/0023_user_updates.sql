-- When name, language, address or picture of a user changed last, for products that keep a copy; none since the user was created.
alter table users add column updated_at bigint;
