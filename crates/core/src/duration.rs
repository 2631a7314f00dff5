//! Lengths of time as a configuration file has them.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads a length of time such as `"7d"`, `"12h"`, `"30m"` or `"90s"`, for `deserialize_with`.
///
/// # Errors
/// When the text is none.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "\"{text}\" is not a length of time such as \"7d\", \"12h\", \"30m\" or \"90s\""
        ))
    })
}

/// A whole number and a unit: `d`, `h`, `m` or `s`; at most ten years.
fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let total = count.checked_mul(seconds)?;
    (total <= 10 * 366 * 86_400).then_some(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit() {
        assert_eq!(parse("7d"), Some(Duration::from_hours(168)));
        assert_eq!(parse("90s"), Some(Duration::from_secs(90)));
        for text in [
            "",
            "7",
            "d",
            "-1d",
            "1.5h",
            "7 d",
            "99999999999999999999d",
            "9999999d",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
