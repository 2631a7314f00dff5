//! Values as operators write them, and names that are nearly right.

use toml::{Table, Value};

/// The content of a file that a variable names, without a byte order mark and trailing white space.
pub(crate) fn read_value(path: &str) -> Result<String, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
    Ok(without_mark(&text).trim_end().to_owned())
}

/// A text without the byte order mark that some editors put at its start.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The known name that is most like a word, unless none is like it.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let likeness = |key: &str| match key.strip_suffix(word) {
        // Its last part alone, such as `secret` for `client_secret`.
        Some(start) if start.ends_with(['_', '.']) => 0.95,
        _ => strsim::jaro_winkler(word, key),
    };
    known
        .map(|key| (likeness(key), key))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

/// Sets the value of a dotted key.
pub(super) fn set_value(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        Some((section, rest)) => {
            let inner = table
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                set_value(inner, rest, value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}

/// Variables are text: whether one is a number, a switch or a list is decided by its key.
pub(super) fn coerce_env_value(key: &str, text: &str) -> Value {
    if ["trusted_proxies", "outbound.allowed_networks"].contains(&key) {
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        return Value::Array(items.map(|item| Value::String(item.to_owned())).collect());
    }
    let textual = KEYS_WITH_TEXT.contains(&key);
    match (textual, text.parse::<bool>(), text.parse::<i64>()) {
        (false, Ok(switch), _) => Value::Boolean(switch),
        (false, _, Ok(number)) => Value::Integer(number),
        _ => Value::String(text.to_owned()),
    }
}

/// Keys whose value stays text even when it looks like a number.
const KEYS_WITH_TEXT: &[&str] = &[
    "brand.name",
    "mail.from",
    "catalogue",
    "secrets.key",
    "secrets.key_file",
];
