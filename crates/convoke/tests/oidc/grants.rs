//! Grants of users to products: codes and refresh tokens count once, and only while session and membership last.

use std::time::Duration;

use convoke::jobs;
use convoke_core::ids::AccountId;
use convoke_core::secret::{TokenKind, hash_to_text, sha256, token_hash};
use convoke_domain::oauth2::{
    self, AuthorizationRequest, Issued, Scopes, TokenError, TokenSettings,
};
use convoke_domain::{Caller, Error};
use serde_json::json;
use tokio::task::JoinSet;

use super::clients;
use crate::on_both;
use crate::support::{Client, MILLISECOND, TestApp};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CALLBACK: &str = "https://platform.example/callback";

/// Ana, who owns an account in which Bo is a member without roles of a product.
struct Fixture {
    test_app: TestApp,
    ana: Client,
    bo: Client,
    account: AccountId,
}

async fn of(test_app: TestApp) -> Fixture {
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let bo = test_app
        .member(
            &mut ana,
            &account,
            "bo@northwind.example",
            &["USER_AUDITOR"],
        )
        .await;
    let account = account.parse().unwrap();
    Fixture {
        test_app,
        ana,
        bo,
        account,
    }
}

impl Fixture {
    fn request(&self, client: &str, scope: &str) -> AuthorizationRequest {
        let challenge = hash_to_text(&sha256(VERIFIER.as_bytes()));
        let redirect_uri = if client == "desk" {
            "http://127.0.0.1:49152/callback"
        } else {
            CALLBACK
        };
        let pairs = [
            ("client_id", client),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", scope),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        oauth2::parse(
            &pairs,
            &self.test_app.app.ctx.catalogue,
            "http://localhost:8080",
        )
        .unwrap()
    }

    async fn caller(&self, client: &Client) -> Caller {
        let cookie = client.cookie.as_deref().unwrap();
        let token = cookie.split_once('=').map_or(cookie, |(_, token)| token);
        let token = token_hash(TokenKind::Session, token).unwrap();
        self.test_app
            .app
            .authenticate(token, convoke_domain::ClientInfo::default())
            .await
            .unwrap()
    }

    /// The code that a user's browser takes to a product.
    async fn code(&self, user: &Client, client: &str, scope: &str) -> Result<String, Error> {
        let (caller, request, account) = (
            self.caller(user).await,
            self.request(client, scope),
            self.account,
        );
        let code = self
            .test_app
            .app
            .write(move |tx| oauth2::authorize(tx, &caller, &request, account))
            .await?;
        Ok(code.expose().to_owned())
    }

    async fn redeem(&self, code: &str) -> Result<Issued, TokenError> {
        redeem(
            &self.test_app,
            "platform",
            code,
            Some(CALLBACK),
            Some(VERIFIER),
        )
        .await
    }

    async fn refresh(&self, token: &str, scopes: Option<&str>) -> Result<Issued, TokenError> {
        let token = token.to_owned();
        let scopes = scopes.map(str::to_owned);
        self.test_app
            .app
            .write(move |tx| oauth2::refresh(tx, "platform", &token, scopes.as_deref()))
            .await
            .unwrap()
    }

    /// Whether the grant of issued tokens is active.
    async fn is_active(&self, issued: &Issued) -> bool {
        let id = issued.active.grant.id;
        let active = self
            .test_app
            .app
            .read(move |tx| oauth2::find_active(tx, "platform", id))
            .await;
        active.unwrap().is_some()
    }
}

async fn redeem(
    test_app: &TestApp,
    client: &'static str,
    code: &str,
    uri: Option<&'static str>,
    verifier: Option<&'static str>,
) -> Result<Issued, TokenError> {
    let code = code.to_owned();
    test_app
        .app
        .write(move |tx| oauth2::redeem_code(tx, client, &code, uri, verifier))
        .await
        .unwrap()
}

fn refresh_token(issued: &Issued) -> String {
    issued.refresh_token.as_ref().unwrap().expose().to_owned()
}

on_both! {
    async fn a_code_gives_what_its_request_asked_for(test_app: TestApp, clients) {
        let mut fixture = of(test_app).await;
        let code = fixture.code(&fixture.bo, "platform", "openid email").await.unwrap();
        let issued = fixture.redeem(&code).await.unwrap();
        assert_eq!(issued.active.user.id.to_string(), fixture.bo.id().await);
        assert_eq!(issued.active.account.id, fixture.account);
        assert_eq!((issued.active.access.roles.as_slice(), issued.active.access.owner), (["USER_AUDITOR".to_owned()].as_slice(), false));
        assert_eq!((issued.scopes.names().as_str(), issued.nonce.as_deref()), ("openid email", Some("n-1")));
        assert!(issued.refresh_token.is_none());
        let code = fixture.code(&fixture.ana, "platform", "openid offline_access").await.unwrap();
        let issued = fixture.redeem(&code).await.unwrap();
        assert!(issued.active.access.owner && issued.refresh_token.is_some());
    }

    async fn a_code_counts_for_its_client_address_and_verifier_within_a_minute(test_app: TestApp, clients) {
        let fixture = of(test_app).await;
        let wrong = "x".repeat(43).leak();
        for (client, uri, verifier) in [
            ("desk", Some(CALLBACK), Some(VERIFIER)),
            ("unknown", Some(CALLBACK), Some(VERIFIER)),
            ("platform", Some("https://platform.example/second"), Some(VERIFIER)),
            ("platform", None, Some(VERIFIER)),
            ("platform", Some(CALLBACK), None),
            ("platform", Some(CALLBACK), Some(&*wrong)),
        ] {
            let code = fixture.code(&fixture.bo, "platform", "openid").await.unwrap();
            let rejected = redeem(&fixture.test_app, client, &code, uri, verifier).await;
            assert_eq!(rejected.unwrap_err(), TokenError::InvalidGrant, "{client} {uri:?} {verifier:?}");
        }
        // Another client cannot use it up.
        let code = fixture.code(&fixture.bo, "platform", "openid").await.unwrap();
        redeem(&fixture.test_app, "desk", &code, Some(CALLBACK), Some(VERIFIER)).await.unwrap_err();
        fixture.redeem(&code).await.unwrap();
        for text in ["", "cva_", "cva_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "cvs_x"] {
            assert_eq!(fixture.redeem(text).await.unwrap_err(), TokenError::InvalidGrant);
        }
        let code = fixture.code(&fixture.bo, "platform", "openid").await.unwrap();
        fixture.test_app.advance_just_before(oauth2::CODE_LIFETIME);
        fixture.redeem(&code).await.unwrap();
        let code = fixture.code(&fixture.bo, "platform", "openid").await.unwrap();
        fixture.test_app.advance(oauth2::CODE_LIFETIME);
        fixture.redeem(&code).await.unwrap_err();
    }

    async fn a_code_that_is_used_again_ends_what_it_gave(test_app: TestApp, clients) {
        let fixture = of(test_app).await;
        let code = fixture.code(&fixture.bo, "platform", "openid offline_access").await.unwrap();
        let issued = fixture.redeem(&code).await.unwrap();
        assert!(fixture.is_active(&issued).await);
        assert_eq!(fixture.redeem(&code).await.unwrap_err(), TokenError::InvalidGrant);
        assert!(!fixture.is_active(&issued).await);
        assert_eq!(fixture.refresh(&refresh_token(&issued), None).await.unwrap_err(), TokenError::InvalidGrant);
        // The user can sign in again.
        let code = fixture.code(&fixture.bo, "platform", "openid").await.unwrap();
        let again = fixture.redeem(&code).await.unwrap();
        assert_ne!(again.active.grant.id, issued.active.grant.id);
    }

    async fn of_many_requests_at_once_one_redeems_a_code(test_app: TestApp, clients) {
        let fixture = of(test_app).await;
        for _ in 0..20 {
            let code = fixture.code(&fixture.bo, "platform", "openid").await.unwrap();
            let mut requests = JoinSet::new();
            for _ in 0..8 {
                let (app, code) = (fixture.test_app.app.clone(), code.clone());
                requests.spawn(async move {
                    app.write(move |tx| oauth2::redeem_code(tx, "platform", &code, Some(CALLBACK), Some(VERIFIER))).await.unwrap()
                });
            }
            let results = requests.join_all().await;
            let winners: Vec<&Issued> = results.iter().flatten().collect();
            assert_eq!(winners.len(), 1);
            assert!(!fixture.is_active(winners[0]).await, "the others have ended it");
        }
    }

    async fn refresh_tokens_are_replaced_and_one_used_twice_ends_the_grant(test_app: TestApp, clients) {
        let mut fixture = of(test_app).await;
        let code = fixture.code(&fixture.bo, "platform", "openid email offline_access").await.unwrap();
        let first = refresh_token(&fixture.redeem(&code).await.unwrap());
        let id = fixture.bo.id().await;
        let path = format!("/accounts/{}/members/{id}", fixture.account);
        fixture.ana.patch(&path, &json!({ "roles": ["DEVELOPER"] })).await.expect(200);
        let issued = fixture.refresh(&first, Some("openid")).await.unwrap();
        assert_eq!(issued.active.access.roles, ["DEVELOPER"]);
        assert_eq!(issued.scopes.names(), "openid");
        let second = refresh_token(&issued);
        assert_eq!(fixture.refresh(&second, Some("openid profile")).await.unwrap_err(), TokenError::InvalidScope);
        // What was narrowed for one token is not lost for the next.
        let issued = fixture.refresh(&second, None).await.unwrap();
        assert_eq!(issued.scopes.names(), "openid email offline_access");
        assert!(fixture.is_active(&issued).await);
        assert_eq!(fixture.refresh(&first, None).await.unwrap_err(), TokenError::InvalidGrant);
        assert!(!fixture.is_active(&issued).await);
        assert_eq!(fixture.refresh(&refresh_token(&issued), None).await.unwrap_err(), TokenError::InvalidGrant);
    }

    async fn a_grant_keeps_one_row_and_is_ended_by_each_refresh_token_that_it_had(test_app: TestApp, clients) {
        let mut fixture = of(test_app).await;
        for presented in [0, 1, 150, 198] {
            let code = fixture.code(&fixture.bo, "platform", "openid offline_access").await.unwrap();
            let mut issued = fixture.redeem(&code).await.unwrap();
            let mut tokens = vec![refresh_token(&issued)];
            for number in 1..200 {
                fixture.test_app.advance(Duration::from_mins(5));
                issued = fixture.refresh(&tokens[number - 1], None).await.unwrap();
                tokens.push(refresh_token(&issued));
            }
            let grant = issued.active.grant.id;
            let rows = fixture.test_app.database.rows();
            let of_grant = format!("{:?}", rows["refresh_tokens"]);
            assert_eq!(rows["refresh_tokens"].len(), 1, "{of_grant}");
            // Sessions last while they are used; the cleanup deletes what is 30 days old.
            for _ in 0..4 {
                fixture.test_app.advance(Duration::from_hours(10 * 24));
                fixture.bo.get("/me").await.expect(200);
            }
            jobs::clean_up(&fixture.test_app.app).await.unwrap();
            let (used, last) = (tokens[presented].clone(), tokens[199].clone());
            let find = async |client: &'static str, token: &str| {
                let token = token.to_owned();
                let found = fixture.test_app.app.read(move |tx| {
                    let active = oauth2::find_by_refresh_token(tx, client, &token)?;
                    Ok::<_, Error>((active.map(|active| active.grant.id), oauth2::find_grant_of_refresh_token(tx, client, &token)?))
                });
                found.await.unwrap()
            };
            assert_eq!(find("platform", &last).await, (Some(grant), Some(grant)));
            assert_eq!(find("platform", &used).await, (None, Some(grant)));
            assert_eq!(find("desk", &used).await, (None, None));
            // Another client cannot end it, nor can a token that only looks like one of the family.
            let (of_other, made_up) = (used.clone(), format!("cvt_{}{}", "A".repeat(16), &used[20..]));
            let by_other = fixture.test_app.app.write(move |tx| oauth2::refresh(tx, "desk", &of_other, None));
            assert_eq!(by_other.await.unwrap().unwrap_err(), TokenError::InvalidGrant);
            assert_eq!(fixture.refresh(&made_up, None).await.unwrap_err(), TokenError::InvalidGrant);
            assert!(fixture.is_active(&issued).await);
            assert_eq!(fixture.refresh(&used, None).await.unwrap_err(), TokenError::InvalidGrant);
            assert!(!fixture.is_active(&issued).await);
            assert_eq!(fixture.refresh(&last, None).await.unwrap_err(), TokenError::InvalidGrant);
            fixture.test_app.database.execute("delete from refresh_tokens");
            fixture.bo = fixture.test_app.sign_in("bo@northwind.example").await;
        }
    }

    async fn refresh_tokens_of_earlier_versions_are_replaced_and_count_once(test_app: TestApp, clients) {
        let fixture = of(test_app).await;
        let sign_in = async || {
            let code = fixture.code(&fixture.bo, "platform", "openid offline_access").await.unwrap();
            let issued = fixture.redeem(&code).await.unwrap();
            fixture.test_app.database.execute("update refresh_tokens set family_hash = null where used_at is null");
            refresh_token(&issued)
        };
        let first = sign_in().await;
        let second = refresh_token(&fixture.refresh(&first, None).await.unwrap());
        let issued = fixture.refresh(&second, None).await.unwrap();
        assert_eq!(fixture.test_app.database.rows()["refresh_tokens"].len(), 1);
        assert_eq!(fixture.refresh(&first, None).await.unwrap_err(), TokenError::InvalidGrant);
        assert!(!fixture.is_active(&issued).await);
        // A node of an earlier version has used this one: it marks the row.
        let token = sign_in().await;
        fixture.test_app.database.execute("update refresh_tokens set used_at = created_at where family_hash is null");
        let issued = fixture.redeem(&fixture.code(&fixture.bo, "platform", "openid").await.unwrap()).await.unwrap();
        assert_eq!(fixture.refresh(&token, None).await.unwrap_err(), TokenError::InvalidGrant);
        assert!(!fixture.is_active(&issued).await);
    }

    async fn use_of_a_grant_is_recorded_every_five_minutes_and_another_scope_at_once(test_app: TestApp, clients) {
        let fixture = of(test_app).await;
        let code = fixture.code(&fixture.bo, "platform", "openid offline_access").await.unwrap();
        let issued = fixture.redeem(&code).await.unwrap();
        let (id, begun) = (issued.active.grant.id, fixture.test_app.now());
        let recorded = async || {
            let active = fixture.test_app.app.read(move |tx| oauth2::find_active(tx, "platform", id)).await;
            let grant = active.unwrap().unwrap().grant;
            (grant.last_used_at, grant.scope)
        };
        let scope = || "openid offline_access".to_owned();
        assert_eq!(recorded().await, (begun, scope()));
        let five = Duration::from_mins(5);
        fixture.test_app.advance_just_before(five);
        let issued = fixture.refresh(&refresh_token(&issued), None).await.unwrap();
        assert_eq!(recorded().await, (begun, scope()));
        fixture.test_app.advance(MILLISECOND);
        fixture.refresh(&refresh_token(&issued), None).await.unwrap();
        assert_eq!(recorded().await, (begun.plus(five), scope()));
        fixture.test_app.advance(MILLISECOND);
        let code = fixture.code(&fixture.bo, "platform", "openid email").await.unwrap();
        assert_eq!(fixture.redeem(&code).await.unwrap().active.grant.id, id);
        assert_eq!(recorded().await, (begun.plus(five + MILLISECOND), "openid email".to_owned()));
    }

    async fn a_grant_is_worth_nothing_without_its_session_or_membership(test_app: TestApp, clients) {
        let mut fixture = of(test_app).await;
        let sign_in = async |fixture: &Fixture, user: &Client| {
            let code = fixture.code(user, "platform", "openid offline_access").await.unwrap();
            fixture.redeem(&code).await.unwrap()
        };
        let issued = sign_in(&fixture, &fixture.bo).await;
        let other = fixture.test_app.sign_in("bo@northwind.example").await;
        let of_other = sign_in(&fixture, &other).await;
        fixture.bo.delete("/sessions/current").await.expect(204);
        assert!(!fixture.is_active(&issued).await && fixture.is_active(&of_other).await);
        assert_eq!(fixture.refresh(&refresh_token(&issued), None).await.unwrap_err(), TokenError::InvalidGrant);
        let id = of_other.active.user.id;
        let path = format!("/accounts/{}/members/{id}", fixture.account);
        fixture.ana.delete(&path).await.expect(204);
        assert!(!fixture.is_active(&of_other).await);
        assert!(matches!(fixture.code(&other, "platform", "openid").await, Err(Error::NotFound)));
        // Sessions end by the clock too.
        let issued = sign_in(&fixture, &fixture.ana).await;
        fixture.test_app.advance(Duration::from_hours(14 * 24));
        assert!(!fixture.is_active(&issued).await);
    }

    async fn tokens_tell_who_works_where_and_as_what(test_app: TestApp, clients) {
        let mut fixture = of(test_app).await;
        let profile = json!({ "last_name": "Li", "phone": "+351 1", "locale": "ru" });
        fixture.bo.patch("/me", &profile).await.expect(200);
        let code = fixture.code(&fixture.bo, "platform", "openid profile email phone accounts").await.unwrap();
        let issued = fixture.redeem(&code).await.unwrap();
        let (_, sign_in) = oauth2::client(&fixture.test_app.app.ctx.catalogue, "platform").unwrap();
        let settings = TokenSettings {
            address: "http://localhost:8080",
            sign_in,
            access_token_lifetime: Duration::from_mins(5),
        };
        let now = fixture.test_app.now();
        let (user, grant) = (fixture.bo.id().await, issued.active.grant.id.to_string());
        let account = json!({ "id": fixture.account, "name": "Northwind Traders" });
        let seconds = now.millis() / 1_000;
        assert_eq!(oauth2::access_token(&issued, settings, "token-1", now), json!({
            "iss": "http://localhost:8080",
            "aud": ["http://localhost:8080/products/platform", "http://localhost:8080"],
            "sub": user, "client_id": "platform", "scope": "openid profile email phone accounts", "jti": "token-1",
            "iat": seconds, "exp": seconds + 300, "sid": grant,
            "account": account, "roles": ["USER_AUDITOR"], "owner": false,
        }));
        assert_eq!(oauth2::id_token(&issued, settings, "hash", now), json!({
            "iss": "http://localhost:8080", "sub": user, "aud": "platform", "azp": "platform",
            "exp": seconds + 600, "iat": seconds, "auth_time": issued.authenticated_at.millis() / 1_000, "nonce": "n-1",
            "sid": grant, "amr": ["pwd"], "acr": "1", "at_hash": "hash",
            "account": account, "roles": ["USER_AUDITOR"], "owner": false,
        }));
        let active = &issued.active;
        let accounts = [(active.account.clone(), active.access.clone())];
        assert_eq!(oauth2::user_info(active, issued.scopes, settings, &accounts), json!({
            "sub": user, "account": account, "roles": ["USER_AUDITOR"], "owner": false,
            "name": "bo Li", "given_name": "bo", "family_name": "Li", "preferred_username": "bo@northwind.example",
            "locale": "ru", "zoneinfo": active.user.time_zone,
            "updated_at": active.user.updated_at.unwrap().millis() / 1_000,
            "email": "bo@northwind.example", "email_verified": true,
            "phone_number": "+351 1", "phone_number_verified": false,
            "accounts": [{ "id": fixture.account, "name": "Northwind Traders", "roles": ["USER_AUDITOR"], "owner": false }],
        }));
        let nothing = oauth2::user_info(active, Scopes::parse("openid"), settings, &accounts);
        assert_eq!(nothing.as_object().unwrap().keys().collect::<Vec<_>>(), ["sub", "account", "roles", "owner"]);
    }

    async fn a_product_for_role_holders_takes_no_one_else(test_app: TestApp, clients) {
        let mut fixture = of(test_app).await;
        assert!(matches!(fixture.code(&fixture.bo, "desk", "openid").await, Err(Error::NotFound)));
        fixture.code(&fixture.ana, "desk", "openid").await.unwrap();
        let path = format!("/accounts/{}/members/{}", fixture.account, fixture.bo.id().await);
        fixture.ana.patch(&path, &json!({ "roles": ["CLERK"] })).await.expect(200);
        fixture.code(&fixture.bo, "desk", "openid").await.unwrap();
        let mut eve = fixture.test_app.user("eve@contoso.example", "Eve").await;
        eve.id().await;
        assert!(matches!(fixture.code(&eve, "desk", "openid").await, Err(Error::NotFound)));
    }
}
