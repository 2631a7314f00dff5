//! Behaviour that both databases share.

mod outbox;
mod schema;
mod statements;
mod transactions;
