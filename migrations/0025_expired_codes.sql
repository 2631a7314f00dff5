-- Used codes that gave a refresh token stay with their grant; the index for deleting expired codes leaves them out.
drop index authorization_codes_by_expiry;
create index authorization_codes_expired on authorization_codes (expires_at)
    where (used_at is null or scope not like '%offline_access%');
