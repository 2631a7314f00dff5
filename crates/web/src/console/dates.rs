//! Times as pages show them: in the viewer's language and time zone.

use std::time::Duration;

use super::components::{LogTime, RelativeTime};
use super::context::PageContext;
use super::format;
use convoke_core::clock::Timestamp;
use convoke_i18n::{
    date, date_and_seconds, date_time, day_and_month, day_and_short_month, day_and_time,
};

/// A deadline is soon within this time.
pub(super) const SOON: Duration = Duration::from_hours(48);

impl PageContext {
    /// The viewer's time zone; UTC without a session.
    pub(crate) fn time_zone(&self) -> &str {
        let caller = self.caller.as_ref();
        caller.map_or("UTC", |caller| &caller.user.time_zone)
    }

    /// A time in the viewer's time zone.
    pub(crate) fn format_date_time(&self, at: Timestamp) -> String {
        date_time(at, self.locale, self.time_zone())
    }

    /// A relative time, such as "in 7 days".
    pub(crate) fn format_relative(&self, at: Timestamp) -> String {
        format::relative_time(self.locale, self.app.ctx.clock.now(), at)
    }

    /// A relative time, with the exact time below.
    pub(super) fn relative_and_exact(&self, at: Timestamp) -> RelativeTime {
        RelativeTime {
            badge: None,
            text: self.format_relative(at),
            exact: self.format_short(at),
            is_exact_first: false,
        }
    }

    /// The exact time of something that has happened, with the relative time below.
    pub(super) fn exact_and_relative(&self, at: Timestamp) -> RelativeTime {
        RelativeTime {
            badge: None,
            text: self.format_short(at),
            exact: self.format_relative(at),
            is_exact_first: true,
        }
    }

    /// The exact time of an entry of a log, with its seconds and zone.
    pub(crate) fn format_log_time(&self, at: Timestamp) -> String {
        date_and_seconds(at, self.locale, self.time_zone())
    }

    /// The exact time of an entry of a log, with the relative time below.
    pub(super) fn log_time(&self, at: Timestamp) -> LogTime {
        LogTime {
            exact: self.format_log_time(at),
            text: self.format_relative(at),
        }
    }

    /// A deadline: an amber badge within 48 hours, a red one when it has passed.
    pub(super) fn format_deadline(&self, at: Timestamp) -> RelativeTime {
        let now = self.app.ctx.clock.now();
        let badge = match () {
            () if at <= now => Some("red"),
            () if at <= now.plus(SOON) => Some("amber"),
            () => None,
        };
        RelativeTime {
            badge,
            ..self.relative_and_exact(at)
        }
    }

    /// A short time in the viewer's time zone, with the year only where it is far away.
    pub(crate) fn format_short(&self, at: Timestamp) -> String {
        if self.is_far(at) {
            return self.format_date_time(at);
        }
        day_and_time(at, self.locale, self.time_zone())
    }

    /// A day in the viewer's time zone, with the year only where it is far away.
    pub(crate) fn format_day(&self, at: Timestamp) -> String {
        if self.is_far(at) {
            return date(at, self.locale, self.time_zone());
        }
        day_and_month(at, self.locale, self.time_zone())
    }

    /// A day in the viewer's time zone with its month in short, with the year only where it is far away.
    pub(crate) fn format_short_day(&self, at: Timestamp) -> String {
        if self.is_far(at) {
            return date(at, self.locale, self.time_zone());
        }
        day_and_short_month(at, self.locale, self.time_zone())
    }

    /// Whether a time is more than half a year away, so that day and month do not identify it.
    fn is_far(&self, at: Timestamp) -> bool {
        const HALF_A_YEAR: i64 = 183 * 86_400_000;
        let far = at.millis() - self.app.ctx.clock.now().millis();
        far.abs() > HALF_A_YEAR
    }
}
