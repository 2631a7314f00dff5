//! The API as its callers see it, on both databases.

mod accounts;
mod activity;
mod bad_input;
mod catalogue;
mod changes;
mod emails;
mod enumeration;
mod headers;
mod idempotency;
mod invitations;
mod invited;
mod lists;
mod me;
mod members;
mod ownership;
mod passwords;
mod permissions;
mod problems;
mod races;
mod rate_limits;
mod registrations;
mod sessions;
mod shapes;
mod snapshots;
mod tokens;
