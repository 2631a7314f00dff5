//! Direct queries on the database over a separate connection.

use uuid::Uuid;

/// A connection of the test. Blocking, so not for asynchronous threads.
pub enum DbProbe {
    Lite(rusqlite::Connection),
    Pg(Box<postgres::Client>),
}

impl DbProbe {
    pub fn of(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection
                .busy_timeout(std::time::Duration::from_secs(20))
                .unwrap();
            Self::Lite(connection)
        } else {
            Self::Pg(Box::new(
                postgres::Client::connect(url, postgres::NoTls).unwrap(),
            ))
        }
    }

    /// Runs queries on a new thread, for asynchronous tests.
    pub fn ask<T: Send>(url: &str, question: impl FnOnce(&mut Self) -> T + Send) -> T {
        std::thread::scope(|scope| scope.spawn(|| question(&mut Self::of(url))).join().unwrap())
    }

    /// Runs a statement.
    pub fn run(&mut self, sql: &str) {
        match self {
            Self::Lite(lite) => lite.execute_batch(sql).unwrap(),
            Self::Pg(pg) => pg.batch_execute(sql).unwrap(),
        }
    }

    /// The one number of a query.
    pub fn number(&mut self, sql: &str) -> i64 {
        match self {
            Self::Lite(lite) => lite.query_row(sql, [], |row| row.get(0)).unwrap(),
            Self::Pg(pg) => pg.query_one(sql, &[]).unwrap().get(0),
        }
    }

    /// The first column of a query.
    pub fn texts(&mut self, sql: &str) -> Vec<String> {
        match self {
            Self::Lite(lite) => {
                let mut statement = lite.prepare(sql).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Self::Pg(pg) => pg
                .query(sql, &[])
                .unwrap()
                .iter()
                .map(|row| row.get(0))
                .collect(),
        }
    }

    /// An id as it is written in a statement.
    pub fn id(&self, id: impl Into<Uuid>) -> String {
        let id = id.into();
        match self {
            Self::Lite(_) => format!("x'{}'", id.simple()),
            Self::Pg(_) => format!("'{id}'"),
        }
    }
}
