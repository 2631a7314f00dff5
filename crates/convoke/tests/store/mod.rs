//! What both databases must do alike.

mod outbox;
mod schema;
mod statements;
mod transactions;
