//! An installation with a clock that stands still, its clients, and its mail.

mod caller;
mod client;
mod cluster;
mod database;
mod house;
mod page;
mod process;
mod settle;
mod smtp;
mod truth;
mod wait;

pub use caller::Caller;
pub use client::{Answer, Client};
pub use cluster::Cluster;
pub use database::Database;
pub use house::{House, PASSWORD, token_in};
pub use page::words;
pub use process::{Process, Program, convoke, free_port};
pub use settle::{Backdoor, Settled, ahead, limit_account, settle};
pub use smtp::{Fate, Sink};
pub use truth::Truth;
pub use wait::{until, until_async};

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
