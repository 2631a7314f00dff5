//! Tests of the module above.

use super::*;

const ADA: [&str; 4] = [
    "Ada",
    "Lovelace",
    "ada.l1815@analytical.example",
    "Tovie Platform",
];

fn check(password: &str) -> Vec<WeakPassword> {
    check_password(password, &ADA, 12)
}

#[test]
fn length_counts_characters_and_not_bytes() {
    let min = 12;
    assert_eq!(check("sail-grove7"), [WeakPassword::TooShort { min }]);
    assert_eq!(check("sail-grove77"), []);
    assert_eq!(check("кот и чайник"), []);
    assert_eq!(check("кот и чайни"), [WeakPassword::TooShort { min }]);
    assert_eq!(check_password("sailgr77", &ADA, 8), []);
}

#[test]
fn longest_password_has_256_characters() {
    let words = "the grey goat sat on a wet roof, ".repeat(8);
    let longest: String = words.chars().take(256).collect();
    assert_eq!(check(&longest), []);
    assert_eq!(check(&(longest + "x")), [WeakPassword::TooLong]);
    assert_eq!(check(&"a".repeat(1_000_000)), [WeakPassword::TooLong]);
    assert_eq!(check(&"🐐".repeat(257)), [WeakPassword::TooLong]);
}

#[test]
fn all_reasons_are_returned_at_once() {
    let min = 12;
    let short = WeakPassword::TooShort { min };
    assert_eq!(check("password"), [short, WeakPassword::Common]);
    assert_eq!(check("Lovelace"), [short, WeakPassword::OwnWords]);
    assert_eq!(
        check(&"ab".repeat(129)),
        [WeakPassword::TooLong, WeakPassword::Common]
    );
}

#[test]
fn list_is_sorted_in_lower_case_and_long_enough() {
    let lines: Vec<&str> = COMMON.lines().collect();
    assert!(lines.len() >= 10_000);
    assert!(lines.is_sorted_by(|a, b| a < b), "sorted, each line once");
    assert!(lines.iter().all(|line| *line == line.to_lowercase()));
    assert!(COMMON.ends_with('\n') && !COMMON.contains('\r'));
}

#[test]
fn every_line_of_the_list_is_found_and_nothing_else() {
    for line in COMMON.lines() {
        assert_eq!(
            is_listed(line),
            line.chars().count() >= SHORTEST_WORD,
            "{line}"
        );
        assert!(!is_listed(&format!("{line}\n")), "{line}");
    }
    for word in [
        "",
        "\n",
        "    ",
        "zzzzzzzzzzzzzzz",
        "яяяя",
        "passwor\u{0}",
        "goat roof",
    ] {
        assert!(!is_listed(word), "{word:?}");
    }
}

#[test]
fn rejects_variants_of_common_passwords() {
    for password in [
        "1q2w3e4r5t6y",
        "Password1234",
        "PASSWORD!!!!",
        "2024password",
        "p@ssw0rd2024",
        "Dragon-2024-!",
        "monkey 123456",
        "пароль123456",
        "passwordpassword",
        "Password1Password1",
        "password password",
        "pass-word-1234",
        "ｐａｓｓｗｏｒｄ１２３４",
    ] {
        assert_eq!(check(password), [WeakPassword::Common], "{password}");
    }
    assert_eq!(check_password("baseball", &[], 8), [WeakPassword::Common]);
}

#[test]
fn rejects_patterns() {
    for password in [
        "aaaaaaaaaaaa",
        "            ",
        "aaaaaaaaaaaa1!",
        "123456789012",
        "098765432109",
        "abcdefghijkl",
        "lkjihgfedcba",
        "qwertyuiop12",
        "qwertyasdfgh",
        "1qaz2wsx3edc4rfv",
        "!@#$%^&*()_+",
        "abcabcabcabc",
        "x7x7x7x7x7x7x",
        "aaaabbbbcccc",
        "йцукенгшщзхъ",
        "фывапролдж12",
    ] {
        assert_eq!(check(password), [WeakPassword::Common], "{password}");
    }
}

#[test]
fn rejects_passwords_of_own_words() {
    for password in [
        "LovelaceLovelace",
        "Lovelace-1815!",
        "AdaLovelace1815",
        "lovelace.ada.1",
        "l.o.v.e.l.a.c.e",
        "ada.l1815@analytical.example",
        "analytical-2024",
        "Analytical.Lovelace",
        "ToviePlatform1",
        "xx platform 77",
        "ｌｏｖｅｌａｃｅ１８１５",
    ] {
        assert_eq!(check(password), [WeakPassword::OwnWords], "{password}");
    }
}

#[test]
fn good_passwords_are_accepted() {
    for password in [
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "hufwod-7Gybhe-muqgyn",
        "83920174650193",
        "Lovelace sails north",
        "my platform is blue",
        "x7#Kq2!vx7#Kq2!v",
        "T9$wq!z4Lm@2",
        "гусь на крыше в дождь",
        "ada ada li ada",
    ] {
        assert_eq!(check(password), [], "{password}");
    }
}

#[test]
fn own_words_under_four_characters_are_ignored() {
    assert_eq!(check_password("li-58392-ada-71", &["Ada", "Li"], 12), []);
    assert_eq!(check_password("58392017465-!", &["", "  ", "@"], 12), []);
}
