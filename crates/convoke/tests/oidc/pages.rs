//! The pages on the way to a product: each returns to the authorization request, and its forms may lead to that product alone.

use std::time::Duration;

use convoke_infra::identity_providers::ProviderKind;
use serde_json::{Value, json};

use super::flow::{
    ANA, BO, DESK, EVE, Fixture, ISSUER, PILOT, PLATFORM, Request, Tokens, VAULT, decide,
    follow_local, hidden_fields, is_sign_in_page, published_keys, relying_parties, sign_in,
    submit_form,
};
use super::jws;
use crate::on_both;
use crate::support::{Client, PASSWORD, Provider, TestApp, TestResponse};

const DECISION: &str = "/oauth2/authorize/decision";
const CHOOSE: &str = "Choose the account for Platform";

/// Where the forms of a page may lead.
#[track_caller]
fn form_targets(response: &TestResponse) -> String {
    let policy = response.header("content-security-policy");
    let directives = policy.split("; ");
    let targets = directives
        .into_iter()
        .find_map(|part| part.strip_prefix("form-action "));
    targets.unwrap().trim_end_matches(';').to_owned()
}

/// The same page, if its forms may lead to the platform and to nothing else outside.
#[track_caller]
fn on_the_way(page: TestResponse) -> TestResponse {
    assert_eq!(form_targets(&page), "'self' https://platform.example");
    page
}

/// The same page, if its forms stay here.
#[track_caller]
fn not_on_the_way(page: TestResponse) -> TestResponse {
    assert_eq!(form_targets(&page), "'self'");
    page
}

/// The tokens after a page, if it is the response to the request.
async fn redeem(test_app: &TestApp, request: &Request, response: &TestResponse) -> Tokens {
    let code = request.response_of(response).code();
    request.redeem(test_app, &code).await
}

/// The names of the accounts on the chooser.
fn choices(page: &TestResponse) -> Vec<String> {
    page.html().select("ul.choose b")
}

on_both! {
    async fn the_sign_in_page_returns_to_the_request_also_after_a_wrong_password(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let (request, mut browser) = (PLATFORM.request(), fixture.test_app.anonymous());
        let page = on_the_way(request.open(&mut browser).await.expect(200));
        let wrong = [("login", EVE), ("password", "not the password")];
        let page = on_the_way(submit_form(&mut browser, &page, "/sign-in", &wrong).await.expect(401));
        let page = on_the_way(submit_form(&mut browser, &page, "/sign-in", &[("login", ""), ("password", "")]).await);
        assert!(page.status >= 400);
        let right = [("login", EVE), ("password", PASSWORD)];
        let response = submit_form(&mut browser, &page, "/sign-in", &right).await;
        redeem(&fixture.test_app, &request, &response).await;
    }

    async fn a_sign_up_that_is_confirmed_in_another_tab_returns_to_the_request(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let (request, mut browser) = (PLATFORM.request(), fixture.test_app.anonymous());
        let page = request.open(&mut browser).await;
        let page = page.html();
        let sign_up = on_the_way(browser.page(&page.link("/sign-up")).await.expect(200));
        let fields = [("first_name", "Kim"), ("email", "kim@contoso.example"), ("password", PASSWORD)];
        let page = submit_form(&mut browser, &sign_up, "/sign-up", &fields).await;
        assert_eq!(on_the_way(page).heading(), "Check your mail");
        let token = fixture.test_app.mailed_token("kim@contoso.example", "confirm").await;
        let link = format!("/confirm/{token}");
        let page = browser.page(&link).await;
        let page = on_the_way(follow_local(&mut browser, page).await.expect(200));
        let response = submit_form(&mut browser, &page, &link, &[("password", PASSWORD)]).await;
        let tokens = redeem(&fixture.test_app, &request, &response).await;
        assert_eq!(tokens.text("/account/name"), "Kim's account");
        // The request has its response: nothing returns to it any more.
        not_on_the_way(browser.page("/accounts").await.expect(200));
        browser.page("/oauth2/authorize/continue").await.leads_to("/accounts");
    }

    async fn a_sign_up_that_is_confirmed_in_another_browser_ends_there(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let (request, mut browser) = (PLATFORM.request(), fixture.test_app.anonymous());
        request.open(&mut browser).await;
        let page = browser.page("/sign-up").await;
        let fields = [("first_name", "Kim"), ("email", "kim@contoso.example"), ("password", PASSWORD)];
        submit_form(&mut browser, &page, "/sign-up", &fields).await.expect(200);
        let token = fixture.test_app.mailed_token("kim@contoso.example", "confirm").await;
        let link = format!("/confirm/{token}");
        let mut phone = fixture.test_app.anonymous();
        phone.submit(&link, &[("password", PASSWORD)]).await.leads_to("/accounts");
        // The first browser goes on by signing in.
        let page = request.open(&mut browser).await;
        let response = sign_in(&mut browser, &page, "kim@contoso.example").await;
        redeem(&fixture.test_app, &request, &response).await;
    }

    async fn a_detour_to_a_service_returns_to_the_request(test_app: TestApp, relying_parties) {
        let service = Provider::beside(&test_app).await;
        let settings = service.settings("work", ProviderKind::Oidc);
        let test_app = test_app.restarted(|config| config.providers = vec![settings]).await;
        test_app.app.refresh_signing_keys().await.unwrap();
        service.is("gil", "gil@work.example");
        // A short request, and one that does not fit into the cookie of the detour; a sign-up and a sign-in.
        for (state, prompt) in [("s", ""), ("s", "login")].into_iter().chain([("long", "login")]) {
            let state = if state == "long" { "s".repeat(1_500) } else { state.to_owned() };
            let request = PLATFORM.request().with("state", &state).with("prompt", prompt);
            let mut browser = test_app.anonymous();
            let page = request.open(&mut browser).await;
            assert!(is_sign_in_page(&page));
            let path = page.html().link("/sign-in/work");
            let back = service.agree(&browser.page(&path).await.location());
            let response = browser.page(&back).await;
            let response = follow_local(&mut browser, response).await;
            let tokens = redeem(&test_app, &request, &response).await;
            assert_eq!(tokens.id.get("amr"), None, "a service does not tell");
            assert_eq!(tokens.id["acr"], "1");
        }
    }

    async fn a_reset_of_the_password_returns_to_the_request(test_app: TestApp, relying_parties) {
        let fixture = Fixture::new(test_app).await;
        let (request, mut browser) = (PLATFORM.request(), fixture.test_app.anonymous());
        let page = request.open(&mut browser).await.html();
        let page = on_the_way(browser.page(&page.link("/reset")).await.expect(200));
        let page = submit_form(&mut browser, &page, "/reset", &[("email", EVE)]).await;
        assert_eq!(on_the_way(page).heading(), "Check your mail");
        let token = fixture.test_app.mailed_token(EVE, "reset").await;
        let link = format!("/reset/{token}");
        let page = browser.page(&link).await;
        let page = on_the_way(follow_local(&mut browser, page).await.expect(200));
        let new = "another correct horse";
        let page = on_the_way(submit_form(&mut browser, &page, &link, &[("password", new)]).await.expect(200));
        let fields = [("login", EVE), ("password", new)];
        let response = submit_form(&mut browser, &page, "/sign-in", &fields).await;
        redeem(&fixture.test_app, &request, &response).await;
    }

    async fn an_invitation_that_is_accepted_on_the_way_returns_to_the_request(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        // The account in which Eve works with the product gives her no role any more.
        let invite = async |fixture: &mut Fixture| {
            let body = json!({ "product": "pilot", "roles": ["DRIVER"], "emails": [EVE] });
            let path = format!("/accounts/{}/invitations", fixture.account);
            fixture.ana.post(&path, &body).await.expect(201).text("/results/0/invitation/id")
        };
        let id = invite(&mut fixture).await;
        fixture.eve.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        let path = format!("/accounts/{}/members/{}", fixture.account, fixture.eve.id().await);
        fixture.ana.patch(&path, &json!({ "roles": ["USER_AUDITOR"] })).await.expect(200);
        let request = PILOT.request();
        let page = request.open(&mut fixture.eve).await.expect(403);
        assert_eq!(page.heading(), "You cannot use Pilot yet");
        assert_eq!(form_targets(&page), "'self' https://pilot.example");
        page.shows("Northwind: ask Ana").has_link("/accounts").shows("You are signed in as Eve");
        // Another account invites her.
        let other = fixture.test_app.account(&mut fixture.ana, "Contoso").await;
        let account = std::mem::replace(&mut fixture.account, other);
        invite(&mut fixture).await;
        let token = fixture.test_app.mailed_token(EVE, "invitations").await;
        let link = format!("/invitations/{token}");
        let page = fixture.eve.page(&link).await;
        let page = follow_local(&mut fixture.eve, page).await.expect(200);
        assert_eq!(form_targets(&page), "'self' https://pilot.example");
        let response = submit_form(&mut fixture.eve, &page, &format!("{link}/accept"), &[]).await;
        let tokens = redeem(&fixture.test_app, &request, &response).await;
        assert_eq!(tokens.text("/account/name"), "Contoso");
        assert_ne!(tokens.text("/account/id"), account);
    }

    async fn a_sign_up_by_invitation_on_the_way_returns_to_the_request(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let (request, mut browser) = (fixture.northwind(), fixture.test_app.anonymous());
        request.open(&mut browser).await;
        fixture.test_app.invite(&mut fixture.ana, &fixture.account, "kim@contoso.example", &["DEVELOPER"]).await;
        let token = fixture.test_app.mailed_token("kim@contoso.example", "invitations").await;
        let link = format!("/invitations/{token}");
        let page = browser.page(&link).await;
        let page = on_the_way(follow_local(&mut browser, page).await.expect(200));
        let fields = [("name", "Kim Lee"), ("password", PASSWORD)];
        let response = submit_form(&mut browser, &page, &format!("{link}/join"), &fields).await;
        let tokens = redeem(&fixture.test_app, &request, &response).await;
        assert_eq!((tokens.text("/account/name").as_str(), &tokens.id["roles"]), ("Northwind", &json!(["DEVELOPER"])));
    }

    async fn the_chooser_puts_the_account_first_that_was_used_last(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request();
        let page = on_the_way(request.open(&mut fixture.bo).await.expect(200));
        assert_eq!(page.heading(), CHOOSE);
        assert_eq!(choices(&page), ["Northwind", "bo's account"]);
        let page = page.lacks(".badge").lacks("input[type='search']").shows("Owner").shows("Developer").shows(&format!("bo ({BO})"));
        let account = fixture.bo.default_account().await;
        let response = decide(&mut fixture.bo, &page, &account).await;
        let tokens = redeem(&fixture.test_app, &request, &response).await;
        assert_eq!(tokens.text("/account/name"), "bo's account");
        // What was used before does not decide by itself, not even for a request without a page.
        let page = request.open(&mut fixture.bo).await.expect(200);
        assert_eq!(choices(&page), ["bo's account", "Northwind"]);
        page.has_texts(".badge", &["Last used"]);
        let none = request.clone().with("prompt", "none");
        let response = none.open(&mut fixture.bo).await;
        assert_eq!(none.response_of(&response).error(), "account_selection_required");
        // Another product has its own.
        let page = VAULT.request().open(&mut fixture.bo).await.expect(200).lacks(".badge");
        assert_eq!((choices(&page).remove(0), page.heading().as_str()), ("Northwind".to_owned(), "Choose the account for Vault"));
        // It is remembered across sessions.
        let mut later = fixture.test_app.sign_in(BO).await;
        let page = request.open(&mut later).await.expect(200);
        assert_eq!(choices(&page)[0], "bo's account");
    }

    async fn the_chooser_searches_beyond_eight_accounts(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request().with("state", "a state & more");
        for number in 1..=7 {
            fixture.test_app.account(&mut fixture.eve, &format!("Branch {number}")).await;
        }
        request.open(&mut fixture.eve).await.expect(200).lacks("input[type='search']");
        let ninth = fixture.test_app.account(&mut fixture.eve, "Zebra & sons").await;
        let page = request.open(&mut fixture.eve).await.expect(200).has("form[role='search'] input[name='q']");
        assert_eq!(choices(&page).len(), 9);
        let search = |page: &TestResponse, text: &str| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(hidden_fields(&page.html(), "/oauth2/authorize"));
            format!("/oauth2/authorize?{}", query.append_pair("q", text).finish())
        };
        let path = search(&page, "zebra");
        let found = on_the_way(fixture.eve.page(&path).await.expect(200)).has_field("q", "zebra");
        assert_eq!(choices(&found), ["Zebra & sons"]);
        let response = decide(&mut fixture.eve, &found, &ninth).await;
        let tokens = redeem(&fixture.test_app, &request, &response).await;
        assert_eq!(tokens.text("/account/id"), ninth);
        let path = search(&page, "nothing like it");
        let none = fixture.eve.page(&path).await.expect(200).shows("None of your accounts has such a name.");
        assert!(choices(&none).is_empty());
    }

    async fn select_account_shows_the_chooser_even_for_one_account(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let own = fixture.eve.default_account().await;
        for request in [PLATFORM.request(), PLATFORM.request().with("account", &own)] {
            let request = request.with("prompt", "select_account");
            let page = on_the_way(request.open(&mut fixture.eve).await.expect(200));
            assert_eq!((page.heading().as_str(), choices(&page)), (CHOOSE, vec!["Eve's account".to_owned()]));
            let response = decide(&mut fixture.eve, &page, &own).await;
            redeem(&fixture.test_app, &request, &response).await;
        }
    }

    async fn consent_is_one_page_with_person_product_and_account(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = fixture.northwind().with("prompt", "consent");
        let page = on_the_way(request.open(&mut fixture.bo).await.expect(200));
        assert_eq!(page.heading(), "Continue to Platform?");
        let page = page.shows("Northwind").shows("Developer").shows(&format!("You are signed in as bo ({BO})"));
        let page = page.has_texts("button.primary", &["Continue to Platform"]).shows("Back to Platform");
        assert_eq!(page.html().field("account"), fixture.account);
        let response = submit_form(&mut fixture.bo, &page, DECISION, &[]).await;
        redeem(&fixture.test_app, &request, &response).await;
        // It was only for this time.
        let page = request.open(&mut fixture.bo).await.expect(200);
        assert_eq!(page.heading(), "Continue to Platform?");
        let both = request.clone().with("prompt", "login consent");
        let page = both.open(&mut fixture.bo).await;
        let page = sign_in(&mut fixture.bo, &page, BO).await;
        assert_eq!(page.heading(), "Continue to Platform?");
    }

    async fn a_decision_for_an_account_of_others_gives_nothing(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request().with("prompt", "select_account");
        let page = request.open(&mut fixture.eve).await.expect(200);
        for account in [fixture.account.as_str(), "acc_00000000000000000000000000", "nonsense", ""] {
            let again = decide(&mut fixture.eve, &page, account).await.expect(200);
            assert_eq!((again.heading().as_str(), choices(&again)), (CHOOSE, vec!["Eve's account".to_owned()]));
        }
        // A form of another site, and one whose request was changed.
        let query = request.query();
        let own = fixture.eve.default_account().await;
        let mut cross_site = fixture.eve.with("sec-fetch-site", "cross-site");
        cross_site.submit(DECISION, &[("request", &query), ("account", &own)]).await.expect(403);
        let changed = request.clone().with("redirect_uri", "https://evil.example/");
        fixture.eve.submit(DECISION, &[("request", &changed.query()), ("account", &own)]).await.expect(400);
        fixture.eve.submit(DECISION, &[("request", ""), ("account", &own)]).await.expect(400);
        let response = fixture.test_app.anonymous().submit(DECISION, &[("request", &query), ("account", &own)]).await;
        assert!(response.location().starts_with("/sign-in?return_to=/oauth2/authorize"));
        // A right that is lost while the page is open.
        let page = PLATFORM.request().open(&mut fixture.bo).await.expect(200);
        fixture.remove_bo().await;
        let account = fixture.account.clone();
        let response = decide(&mut fixture.bo, &page, &account).await;
        let tokens = redeem(&fixture.test_app, &PLATFORM.request(), &response).await;
        assert_eq!(tokens.text("/account/name"), "bo's account", "the only one that is left");
    }

    async fn a_decision_that_is_sent_twice_gives_two_codes_of_one_grant(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let (request, account) = (PLATFORM.request(), fixture.account.clone());
        let page = request.open(&mut fixture.bo).await.expect(200);
        let first = decide(&mut fixture.bo, &page, &account).await;
        let second = decide(&mut fixture.bo, &page, &account).await;
        let codes = [request.response_of(&first).code(), request.response_of(&second).code()];
        assert_ne!(codes[0], codes[1]);
        let first = request.redeem(&fixture.test_app, &codes[0]).await;
        let second = request.redeem(&fixture.test_app, &codes[1]).await;
        assert_eq!(first.id["sid"], second.id["sid"]);
        assert!(first.are_active(&fixture.test_app, PLATFORM).await);
    }

    async fn signing_in_again_keeps_the_grants_of_the_session(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request().with("scope", "openid offline_access");
        let before = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        let of_vault = VAULT.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        for parameter in [("prompt", "login"), ("max_age", "1"), ("max_age", "0")] {
            fixture.test_app.advance(Duration::from_secs(2));
            let mut old = fixture.eve.clone();
            let request = request.clone().with(parameter.0, parameter.1);
            let page = request.open(&mut fixture.eve).await;
            let response = sign_in(&mut fixture.eve, &page, EVE).await;
            let tokens = redeem(&fixture.test_app, &request, &response).await;
            assert_eq!(tokens.id["auth_time"], fixture.test_app.now().millis() / 1_000);
            assert_eq!(tokens.id["sid"], before.id["sid"]);
            assert!(before.are_active(&fixture.test_app, PLATFORM).await);
            assert!(of_vault.are_active(&fixture.test_app, VAULT).await);
            // The session has another token.
            old.get("/me").await.expect(401);
            fixture.eve.get("/me").await.expect(200);
        }
    }

    async fn another_user_who_signs_in_ends_the_session_and_its_grants(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request().with("scope", "openid offline_access");
        let of_eve = request.tokens(&fixture.test_app, &mut fixture.eve).await;
        let mut old = fixture.eve.clone();
        let again = request.clone().with("prompt", "login").with("account", &fixture.account);
        let page = again.open(&mut fixture.eve).await;
        let response = sign_in(&mut fixture.eve, &page, ANA).await;
        let tokens = redeem(&fixture.test_app, &again, &response).await;
        assert_eq!((&tokens.id["sub"], &tokens.id["owner"]), (&json!(fixture.ana.id().await), &json!(true)));
        old.get("/me").await.expect(401);
        assert!(!of_eve.are_active(&fixture.test_app, PLATFORM).await);
        assert_eq!(PLATFORM.refresh(&fixture.test_app, of_eve.refresh_token()).await.expect(400).text("/error"), "invalid_grant");
    }

    async fn someone_else_signs_in_from_the_chooser(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let request = PLATFORM.request();
        let page = request.open(&mut fixture.bo).await.expect(200);
        let other = page.html().link("/sign-in");
        let page = on_the_way(fixture.bo.page(&other).await.expect(200));
        let response = sign_in(&mut fixture.bo, &page, EVE).await;
        let tokens = redeem(&fixture.test_app, &request, &response).await;
        assert_eq!(tokens.id["sub"], json!(fixture.eve.id().await));
    }

    async fn a_hint_of_another_user_asks_for_that_user(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let of_eve = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let request = PLATFORM.request().with("id_token_hint", &of_eve.id_token);
        let page = request.open(&mut fixture.bo).await;
        let response = sign_in(&mut fixture.bo, &page, EVE).await;
        assert_eq!(redeem(&fixture.test_app, &request, &response).await.id["sub"], of_eve.id["sub"]);
    }

    async fn forms_of_other_pages_stay_here(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let pages = ["/accounts", "/profile", "/profile/password", "/profile/products", "/accounts/new"];
        for path in pages {
            not_on_the_way(fixture.eve.page(path).await.expect(200));
        }
        let foreign = ["/sign-in", "/sign-in?return_to=/accounts", "/sign-in?return_to=https://platform.example/", "/sign-up", "/reset",
            "/sign-in?return_to=/oauth2/authorize?client_id%3Dplatform%26redirect_uri%3Dhttps://evil.example/",
            "/sign-in?return_to=/accounts?client_id%3Dplatform%26redirect_uri%3Dhttps://platform.example/callback"];
        for path in foreign {
            not_on_the_way(fixture.test_app.anonymous().page(path).await.expect(200));
        }
        // Once a request has its response, no page is on its way; and the policy has nothing of the address but its origin.
        PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        for path in pages {
            not_on_the_way(fixture.eve.page(path).await.expect(200));
        }
        let request = PLATFORM.request().with("redirect_uri", "https://platform.example/query?tenant=1");
        on_the_way(request.open(&mut fixture.test_app.anonymous()).await.expect(200));
        let native = DESK.request().with("redirect_uri", "com.example.desk:/callback");
        let page = native.open(&mut fixture.test_app.anonymous()).await.expect(200);
        assert_eq!(form_targets(&page), "'self' com.example.desk:");
    }

    async fn pages_off_the_way_stay_here_while_a_request_is_pending(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        PLATFORM.request().open(&mut fixture.bo).await.expect(200);
        for path in ["/profile", "/profile/password", "/profile/products", "/accounts/new"] {
            not_on_the_way(fixture.bo.page(path).await.expect(200));
        }
    }

    async fn no_page_on_the_way_may_be_framed_or_stored(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let post = PLATFORM.request().with("response_mode", "form_post");
        let pages = [
            PLATFORM.request().open(&mut fixture.test_app.anonymous()).await,
            PLATFORM.request().open(&mut fixture.bo).await,
            fixture.northwind().with("prompt", "consent").open(&mut fixture.bo).await,
            post.open(&mut fixture.eve).await,
            fixture.eve.page("/oauth2/logout").await,
        ];
        for page in pages {
            let page = page.expect(200);
            assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
            assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "same-origin"));
        }
    }

    async fn a_client_reads_its_own_entry_of_the_catalogue(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let response = PLATFORM.token(&fixture.test_app, &[("grant_type", "client_credentials"), ("scope", "product.read")]).await.expect(200);
        let body = response.json();
        assert_eq!((&body["token_type"], &body["expires_in"], &body["scope"]), (&json!("Bearer"), &json!(300), &json!("product.read")));
        assert!(body.get("id_token").is_none() && body.get("refresh_token").is_none());
        assert_eq!((response.header("cache-control"), response.header("pragma")), ("no-store", "no-cache"));
        let token = response.text("/access_token");
        let keys = published_keys(&fixture.test_app).await;
        let (head, claims) = jws::verify(&token, &keys);
        assert_eq!((&head["typ"], &claims["sub"], &claims["client_id"]), (&json!("at+jwt"), &json!("platform"), &json!("platform")));
        for name in ["sid", "account", "roles", "owner"] {
            assert!(claims.get(name).is_none(), "{name}");
        }
        assert!(claims["aud"] == ISSUER || claims["aud"].as_array().unwrap().contains(&json!(ISSUER)));
        let calling = |token: &str| fixture.test_app.anonymous().with("authorization", &format!("Bearer {token}"));
        let own = calling(&token).get("/product").await.expect(200).json();
        assert_eq!((&own["key"], &own["name"], &own["roles"][0]["key"]), (&json!("platform"), &json!("Platform"), &json!("DEVELOPER")));
        for path in ["/me", "/accounts", "/me/grants"] {
            calling(&token).get(path).await.expect(401);
        }
        // Neither a user's token nor a session opens it.
        let tokens = PLATFORM.request().tokens(&fixture.test_app, &mut fixture.eve).await;
        let status = calling(&tokens.access_token).get("/product").await.status;
        assert!([401, 403].contains(&status), "{status}");
        fixture.eve.get("/product").await.expect(401);
        fixture.test_app.anonymous().get("/product").await.expect(401);
        fixture.test_app.advance(Duration::from_mins(5));
        fixture.test_app.anonymous().with("authorization", &format!("Bearer {token}")).get("/product").await.expect(401);
    }

    async fn people_see_and_end_what_they_are_signed_in_to(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let of_bo = fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        fixture.test_app.advance(Duration::from_secs(1));
        let request = VAULT.request().with("account", &fixture.account);
        let of_vault = request.tokens(&fixture.test_app, &mut fixture.bo).await;
        let items = fixture.bo.get("/me/grants").await.expect(200).json()["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 2);
        let names: Vec<&String> = items[0].as_object().unwrap().keys().collect();
        assert_eq!(names, ["id", "product", "account", "created_at", "last_used_at"]);
        assert_eq!(items[0]["product"], json!({ "key": "vault", "name": "Vault" }));
        assert_eq!(items[1]["account"], json!({ "id": fixture.account, "name": "Northwind" }));
        assert_eq!((&items[0]["id"], &items[1]["id"]), (&of_vault.id["sid"], &of_bo.id["sid"]));
        let id = of_bo.text("/sid");
        for other in [&mut fixture.eve, &mut fixture.test_app.anonymous()] {
            let status = other.delete(&format!("/me/grants/{id}")).await.status;
            assert!([401, 404].contains(&status), "{status}");
        }
        assert!(of_bo.are_active(&fixture.test_app, PLATFORM).await);
        fixture.bo.delete(&format!("/me/grants/{id}")).await.expect(204);
        fixture.bo.delete(&format!("/me/grants/{id}")).await.expect(404);
        assert!(!of_bo.are_active(&fixture.test_app, PLATFORM).await);
        assert!(of_vault.are_active(&fixture.test_app, VAULT).await);
        // In the profile too.
        let page = fixture.bo.page("/profile/products").await.expect(200).shows("Vault").shows("Northwind");
        let id = of_vault.text("/sid");
        let ended = submit_form(&mut fixture.bo, &page, "/profile/products/end", &[]).await.expect(200);
        ended.hides(&id);
        assert!(!of_vault.are_active(&fixture.test_app, VAULT).await);
    }

    async fn grants_that_are_worth_nothing_are_not_listed(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
        let mut other = fixture.test_app.sign_in(BO).await;
        VAULT.request().with("account", &fixture.account).tokens(&fixture.test_app, &mut other).await;
        other.delete("/sessions/current").await.expect(204);
        let products = fixture.bo.column("/me/grants", "/product/key").await;
        assert_eq!(products, ["platform"], "a session that has ended");
        fixture.remove_bo().await;
        let products = fixture.bo.column("/me/grants", "/product/key").await;
        assert!(products.is_empty(), "{products:?} of an account that they have left");
    }

    async fn a_product_is_opened_where_its_sign_in_begins(test_app: TestApp, relying_parties) {
        let mut fixture = Fixture::new(test_app).await;
        let account = fixture.account.clone();
        let mut anyone: Vec<Client> = vec![fixture.bo.clone(), fixture.test_app.anonymous()];
        for browser in &mut anyone {
            browser.page("/go/platform").await.leads_to("https://platform.example/login?iss=http%3A%2F%2Flocalhost%3A8080");
            let target = format!("https://platform.example/login?iss=http%3A%2F%2Flocalhost%3A8080&account={account}");
            browser.page(&format!("/go/platform?account={account}")).await.leads_to(&target);
            browser.page("/go/vault").await.leads_to("https://vault.example/");
            browser.page("/go/site").await.leads_to("https://site.example/");
            browser.page("/go/desk").await.expect(404);
            browser.page("/go/unknown").await.expect(404);
            let target = "https://platform.example/login?iss=http%3A%2F%2Flocalhost%3A8080";
            browser.page("/go/platform?account=https://evil.example").await.leads_to(target);
        }
        // The product then asks for the account.
        fixture.northwind().tokens(&fixture.test_app, &mut fixture.bo).await;
    }
}
