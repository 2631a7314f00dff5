//! Time as the program sees it: milliseconds since 1970 in UTC, from a clock that tests can set.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Serialize, Serializer};

/// A moment in UTC with millisecond precision, shown as RFC 3339 with `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `millis` milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// The same moment for calendars and time zones; moments that jiff cannot show become 1970.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default()
    }

    /// The text of a moment in the years 0 to 9999, without an allocation: lists show several per row.
    fn to_rfc3339(self) -> Option<[u8; 24]> {
        let time = jiff::tz::Offset::UTC.to_datetime(self.to_jiff());
        if time.year() < 0 {
            return None;
        }
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (places, value) in [
            (0..4, i32::from(time.year())),
            (5..7, i32::from(time.month())),
            (8..10, i32::from(time.day())),
            (11..13, i32::from(time.hour())),
            (14..16, i32::from(time.minute())),
            (17..19, i32::from(time.second())),
            (20..23, i32::from(time.millisecond())),
        ] {
            write_decimal(text.get_mut(places)?, value);
        }
        Some(text)
    }

    /// Reads RFC 3339 text with any offset.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(|moment| Self(moment.as_millisecond()))
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_rfc3339() {
            Some(text) => f.write_str(std::str::from_utf8(&text).unwrap_or_default()),
            None => write!(f, "{:.3}", self.to_jiff()),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_rfc3339() {
            Some(text) => serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default()),
            None => serializer.collect_str(self),
        }
    }
}

/// Writes the last digits of a number, as many as there are places.
fn write_decimal(places: &mut [u8], value: i32) {
    let mut rest = value;
    for place in places.iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
}

/// Where the present comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

/// A clock that does not advance by itself.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock at `start`.
    #[must_use]
    pub const fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock forward by `span`.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(millis(span), Ordering::SeqCst);
    }

    /// Moves the clock back by `span`.
    pub fn rewind(&self, span: Duration) {
        self.0.fetch_sub(millis(span), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_is_shown_with_milliseconds_and_z() {
        assert_eq!(
            Timestamp::from_millis(1_793_000_000_120).to_string(),
            "2026-10-26T07:33:20.120Z"
        );
        assert_eq!(
            Timestamp::from_millis(0).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }

    proptest! {
        #[test]
        fn every_moment_is_shown_as_by_the_library(millis: i64, near in -200_000_000_000_000_i64..300_000_000_000_000) {
            for millis in [millis, near] {
                let moment = Timestamp::from_millis(millis);
                prop_assert_eq!(moment.to_string(), format!("{:.3}", moment.to_jiff()));
                prop_assert_eq!(serde_json::to_value(moment).unwrap(), moment.to_string());
            }
        }
    }

    #[test]
    fn what_is_shown_can_be_read_back() {
        let moment = Timestamp::from_millis(1_793_000_000_007);
        assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
    }
}
