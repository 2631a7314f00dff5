-- Results of forms that were sent without a session, by a key of the form: the same form sent twice makes one thing, and both
-- responses lead to the same page. Those of signed-in users are in idempotency_keys.
create table submitted_forms (
    key_hash {bytes} primary key,
    -- The user whom the form created; null where it only requested an email.
    user_id {uuid} references users (id),
    outcome {text} not null,
    -- The account that the user joined with it.
    account_id {uuid} references accounts (id),
    created_at bigint not null
) {clustered};
create index submitted_forms_by_age on submitted_forms (created_at);
