//! An installation with a clock that stands still, its clients, and its mail.

mod client;
mod database;
pub mod document;
mod house;
mod rows;
mod team;

pub use client::{Answer, Client};
pub use database::Database;
pub use house::{House, PASSWORD, token_in};
pub use team::{Team, wish};

/// Runs one test body on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($house:ident: House) $body:block)+) => {
        $($(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a body may need nothing of its file")]
            use super::*;

            async fn run($house: $crate::support::House) $body

            #[tokio::test]
            async fn sqlite() {
                run($crate::support::House::new($crate::support::Database::sqlite()).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                run($crate::support::House::new($crate::support::Database::postgres()).await).await;
            }
        })+
    };
}
