//! Connections to PostgreSQL, set up for transactions.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::config::SslMode;

use super::client::Client;
use super::errors::pg_error;
use super::pooler::{self, Pooling};
use super::postgres_url::PostgresUrl;
use super::{Error, MakeTls, Options};

/// Statements find their rows by an index whatever the parameters are. Planning each of them again costs more than running it; a scan
/// that is cheaper for most accounts, of a table or of a bitmap that is sorted then, is wrong for the largest ones, and for tables
/// that have grown since the last `analyze`. So are joins that read all of both sides: a generic plan expects a `limit` to leave a tenth
/// of the rows. Where a scan cannot be avoided, its cost would trigger JIT compilation.
pub const PLANNER_SETTINGS: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; \
    set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off;";

/// PostgreSQL 15, as `server_version_num`.
const MIN_SERVER_VERSION: i64 = 150_000;

/// Makes connections.
pub(super) struct Connector {
    config: tokio_postgres::Config,
    /// Nothing for plain connections.
    tls: Option<convoke_core::model::tls::TlsOptions>,
    make_tls: MakeTls,
    timeout: Duration,
    /// How a pooler shares its connections to the server, once that is known.
    pooling: Mutex<Option<Pooling>>,
}

impl Connector {
    /// Makes connections to the server of a URL.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] when a file of certificates cannot be used.
    pub(super) fn new(url: PostgresUrl, options: &Options) -> Result<Self, Error> {
        let PostgresUrl { mut config, tls } = url;
        let mode = if tls.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        };
        config.ssl_mode(mode);
        let connector = Self {
            config,
            tls,
            make_tls: options.tls,
            timeout: options.timeout,
            pooling: Mutex::default(),
        };
        if let Some(tls) = &connector.tls {
            (connector.make_tls)(tls).map_err(Error::Misconfigured)?;
        }
        Ok(connector)
    }

    /// A connection with its settings, to a server that is new enough.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] behind a pooler that is not in session mode, [`Error::Unavailable`] otherwise.
    pub(super) fn connect(&self) -> Result<Client, Error> {
        let mut client = match self.check_pooling()? {
            Some(client) => client,
            None => self.open()?,
        };
        let version = self.set_up(&mut client)?;
        if version < MIN_SERVER_VERSION {
            return Err(Error::Unavailable(format!(
                "PostgreSQL {} is too old, 15 is needed",
                version / 10_000
            )));
        }
        Ok(client)
    }

    /// Looks for a pooler once, before any setting is changed: in transaction mode it would leak to others. Returns a
    /// connection that was made for it.
    fn check_pooling(&self) -> Result<Option<Client>, Error> {
        let mut known = self.pooling.lock().unwrap_or_else(PoisonError::into_inner);
        let mut client = None;
        if known.is_none() {
            let (config, tls) = (self.config.clone(), self.client_tls()?);
            let connect = move || Client::connect(&config, tls.clone());
            let detected = pooler::detect(self.timeout, connect)?;
            *known = detected.pooling;
            client = detected.client;
        }
        match *known {
            Some(Pooling::PerTransaction) => Err(Error::Misconfigured(
                "the connection pooler gives each transaction another connection to the server, and Convoke needs \
                 one for the whole session: set pool_mode = session in PgBouncer, or connect to PostgreSQL directly"
                    .to_owned(),
            )),
            Some(Pooling::PerSession) | None => Ok(client),
        }
    }

    /// Sets what transactions rely on, and returns the version of the server. Not by start-up options, which poolers
    /// reject.
    fn set_up(&self, client: &mut Client) -> Result<i64, Error> {
        let millis = self.timeout.as_millis();
        let statements = format!(
            "set statement_timeout = {millis}; set lock_timeout = {millis}; set synchronous_commit = on; \
             set idle_in_transaction_session_timeout = 60000; {PLANNER_SETTINGS} select current_setting('server_version_num')"
        );
        let results = client
            .simple_query(&statements)
            .map_err(|error| pg_error(&error))?;
        let version = results.iter().find_map(|result| match result {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        });
        version.ok_or_else(|| Error::Unavailable("the server did not name its version".to_owned()))
    }

    fn open(&self) -> Result<Client, Error> {
        Client::connect(&self.config, self.client_tls()?)
    }

    /// Read anew for each connection, so that certificates can be renewed.
    fn client_tls(&self) -> Result<Option<rustls::ClientConfig>, Error> {
        let tls = self.tls.as_ref().map(self.make_tls).transpose();
        tls.map_err(Error::Unavailable)
    }
}
