#![no_main]
//! Variables of the environment as configuration.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|pairs: Vec<(String, String)>| {
    let variables = pairs
        .into_iter()
        .map(|(name, value)| (format!("CONVOKE_{}", name.to_uppercase()), value));
    if let Err(errors) = convoke_app::config::load(None, variables) {
        assert!(!errors.is_empty());
    }
});
