-- What users have granted to products: a grant for each session, product and account, its codes and its refresh tokens. Sessions are
-- deleted when they end, so that a grant refers to none.
create table grants (
    id {uuid} primary key,
    client {text} not null,
    user_id {uuid} not null references users (id),
    session_id {uuid} not null,
    account_id {uuid} not null references accounts (id),
    scope {text} not null,
    created_at bigint not null,
    last_used_at bigint not null,
    ended_at bigint,
    end_reason {text}
);
create unique index grants_live on grants (session_id, client, account_id) where ended_at is null;
create index grants_of_user on grants (user_id, id) where ended_at is null;
create index grants_ended on grants (ended_at) where ended_at is not null;

create table authorization_codes (
    code_hash {bytes} primary key,
    grant_id {uuid} not null references grants (id),
    redirect_uri {text} not null,
    scope {text} not null,
    nonce {text},
    code_challenge {bytes},
    authenticated_at bigint not null,
    expires_at bigint not null,
    used_at bigint
) {clustered};
create index authorization_codes_of_grant on authorization_codes (grant_id);

create table refresh_tokens (
    token_hash {bytes} primary key,
    grant_id {uuid} not null references grants (id),
    scope {text} not null,
    authenticated_at bigint not null,
    created_at bigint not null,
    used_at bigint
) {clustered};
create index refresh_tokens_of_grant on refresh_tokens (grant_id);
