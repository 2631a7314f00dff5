-- The cleanup deletes old sessions in batches along an index.
create index sessions_by_age on sessions (created_at);
