//! A connection to PostgreSQL with its prepared statements.

use std::collections::HashMap;
use std::mem;
use std::time::{Duration, Instant};

use tokio_postgres::Statement;

use super::client::Client;
use super::inserts::{UnsentInsert, merge};

/// A connection that gave a connection's error is replaced once it is this old, so that an outage causes no storm of
/// new connections.
const MIN_CONNECTION_AGE: Duration = Duration::from_secs(1);

/// A PostgreSQL connection with its prepared statements by the address of their text.
pub(super) struct Session {
    pub client: Client,
    statements: HashMap<usize, Statement>,
    /// Statements that run several inserts, by the addresses of their texts.
    merged: HashMap<Vec<usize>, Statement>,
    unsent: Vec<UnsentInsert>,
    connected_at: Instant,
    /// Whether it must be replaced before the next work.
    is_broken: bool,
}

impl Session {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            statements: HashMap::new(),
            merged: HashMap::new(),
            unsent: Vec::new(),
            connected_at: Instant::now(),
            is_broken: false,
        }
    }

    /// Whether it can be used for more work.
    pub(super) fn is_usable(&self) -> bool {
        !self.is_broken && !self.client.is_closed()
    }

    /// Prepares a statement, once. Inserts that were not sent yet are sent first, so that it sees their rows.
    ///
    /// # Errors
    /// When the server rejects one of them, or is not there.
    pub(super) fn prepare(
        &mut self,
        text: &'static str,
    ) -> Result<Statement, tokio_postgres::Error> {
        self.send_inserts()?;
        self.prepare_only(text)
    }

    fn prepare_only(&mut self, text: &'static str) -> Result<Statement, tokio_postgres::Error> {
        let address = text.as_ptr().addr();
        if let Some(statement) = self.statements.get(&address) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text)?;
        self.statements.insert(address, statement.clone());
        Ok(statement)
    }

    /// Takes an insert, to be sent together with those that follow it at once.
    ///
    /// # Errors
    /// As [`Session::send_inserts`].
    pub(super) fn insert_later(
        &mut self,
        insert: UnsentInsert,
    ) -> Result<(), tokio_postgres::Error> {
        // An insert does not see the rows of another one in the same statement, which the next one into its table may have to.
        if self.unsent.iter().any(|other| other.text == insert.text) {
            self.send_inserts()?;
        }
        self.unsent.push(insert);
        Ok(())
    }

    /// Sends the inserts that were not sent yet, without waiting.
    ///
    /// # Errors
    /// When the server rejects what was sent before or the text of the statement, or is not there.
    pub(super) fn send_inserts(&mut self) -> Result<(), tokio_postgres::Error> {
        let unsent = mem::take(&mut self.unsent);
        let statement = match unsent.as_slice() {
            [] => return Ok(()),
            [insert] => self.prepare_only(insert.text)?,
            inserts => self.prepare_merged(inserts)?,
        };
        let params = unsent.into_iter().flat_map(|insert| insert.params);
        drop(self.client.send_execute(statement, params.collect()));
        Ok(())
    }

    fn prepare_merged(
        &mut self,
        inserts: &[UnsentInsert],
    ) -> Result<Statement, tokio_postgres::Error> {
        let addresses = inserts.iter().map(|insert| insert.text.as_ptr().addr());
        let addresses: Vec<usize> = addresses.collect();
        if let Some(statement) = self.merged.get(&addresses) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&merge(inserts))?;
        self.merged.insert(addresses, statement.clone());
        Ok(statement)
    }

    /// Sends a rollback without waiting. What was sent before it does not count any more, and what was not is dropped.
    pub(super) fn send_rollback(&mut self) {
        self.unsent.clear();
        self.client.send_rollback();
    }

    /// Sends a rollback to a savepoint without waiting; inserts that were not sent yet are dropped.
    pub(super) fn send_rollback_to(&mut self, text: &'static str) {
        self.unsent.clear();
        self.client.send_batch(text);
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
