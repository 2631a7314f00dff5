-- Rate limits that nobody can use up for somebody else, and rows that no stranger can pile up.

-- Devices that a user has signed in with; the device keeps the token, the database its SHA-256.
create table known_devices (
    user_id {uuid} not null references users (id),
    token_hash {bytes} not null,
    last_used_at bigint not null,
    primary key (user_id, token_hash)
) {clustered};
create index known_devices_by_use on known_devices (last_used_at);

-- Kept answers are bounded per person, the newest first.
create index idempotency_keys_of_user on idempotency_keys (user_id, created_at);

-- An ended invitation has no reminder, so that due ones are found without reading those of all times.
update invitations set remind_at = null where status <> 'pending';
