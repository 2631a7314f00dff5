//! The API as its callers see it, on both databases.

mod bad_input;
mod headers;
mod idempotency;
mod invitations;
mod problems;
mod sessions;
