//! What both databases must do alike.

mod schema;
mod statements;
mod transactions;
