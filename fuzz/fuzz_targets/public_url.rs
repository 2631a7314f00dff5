#![no_main]
//! Public URLs: what is accepted is its own origin.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    use convoke_core::public_url::PublicUrl;
    if let Ok(url) = PublicUrl::parse(text) {
        assert_eq!(PublicUrl::parse(&url.origin()), Ok(url));
    }
});
