#![no_main]
//! Cookies of a request.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| convoke_api::properties::cookies(bytes));
