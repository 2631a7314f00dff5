use proptest::prelude::*;

use super::*;

#[test]
fn usual_names_are_kept() {
    for name in [
        "Ana Costa",
        "J. R. R. Tolkien",
        "J.R.R. Tolkien",
        "St. Petersburg",
        "Northwind Traders, Inc.",
        "Verein e.V.",
        "Ферма «Заря» S.p.A.",
        "O'Brien-Smith",
        "Пушкин А.С.",
        "王小明",
        "モーニング娘。",
        "葛\u{e0100}城",
        "Team ❤\u{fe0f}",
        "Version 2.0 (No.5)",
        "Booking.com",
        "Booking.com B.V.",
        "Node.js Foundation",
        "my-shop.co.uk",
        "Зло.рф ждёт",
        "Room 101, 2nd floor",
        "Studio 54 / Est. 1977",
        "Bell/AT&T",
        "1.2.3",
        "می\u{200c}خواهم",
        "Team 👩\u{200d}💻",
        "AT&T / Bell",
        "x",
    ] {
        assert_eq!(parse_name(name).as_deref(), Ok(name));
    }
}

#[test]
fn a_full_name_is_split_after_its_first_word() {
    for (name, first, last) in [
        ("Mia Meer", "Mia", Some("Meer")),
        ("  Ana  Maria da Costa ", "Ana", Some("Maria da Costa")),
        ("Madonna", "Madonna", None),
        ("", "", None),
    ] {
        let split = split_full_name(name);
        assert_eq!((split.0.as_str(), split.1.as_deref()), (first, last));
    }
}

#[test]
fn spaces_are_trimmed_and_collapsed() {
    assert_eq!(
        parse_name("  Ana \u{a0}  Costa\n").as_deref(),
        Ok("Ana Costa")
    );
}

#[test]
fn names_are_composed() {
    assert_eq!(parse_name("Jose\u{301}").as_deref(), Ok("José"));
}

#[test]
fn rejects_empty_names() {
    for text in ["", "   ", "\t\r\n", "\u{a0}"] {
        assert_eq!(parse_name(text), Err(NameError::Empty));
    }
}

#[test]
fn names_have_sixty_four_characters_at_most() {
    let longest = "Ж".repeat(64);
    assert_eq!(parse_name(&longest).as_deref(), Ok(longest.as_str()));
    assert_eq!(parse_name(&"Ж".repeat(65)), Err(NameError::TooLong));
    assert_eq!(parse_name(&"x".repeat(100_000)), Err(NameError::TooLong));
    let decomposed = "e\u{301}".repeat(64);
    assert_eq!(parse_name(&decomposed), Ok("é".repeat(64)));
    assert_eq!(parse_name(&"a  ".repeat(32)).unwrap().len(), 63);
}

#[test]
fn rejects_control_bidirectional_and_zero_width_characters() {
    for c in [
        '\0',
        '\n',
        '\r',
        '\t',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{2028}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{3164}',
        '\u{feff}',
        '\u{e0041}',
    ] {
        assert_eq!(
            parse_name(&format!("Ana{c}Costa")),
            Err(NameError::Characters),
            "{c:?}"
        );
    }
    assert_eq!(parse_name("\u{200b}"), Err(NameError::Characters));
    assert_eq!(parse_name("\u{fe0f}"), Err(NameError::Characters));
    assert_eq!(parse_name("a\u{fe0f}\u{fe0f}"), Err(NameError::Characters));
    assert_eq!(parse_name("a \u{fe0f}b"), Err(NameError::Characters));
}

#[test]
fn pasted_names_lose_what_shows_nothing_and_links_are_none() {
    assert_eq!(
        parse_pasted_name(" Ana\u{200b}\u{202e} \tCosta ").as_deref(),
        Some("Ana Costa")
    );
    for text in [
        "",
        "\u{200b}",
        "www.evil.example",
        "Call 555 12 34",
        &"x".repeat(65),
    ] {
        assert_eq!(parse_pasted_name(text), None, "{text}");
    }
}

#[test]
fn rejects_links() {
    for name in [
        "https://evil.example",
        "ftp://x",
        "WWW.Evil.com",
        "see www.evil",
        "ana@x.io",
        "Call @ana",
        "evil.com/win",
        "Win at evil.com/",
        "(evil.com/x)",
        "evil.com./x",
        "EVIL.COM\\x",
        "зло.рф/ждёт",
        "evil。com/x",
        "evil\u{2024}com/x",
        "ｅｖｉｌ．ｃｏｍ／now",
        "1.2.3.4/x",
        "http:／／x",
        "x＠y",
    ] {
        assert_eq!(parse_name(name), Err(NameError::Link), "{name}");
    }
}

#[test]
fn rejects_telephone_numbers() {
    for name in [
        "5551234",
        "Call +49 (0)30 / 12 34 56",
        "555·12·34 now",
        "5 5 5 1 2 3 4",
        "٠١٢٣٤٥٦",
        "５５５１２３４",
        "192.168.10.20",
    ] {
        assert_eq!(parse_name(name), Err(NameError::Link), "{name}");
    }
    assert_eq!(parse_name("Team 123456").as_deref(), Ok("Team 123456"));
    assert_eq!(parse_name("123 a 4567").as_deref(), Ok("123 a 4567"));
}

#[test]
fn names_in_one_line_are_split() {
    for (name, first, last) in [
        ("Mia Meer", "Mia", "Meer"),
        ("Meer, Mia", "Mia", "Meer"),
        ("Mia", "Mia", ""),
        ("王小明", "王小明", ""),
        ("Ana Maria Costa", "Ana Maria", "Costa"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Ana de la Cruz", "Ana", "de la Cruz"),
        ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
        ("Martin King Jr.", "Martin", "King Jr."),
        ("Dr. Mia Meer", "Mia", "Meer"),
        ("Meer, Dr. Mia", "Mia", "Meer"),
        ("Bob Ray (Sales)", "Bob", "Ray"),
        ("Ray, Bob (Sales)", "Bob", "Ray"),
        ("Петров Иван Ильич", "Иван", "Петров"),
        ("Иван Сергеевич Петров", "Иван", "Петров"),
        ("Иван Петров", "Иван", "Петров"),
        ("mia meer", "mia", "meer"),
        ("Mr Jr.", "Jr.", ""),
        ("", "", ""),
        (" , ", ",", ""),
    ] {
        let expected = (
            first.to_owned(),
            Some(last.to_owned()).filter(|last| !last.is_empty()),
        );
        assert_eq!(split_name(name), expected, "{name}");
    }
}

#[test]
fn names_side_by_side_can_make_a_link() {
    assert!(contains_link("Call 555 1234"));
    assert!(!contains_link("Call 555"));
    assert!(!contains_link("evil.com Click"));
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>()) {
        let _ = parse_name(&text);
        let _ = contains_link(&text);
        let _ = split_name(&text);
    }

    #[test]
    fn accepted_names_parse_to_themselves(
        text in "[\\PC\u{301}\u{fe0f} \u{a0}.]{0,70}"
    ) {
        if let Ok(name) = parse_name(&text) {
            prop_assert_eq!(parse_name(&name), Ok(name.clone()));
            prop_assert!((1..=MAX_LENGTH).contains(&name.chars().count()));
            prop_assert!(!name.contains("  "));
            prop_assert!(!name.contains(char::is_control));
        }
    }

    #[test]
    fn hosts_are_names_until_a_path_follows(
        before in "[a-z]{1,10}", host in "[a-z0-9-]{0,9}[a-z0-9]", top in "[a-z]{2,10}", after in "[a-z]{1,10}"
    ) {
        prop_assume!(host.chars().filter(char::is_ascii_digit).count() < PHONE_DIGITS && host != "www");
        let name = format!("{before} {host}.{top} {after}");
        prop_assert_eq!(parse_name(&name), Ok(name.clone()));
        let name = format!("{before} {host}.{top}/{after}");
        prop_assert_eq!(parse_name(&name), Err(NameError::Link));
    }

    #[test]
    fn seven_digits_are_found_between_any_separators(
        digits in proptest::collection::vec("[0-9][ ./+()·–-]{0,2}", 7..12)
    ) {
        prop_assert!(contains_link(&digits.concat()));
    }
}
