-- Sign-in through third-party services (rule U5), and users for emergencies.

-- An identity is what one service calls one person: (provider, issuer, subject), never an address.
create table identities (
    id {uuid} primary key,
    user_id {uuid} not null references users (id),
    provider {text} not null,
    issuer {text} not null,
    subject {text} not null,
    label {text},
    created_at bigint not null
);
create unique index identities_of_service on identities (provider, issuer, subject);
create index identities_of_user on identities (user_id, id);

-- States that came back from a service, so that each of them comes back once (security rule 7).
create table used_states (
    state_hash {bytes} primary key,
    created_at bigint not null
) {clustered};
create index used_states_by_age on used_states (created_at);

-- Through which service a session was begun, and when its person last proved who they are.
alter table sessions add column provider {text};
alter table sessions add column authenticated_at bigint not null default 0;
update sessions set authenticated_at = created_at;

-- May sign in by password although the installation lets nobody else.
alter table users add column break_glass boolean not null default false;
