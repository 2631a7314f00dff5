//! Lists of the shared vectors, and of random texts.

use proptest::prelude::*;

use super::*;

#[derive(serde::Deserialize)]
struct Vectors {
    /// Words that are roles, in lower case.
    roles: Vec<String>,
    vectors: Vec<Vector>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    text: String,
    fine: Vec<String>,
    errors: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    merged: usize,
    #[serde(default)]
    left: Vec<String>,
    roles: Option<Vec<Vec<String>>>,
    /// The text of another vector, as which it is read when it is typed: the page ends a line after an address.
    typed_as: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../tests/vectors/email_list.json")).unwrap()
}

#[test]
fn lists_are_read_as_the_shared_vectors_say() {
    let Vectors { roles, vectors } = vectors();
    assert!(vectors.len() > 60);
    let texts: Vec<String> = vectors.iter().map(|vector| vector.text.clone()).collect();
    let is_role = |word: &str| roles.contains(&word.to_lowercase());
    for wanted in vectors {
        let text = &wanted.text;
        let read = parse_with_roles(text, &is_role);
        let (fine, errors): (Vec<_>, Vec<_>) =
            read.entries.iter().partition(|entry| entry.email.is_ok());
        let canonical = |entry: &&Entry| entry.email.as_ref().unwrap().canonical().to_owned();
        let found: Vec<String> = fine.iter().map(canonical).collect();
        assert_eq!(found, wanted.fine, "{text:?}");
        let found: Vec<&String> = errors.iter().map(|entry| &entry.text).collect();
        assert_eq!(found, wanted.errors.iter().collect::<Vec<_>>(), "{text:?}");
        let found: Vec<_> = fine.iter().filter_map(|entry| entry.name.clone()).collect();
        assert_eq!(found, wanted.names, "{text:?}");
        let found: Vec<_> = fine.iter().map(|entry| entry.roles.clone()).collect();
        let none = vec![Vec::new(); fine.len()];
        assert_eq!(found, wanted.roles.unwrap_or(none), "{text:?}");
        assert_eq!(read.left_out, wanted.left, "{text:?}");
        assert_eq!(read.merged, wanted.merged, "{text:?}");
        let is_known = wanted.typed_as.is_none_or(|typed| texts.contains(&typed));
        assert!(is_known, "{text:?}");
    }
}

#[test]
fn lines_of_a_list_are_read_back_as_the_same_entries() {
    let Vectors { roles, vectors } = vectors();
    let is_role = |word: &str| roles.contains(&word.to_lowercase());
    for Vector { text, .. } in vectors {
        let list = parse_with_roles(&text, &is_role);
        let again = parse_with_roles(&list.to_lines(), &is_role);
        assert_eq!(again.entries, list.entries, "{text:?}");
        assert_eq!((again.merged, again.left_out.len()), (0, 0), "{text:?}");
    }
}

proptest! {
    #[test]
    fn addresses_keep_their_order_with_any_separator(
        names in prop::collection::vec("[a-z]{1,8}", 1..30),
        between in prop::sample::select(vec![",", ", ", ";", "\n", " ", "\r\n", ";\n", " ,\t", "，", "；", "、", "\t"]),
    ) {
        let addresses: Vec<String> = names.iter().enumerate()
            .map(|(index, name)| format!("{name}{index}@x.io")).collect();
        let list = parse(&addresses.join(between));
        let found: Vec<String> = list.entries.into_iter().map(|entry| entry.text).collect();
        prop_assert_eq!(found, addresses);
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,200}") {
        let list = parse(&text);
        for entry in list.entries {
            prop_assert!(entry.text.contains('@'));
        }
    }

    #[test]
    fn every_address_of_a_table_is_found_whatever_its_other_columns(
        rows in prop::collection::vec(("[a-z]{1,8}", "[A-Z][a-z]{1,8}", "[\\pL\\pN .-]{0,12}"), 1..20),
        separator in prop::sample::select(vec!["\t", ";", ","]),
    ) {
        let lines: Vec<String> = rows.iter().enumerate()
            .map(|(index, (local, name, other))| [name, other, &format!("{local}{index}@x.io")].map(String::as_str).join(separator))
            .collect();
        let list = parse(&lines.join("\n"));
        prop_assert_eq!(list.entries.len(), rows.len());
        prop_assert!(list.entries.iter().all(|entry| entry.email.is_ok()));
    }
}

#[test]
fn columns_with_passwords_are_not_shown() {
    for title in [
        "Password",
        "Initial password",
        "passwd",
        "Pass",
        "Passcode",
        "pwd",
        "secret",
        "Пароль",
        "Kennwort",
        "Passwort",
        "mot de passe",
        "Contraseña",
        "Senha",
    ] {
        let list = parse(&format!("Email,{title}\nana@x.io,Hunter-2"));
        assert_eq!(list.entries[0].text, "ana@x.io");
        let shown = list.left_out.iter().any(|word| word.contains("Hunter"));
        assert!(!shown, "{title}: {:?}", list.left_out);
    }
}

/// Long texts, made to be read again and again.
#[test]
fn long_texts_are_read_in_linear_time() {
    let begun = std::time::Instant::now();
    let most = 64 * 1024;
    for (start, repeated) in [
        ("a@b", ",c"),
        ("", "Ana "),
        ("", "Ana <ana@x.io> "),
        ("", "a@b "),
        ("\"", "a\","),
        ("mail\t", "passw\t"),
        ("a@x.io\t", "Developer\t"),
        ("a@x.io\t", "Developer, "),
        ("", "<"),
        ("", ";"),
        ("", "\n,"),
    ] {
        let text = start.to_owned() + &repeated.repeat(most / repeated.len());
        let list = parse_with_roles(&text, &|word| word.eq_ignore_ascii_case("developer"));
        assert!(list.entries.iter().all(|entry| entry.roles.len() < 2));
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
}
