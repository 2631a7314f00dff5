//! Configurations of any content: accepted, or errors that name their key. The fuzz target `configuration` is the same.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

/// The example of every key.
const EXAMPLE: &str = include_str!("../../../../../convoke.toml.example");

fn load_text(text: &str) -> Result<Loaded, Vec<String>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    load(Some(file.path()), std::iter::empty())
}

/// Fails if errors are missing, or say nothing.
fn check_errors(result: Result<Loaded, Vec<String>>) {
    if let Err(errors) = result {
        assert!(!errors.is_empty() && errors.iter().all(|error| !error.is_empty()));
    }
}

proptest! {
    #[test]
    fn any_text_is_loaded_without_panic(text in any::<String>()) {
        check_errors(load_text(&text));
    }

    #[test]
    fn a_mutated_example_is_loaded_without_panic(
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        text in "[\\PC\n]{0,12}",
    ) {
        let example = EXAMPLE.replace("\n# ", "\n").replace("\n#", "\n");
        let characters: Vec<char> = example.chars().collect();
        let start = at.index(characters.len());
        let end = (start + length).min(characters.len());
        let mutated: String = characters[..start].iter().copied()
            .chain(text.chars())
            .chain(characters[end..].iter().copied())
            .collect();
        check_errors(load_text(&mutated));
        check_errors(load_text(&EXAMPLE.replace('#', &text)));
    }

    #[test]
    fn any_variable_is_loaded_without_panic(
        key in prop::sample::select(KEYS),
        value in any::<String>(),
    ) {
        let name = format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"));
        match load(None, [(name, value)].into_iter()) {
            Ok(loaded) => prop_assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings),
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }

    #[test]
    fn a_value_of_another_type_names_its_key(key in prop::sample::select(KEYS)) {
        // No key takes a table of this shape.
        let errors = load_text(&format!("{key} = [[[1]]]\n")).unwrap_err();
        prop_assert!(errors.iter().all(|error| error.starts_with(key)), "{errors:?}");
    }

    #[test]
    fn valid_values_are_loaded_as_written(users in 2_u32..100_000, accounts in 1_u32..1_000, enabled in any::<bool>()) {
        let text = format!(
            "[limits]\nusers_per_account = {users}\naccounts_per_user = {accounts}\n[rate_limits]\nenabled = {enabled}\n"
        );
        let config = load_text(&text).expect("the configuration is valid").config;
        prop_assert_eq!(config.limits.users_per_account, users);
        prop_assert_eq!(config.limits.accounts_per_user, accounts);
        prop_assert_eq!(config.rate_limits.enabled, enabled);
    }
}
