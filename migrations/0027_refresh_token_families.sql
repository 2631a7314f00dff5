-- A refresh token is replaced in its row, so that a grant keeps no row of each that it had. All tokens of a row begin alike, and the hash
-- of that beginning finds the row when one is presented that was replaced. `used_at` and a null are of earlier versions, which
-- added a row for each token.
alter table refresh_tokens add column family_hash {bytes};
create unique index refresh_tokens_by_family on refresh_tokens (family_hash);
