#![no_main]
//! Email addresses: what is accepted is its own canonical form's source.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    use convoke_core::email_address::EmailAddress;
    if let Ok(email) = EmailAddress::parse(text) {
        let again = EmailAddress::parse(email.as_str()).expect("a stored form is an address");
        assert_eq!(again.canonical(), email.canonical());
    }
});
