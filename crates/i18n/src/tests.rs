//! What holds for all texts together, read from the files themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The keys of a language and the variables that each uses, with those of its terms and attributes.
fn keys(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, source) in files(locale) {
        let mut current = String::new();
        for line in source.lines() {
            if line.starts_with('#') {
                continue;
            }
            let key: String = line
                .chars()
                .take_while(|c| c.is_alphanumeric() || "-_".contains(*c))
                .collect();
            if !key.is_empty() {
                current = key;
                keys.entry(current.clone()).or_default();
            }
            let variables = line.split('$').skip(1).map(|rest| {
                rest.chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
                    .collect::<String>()
            });
            if let Some(known) = keys.get_mut(&current) {
                known.extend(variables);
            }
        }
    }
    keys
}

#[test]
fn every_file_is_parsed_without_errors() {
    for locale in Locale::ALL {
        let mut whole = Bundle::new_concurrent(vec![]);
        for (name, source) in files(locale) {
            let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| errors);
            assert_eq!(whole.add_resource(resource.unwrap()), Ok(()), "{name}");
        }
    }
}

#[test]
fn every_language_has_the_same_keys_with_the_same_variables() {
    let english = keys(Locale::En);
    assert!(english.len() > 50);
    assert_eq!(english, keys(Locale::Ru));
}

/// Starts of keys that code completes with a word from data, such as a status or the code of a problem.
const COMPLETED: [&str; 19] = [
    "action-",
    "activity-",
    "delivery-filter-",
    "invitation-declined-",
    "invitation-expired-",
    "invitation-no-address-github-",
    "invitation-readdressed-",
    "invitation-revoked-",
    "invitations-none-",
    "language-",
    "mail-",
    "problem-",
    "service-",
    "skipped-",
    "status-",
    "theme-",
    "time-ago-",
    "time-in-",
    "users-sent-",
];

/// Ends of keys that code adds to a name, such as that of a form or a notice.
const ADDED: [&str; 6] = ["-button", "-label", "-meaning", "-sent", "-text", "-title"];

/// The Rust code and the templates below a folder, without tests and languages.
fn read_sources(folder: &std::path::Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_named = |names: &[&str]| names.iter().any(|name| path.ends_with(name));
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() && !is_named(&["tests", "locales"]) {
            read_sources(&path, sources);
        } else if matches!(extension, Some("rs" | "html")) && !is_named(&["tests.rs"]) {
            sources.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_key_is_used() {
    let mut sources = String::new();
    let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    read_sources(std::path::Path::new(crates), &mut sources);
    let quoted: BTreeSet<&str> = sources.split('"').collect();
    let is_used = |key: &str| {
        let mut names = ADDED.iter().filter_map(|end| key.strip_suffix(end));
        quoted.contains(key)
            || names.any(|name| quoted.contains(name))
            || COMPLETED.iter().any(|start| key.starts_with(start))
    };
    let keys = keys(Locale::En).into_keys();
    let unused: Vec<String> = keys
        .filter(|key| !key.starts_with('-') && !is_used(key))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_key_has_a_text_of_its_own() {
    for locale in Locale::ALL {
        for (key, variables) in keys(locale).iter().filter(|(key, _)| !key.starts_with('-')) {
            let args: Vec<_> = variables
                .iter()
                .map(|name| (name.as_str(), Arg::Number(5)))
                .collect();
            let text = t_args(locale, key, &args);
            assert!(
                !text.is_empty() && text != *key && !text.contains(['{', '}']),
                "{locale} {key}: {text}"
            );
        }
    }
}

#[test]
fn a_missing_key_is_its_own_text() {
    assert_eq!(
        t(Locale::En, "there-is-no-such-key"),
        "there-is-no-such-key"
    );
}

#[test]
fn values_are_put_in_as_they_are() {
    let args = [("role", Arg::from("{ $x } <b> \u{5d0}"))];
    assert_eq!(
        t_args(Locale::En, "role-retired", &args),
        "{ $x } <b> \u{5d0} (retired)"
    );
}
