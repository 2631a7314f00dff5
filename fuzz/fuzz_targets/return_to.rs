#![no_main]
//! Paths to return to.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| convoke_web::properties::return_to(text));
