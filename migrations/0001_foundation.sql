-- One file for both databases. {uuid}, {bytes} and {text} become the column types of each; {clustered} keeps small
-- rows in the order of their key where SQLite would else number them; times are milliseconds.

create table users (
    id {uuid} primary key,
    login {text} not null,
    login_canonical {text} not null unique,
    email {text},
    email_canonical {text} unique,
    first_name {text} not null,
    last_name {text},
    phone {text},
    password_hash {text},
    locale {text} not null,
    time_zone {text} not null,
    created_at bigint not null,
    disabled_at bigint
);

create table accounts (
    id {uuid} primary key,
    name {text} not null,
    owner_id {uuid} not null references users (id),
    is_default boolean not null,
    user_limit bigint,
    registered_users_only boolean not null,
    created_at bigint not null
);
create index accounts_of_owner on accounts (owner_id);
create unique index accounts_one_default on accounts (owner_id) where is_default;

-- name_key repeats the user's name in lower case, so that a page of members is one walk along an index.
create table members (
    account_id {uuid} not null references accounts (id),
    user_id {uuid} not null references users (id),
    roles {text} not null,
    name_key {text} not null,
    joined_at bigint not null,
    last_active_at bigint,
    version bigint not null,
    primary key (account_id, user_id)
) {clustered};
create index members_of_user on members (user_id, account_id);
create index members_by_name on members (account_id, name_key, user_id);
create index members_by_activity on members (account_id, last_active_at, user_id);

create table invitations (
    id {uuid} primary key,
    account_id {uuid} not null references accounts (id),
    email {text} not null,
    email_canonical {text} not null,
    product {text} not null,
    roles {text} not null,
    locale {text} not null,
    status {text} not null,
    invited_by {uuid} not null references users (id),
    sponsor_id {uuid} not null references users (id),
    created_at bigint not null,
    sent_at bigint,
    expires_at bigint not null,
    remind_at bigint,
    ended_at bigint,
    accepted_by {uuid} references users (id),
    delivery {text} not null,
    delivery_detail {text}
);
create unique index invitations_one_live on invitations (account_id, email_canonical) where status = 'pending';
create index invitations_seats on invitations (account_id, expires_at) where status = 'pending';
create index invitations_of_account on invitations (account_id, id);
create index invitations_of_address on invitations (email_canonical) where status = 'pending';
create index invitations_to_remind on invitations (remind_at) where remind_at is not null;

create table invitation_tokens (
    token_hash {bytes} primary key,
    invitation_id {uuid} not null references invitations (id),
    proves_mailbox boolean not null,
    created_at bigint not null
) {clustered};
create index invitation_tokens_of_invitation on invitation_tokens (invitation_id);

create table registrations (
    id {uuid} primary key,
    email {text} not null,
    email_canonical {text} not null,
    password_hash {text} not null,
    first_name {text} not null,
    last_name {text},
    locale {text} not null,
    time_zone {text} not null,
    invitation_id {uuid} references invitations (id),
    token_hash {bytes} unique,
    created_at bigint not null,
    expires_at bigint not null
);
create index registrations_of_address on registrations (email_canonical);
create index registrations_by_end on registrations (expires_at);

create table email_changes (
    user_id {uuid} primary key references users (id),
    id {uuid} not null unique,
    email {text} not null,
    email_canonical {text} not null,
    token_hash {bytes} unique,
    created_at bigint not null,
    expires_at bigint not null
) {clustered};

create table password_resets (
    id {uuid} primary key,
    email_canonical {text} not null,
    user_id {uuid} references users (id),
    token_hash {bytes} unique,
    created_at bigint not null,
    expires_at bigint not null
);
create index password_resets_of_user on password_resets (user_id);
create index password_resets_by_end on password_resets (expires_at);

create table sessions (
    id {uuid} primary key,
    token_hash {bytes} not null unique,
    user_id {uuid} not null references users (id),
    created_at bigint not null,
    last_used_at bigint not null,
    ip {text},
    user_agent {text}
);
create index sessions_of_user on sessions (user_id);
create index sessions_by_use on sessions (last_used_at);

create table ownership_offers (
    account_id {uuid} primary key references accounts (id),
    from_user {uuid} not null references users (id),
    to_user {uuid} not null references users (id),
    created_at bigint not null,
    expires_at bigint not null
);
create index ownership_offers_to on ownership_offers (to_user);

-- Entries about a person alone carry user_id and no account.
create table activity (
    id {uuid} primary key,
    at bigint not null,
    account_id {uuid} references accounts (id),
    user_id {uuid} references users (id),
    actor_kind {text} not null,
    actor_id {uuid},
    actor_name {text},
    action {text} not null,
    target_kind {text},
    target_id {uuid},
    target_name {text},
    before {text},
    after {text},
    ip {text},
    user_agent {text}
);
create index activity_of_account on activity (account_id, id) where account_id is not null;
create index activity_of_user on activity (user_id, id) where user_id is not null;

create table outbox (
    id {uuid} primary key,
    kind {text} not null,
    priority bigint not null,
    account_id {uuid},
    subject_id {uuid} not null,
    detail {text} not null,
    attempts bigint not null,
    available_at bigint not null,
    leased_until bigint not null,
    created_at bigint not null
) {clustered};
create index outbox_due on outbox (available_at, priority);
create index outbox_of_subject on outbox (subject_id);

create table idempotency_keys (
    user_id {uuid} not null references users (id),
    key_hash {bytes} not null,
    request_hash {bytes} not null,
    status bigint not null,
    body {text} not null,
    created_at bigint not null,
    primary key (user_id, key_hash)
) {clustered};
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- Addresses whose holders asked not to be invited by mail any more.
create table suppressions (
    email_canonical {text} primary key,
    created_at bigint not null
) {clustered};
