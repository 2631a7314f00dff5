#![no_main]
//! Bodies of requests.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| convoke_api::properties::json_body(bytes));
