//! An installation with a clock that stands still, its clients, and its mail.

mod browser;
mod caller;
mod client;
mod cluster;
mod database;
pub mod document;
mod house;
mod page;
mod people;
mod picture;
mod process;
mod provider;
mod rows;
mod settle;
mod site;
mod smtp;
mod team;
mod truth;
mod wait;

pub use browser::{Browser, ENTER, ESCAPE, Setup, TAB, setting};
pub use caller::Caller;
pub use client::{Answer, Client};
pub use cluster::Cluster;
pub use database::Database;
pub use house::{House, MILLISECOND, PASSWORD, token_in};
pub use page::{flash_cookie, words};
pub use people::column;
pub use picture::picture_file;
pub use process::{Process, Program, convoke, free_port};
pub use provider::{Key, Provider, Trouble};
pub use settle::{Backdoor, Settled, ahead, limit_account, settle, settle_with};
pub use site::Site;
pub use smtp::{Fate, Sink};
pub use team::{Team, wish};
pub use truth::Truth;
pub use wait::{until, until_async};

/// Runs one test body on SQLite and on PostgreSQL; `(house: House, setting)` names a function that changes the
/// configuration first.
#[macro_export]
macro_rules! on_both {
    (@set) => { |_| {} };
    (@set $set:path) => { $set };
    ($($(#[$meta:meta])* async fn $name:ident($house:ident: House $(, $set:path)?) $body:block)+) => {
        $($(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a body may need nothing of its file")]
            use super::*;

            async fn run($house: $crate::support::House) $body

            async fn open(database: $crate::support::Database) -> $crate::support::House {
                $crate::support::House::with(database, $crate::on_both!(@set $($set)?)).await
            }

            #[tokio::test]
            async fn sqlite() {
                run(open($crate::support::Database::sqlite()).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                run(open($crate::support::Database::postgres()).await).await;
            }
        })+
    };
}
