//! Days as people choose them.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use convoke_core::clock::Timestamp;

/// When a day such as `2026-11-12` begins in a zone; nothing where it is no day.
#[must_use]
pub fn start(day: &str, time_zone: &str) -> Option<Timestamp> {
    at_midnight(day.parse().ok()?, time_zone)
}

/// When a day is over in a zone; nothing where it is no day.
#[must_use]
pub fn end(day: &str, time_zone: &str) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    at_midnight(day.tomorrow().ok()?, time_zone)
}

fn at_midnight(day: Date, time_zone: &str) -> Option<Timestamp> {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let at = day.to_zoned(zone).ok()?.timestamp();
    Some(Timestamp::from_millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_at_the_midnights_of_its_zone() {
        let at = |text: &str| Timestamp::parse(text);
        assert_eq!(
            start("2026-07-02", "Europe/Berlin"),
            at("2026-07-01T22:00:00Z")
        );
        assert_eq!(
            end("2026-07-02", "Europe/Berlin"),
            at("2026-07-02T22:00:00Z")
        );
        assert_eq!(start("2026-07-02", "UTC"), at("2026-07-02T00:00:00Z"));
        assert_eq!(start("yesterday", "UTC"), None);
    }
}
