//! Behaviour that both databases share.

mod account_changes;
mod delivery;
mod member_counts;
mod outbox;
mod plans;
mod schema;
mod statements;
mod transactions;
