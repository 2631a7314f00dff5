//! Relative times and devices in the viewer's language.

use convoke_core::clock::Timestamp;
use convoke_core::language::Locale;
use convoke_core::user_agent::browser_and_system;
use convoke_i18n::{t, t_args};

/// A time relative to `now`, in the largest fitting unit: "in 7 days", "3 hours ago".
pub(super) fn relative_time(locale: Locale, now: Timestamp, at: Timestamp) -> String {
    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let span = at.millis().saturating_sub(now.millis());
    if (-MINUTE..=0).contains(&span) {
        return t(locale, "time-now");
    }
    let (unit, length) = match span.abs() {
        long if long >= 36 * HOUR => ("days", DAY),
        long if long >= 90 * MINUTE => ("hours", HOUR),
        long if long >= 90 * SECOND => ("minutes", MINUTE),
        _ => ("seconds", SECOND),
    };
    let count = (span.abs() + length / 2) / length;
    let direction = if span < 0 { "ago" } else { "in" };
    let key = format!("time-{direction}-{unit}");
    t_args(locale, &key, &[("count", count.into())])
}

/// The browser and the operating system of a client.
pub(super) fn describe_device(locale: Locale, user_agent: &str) -> String {
    match browser_and_system(user_agent) {
        (Some(browser), Some(system)) => {
            let args = [("browser", browser.into()), ("system", system.into())];
            t_args(locale, "device", &args)
        }
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        // Other programs: the product name of the first token.
        (None, None) => user_agent
            .split(['/', ' '])
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_use_the_largest_fitting_unit() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        let seconds = |count: i64| Timestamp::from_millis(now.millis() + count * 1_000);
        let text = |locale, at| relative_time(locale, now, at);
        assert_eq!(text(Locale::En, seconds(7 * 86_400)), "in 7 days");
        assert_eq!(text(Locale::En, seconds(86_400)), "in 24 hours");
        assert_eq!(text(Locale::En, seconds(1)), "in 1 second");
        assert_eq!(text(Locale::En, seconds(-120)), "2 minutes ago");
        assert_eq!(text(Locale::Ru, seconds(2 * 86_400)), "через 2 дня");
        assert_eq!(text(Locale::Ru, seconds(5 * 86_400)), "через 5 дней");
        assert_eq!(text(Locale::Ru, seconds(-2 * 3_600)), "2 часа назад");
    }
}
