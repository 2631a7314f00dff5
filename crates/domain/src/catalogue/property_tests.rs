//! Catalogue files of any content: accepted, or errors with a line. The fuzz target `catalogue` is the same.

use proptest::prelude::*;

use super::*;

/// Parses a text, and fails if errors are missing, or name no line of it.
fn parse(text: &str) -> Option<Catalogue> {
    match Catalogue::parse("catalogue.toml", text) {
        Ok(catalogue) => Some(catalogue),
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                let line = error.line;
                assert!(
                    (1..=text.lines().count().max(1) + 1).contains(&line),
                    "{error}"
                );
                assert!(
                    error
                        .to_string()
                        .starts_with(&format!("catalogue.toml:{line}: "))
                );
            }
            None
        }
    }
}

/// One section of a product with roles.
fn product(key: &str, name: &str, roles: &[String]) -> String {
    let product = format!(
        "[[products]]\nkey = \"{key}\"\nname = \"{name}\"\ndescription = \"Works.\"\nmulti_user = true\n"
    );
    let roles = roles.iter().map(|role| {
        format!("[[products.roles]]\nkey = \"{role}\"\nname = \"Role\"\ndescription = \"Works.\"\n")
    });
    std::iter::once(product).chain(roles).collect()
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(text in any::<String>()) {
        parse(&text);
    }

    #[test]
    fn a_mutated_catalogue_is_parsed_without_panic(
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        text in "[\\PC\n]{0,12}",
    ) {
        let characters: Vec<char> = BUILTIN.chars().collect();
        let start = at.index(characters.len());
        let end = (start + length).min(characters.len());
        let mutated: String = characters[..start].iter().copied()
            .chain(text.chars())
            .chain(characters[end..].iter().copied())
            .collect();
        parse(&mutated);
    }

    #[test]
    fn a_valid_catalogue_has_the_written_products_and_roles(
        key in "[a-z]{2,12}",
        name in "[A-Z][a-z]{1,20}",
        roles in prop::collection::btree_set("X_[A-Z]{1,12}", 1..5),
    ) {
        let roles: Vec<String> = roles.into_iter().collect();
        let catalogue = parse(&product(&key, &name, &roles)).expect("the catalogue is valid");
        let product = &catalogue.products[0];
        prop_assert_eq!(&product.key, &key);
        prop_assert_eq!(product.name.get("en"), name);
        let keys: Vec<String> = product.roles.iter().map(|role| role.key.clone()).collect();
        prop_assert_eq!(keys, roles);
    }
}
