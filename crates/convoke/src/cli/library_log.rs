//! Records of libraries that log by the crate `log`. Our own forwarder instead of `tracing_log`: that one adds the path of the
//! source file on the machine that built the program.

use log::{Level, LevelFilter, Log, Metadata, Record};
use tracing::level_filters::LevelFilter as TracingFilter;

struct Forwarder;

/// Forwards the records to the log that was started.
pub(super) fn forward() {
    if log::set_logger(&Forwarder).is_ok() {
        log::set_max_level(level());
    }
}

/// The level of the log, so that what is below it costs nothing.
fn level() -> LevelFilter {
    match TracingFilter::current() {
        TracingFilter::TRACE => LevelFilter::Trace,
        TracingFilter::DEBUG => LevelFilter::Debug,
        TracingFilter::INFO => LevelFilter::Info,
        TracingFilter::WARN => LevelFilter::Warn,
        TracingFilter::ERROR => LevelFilter::Error,
        _ => LevelFilter::Off,
    }
}

impl Log for Forwarder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let (library, text) = (record.target(), record.args());
        match record.level() {
            Level::Error => tracing::error!(library, %text, "library"),
            Level::Warn => tracing::warn!(library, %text, "library"),
            Level::Info => tracing::info!(library, %text, "library"),
            Level::Debug => tracing::debug!(library, %text, "library"),
            Level::Trace => tracing::trace!(library, %text, "library"),
        }
    }

    fn flush(&self) {}
}
