//! The module of the OpenID Foundation's plan for the profile Config OP (`oidcc-config-certification-test-plan`) by its name,
//! written anew from its public description.

use std::collections::BTreeSet;

use axum::http::Method;
use convoke_app::config::Config;
use convoke_core::public_url::PublicUrl;
use serde_json::{Value, json};

use super::flow::with_rs256;
use crate::on_both;
use crate::support::TestApp;

const PUBLIC_URL: &str = "https://id.example.com";

/// The clients at an https address.
fn with_https(config: &mut Config) {
    with_rs256(config);
    config.public_url = Some(PublicUrl::parse(PUBLIC_URL).unwrap());
}

#[track_caller]
fn assert_contains(metadata: &Value, name: &str, values: &[&str]) {
    let listed: BTreeSet<&str> = metadata[name]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for value in values {
        assert!(listed.contains(value), "no {value} in {name}: {listed:?}");
    }
}

on_both! {
    async fn oidcc_discovery_endpoint_verification(test_app: TestApp, with_https) {
        test_app.app.refresh_signing_keys().await.unwrap();
        let mut caller = test_app.anonymous().with("host", "id.example.com");
        let response = caller.page("/.well-known/openid-configuration").await.expect(200);
        assert_eq!(response.header("content-type"), "application/json");
        assert!(response.header("cache-control").contains("max-age=3600"));
        let metadata = response.json();
        assert_eq!(metadata["issuer"], PUBLIC_URL);
        let endpoints = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "introspection_endpoint",
            "revocation_endpoint", "end_session_endpoint"];
        for name in endpoints {
            let url = metadata[name].as_str().unwrap();
            assert!(url.starts_with("https://id.example.com/oauth2/") && !url.contains('#'), "{name}: {url}");
            // Every one of them is there.
            let path = url.strip_prefix(PUBLIC_URL).unwrap();
            for method in [Method::GET, Method::POST] {
                assert_ne!(caller.raw(method, path, None, Vec::new()).await.status, 404, "{url}");
            }
        }
        assert_contains(&metadata, "response_types_supported", &["code"]);
        assert_contains(&metadata, "response_modes_supported", &["query", "form_post"]);
        assert_contains(&metadata, "grant_types_supported", &["authorization_code", "refresh_token", "client_credentials"]);
        assert_contains(&metadata, "subject_types_supported", &["public"]);
        assert_contains(&metadata, "id_token_signing_alg_values_supported", &["RS256", "ES256"]);
        assert_contains(&metadata, "scopes_supported", &["openid", "profile", "email", "phone", "offline_access", "accounts"]);
        assert_contains(&metadata, "code_challenge_methods_supported", &["S256"]);
        assert_contains(&metadata, "prompt_values_supported", &["none", "login", "consent", "select_account"]);
        let methods = ["client_secret_basic", "client_secret_post", "none"];
        assert_contains(&metadata, "token_endpoint_auth_methods_supported", &methods);
        assert_contains(&metadata, "revocation_endpoint_auth_methods_supported", &methods);
        assert_contains(&metadata, "introspection_endpoint_auth_methods_supported", &methods[..2]);
        let claims = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash", "account", "roles",
            "owner", "name", "given_name", "family_name", "picture", "locale", "zoneinfo", "updated_at", "preferred_username",
            "email", "email_verified", "phone_number", "phone_number_verified", "accounts"];
        assert_contains(&metadata, "claims_supported", &claims);
        assert_contains(&metadata, "ui_locales_supported", &["en", "ru"]);
        for name in ["authorization_response_iss_parameter_supported", "backchannel_logout_supported",
            "backchannel_logout_session_supported"] {
            assert_eq!(metadata[name], true, "{name}");
        }
        for name in ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"] {
            assert_eq!(metadata[name], false, "{name}");
        }
        let of_oauth = caller.page("/.well-known/oauth-authorization-server").await.expect(200).json();
        assert_eq!(of_oauth, metadata);

        // The keys: public ones alone, each with its own `kid`.
        let response = caller.page("/oauth2/jwks").await.expect(200);
        assert!(response.header("cache-control").contains("max-age=3600"));
        let keys = response.json()["keys"].as_array().unwrap().clone();
        let mut kids = BTreeSet::new();
        for key in &keys {
            assert_eq!(key["use"], "sig");
            assert!(kids.insert(key["kid"].as_str().unwrap().to_owned()));
            let members: &[&str] = match key["alg"].as_str().unwrap() {
                "RS256" => &["kty", "n", "e"],
                _ => &["kty", "crv", "x", "y"],
            };
            for member in members {
                assert!(key[*member].is_string(), "{member} in {key}");
            }
            for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(secret).is_none(), "{secret}");
            }
        }
        let algorithms: BTreeSet<&str> = keys.iter().filter_map(|key| key["alg"].as_str()).collect();
        assert_eq!(json!(algorithms), json!(["ES256", "RS256"]));
    }
}

#[tokio::test]
async fn without_clients_there_is_no_provider() {
    let test_app = TestApp::new(crate::support::Database::sqlite()).await;
    let mut caller = test_app.user("ada@example.com", "Ada").await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth2/jwks",
        "/oauth2/authorize?client_id=platform",
        "/oauth2/logout",
    ] {
        assert_eq!(caller.page(path).await.status, 404, "{path}");
    }
}
