-- Fair mail: entries of one lane (an account, a person, a kind of mail that strangers cause) take turns with those of the
-- others. An entry gets its turn when it becomes ready; a leased or deferred entry is not ready. leased_until stays.
alter table outbox add column lane {uuid};
alter table outbox add column turn bigint not null default 0;
alter table outbox add column ready boolean not null default false;
create index outbox_ready on outbox (priority, turn, available_at, id) where ready;
create index outbox_lanes on outbox (lane, priority, turn) where ready;
create index outbox_waiting on outbox (available_at) where not ready;
drop index outbox_due;

-- Readiness is checked by a real write: a row is inserted and deleted in one transaction, so this table stays empty.
create table write_checks (
    id {uuid} primary key
) {clustered};

-- Every filter of an account's activity walks along an index.
create index activity_of_actor on activity (account_id, actor_id, id) where account_id is not null;
create index activity_of_action on activity (account_id, action, id) where account_id is not null;
