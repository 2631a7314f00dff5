-- Logout tokens that products are still to get, the indexes by which ended grants and their tokens are deleted, and the one by which the
-- account is found that a user has worked in last.
alter table grants add column is_used boolean not null default false;

-- The grant is `sid` in the token and may be deleted earlier, so that nothing refers to it.
create table logout_deliveries (
    id {uuid} primary key,
    grant_id {uuid} not null,
    client {text} not null,
    user_id {uuid} not null,
    created_at bigint not null,
    available_at bigint not null,
    attempts bigint not null,
    last_error {text},
    delivered_at bigint,
    failed_at bigint
);
create index logout_deliveries_pending on logout_deliveries (client, available_at)
    where delivered_at is null and failed_at is null;
create index logout_deliveries_delivered on logout_deliveries (delivered_at) where delivered_at is not null;
create index logout_deliveries_failed on logout_deliveries (failed_at) where failed_at is not null;

create index authorization_codes_by_expiry on authorization_codes (expires_at);
create index refresh_tokens_used on refresh_tokens (used_at) where used_at is not null;

-- The account that a user has worked in last with a product.
create index grants_of_user_and_client on grants (user_id, client);
