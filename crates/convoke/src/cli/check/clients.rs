//! What to enter at each product that users sign in to, and whether its keys can be used.

use super::Finding;
use convoke_api::oauth2::paths;
use convoke_app::config::Config;
use convoke_app::signing_keys::check_sealing_key;
use convoke_domain::catalogue::Catalogue;
use convoke_domain::catalogue::sign_in::{Pkce, ProductSignIn, RedirectUri};

/// What software asks for that cannot read the discovery document.
const ENDPOINTS: [(&str, &str); 7] = [
    ("authorize", paths::AUTHORIZE),
    ("token", paths::TOKEN),
    ("userinfo", paths::USERINFO),
    ("keys", paths::JWKS),
    ("introspect", paths::INTROSPECT),
    ("revoke", paths::REVOKE),
    ("sign-out", paths::LOGOUT),
];

/// One finding for each product with a sign-in, and one for the key that seals their signing keys.
pub(super) fn check(config: &Config, catalogue: &Catalogue) -> Vec<Finding> {
    let products = catalogue.products.iter();
    let clients: Vec<(&str, &ProductSignIn)> = products
        .filter_map(|product| Some((product.key.as_str(), product.sign_in.as_ref()?)))
        .collect();
    if clients.is_empty() {
        return Vec::new();
    }
    let issuer = config.public_url().origin();
    let keys = match check_sealing_key(config) {
        Ok(place) => Finding::ok("signing keys", place),
        Err(error) => Finding::error("signing keys", error),
    };
    let mut findings = vec![keys];
    findings.extend(
        clients
            .into_iter()
            .map(|(key, sign_in)| check_client(&issuer, key, sign_in)),
    );
    findings
}

fn check_client(issuer: &str, key: &str, sign_in: &ProductSignIn) -> Finding {
    let what = format!("product {key}");
    let addresses = |uris: &[RedirectUri]| {
        let uris: Vec<&str> = uris.iter().map(RedirectUri::as_str).collect();
        uris.join(", ")
    };
    let secret = match (sign_in.public, sign_in.secret_hashes.len()) {
        (true, _) => "none, with PKCE".to_owned(),
        (false, 1) => "the one that is set".to_owned(),
        (false, count) => format!("one of the {count} that are set"),
    };
    let endpoints = ENDPOINTS
        .map(|(name, path)| format!("{name} {issuer}{path}"))
        .join(", ");
    let mut detail = format!(
        "issuer {issuer} (discovery {issuer}/.well-known/openid-configuration; without it {endpoints}), client id {key}, \
         client secret {secret}, redirect URI {}, signature {}",
        addresses(&sign_in.redirect_uris),
        sign_in.alg.as_str(),
    );
    for (what, value) in [
        (
            "after sign-out",
            addresses(&sign_in.post_logout_redirect_uris),
        ),
        (
            "logout tokens to",
            sign_in.backchannel_logout_uri.clone().unwrap_or_default(),
        ),
        (
            "\"Open\" leads to",
            sign_in.initiate_login_uri.clone().unwrap_or_default(),
        ),
        (
            "audience of access tokens",
            sign_in.audience.clone().unwrap_or_default(),
        ),
    ] {
        if !value.is_empty() {
            detail.extend([", ", what, " ", &value]);
        }
    }
    let is_plain = |uri: &String| uri.starts_with("http://");
    if issuer.starts_with("https://")
        && sign_in
            .backchannel_logout_uri
            .as_ref()
            .is_some_and(is_plain)
    {
        detail.push_str(
            ". Logout tokens are not sent over plain http from here; write an https address as backchannel_logout_uri",
        );
        return Finding::error(what, detail);
    }
    let mut warnings = Vec::new();
    if sign_in.backchannel_logout_uri.is_none() {
        warnings.push(
            "It is not notified when a user loses access; set backchannel_logout_uri, or let it introspect",
        );
    }
    if sign_in.pkce == Pkce::Optional {
        warnings.push("PKCE is optional; set pkce = \"required\" if the software has it");
    }
    if warnings.is_empty() {
        return Finding::ok(what, detail);
    }
    detail.extend([". ", &warnings.join(". ")]);
    Finding::warning(what, detail)
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;
    use convoke_domain::catalogue::Catalogue;

    fn level(issuer: &str, settings: &str) -> Level {
        let text = format!(
            "[[products]]\nkey = \"desk\"\nname = \"Desk\"\ndescription = \"Answers.\"\n[products.sign_in]\n\
             redirect_uris = [\"https://desk.example/cb\"]\nsecret = \"0123456789-0123456789-0123456789\"\n{settings}"
        );
        let catalogue = Catalogue::parse("c.toml", &text).unwrap();
        let sign_in = catalogue.product("desk").unwrap().sign_in.clone();
        check_client(issuer, "desk", &sign_in.unwrap()).level
    }

    #[test]
    fn logout_tokens_to_plain_http_are_for_trials() {
        let plain = "backchannel_logout_uri = \"http://127.0.0.1:9/out\"";
        assert_eq!(level("https://accounts.example.com", plain), Level::Error);
        assert_eq!(level("http://localhost:8080", plain), Level::Ok);
        let https = "backchannel_logout_uri = \"https://desk.example/out\"";
        assert_eq!(level("https://accounts.example.com", https), Level::Ok);
        assert_eq!(level("https://accounts.example.com", ""), Level::Warning);
    }
}
