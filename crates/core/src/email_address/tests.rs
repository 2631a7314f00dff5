//! Tests of the module above.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
}

fn error(text: &str) -> EmailError {
    match EmailAddress::parse(text) {
        Ok(address) => panic!("{text:?} was read as {address}"),
        Err(error) => error,
    }
}

#[test]
fn usual_addresses_are_kept_as_typed() {
    for address in [
        "ana@x.io",
        "o'brien+tag@sub.example.co.uk",
        "A.B-c_d@example.com",
        "#$&'*+-/=^?_`{|}~@example.org",
        "1@2.io",
        "x@xn--bcher-kva.example",
        "x@a-b.c1.museum",
    ] {
        assert_eq!(parsed(address).as_str(), address);
    }
}

#[test]
fn stored_form_is_trimmed_with_a_lower_case_domain() {
    assert_eq!(
        parsed("\t Jane.Doe@Example.COM \r\n").as_str(),
        "Jane.Doe@example.com"
    );
}

#[test]
fn canonical_form_lowers_the_local_part_and_keeps_dots_and_plus() {
    let address = parsed("Jane.Doe+News@Example.COM");
    assert_eq!(address.canonical(), "jane.doe+news@example.com");
    assert_eq!(address.domain(), "example.com");
}

#[test]
fn addresses_are_equal_by_canonical_form() {
    let all: HashSet<EmailAddress> = ["Ana@X.io", "ana@x.io", "ANA@x.IO"]
        .into_iter()
        .map(parsed)
        .collect();
    assert_eq!(all.len(), 1);
    assert_ne!(parsed("a.na@x.io"), parsed("ana@x.io"));
    assert_ne!(parsed("ana+1@x.io"), parsed("ana@x.io"));
}

#[test]
fn domains_of_other_scripts_become_ascii() {
    assert_eq!(
        parsed("u@bücher.example").as_str(),
        "u@xn--bcher-kva.example"
    );
    assert_eq!(parsed("u@BÜCHER.example"), parsed("u@bücher.example"));
    assert_eq!(parsed("u@пример.рф").domain(), "xn--e1afmkfd.xn--p1ai");
    assert_eq!(parsed("u@例え。jp").domain(), "xn--r8jz45g.jp");
}

#[test]
fn sharp_s_is_not_folded() {
    // Non-transitional processing: straße.de and strasse.de are two domains.
    assert_eq!(parsed("u@straße.de").domain(), "xn--strae-oqa.de");
}

#[test]
fn masked_form_shows_two_characters_at_most() {
    assert_eq!(
        parsed("fabian@contoso.example").masked(),
        "fa••••@contoso.example"
    );
    assert_eq!(
        parsed("abc@contoso.example").masked(),
        "ab••••@contoso.example"
    );
    assert_eq!(
        parsed("ab@contoso.example").masked(),
        "a••••@contoso.example"
    );
    assert_eq!(
        parsed("a@contoso.example").masked(),
        "a••••@contoso.example"
    );
}

#[test]
fn json_holds_the_stored_form() {
    assert_eq!(
        serde_json::to_string(&parsed("Ana@X.io")).unwrap(),
        "\"Ana@x.io\""
    );
}

#[test]
fn nothing_is_not_an_address() {
    assert_eq!(error(""), EmailError::Empty);
    assert_eq!(error(" \t\r\n\u{a0}"), EmailError::Empty);
    assert_eq!(error("no-at-sign"), EmailError::NoAt);
    assert_eq!(error("@x.io"), EmailError::NoLocal);
    assert_eq!(error("a@"), EmailError::NoDomain);
    assert_eq!(error("@"), EmailError::NoLocal);
}

#[test]
fn rejects_lists_and_display_names() {
    assert_eq!(error("a@x.io, b@x.io"), EmailError::List);
    assert_eq!(error("a@x.io;b@x.io"), EmailError::List);
    assert_eq!(error("a@x.io\r\nb@x.io"), EmailError::List);
    assert_eq!(error("a@b@x.io"), EmailError::SeveralAts);
    assert_eq!(error("Ana <ana@x.io>"), EmailError::DisplayName);
    assert_eq!(error("\"Doe, Jane\" <jane@x.io>"), EmailError::DisplayName);
    assert_eq!(error("<ana@x.io>"), EmailError::DisplayName);
}

#[test]
fn rejects_comments_and_quoted_parts() {
    assert_eq!(error("ana(work)@x.io"), EmailError::Comment);
    assert_eq!(error("ana@x.io (work)"), EmailError::Comment);
    assert_eq!(error("\"ana costa\"@x.io"), EmailError::Quoted);
    assert_eq!(error("ana\\@x.io"), EmailError::LocalCharacter('\\'));
}

#[test]
fn rejects_addresses_that_other_parsers_read_differently() {
    for text in [
        "=?utf-8?q?me=40evil.io=3e=20?=@corp.example",
        "a=?utf-8?b?YQ==?=b@corp.example",
        "x=?y@corp.example",
    ] {
        assert_eq!(error(text), EmailError::EncodedWord, "{text}");
    }
    assert_eq!(
        error("me%evil.io@corp.example"),
        EmailError::LocalCharacter('%')
    );
    assert_eq!(
        error("evil.io!me@corp.example"),
        EmailError::LocalCharacter('!')
    );
    assert_eq!(error("@evil.io:me@corp.example"), EmailError::SeveralAts);
    // Labels whose punycode decodes to a plain label, or to one that cannot be registered.
    for text in [
        "a@xn--corp-.example",
        "a@xn--.example",
        "a@xn--a-0.example",
        "a@xn--example-.com",
    ] {
        assert_eq!(error(text), EmailError::Domain, "{text}");
    }
}

/// The address that a mail reader finds in the `To` header as the mail library writes it, encoded words decoded.
fn read_by_others(address: &str) -> Vec<(Option<String>, Option<String>)> {
    let to: lettre::message::Mailbox = address.parse().unwrap();
    assert_eq!(
        (to.name.as_deref(), to.email.to_string().as_str()),
        (None, address)
    );
    let message = lettre::Message::builder()
        .from("robot@x.io".parse().unwrap())
        .to(to)
        .body(String::new())
        .unwrap()
        .formatted();
    let read = mail_parser::MessageParser::default()
        .parse(&message)
        .unwrap();
    let addresses = read.to().unwrap();
    addresses
        .iter()
        .map(|address| {
            (
                address.name().map(str::to_owned),
                address.address().map(str::to_owned),
            )
        })
        .collect()
}

#[test]
fn rejects_ip_addresses() {
    for text in "a@[127.0.0.1] a@[IPv6:::1] a@127.0.0.1 a@x.1 a@127.0.0.0x1 a@x.１２".split(' ') {
        assert_eq!(error(text), EmailError::IpAddress, "{text}");
    }
}

#[test]
fn domains_need_a_dot() {
    assert_eq!(error("a@localhost"), EmailError::NoDot);
    assert_eq!(error("a@com"), EmailError::NoDot);
}

#[test]
fn rejects_stray_dots() {
    for text in "a..b@x.io .a@x.io a.@x.io .@x.io a@.x.io a@x.io. a@x..io a@.".split(' ') {
        assert_eq!(error(text), EmailError::Dots, "{text}");
    }
}

#[test]
fn rejects_commas_spaces_and_invisible_characters() {
    assert_eq!(error("ivan@agency,example"), EmailError::Comma);
    assert_eq!(error("iv,an@agency.example"), EmailError::Comma);
    assert_eq!(error("ana costa@x.io"), EmailError::Space);
    assert_eq!(error("ana@x.io\r\nBcc: eve"), EmailError::Space);
    assert_eq!(error("ana@x\u{a0}y.io"), EmailError::Space);
    for hidden in ['\0', '\u{7f}', '\u{200b}', '\u{202e}', '\u{feff}', '\u{ad}'] {
        assert_eq!(error(&format!("an{hidden}a@x.io")), EmailError::Invisible);
        assert_eq!(error(&format!("ana@x{hidden}.io")), EmailError::Invisible);
        assert_eq!(error(&format!("ana@x.io{hidden}")), EmailError::Invisible);
    }
}

#[test]
fn other_characters_are_named() {
    assert_eq!(error("ünal@x.io"), EmailError::LocalCharacter('ü'));
    assert_eq!(error("mailto:z@x.io"), EmailError::LocalCharacter(':'));
    assert_eq!(error("a@x_y.io"), EmailError::DomainCharacter('_'));
    assert_eq!(error("a@x.io;"), EmailError::DomainCharacter(';'));
    assert_eq!(error("a@x.io/"), EmailError::DomainCharacter('/'));
}

#[test]
fn rejects_malformed_domains() {
    let long_label = format!("a@{}.io", "x".repeat(64));
    for text in [
        "a@-x.io",
        "a@x-.io",
        "a@ab--cd.io",
        "a@xn--a.io",
        "a@x＠y.io",
        "a@x。。io",
        &long_label,
    ] {
        assert_eq!(error(text), EmailError::Domain, "{text}");
    }
}

#[test]
fn lengths_are_those_of_rfc_5321() {
    let domain = format!(
        "{}.{}.{}.io",
        "d".repeat(63),
        "e".repeat(63),
        "f".repeat(58)
    );
    let local = "l".repeat(64);
    let whole = format!("{local}@{domain}");
    assert_eq!(whole.len(), 254);
    assert_eq!(parsed(&whole).as_str(), whole);
    assert_eq!(error(&format!("{local}@d{domain}")), EmailError::Domain);
    assert_eq!(error(&format!("{local}@d.{domain}")), EmailError::TooLong);
    assert_eq!(error(&format!("l{local}@x.io")), EmailError::LocalTooLong);
    assert_eq!(error(&"a".repeat(100_000)), EmailError::TooLong);
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>()) {
        let _ = EmailAddress::parse(&text);
    }

    #[test]
    fn accepted_addresses_parse_to_themselves(
        text in "[ ]?[A-Za-z0-9.+'_-]{1,70}@[A-Za-z0-9üßЖ例．。-]{1,20}\\.[A-Za-z0-9é-]{2,64}[ ]?"
    ) {
        if let Ok(address) = EmailAddress::parse(&text) {
            let again = parsed(address.as_str());
            prop_assert_eq!(again.as_str(), address.as_str());
            let canonical = parsed(address.canonical());
            prop_assert_eq!(canonical.as_str(), address.canonical());
            prop_assert_eq!(canonical.canonical(), address.canonical());
            prop_assert_eq!(&canonical, &address);
            prop_assert!(address.as_str().is_ascii());
            prop_assert!(address.as_str().len() <= MAX_LENGTH);
        }
    }

    #[test]
    fn accepted_text_is_one_bare_ascii_address(text in "\\PC{0,6}@\\PC{0,6}\\.\\PC{1,4}") {
        if let Ok(address) = EmailAddress::parse(&text) {
            let stored = address.as_str();
            prop_assert!(stored.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(stored.matches('@').count(), 1);
            prop_assert!(!stored.contains(['<', '>', '(', ')', ',', ';', ':', '"', '\\', '[', ']']));
            let again = parsed(stored);
            prop_assert_eq!(again.as_str(), stored);
        }
    }

    #[test]
    fn other_parsers_find_the_same_mailbox(
        local in "([!-~]|=[?]|[?]=|a){0,4}(=[?]utf-8[?](q[?][a-z0-9=_]{1,9}|b[?][a-zA-Z0-9]{4}){0,1}[?]=)?([!-~]|a){0,3}",
        domain in "([a-z0-9.-]{1,20}|xn--[a-z0-9-]{1,9})[.]([a-z]{2,4}|\\PC{1,4})",
    ) {
        if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}")) {
            let stored = address.as_str().to_owned();
            prop_assert_eq!(read_by_others(&stored), vec![(None, Some(stored))]);
        }
    }

    #[test]
    fn addresses_that_differ_in_case_are_equal(local in "[a-z0-9]{1,20}", domain in "[a-z]{1,20}\\.[a-z]{2,6}") {
        let lower = parsed(&format!("{local}@{domain}"));
        let upper = parsed(&format!("{}@{}", local.to_uppercase(), domain.to_uppercase()));
        prop_assert_eq!(lower.domain(), upper.domain());
        prop_assert_eq!(lower, upper);
    }
}

#[test]
fn domains_are_shown_in_their_own_letters_unless_scripts_are_mixed() {
    for (stored, shown) in [
        ("u@xn--bcher-kva.example", "u@bücher.example"),
        ("info@xn--e1afmkfd.xn--p1ai", "info@пример.рф"),
        ("a@xn--r8jz45g.xn--zckzah", "a@例え.テスト"),
        ("ana@contoso.example", "ana@contoso.example"),
        // A Cyrillic letter among Latin ones.
        ("a@xn--pple-43d.com", "a@xn--pple-43d.com"),
        ("a@xn--a.example", "a@xn--a.example"),
        ("no address", "no address"),
        ("", ""),
    ] {
        assert_eq!(to_readable(stored), shown);
    }
}
