#![no_main]
//! Cursors: what is decoded is encoded to the same parts.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    use convoke_core::pagination::Cursor;
    for parts in 1..3 {
        if let Some(decoded) = Cursor::decode(text, parts) {
            let borrowed: Vec<&str> = decoded.iter().map(String::as_str).collect();
            let again = Cursor::decode(&Cursor::encode(&borrowed), parts);
            assert_eq!(again.as_ref(), Some(&decoded));
        }
    }
});
