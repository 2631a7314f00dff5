//! `convoke serve`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::error::{CommandError, CommandResult};
use super::{app, demo, library_log, runtime};
use crate::jobs::Jobs;
use convoke_app::App;
use convoke_app::config::{Config, LogFormat};
use convoke_app::signing_keys::KeyError;
use convoke_domain::{DatabaseError, Error};
use convoke_web as http;
use convoke_web::server::{self, ConnectionLimits, Timeouts};

/// What is in flight gets this long at a stop (security rule 19).
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Open files that are not connections to `listen`: the database, mail, requests to other servers, metrics, the log.
const RESERVED_FILES: u64 = 256;

/// Connections to `metrics_listen`.
const METRICS_CONNECTIONS: usize = 32;

/// How often a starting node tries its database.
const DATABASE_RETRY_DELAY: Duration = Duration::from_secs(1);

/// After so many attempts the same error is logged again.
const ATTEMPTS_PER_LOG: u32 = 60;

/// Serves until the shutdown signal.
pub(super) fn run(mut config: Config, with_demo: bool, folder: Option<PathBuf>) -> CommandResult {
    start_log(config.log);
    let prepared = if with_demo {
        Some(demo::prepare(&mut config, folder)?)
    } else {
        None
    };
    let runtime = runtime()?;
    let result = runtime.block_on(serve(config, prepared.as_ref()));
    // All requests are finished or aborted; a stuck thread must not block the exit.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

fn start_log(format: LogFormat) {
    use tracing::subscriber::set_global_default;
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A log on a full disk must not take the requests with it: the complaint about it would panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let started = match format {
        LogFormat::Text => set_global_default(builder.finish()),
        LogFormat::Json => set_global_default(builder.json().finish()),
    };
    // A second start in one process keeps the first log.
    if started.is_ok() {
        library_log::forward();
    }
}

async fn serve(config: Config, demo: Option<&demo::DemoDir>) -> CommandResult {
    let limits = connection_limits(&config, raise_open_files());
    let listener = bind(config.listen)?;
    let metrics = match config.metrics_listen {
        Some(address) => Some(bind(address)?),
        None => None,
    };
    let app = app(config)?;
    let (stop, stopped) = watch::channel(false);
    if let Some(listener) = metrics {
        let handle = PrometheusBuilder::new()
            .install_recorder()
            .map_err(|error| format!("metrics_listen: {error}"))?;
        tokio::spawn(drain_metrics(handle.clone()));
        let router = http::metrics_router(&app, handle);
        let limits = ConnectionLimits {
            total: METRICS_CONNECTIONS,
            ..limits.clone()
        };
        let timeouts = Timeouts::default();
        tokio::spawn(server::serve(
            listener,
            router,
            limits,
            timeouts,
            stopped.clone(),
        ));
    }
    if app.transport.mailbox().is_some() && !app.config.shows_mailbox() {
        tracing::warn!("mail.smtp_url is not set: no mail is delivered");
    }
    // Before the server starts, so that an early signal is handled too.
    let mut shutdown = std::pin::pin!(shutdown_signal());
    // Served from now on, with 503 until the database can be used: a load balancer sees that the process is alive.
    app.set_starting(true);
    let server = tokio::spawn(server::serve(
        listener,
        http::router(app.clone()),
        limits.clone(),
        Timeouts::default(),
        stopped,
    ));
    let jobs = tokio::select! {
        started = start(&app, demo) => Some(started?),
        () = &mut shutdown => None,
    };
    let Some(jobs) = jobs else {
        stop.send_replace(true);
        drop(tokio::time::timeout(SHUTDOWN_TIMEOUT, server).await);
        return Ok(());
    };
    tracing::info!(
        address = %app.public_origin,
        listen = %app.config.listen,
        database = app.database_name(),
        connections = limits.total,
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    shutdown.await;
    tracing::info!("shutting down: finishing requests in flight");
    stop.send_replace(true);
    let ending = async {
        // Together: a slow client must not keep the mail worker from storing what the mail server took.
        tokio::join!(async { drop(server.await) }, jobs.stop());
    };
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, ending)
        .await
        .is_err()
    {
        tracing::warn!("shutdown timed out: requests aborted");
    }
    app.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Folds stored samples into their summaries, which reading the metrics does too; without it they accumulate while the
/// metrics are not read.
async fn drain_metrics(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        handle.run_upkeep();
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener, CommandError> {
    server::bind(address).map_err(|error| {
        format!(
            "cannot listen on {address}: {error}. Set listen (or CONVOKE_LISTEN) to a free address."
        )
        .into()
    })
}

/// Raises the number of files that may be open to what the system allows, and returns it.
fn raise_open_files() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let allowed = limit.current;
    limit.current = limit.maximum;
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum.unwrap_or(u64::MAX),
        Err(error) => {
            tracing::warn!(%error, "limit of open files not raised");
            allowed.unwrap_or(u64::MAX)
        }
    }
}

/// How many connections may be open where so many files may be.
fn connection_limits(config: &Config, open_files: u64) -> ConnectionLimits {
    let reserved = RESERVED_FILES.min(open_files / 2);
    let files = usize::try_from(open_files - reserved).unwrap_or(usize::MAX);
    if files < config.http.connections {
        tracing::warn!(
            open_files,
            connections = files,
            "limit of open files allows fewer connections than http.connections"
        );
    }
    ConnectionLimits {
        total: config.http.connections.min(files),
        per_client: config.http.connections_per_client,
        proxies: config.trusted_proxies.clone(),
    }
}

/// Waits for the database, migrates it and starts the jobs.
async fn start(app: &App, demo: Option<&demo::DemoDir>) -> Result<Jobs, CommandError> {
    migrate(app).await?;
    if let Some(place) = demo {
        demo::seed(app, place).await?;
    }
    load_signing_keys(app).await?;
    let jobs = Jobs::start(app);
    app.set_starting(false);
    Ok(jobs)
}

/// Reads the keys that sign tokens, and makes missing ones; waits for the database as [`migrate`] does.
///
/// # Errors
/// When the operator has to do something first.
async fn load_signing_keys(app: &App) -> CommandResult {
    loop {
        match app.refresh_signing_keys().await {
            Ok(()) => return Ok(()),
            Err(KeyError::Operation(Error::Database(error))) => {
                tracing::warn!(%error, "waiting for the database");
            }
            Err(error) => return Err(error.to_string().into()),
        }
        tokio::time::sleep(DATABASE_RETRY_DELAY).await;
    }
}

/// Migrates, waiting for a database that does not answer, or cannot be written, without a limit, so that the
/// process need not be restarted.
///
/// # Errors
/// When waiting does not help.
async fn migrate(app: &App) -> CommandResult {
    let mut logged = String::new();
    for attempt in 1_u32.. {
        match app.migrate().await {
            Ok(0) => return Ok(()),
            Ok(count) => {
                tracing::info!(count, "migrations applied");
                return Ok(());
            }
            Err(error @ DatabaseError::Internal(_)) => {
                return Err(format!("database.url: {error}").into());
            }
            Err(error) => {
                let error = error.to_string();
                if error != logged || attempt % ATTEMPTS_PER_LOG == 0 {
                    tracing::warn!(error, attempt, "waiting for the database");
                    logged = error;
                }
            }
        }
        tokio::time::sleep(DATABASE_RETRY_DELAY).await;
    }
    Err("database.url: the database did not answer".into())
}

/// Completes on SIGTERM or SIGINT. Signals are received from this call on, not only once the future is polled.
fn shutdown_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = signal(SignalKind::terminate())
        .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    async move {
        match signals {
            Ok((mut terminate, mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "shutdown signals cannot be received");
                std::future::pending::<()>().await;
            }
        }
    }
}
