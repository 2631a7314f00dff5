#![no_main]
//! Pasted lists of addresses.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = convoke_core::email_list::parse(text);
});
