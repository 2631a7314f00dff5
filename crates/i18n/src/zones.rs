//! Time zones as people choose them: by a city and its country, in their own language.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;

use convoke_core::clock::Timestamp;
use convoke_core::language::Locale;

use crate::dates::utc_offset;

/// One zone of the table.
struct Zone {
    id: &'static str,
    /// Ids that the tz database has replaced, under which browsers may report the zone.
    former: &'static str,
    /// City and country in the order of [`Locale::ALL`].
    places: [[&'static str; 2]; 2],
}

impl Zone {
    fn parse(line: &'static str) -> Option<Self> {
        let mut parts = line.split('\t');
        let (id, former) = (parts.next()?, parts.next()?);
        let mut place = || Some([parts.next()?, parts.next()?]);
        Some(Self {
            id,
            former,
            places: [place()?, place()?],
        })
    }

    const fn place(&self, locale: Locale) -> [&'static str; 2] {
        let [english, russian] = self.places;
        match locale {
            Locale::En => english,
            Locale::Ru => russian,
        }
    }

    /// "Berlin, Germany".
    fn name(&self, locale: Locale) -> String {
        let [city, country] = self.place(locale);
        if city == country {
            return city.to_owned();
        }
        format!("{city}, {country}")
    }
}

/// The table of `data/time_zones.tsv`, which `scripts/time-zones` makes.
static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    let lines = include_str!("../data/time_zones.tsv").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.filter_map(Zone::parse).collect()
});

/// Zones by what people may type, in lower case: ids, former ids, names and cities.
static BY_TEXT: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut by_text = HashMap::new();
    for zone in ZONES.iter() {
        let ids = std::iter::once(zone.id).chain(zone.former.split_whitespace());
        let names = Locale::ALL.map(|locale| zone.name(locale));
        let cities = Locale::ALL.map(|locale| zone.place(locale)[0].to_owned());
        let texts = ids.map(str::to_owned).chain(names).chain(cities);
        for text in texts {
            by_text.entry(text.to_lowercase()).or_insert(zone.id);
        }
    }
    by_text
});

fn label(zone: &Zone, locale: Locale, at: Timestamp) -> String {
    let offset = TimeZone::get(zone.id).map(|known| utc_offset(&known, at.to_jiff()));
    match offset {
        Ok(offset) => format!("{} ({offset})", zone.name(locale)),
        Err(_) => zone.name(locale),
    }
}

/// The zones to choose from as "Berlin, Germany (UTC+1)", sorted, with their offsets at a moment.
#[must_use]
pub fn time_zone_labels(locale: Locale, at: Timestamp) -> Vec<String> {
    let mut labels: Vec<String> = ZONES.iter().map(|zone| label(zone, locale, at)).collect();
    labels.sort_by_cached_key(|label| label.to_lowercase());
    labels.insert(0, "UTC".to_owned());
    labels
}

/// The label of a zone; its id where it is none of those to choose from.
#[must_use]
pub fn time_zone_label(id: &str, locale: Locale, at: Timestamp) -> String {
    let current = BY_TEXT.get(&id.to_lowercase());
    let zone = current.and_then(|current| ZONES.iter().find(|zone| zone.id == *current));
    zone.map_or_else(|| id.to_owned(), |zone| label(zone, locale, at))
}

/// The id of the zone that a text means: a label in any language, a city, or an id. The text itself where it is none of them.
#[must_use]
pub fn time_zone_id(text: &str) -> &str {
    let name = text.trim();
    let name = name.rsplit_once(" (").map_or(name, |(name, _)| name.trim());
    let id = BY_TEXT.get(&name.to_lowercase()).copied();
    id.unwrap_or_else(|| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn every_zone_of_the_table_is_known_and_has_a_label_of_its_own() {
        let moment = at("2026-01-15T12:00:00Z");
        assert!(ZONES.len() > 400);
        for zone in ZONES.iter() {
            assert!(TimeZone::get(zone.id).is_ok(), "{}", zone.id);
        }
        for locale in Locale::ALL {
            let labels = time_zone_labels(locale, moment);
            assert_eq!(labels.len(), ZONES.len() + 1);
            for label in labels {
                let id = time_zone_id(&label);
                assert_eq!(time_zone_label(id, locale, moment), label);
            }
        }
    }

    #[test]
    fn labels_are_in_the_language_of_the_reader_and_name_the_offset_of_the_day() {
        let label = |id, locale, day| time_zone_label(id, locale, at(day));
        let (winter, summer) = ("2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z");
        assert_eq!(
            label("Europe/Berlin", Locale::En, winter),
            "Berlin, Germany (UTC+1)"
        );
        assert_eq!(
            label("Europe/Berlin", Locale::Ru, summer),
            "Берлин, Германия (UTC+2)"
        );
        assert_eq!(
            label("Asia/Calcutta", Locale::Ru, winter),
            "Калькутта, Индия (UTC+5:30)"
        );
        assert_eq!(label("Etc/GMT+3", Locale::En, winter), "Etc/GMT+3");
        assert_eq!(label("UTC", Locale::En, winter), "UTC");
    }

    #[test]
    fn zones_are_found_by_label_city_and_id() {
        for text in [
            "Москва, Россия (UTC+3)",
            " москва ",
            "Moscow, Russia",
            "Moscow",
            "europe/moscow",
        ] {
            assert_eq!(time_zone_id(text), "Europe/Moscow", "{text}");
        }
        assert_eq!(time_zone_id("Europe/Kiev"), "Europe/Kyiv");
        assert_eq!(time_zone_id(" Mars/Base "), "Mars/Base");
        assert_eq!(time_zone_id("utc"), "utc");
    }
}
