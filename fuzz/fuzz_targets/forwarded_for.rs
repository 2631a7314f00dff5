#![no_main]
//! The header X-Forwarded-For.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: (Vec<u8>, Vec<u8>)| convoke_web::properties::forwarded_for(&lines.0, &lines.1));
