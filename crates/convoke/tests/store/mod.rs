//! Behaviour that both databases share.

mod delivery;
mod member_counts;
mod outbox;
mod plans;
mod schema;
mod statements;
mod transactions;
