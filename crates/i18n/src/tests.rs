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
