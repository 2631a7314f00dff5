//! A connection to PostgreSQL for one thread. Requests may be sent without waiting for their responses (pipelining): they go out
//! together with the next request that is waited for.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_util::future::join;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Config, NoTls, Row, SimpleQueryMessage, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Error;
use super::errors::pg_error;
use super::response::Response;

type Result<T> = std::result::Result<T, tokio_postgres::Error>;

/// A request that was sent.
type Pending = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A parameter of a request that is sent without waiting: a value, or an array of values.
pub(super) type OwnedParam = Box<dyn ToSql + Send + Sync>;

/// How long the end of a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection. It ends when the last handle of the driver's client is dropped, so those come before what waits for the end.
pub(super) struct Client {
    /// Requests whose responses were not waited for, in their order.
    pending: Vec<Pending>,
    driver: Arc<tokio_postgres::Client>,
    connection: Connection,
}

/// What serves a connection while its thread waits.
struct Connection {
    runtime: Runtime,
    serving: Option<JoinHandle<()>>,
}

/// What became of a commit.
pub(super) struct Committed {
    /// The first error of a request that was sent before it.
    pub before: Result<()>,
    /// The response to the commit itself.
    pub commit: Result<()>,
}

impl Client {
    /// Connects, with TLS where it is given.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no server, or it rejects the connection.
    pub(super) fn connect(
        config: &Config,
        tls: Option<rustls::ClientConfig>,
    ) -> std::result::Result<Self, Error> {
        match tls {
            None => Self::connect_by(config, NoTls),
            Some(tls) => Self::connect_by(config, MakeRustlsConnect::new(tls)),
        }
    }

    fn connect_by<T>(config: &Config, tls: T) -> std::result::Result<Self, Error>
    where
        T: MakeTlsConnect<Socket>,
        T::TlsConnect: Send,
        T::Stream: Send + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::Unavailable(error.to_string()))?;
        let connected = runtime.block_on(config.connect(tls));
        let (driver, mut connection) = connected.map_err(|error| pg_error(&error))?;
        let serving = poll_fn(move |cx| {
            loop {
                match ready!(connection.poll_message(cx)) {
                    Some(Ok(AsyncMessage::Notice(notice))) => tracing::debug!(
                        severity = notice.severity(),
                        message = notice.message(),
                        "PostgreSQL notice"
                    ),
                    Some(Ok(_)) => {}
                    // Requests then fail as those of a closed connection.
                    Some(Err(_)) | None => return Poll::Ready(()),
                }
            }
        });
        let serving = Some(runtime.spawn(serving));
        Ok(Self {
            pending: Vec::new(),
            driver: Arc::new(driver),
            connection: Connection { runtime, serving },
        })
    }

    /// Whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.driver.is_closed()
    }

    /// Runs statements by the simple protocol.
    pub(super) fn simple_query(&mut self, text: &str) -> Result<Vec<SimpleQueryMessage>> {
        let client = self.driver.clone();
        self.run(client.simple_query(text))
    }

    /// Runs statements without results.
    pub(super) fn batch_execute(&mut self, text: &str) -> Result<()> {
        let client = self.driver.clone();
        self.run(client.batch_execute(text))
    }

    /// Prepares a statement. What was sent before is waited for first: the server parses nothing after an error.
    pub(super) fn prepare(&mut self, text: &str) -> Result<Statement> {
        self.wait()?;
        let client = self.driver.clone();
        self.run(client.prepare(text))
    }

    /// Runs a prepared statement and returns how many rows it changed.
    pub(super) fn execute(
        &mut self,
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64> {
        let client = self.driver.clone();
        self.run(client.execute(statement, params))
    }

    /// Runs a prepared statement and returns its rows.
    pub(super) fn query(
        &mut self,
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>> {
        let client = self.driver.clone();
        self.run(client.query(statement, params))
    }

    /// Sends statements without results, without waiting.
    pub(super) fn send_batch(&mut self, text: &'static str) {
        let client = self.driver.clone();
        self.send(Box::pin(async move { client.batch_execute(text).await }));
    }

    /// Sends a prepared statement with its parameters, without waiting; the response is how many rows it has changed.
    pub(super) fn send_execute(
        &mut self,
        statement: Statement,
        params: Vec<OwnedParam>,
    ) -> Response<u64> {
        let client = self.driver.clone();
        self.send_for_response(async move {
            let params: Vec<_> = params.iter().map(as_param).collect();
            client.execute(&statement, &params).await
        })
    }

    /// Sends a prepared query with its parameters, without waiting; the response is its rows.
    pub(super) fn send_query(
        &mut self,
        statement: Statement,
        params: Vec<OwnedParam>,
    ) -> Response<Vec<Row>> {
        let client = self.driver.clone();
        self.send_for_response(async move {
            let params: Vec<_> = params.iter().map(as_param).collect();
            client.query(&statement, &params).await
        })
    }

    fn send_for_response<T: Send + Sync + 'static>(
        &mut self,
        request: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Response<T> {
        let (response, slot) = Response::new();
        self.send(Box::pin(async move {
            request.await.map(|result| slot.fill(result))
        }));
        response
    }

    /// Waits for the responses to all that was sent.
    ///
    /// # Errors
    /// The first of their errors.
    pub(super) fn wait(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.run(std::future::ready(Ok(())))
    }

    /// Commits by this text, and waits for all that was sent before it.
    pub(super) fn commit(&mut self, text: &'static str) -> Committed {
        let (client, pending) = (self.driver.clone(), mem::take(&mut self.pending));
        let requests = join(first_error(pending), client.batch_execute(text));
        let (before, commit) = self.connection.runtime.block_on(requests);
        Committed { before, commit }
    }

    /// Sends a rollback without waiting. What was sent before it does not count any more.
    pub(super) fn send_rollback(&mut self) {
        self.pending.clear();
        self.send_batch("rollback");
    }

    /// The first poll of a request puts it into the queue of the connection; it is written to the socket as soon as the thread
    /// waits for anything.
    fn send(&mut self, mut request: Pending) {
        let mut context = Context::from_waker(Waker::noop());
        match request.as_mut().poll(&mut context) {
            Poll::Pending => self.pending.push(request),
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => self.pending.push(Box::pin(std::future::ready(Err(error)))),
        }
    }

    /// Waits for a request and for all that were sent before it.
    ///
    /// # Errors
    /// The first error of all of them.
    fn run<T>(&mut self, request: impl Future<Output = Result<T>>) -> Result<T> {
        let pending = mem::take(&mut self.pending);
        let (before, result) = self
            .connection
            .runtime
            .block_on(join(first_error(pending), request));
        before.and(result)
    }
}

fn as_param(param: &OwnedParam) -> &(dyn ToSql + Sync) {
    &**param
}

async fn first_error(pending: Vec<Pending>) -> Result<()> {
    let mut first = Ok(());
    for request in pending {
        let result = request.await;
        first = first.and(result);
    }
    first
}

impl Drop for Connection {
    /// Waits until the server was told that the connection ends.
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            let ended = async { tokio::time::timeout(CLOSE_TIMEOUT, serving).await };
            drop(self.runtime.block_on(ended));
        }
    }
}
