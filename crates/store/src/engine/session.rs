//! A connection to PostgreSQL with its prepared statements.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio_postgres::Statement;

use super::client::Client;

/// A connection that gave a connection's error is replaced once it is this old, so that an outage causes no storm of
/// new connections.
const MIN_CONNECTION_AGE: Duration = Duration::from_secs(1);

/// A PostgreSQL connection with its prepared statements by the address of their text.
pub(super) struct Session {
    pub client: Client,
    statements: HashMap<usize, Statement>,
    connected_at: Instant,
    /// Whether it must be replaced before the next work.
    is_broken: bool,
}

impl Session {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            statements: HashMap::new(),
            connected_at: Instant::now(),
            is_broken: false,
        }
    }

    /// Whether it can be used for more work.
    pub(super) fn is_usable(&self) -> bool {
        !self.is_broken && !self.client.is_closed()
    }

    pub(super) fn prepare(
        &mut self,
        text: &'static str,
    ) -> Result<Statement, tokio_postgres::Error> {
        let address = text.as_ptr().addr();
        if let Some(statement) = self.statements.get(&address) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text)?;
        self.statements.insert(address, statement.clone());
        Ok(statement)
    }

    /// Has it replaced before the next work, however new it is: the server has announced its end, which may not have been read
    /// yet.
    pub(super) fn set_lost(&mut self) {
        self.is_broken = true;
    }

    /// Has it replaced before the next work, unless it is too new; returns whether it is.
    pub(super) fn replace(&mut self) -> bool {
        self.is_broken |= self.connected_at.elapsed() >= MIN_CONNECTION_AGE;
        self.is_broken
    }
}
