//! The 11 modules of the OpenID Foundation's plan for the profile RP-Initiated Logout OP
//! (`oidcc-rp-initiated-logout-certification-test-plan`) by their names, written anew from their public descriptions, and what the
//! plan leaves open.

use std::time::Duration;

use serde_json::json;

use super::flow::{
    EVE, Fixture, PLATFORM, Tokens, VAULT, logout_path, metadata, relying_parties, submit_form,
};
use super::jws;
use crate::on_both;
use crate::support::{Client, TestApp, TestResponse};

const SIGNED_OUT: &str = "https://platform.example/signed-out";
const CONFIRM: &str = "/oauth2/logout/confirm";

/// Eve's tokens of the platform.
async fn signed_in(test_app: TestApp) -> (Fixture, Tokens) {
    let mut fixture = Fixture::new(test_app).await;
    let request = PLATFORM
        .request_without_pkce()
        .with("scope", "openid offline_access");
    let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
    (fixture, tokens)
}

async fn log_out(browser: &mut Client, parameters: &[(&str, &str)]) -> TestResponse {
    browser.page(&logout_path(parameters)).await
}

/// Whether the browser still has its session, seen by `prompt=none` and by the tokens.
async fn is_signed_in(fixture: &mut Fixture, tokens: &Tokens) -> bool {
    let request = PLATFORM.request().with("prompt", "none");
    let response = request.open(&mut fixture.eve).await;
    let response = request.response_of(&response);
    let is_live = tokens.are_active(&fixture.test_app, PLATFORM).await;
    match response.get("error") {
        None => assert!(is_live),
        error => {
            assert_eq!(error, Some("login_required"));
            assert!(!is_live);
        }
    }
    is_live
}

/// A page that is neither a redirect nor the end of the session.
async fn assert_rejected(fixture: &mut Fixture, tokens: &Tokens, parameters: &[(&str, &str)]) {
    let page = log_out(&mut fixture.eve, parameters).await.expect(400);
    assert_eq!(page.heading(), "This sign-out link is not right");
    page.hides("evil.example")
        .lacks("form[action='/oauth2/logout/confirm']");
    assert!(is_signed_in(fixture, tokens).await);
}

/// A page that asks, then one that says so without a redirect.
async fn confirm(fixture: &mut Fixture, parameters: &[(&str, &str)]) -> TestResponse {
    let page = log_out(&mut fixture.eve, parameters).await.expect(200);
    assert_eq!(page.heading(), "Sign out everywhere here?");
    let page = submit_form(&mut fixture.eve, &page, CONFIRM, &[])
        .await
        .expect(200);
    assert_eq!(page.heading(), "You are signed out");
    page
}

on_both! {
    async fn oidcc_rp_initiated_logout_discovery_endpoint_verification(test_app: TestApp, relying_parties) {
        let metadata = metadata(&test_app).await;
        assert_eq!(metadata["end_session_endpoint"], "http://localhost:8080/oauth2/logout");
    }

    async fn oidcc_rp_initiated_logout(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let parameters = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "a state & more")];
        let response = log_out(&mut fixture.eve, &parameters).await;
        assert_eq!(response.location(), format!("{SIGNED_OUT}?state=a+state+%26+more"));
        assert!(!is_signed_in(&mut fixture, &tokens).await);
    }

    async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let hint = tokens.id_token.clone();
        for uri in ["https://evil.example/", "https://platform.example/", "https://platform.example/signed-out/", "//evil.example"] {
            let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri), ("state", "s")];
            assert_rejected(&mut fixture, &tokens, &parameters).await;
        }
        // That of another client.
        let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://vault.example/")];
        assert_rejected(&mut fixture, &tokens, &parameters).await;
    }

    async fn oidcc_rp_initiated_logout_modified_id_token_hint(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        for hint in [jws::unsigned(&tokens.id_token), jws::with_claim(&tokens.id_token, "aud", json!("vault"))] {
            let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", SIGNED_OUT)];
            assert_rejected(&mut fixture, &tokens, &parameters).await;
        }
    }

    async fn oidcc_rp_initiated_logout_no_id_token_hint(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        // Without a client it is unknown whose address that is.
        assert_rejected(&mut fixture, &tokens, &[("post_logout_redirect_uri", SIGNED_OUT), ("state", "s")]).await;
        let parameters = [("client_id", "platform"), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "s")];
        let page = log_out(&mut fixture.eve, &parameters).await.expect(200);
        page.has_link_text("Back to Platform", &format!("{SIGNED_OUT}?state=s"));
        assert!(is_signed_in(&mut fixture, &tokens).await);
        let page = confirm(&mut fixture, &parameters).await;
        page.has_link_text("Back to Platform", &format!("{SIGNED_OUT}?state=s"));
        assert!(!is_signed_in(&mut fixture, &tokens).await);
        // Nor is there a redirect once the session has ended.
        log_out(&mut fixture.eve, &parameters).await.expect(200).has_link(&format!("{SIGNED_OUT}?state=s"));
    }

    async fn oidcc_rp_initiated_logout_no_params(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        confirm(&mut fixture, &[]).await.hides("platform.example");
        assert!(!is_signed_in(&mut fixture, &tokens).await);
    }

    async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let parameters = [("id_token_hint", tokens.id_token.as_str()), ("state", "s")];
        let page = log_out(&mut fixture.eve, &parameters).await.expect(200);
        assert_eq!(page.heading(), "You are signed out");
        page.hides("platform.example");
        assert!(!is_signed_in(&mut fixture, &tokens).await);
    }

    async fn oidcc_rp_initiated_logout_no_state(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let parameters = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT)];
        log_out(&mut fixture.eve, &parameters).await.leads_to(SIGNED_OUT);
        assert!(!is_signed_in(&mut fixture, &tokens).await);
    }

    async fn oidcc_rp_initiated_logout_only_state(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        confirm(&mut fixture, &[("state", "s")]).await.hides("platform.example");
        assert!(!is_signed_in(&mut fixture, &tokens).await);
    }

    async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let uri = format!("{SIGNED_OUT}?foo=bar");
        let parameters = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", uri.as_str())];
        assert_rejected(&mut fixture, &tokens, &parameters).await;
    }

    async fn oidcc_rp_initiated_logout_bad_id_token_hint(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let bad = [jws::badly_signed(&tokens.id_token), tokens.access_token.clone(), "not-a-token".to_owned(), "a.b.c".to_owned()];
        for hint in bad {
            let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", SIGNED_OUT)];
            assert_rejected(&mut fixture, &tokens, &parameters).await;
        }
    }

    async fn an_expired_hint_counts_and_without_a_session_there_is_the_redirect_alone(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        fixture.test_app.advance(Duration::from_mins(30));
        let parameters = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "s")];
        let target = format!("{SIGNED_OUT}?state=s");
        log_out(&mut fixture.eve, &parameters).await.leads_to(&target);
        fixture.eve.get("/me").await.expect(401);
        log_out(&mut fixture.eve, &parameters).await.leads_to(&target);
        log_out(&mut fixture.test_app.anonymous(), &parameters).await.leads_to(&target);
    }

    async fn the_hint_of_another_session_or_user_only_asks(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let parameters = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT)];
        let mut other_browser = fixture.test_app.sign_in(EVE).await;
        for browser in [&mut fixture.bo, &mut other_browser] {
            let page = log_out(browser, &parameters).await.expect(200);
            assert_eq!(page.heading(), "Sign out everywhere here?");
            browser.get("/me").await.expect(200);
        }
        assert!(is_signed_in(&mut fixture, &tokens).await);
        let page = log_out(&mut other_browser, &parameters).await;
        submit_form(&mut other_browser, &page, CONFIRM, &[]).await.expect(200).has_link(SIGNED_OUT);
        other_browser.get("/me").await.expect(401);
        assert!(is_signed_in(&mut fixture, &tokens).await);
    }

    async fn a_sign_out_ends_the_grants_of_the_session_in_every_product_and_no_others(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let of_vault = VAULT.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let mut other_browser = fixture.test_app.sign_in(EVE).await;
        let of_other = PLATFORM.request().tokens(&fixture.test_app, &mut other_browser).await;
        let parameters = [("id_token_hint", of_vault.id_token.as_str()), ("client_id", "vault")];
        log_out(&mut fixture.eve, &parameters).await.expect(200);
        assert!(!tokens.are_active(&fixture.test_app, PLATFORM).await);
        assert!(!of_vault.are_active(&fixture.test_app, VAULT).await);
        assert!(of_other.are_active(&fixture.test_app, PLATFORM).await);
    }

    async fn a_client_id_that_is_not_that_of_the_hint_is_rejected(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let hint = tokens.id_token.clone();
        for client in ["vault", "site", "unknown"] {
            assert_rejected(&mut fixture, &tokens, &[("id_token_hint", &hint), ("client_id", client)]).await;
        }
        assert_rejected(&mut fixture, &tokens, &[("client_id", "unknown")]).await;
        assert_rejected(&mut fixture, &tokens, &[("id_token_hint", &hint), ("id_token_hint", &hint)]).await;
    }

    async fn a_post_of_another_site_becomes_a_get_and_only_asks_without_a_hint(test_app: TestApp, relying_parties) {
        let (mut fixture, tokens) = signed_in(test_app).await;
        let mut other_site = fixture.test_app.anonymous().with("sec-fetch-site", "cross-site");
        let response = other_site.submit("/oauth2/logout", &[("client_id", "platform")]).await;
        assert_eq!(response.location(), "/oauth2/logout?client_id=platform");
        let page = fixture.eve.follow(response).await.expect(200);
        assert_eq!(page.heading(), "Sign out everywhere here?");
        // The confirmation is a form of our own pages.
        let mut cross_site = fixture.eve.with("sec-fetch-site", "cross-site");
        cross_site.submit(CONFIRM, &[("request", "")]).await.expect(403);
        assert!(is_signed_in(&mut fixture, &tokens).await);
        let fields = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT)];
        let response = other_site.submit("/oauth2/logout", &fields).await;
        fixture.eve.follow(response).await.leads_to(SIGNED_OUT);
        assert!(!is_signed_in(&mut fixture, &tokens).await);
    }
}
