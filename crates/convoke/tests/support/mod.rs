//! An installation with a manual clock, its clients, and its email.

mod account_fixture;
mod app;
mod browser;
mod client;
mod cluster;
mod database;
mod db_probe;
pub mod document;
mod enumeration;
mod page;
mod page_response;
mod people;
mod picture;
mod process;
mod provider;
mod rows;
mod seed;
mod site;
mod smtp;
mod socket_client;
mod wait;

pub use account_fixture::{AccountFixture, invite_body};
pub use app::{MILLISECOND, PASSWORD, TestApp, capacity, token_in};
pub use browser::{Browser, ENTER, ESCAPE, Setup, TAB, setting};
pub use client::{Client, TestResponse};
pub use cluster::Cluster;
pub use database::Database;
pub use db_probe::DbProbe;
pub use enumeration::{indistinguishable_calls, seed_known_addresses};
pub use page::Page;
pub use page_response::redirect_cookie;
pub use people::column;
pub use picture::picture_file;
pub use process::{Process, Program, convoke, free_port, is_root};
pub use provider::{InjectedFault, Key, Provider};
pub use rows::Rows;
pub use seed::{
    InProcessApp, SeededUser, ahead, cheap_hash, limit_account, seed_user,
    seed_user_with_password_hash,
};
pub use site::Site;
pub use smtp::{FakeSmtpServer, RejectAt, SmtpReply};
pub use socket_client::SocketClient;
pub use wait::{until, until_async};

/// Runs one test body on SQLite and on PostgreSQL; `(test_app: TestApp, setting)` names a function that changes the
/// configuration first.
#[macro_export]
macro_rules! on_both {
    (@set) => { |_| {} };
    (@set $set:path) => { $set };
    ($($(#[$meta:meta])* async fn $name:ident($test_app:ident: TestApp $(, $set:path)?) $body:block)+) => {
        $($(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a body may need nothing of its file")]
            use super::*;

            async fn run($test_app: $crate::support::TestApp) $body

            async fn open(database: $crate::support::Database) -> $crate::support::TestApp {
                $crate::support::TestApp::with(database, $crate::on_both!(@set $($set)?)).await
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
