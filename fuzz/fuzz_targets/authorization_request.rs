#![no_main]
//! Authorization requests: read, or rejected, and answered at a registered address alone.

use std::sync::LazyLock;

use convoke_domain::catalogue::Catalogue;
use convoke_domain::oauth2::{RejectedRequest, parse};
use libfuzzer_sys::fuzz_target;

const CATALOGUE: &str = "[[products]]\nkey = \"desk\"\nname = \"Desk\"\ndescription = \"Answers.\"\n\
    [products.sign_in]\nredirect_uris = [\"https://desk.example/cb\"]\n";

static PARSED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse("c.toml", CATALOGUE).unwrap());

fuzz_target!(|query: &[u8]| {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query).into_owned().collect();
    let redirect_uri = match parse(&pairs, &PARSED, "https://accounts.example.com") {
        Ok(request) => request.redirect_uri,
        Err(RejectedRequest::Error(error)) => error.redirect_uri,
        Err(_) => return,
    };
    assert_eq!(redirect_uri, "https://desk.example/cb");
});
