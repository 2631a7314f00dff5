-- Readiness is checked by a real write: a row is inserted and deleted in one transaction, so this table stays empty.
create table write_checks (
    id {uuid} primary key
) {clustered};
