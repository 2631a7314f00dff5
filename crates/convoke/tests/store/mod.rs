//! Behaviour that both databases share.

mod delivery;
mod outbox;
mod schema;
mod statements;
mod transactions;
