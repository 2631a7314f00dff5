#![no_main]
//! Authorization requests: read, or rejected, and answered at a registered address alone.

use convoke_domain::catalogue::Catalogue;
use convoke_domain::oauth2::{RejectedRequest, parse};
use libfuzzer_sys::fuzz_target;

const CATALOGUE: &str = "[[products]]\nkey = \"desk\"\nname = \"Desk\"\ndescription = \"Answers.\"\n\
    [products.sign_in]\nredirect_uris = [\"https://desk.example/cb\"]\n";

fuzz_target!(|query: &[u8]| {
    let catalogue = Catalogue::parse("c.toml", CATALOGUE).unwrap();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query).into_owned().collect();
    let redirect_uri = match parse(&pairs, &catalogue, "https://accounts.example.com") {
        Ok(request) => request.redirect_uri,
        Err(RejectedRequest::Error(error)) => error.redirect_uri,
        Err(_) => return,
    };
    assert_eq!(redirect_uri, "https://desk.example/cb");
});
