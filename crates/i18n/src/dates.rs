//! Moments as people read them, in their own zone and with the zone named.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp as Moment, Zoned};

use convoke_core::clock::Timestamp;
use convoke_core::language::Locale;

/// A moment with its year, such as "Thu 12 Nov 2026, 14:05 UTC"; UTC where the zone is unknown.
#[must_use]
pub fn date_time(at: Timestamp, locale: Locale, time_zone: &str) -> String {
    let at = zoned(at, time_zone);
    let year = year(&at, locale);
    format!("{} {year}, {}", day(&at, locale), clock_time(&at))
}

/// A moment to the second for a log, such as "12 Nov 2026, 14:05:09 UTC"; UTC where the zone is unknown.
#[must_use]
pub fn date_and_seconds(at: Timestamp, locale: Locale, time_zone: &str) -> String {
    let at = zoned(at, time_zone);
    let zone = zone_name(at.time_zone(), at.timestamp());
    let (month, year) = (month(at.month(), locale), year(&at, locale));
    format!(
        "{} {month} {year}, {:02}:{:02}:{:02} {zone}",
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A day, such as "12 Nov 2026"; in UTC where the zone is unknown.
#[must_use]
pub fn date(at: Timestamp, locale: Locale, time_zone: &str) -> String {
    let at = zoned(at, time_zone);
    let (month, year) = (month(at.month(), locale), year(&at, locale));
    format!("{} {month} {year}", at.day())
}

/// A day of this year, such as "12 Nov"; in UTC where the zone is unknown.
#[must_use]
pub fn day_and_short_month(at: Timestamp, locale: Locale, time_zone: &str) -> String {
    let at = zoned(at, time_zone);
    format!("{} {}", at.day(), month(at.month(), locale))
}

/// A day of this year with the month written out, such as "12 November"; in UTC where the zone is unknown.
#[must_use]
pub fn day_and_month(at: Timestamp, locale: Locale, time_zone: &str) -> String {
    let at = zoned(at, time_zone);
    format!("{} {}", at.day(), whole_month(at.month(), locale))
}

/// A moment of the near future or past without its year, such as "Thu 12 Nov, 14:05 UTC"; UTC where
/// the zone is unknown.
#[must_use]
pub fn day_and_time(at: Timestamp, locale: Locale, time_zone: &str) -> String {
    let at = zoned(at, time_zone);
    format!("{}, {}", day(&at, locale), clock_time(&at))
}

/// The time of a day, such as "14:05"; in UTC where the zone is unknown.
#[must_use]
pub fn clock(at: Timestamp, time_zone: &str) -> String {
    let at = zoned(at, time_zone);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

fn zoned(at: Timestamp, time_zone: &str) -> Zoned {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    at.to_jiff().to_zoned(zone)
}

fn day(at: &Zoned, locale: Locale) -> String {
    let weekday = weekday(at.weekday(), locale);
    let month = month(at.month(), locale);
    match locale {
        Locale::En => format!("{weekday} {} {month}", at.day()),
        Locale::Ru => format!("{weekday}, {} {month}", at.day()),
    }
}

/// The year as part of a date.
fn year(at: &Zoned, locale: Locale) -> String {
    match locale {
        Locale::En => at.year().to_string(),
        // Not at the beginning of a line.
        Locale::Ru => format!("{}\u{a0}г.", at.year()),
    }
}

fn clock_time(at: &Zoned) -> String {
    let zone = zone_name(at.time_zone(), at.timestamp());
    format!("{:02}:{:02} {zone}", at.hour(), at.minute())
}

/// The zone's abbreviation; zones that have none but their offset get "UTC" and the offset.
fn zone_name(zone: &TimeZone, at: Moment) -> String {
    let info = zone.to_offset_info(at);
    let abbreviation = info.abbreviation();
    if abbreviation.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return abbreviation.to_owned();
    }
    offset_text(info.offset())
}

/// The offset of a zone at a moment, such as "UTC+5:45".
pub(crate) fn utc_offset(zone: &TimeZone, at: Moment) -> String {
    offset_text(zone.to_offset(at))
}

fn offset_text(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    }
}

const fn weekday(day: jiff::civil::Weekday, locale: Locale) -> &'static str {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    match (locale, day) {
        (Locale::En, Monday) => "Mon",
        (Locale::En, Tuesday) => "Tue",
        (Locale::En, Wednesday) => "Wed",
        (Locale::En, Thursday) => "Thu",
        (Locale::En, Friday) => "Fri",
        (Locale::En, Saturday) => "Sat",
        (Locale::En, Sunday) => "Sun",
        (Locale::Ru, Monday) => "пн",
        (Locale::Ru, Tuesday) => "вт",
        (Locale::Ru, Wednesday) => "ср",
        (Locale::Ru, Thursday) => "чт",
        (Locale::Ru, Friday) => "пт",
        (Locale::Ru, Saturday) => "сб",
        (Locale::Ru, Sunday) => "вс",
    }
}

fn month(month: i8, locale: Locale) -> &'static str {
    const EN: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    // As CLDR shortens them beside a day.
    const RU: [&str; 12] = [
        "янв.",
        "февр.",
        "мар.",
        "апр.",
        "мая",
        "июн.",
        "июл.",
        "авг.",
        "сент.",
        "окт.",
        "нояб.",
        "дек.",
    ];
    let names = match locale {
        Locale::En => EN,
        Locale::Ru => RU,
    };
    let index = usize::try_from(month - 1).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

fn whole_month(month: i8, locale: Locale) -> &'static str {
    const EN: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    // In the genitive, as beside a day.
    const RU: [&str; 12] = [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ];
    let names = match locale {
        Locale::En => EN,
        Locale::Ru => RU,
    };
    let index = usize::try_from(month - 1).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn moments_name_day_month_year_time_and_zone() {
        let moment = at("2026-11-12T14:05:59Z");
        assert_eq!(
            date_time(moment, Locale::En, "UTC"),
            "Thu 12 Nov 2026, 14:05 UTC"
        );
        assert_eq!(
            date_time(moment, Locale::Ru, "UTC"),
            "чт, 12 нояб. 2026\u{a0}г., 14:05 UTC"
        );
        assert_eq!(
            day_and_time(moment, Locale::En, "UTC"),
            "Thu 12 Nov, 14:05 UTC"
        );
        assert_eq!(
            day_and_time(moment, Locale::Ru, "UTC"),
            "чт, 12 нояб., 14:05 UTC"
        );
    }

    #[test]
    fn days_without_a_time_name_their_month_in_short() {
        let moment = at("2026-12-03T12:00:00Z");
        assert_eq!(day_and_short_month(moment, Locale::En, "UTC"), "3 Dec");
        assert_eq!(day_and_short_month(moment, Locale::Ru, "UTC"), "3 дек.");
        assert_eq!(date(moment, Locale::En, "UTC"), "3 Dec 2026");
        assert_eq!(date(moment, Locale::Ru, "UTC"), "3 дек. 2026\u{a0}г.");
    }

    #[test]
    fn days_name_their_month_in_full() {
        let moment = at("2026-11-01T23:30:00Z");
        assert_eq!(day_and_month(moment, Locale::En, "UTC"), "1 November");
        assert_eq!(
            day_and_month(moment, Locale::Ru, "Europe/Moscow"),
            "2 ноября"
        );
    }

    #[test]
    fn moments_are_shown_in_the_zone_of_the_reader() {
        let moment = at("2026-07-01T22:30:00Z");
        let shown = |zone| day_and_time(moment, Locale::En, zone);
        assert_eq!(shown("Europe/Berlin"), "Thu 2 Jul, 00:30 CEST");
        assert_eq!(shown("Europe/Moscow"), "Thu 2 Jul, 01:30 MSK");
        assert_eq!(shown("America/New_York"), "Wed 1 Jul, 18:30 EDT");
    }

    #[test]
    fn zones_without_a_name_show_their_offset() {
        let moment = at("2026-01-15T12:00:00Z");
        let shown = |zone| day_and_time(moment, Locale::En, zone);
        assert_eq!(shown("Europe/Istanbul"), "Thu 15 Jan, 15:00 UTC+3");
        assert_eq!(shown("Asia/Kathmandu"), "Thu 15 Jan, 17:45 UTC+5:45");
        assert_eq!(shown("America/Sao_Paulo"), "Thu 15 Jan, 09:00 UTC-3");
    }

    #[test]
    fn unknown_zones_fall_back_to_utc() {
        assert_eq!(
            day_and_time(at("2026-01-15T12:00:00Z"), Locale::En, "Mars/Base"),
            "Thu 15 Jan, 12:00 UTC"
        );
    }

    #[test]
    fn every_month_and_day_has_a_name_in_every_language() {
        for locale in Locale::ALL {
            for number in 1..=12 {
                assert!(!month(number, locale).is_empty());
            }
            let week: std::collections::BTreeSet<_> = (1..=7)
                .map(|day| {
                    weekday(
                        jiff::civil::Weekday::from_monday_one_offset(day).unwrap(),
                        locale,
                    )
                })
                .collect();
            assert_eq!(week.len(), 7);
        }
    }
}
