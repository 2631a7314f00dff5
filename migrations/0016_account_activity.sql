-- Entries about a person alone that the accounts see of which they were a member at that time: sign-ins and their failures.
-- The entry itself is stored once.
create table activity_in_accounts (
    account_id {uuid} not null references accounts (id),
    activity_id {uuid} not null,
    user_id {uuid} not null,
    primary key (account_id, activity_id)
) {clustered};
create index activity_in_accounts_of_user on activity_in_accounts (account_id, user_id, activity_id);

-- Of members as they are now; the memberships of others are not known any more.
insert into activity_in_accounts (account_id, activity_id, user_id)
    select m.account_id, a.id, m.user_id from members m join activity a on a.user_id = m.user_id
    where a.action in ('session.created', 'session.ended') and a.at >= m.joined_at;

-- What may be recorded once for a person, such as the failed sign-ins of one client within an hour.
alter table activity add column once_key {text};
create unique index activity_once on activity (user_id, once_key) where once_key is not null;

-- What was done to a person or with an invitation.
create index activity_of_target on activity (account_id, target_id, id) where account_id is not null;

-- The invitations that a person has accepted in an account.
create index invitations_of_acceptor on invitations (account_id, accepted_by, id) where accepted_by is not null;
