-- The account of the grant whose logout token is delivered, for the account's owner. Rows whose grant is deleted already have none.
alter table logout_deliveries add column account_id {uuid};
update logout_deliveries set account_id = (select g.account_id from grants g where g.id = logout_deliveries.grant_id);
create index logout_deliveries_of_account on logout_deliveries (account_id, id);
