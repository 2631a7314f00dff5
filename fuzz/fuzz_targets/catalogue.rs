#![no_main]
//! Catalogue files: accepted, or errors with a line.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(errors) = convoke_domain::catalogue::Catalogue::parse("catalogue.toml", text) {
        assert!(!errors.is_empty());
        assert!(errors.iter().all(|error| error.line >= 1));
    }
});
