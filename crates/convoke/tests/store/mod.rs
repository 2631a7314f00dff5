//! Behaviour that both databases share.

mod delivery;
mod outbox;
mod plans;
mod schema;
mod statements;
mod transactions;
