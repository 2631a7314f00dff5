//! A database of a test's own, gone when the test is.

use std::sync::atomic::{AtomicU32, Ordering};

/// A database of a test's own.
pub struct Database {
    pub url: String,
    place: Place,
}

enum Place {
    Folder(tempfile::TempDir),
    Server { admin: String, name: String },
    Elsewhere,
}

impl Database {
    /// A SQLite file in a temporary folder.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite://{}", folder.path().join("test.db").display()),
            place: Place::Folder(folder),
        }
    }

    /// A database in the throw-away cluster that `scripts/test` has started.
    pub fn postgres() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let admin = admin_url();
        let number = MADE.fetch_add(1, Ordering::SeqCst);
        let name = format!("test_{}_{number}", std::process::id());
        let (server, _) = admin.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}?sslmode=disable");
        run(&admin, &format!("create database {name}"));
        Self {
            url,
            place: Place::Server { admin, name },
        }
    }

    /// Another database of the same kind.
    pub fn sibling(&self) -> Self {
        if matches!(self.place, Place::Folder(_)) {
            Self::sqlite()
        } else {
            Self::postgres()
        }
    }

    /// A database that is managed elsewhere.
    pub fn elsewhere(url: String) -> Self {
        Self {
            url,
            place: Place::Elsewhere,
        }
    }

    /// The folder of a SQLite file.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path()),
            Place::Server { .. } | Place::Elsewhere => None,
        }
    }
}

/// The cluster's own database.
#[expect(
    clippy::disallowed_methods,
    reason = "the script says where the cluster is"
)]
fn admin_url() -> String {
    std::env::var("CONVOKE_TEST_POSTGRES")
        .expect("CONVOKE_TEST_POSTGRES is not set: run the tests with scripts/test, which starts PostgreSQL")
}

/// Runs a statement on a thread of its own, since tests live in an asynchronous one.
fn run(url: &str, statement: &str) {
    let (url, statement) = (url.to_owned(), statement.to_owned());
    std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute(&statement).unwrap();
    })
    .join()
    .unwrap();
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Server { admin, name } = &self.place {
            run(admin, &format!("drop database {name} with (force)"));
        }
    }
}
