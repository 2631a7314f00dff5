//! A small relying party: authorization requests, the pages on the way, responses, and the calls of the other endpoints.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use convoke_app::config::Config;
use convoke_core::secret::{hash_to_text, sha256};
use serde_json::{Value, json};

use super::jws;
use crate::support::{Client, PASSWORD, Page, TestApp, TestResponse};

/// The issuer of the test installation.
pub const ISSUER: &str = "http://localhost:8080";

/// The code verifier of every request with PKCE (RFC 7636 appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// How a client authenticates at the token endpoint.
#[derive(Clone, Copy, Debug)]
pub enum ClientAuthentication {
    Basic,
    Post,
    None,
}

/// A client of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty {
    pub id: &'static str,
    pub secret: &'static str,
    pub redirect_uri: &'static str,
    pub authentication: ClientAuthentication,
}

/// A confidential client, PKCE optional, ES256; RS256 in [`with_rs256`].
pub const PLATFORM: RelyingParty = RelyingParty {
    id: "platform",
    secret: "platform-secret-0123456789-0123456789",
    redirect_uri: "https://platform.example/callback",
    authentication: ClientAuthentication::Basic,
};

/// A confidential client, PKCE required, ES256.
pub const VAULT: RelyingParty = RelyingParty {
    id: "vault",
    secret: "vault-secret-0123456789-0123456789-01",
    redirect_uri: "https://vault.example/callback",
    authentication: ClientAuthentication::Basic,
};

/// A public client for people with one of its roles.
pub const DESK: RelyingParty = RelyingParty {
    id: "desk",
    secret: "",
    redirect_uri: "https://desk.example/callback",
    authentication: ClientAuthentication::None,
};

/// A confidential client that works in one account at a time, for people with its role.
pub const PILOT: RelyingParty = RelyingParty {
    id: "pilot",
    secret: "pilot-secret-0123456789-0123456789-01",
    redirect_uri: "https://pilot.example/callback",
    authentication: ClientAuthentication::Basic,
};

/// A catalogue with these clients.
pub fn relying_parties(config: &mut Config) {
    config.catalogue = Some(format!(
        "{}/tests/oidc/relying_parties.toml",
        env!("CARGO_MANIFEST_DIR")
    ));
    config.secrets.key = Some(convoke_core::secret::Secret::new("42".repeat(32)));
}

/// The same with RS256 for [`PLATFORM`]; an RSA key takes a second to make.
pub fn with_rs256(config: &mut Config) {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let own = format!(
            "{}/tests/oidc/relying_parties.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(own).unwrap();
        let text = text.replacen(
            "pkce = \"optional\"\nalg = \"ES256\"",
            "pkce = \"optional\"",
            1,
        );
        std::fs::write(folder.path().join("catalogue.toml"), text).unwrap();
        folder
    });
    relying_parties(config);
    let path = FOLDER.path().join("catalogue.toml");
    config.catalogue = Some(path.to_str().unwrap().to_owned());
}

/// An authorization request.
#[derive(Clone, Debug)]
pub struct Request {
    pub party: RelyingParty,
    pub parameters: Vec<(String, String)>,
}

impl RelyingParty {
    /// A request for `openid` with PKCE, state and nonce.
    pub fn request(&self) -> Request {
        let challenge = hash_to_text(&sha256(VERIFIER.as_bytes()));
        let request = Request {
            party: *self,
            parameters: Vec::new(),
        };
        request
            .with("response_type", "code")
            .with("client_id", self.id)
            .with("redirect_uri", self.redirect_uri)
            .with("scope", "openid")
            .with("state", "state of the request & more")
            .with("nonce", "nonce-of-the-request")
            .with("code_challenge", &challenge)
            .with("code_challenge_method", "S256")
    }

    /// The same request without PKCE, as the OpenID Foundation's tests send it.
    pub fn request_without_pkce(&self) -> Request {
        self.request()
            .without("code_challenge")
            .without("code_challenge_method")
    }

    /// The same client with another way to authenticate.
    pub const fn authenticating(self, authentication: ClientAuthentication) -> Self {
        Self {
            authentication,
            ..self
        }
    }

    /// Sends a form to an endpoint with the client's credentials.
    pub async fn call(
        &self,
        test_app: &TestApp,
        path: &str,
        fields: &[(&str, &str)],
    ) -> TestResponse {
        let mut fields = fields.to_vec();
        let mut caller = test_app.anonymous();
        match self.authentication {
            ClientAuthentication::Basic => {
                caller = caller.with("authorization", &basic(self.id, self.secret));
            }
            ClientAuthentication::Post => {
                fields.push(("client_id", self.id));
                fields.push(("client_secret", self.secret));
            }
            ClientAuthentication::None => fields.push(("client_id", self.id)),
        }
        caller.submit(path, &fields).await
    }

    /// Calls the token endpoint.
    pub async fn token(&self, test_app: &TestApp, fields: &[(&str, &str)]) -> TestResponse {
        self.call(test_app, "/oauth2/token", fields).await
    }

    /// Exchanges a code of a request with this client's redirect URI and PKCE.
    pub async fn redeem(&self, test_app: &TestApp, code: &str) -> TestResponse {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.token(test_app, &fields).await
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&self, test_app: &TestApp, token: &str) -> TestResponse {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token(test_app, &fields).await
    }

    /// The response of the introspection endpoint.
    pub async fn introspect(&self, test_app: &TestApp, token: &str) -> Value {
        let response = self
            .call(test_app, "/oauth2/introspect", &[("token", token)])
            .await;
        response.expect(200).json()
    }

    /// Calls the revocation endpoint.
    pub async fn revoke(&self, test_app: &TestApp, token: &str) -> TestResponse {
        self.call(test_app, "/oauth2/revoke", &[("token", token)])
            .await
    }
}

/// The header of HTTP Basic, its parts in form encoding (RFC 6749 section 2.3.1).
pub fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret));
    format!("Basic {}", STANDARD.encode(pair))
}

impl Request {
    /// The same request with this value instead of any other of this name.
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).adding(name, value)
    }

    /// The same request with one more parameter, which may repeat one.
    pub fn adding(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same request without a parameter.
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let parameter = self.parameters.iter().find(|(known, _)| known == name);
        parameter.map(|(_, value)| value.as_str())
    }

    /// The query.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.parameters).finish()
    }

    /// The local address of the request.
    pub fn path(&self) -> String {
        format!("/oauth2/authorize?{}", self.query())
    }

    /// Opens the request in a browser, and follows redirects within the installation.
    pub async fn open(&self, browser: &mut Client) -> TestResponse {
        let response = browser.page(&self.path()).await;
        follow_local(browser, response).await
    }

    /// The response to the client after all redirects; panics where there is a page.
    #[track_caller]
    pub fn response_of(&self, response: &TestResponse) -> AuthorizationResponse {
        let response = AuthorizationResponse::read(response);
        assert_eq!(Some(response.address.as_str()), self.get("redirect_uri"));
        assert_eq!(response.get("iss"), Some(ISSUER), "RFC 9207");
        assert_eq!(response.get("state"), self.get("state"));
        response
    }

    /// The code for a browser that needs no page.
    pub async fn code(&self, browser: &mut Client) -> String {
        let response = self.open(browser).await;
        self.response_of(&response).code()
    }

    /// The tokens for a browser that needs no page.
    pub async fn tokens(&self, test_app: &TestApp, browser: &mut Client) -> Tokens {
        let code = self.code(browser).await;
        self.redeem(test_app, &code).await
    }

    /// The tokens of a code, all of them verified.
    pub async fn redeem(&self, test_app: &TestApp, code: &str) -> Tokens {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.get("redirect_uri").unwrap()),
        ];
        if self.get("code_challenge").is_some() {
            fields.push(("code_verifier", VERIFIER));
        }
        let response = self.party.token(test_app, &fields).await;
        let tokens = Tokens::read(test_app, self.party, response).await;
        let nonce = tokens.id.get("nonce").and_then(Value::as_str);
        assert_eq!(nonce, self.get("nonce"));
        tokens
    }
}

/// Follows redirects within the installation.
pub async fn follow_local(browser: &mut Client, mut response: TestResponse) -> TestResponse {
    for _ in 0..10 {
        let location = response.headers.get(header::LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let path = location.and_then(|target| {
            let target = target.strip_prefix(ISSUER).unwrap_or(target);
            target.starts_with('/').then(|| target.to_owned())
        });
        match path {
            Some(path) => response = browser.page(&path).await,
            None => return response,
        }
    }
    panic!("too many redirects");
}

/// The hidden fields of the first form with this action.
#[track_caller]
pub fn hidden_fields(page: &Page, action: &str) -> Vec<(String, String)> {
    let css = format!("form[action='{action}']");
    let form = page.elements(&css).next();
    let form = form.unwrap_or_else(|| panic!("no {css}"));
    let hidden = scraper::Selector::parse("input[type='hidden']").unwrap();
    let attribute = |input: scraper::ElementRef<'_>, name: &str| {
        input.attr(name).unwrap_or_default().to_owned()
    };
    form.select(&hidden)
        .map(|input| (attribute(input, "name"), attribute(input, "value")))
        .collect()
}

/// Submits the form with this action of a page, and follows redirects within the installation.
pub async fn submit_form(
    browser: &mut Client,
    page: &TestResponse,
    action: &str,
    fields: &[(&str, &str)],
) -> TestResponse {
    let hidden = hidden_fields(&page.html(), action);
    let mut all: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.extend_from_slice(fields);
    let response = browser.submit(action, &all).await;
    follow_local(browser, response).await
}

/// Signs in on the sign-in page, and follows redirects within the installation.
pub async fn sign_in(browser: &mut Client, page: &TestResponse, login: &str) -> TestResponse {
    assert!(is_sign_in_page(page), "no sign-in page: {}", page.body());
    let fields = [("login", login), ("password", PASSWORD)];
    submit_form(browser, page, "/sign-in", &fields).await
}

/// Chooses an account on the chooser, or confirms it on the page of `prompt=consent`.
pub async fn decide(browser: &mut Client, page: &TestResponse, account: &str) -> TestResponse {
    let action = "/oauth2/authorize/decision";
    let hidden = hidden_fields(&page.html(), action);
    let mut fields: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| *name != "account")
        .collect();
    fields.push(("account", account));
    let response = browser.submit(action, &fields).await;
    follow_local(browser, response).await
}

/// Whether a response is the sign-in page.
pub fn is_sign_in_page(response: &TestResponse) -> bool {
    let is_form = |page: Page| page.elements("form[action='/sign-in']").next().is_some();
    response.status == 200 && is_form(response.html())
}

/// An authorization response as the client gets it.
#[derive(Clone, Debug)]
pub struct AuthorizationResponse {
    /// The address without the response's own parameters.
    pub address: String,
    /// Whether the browser posts it.
    pub is_form_post: bool,
    pub parameters: BTreeMap<String, String>,
}

/// The parameters that authorization responses have.
const RESPONSE_PARAMETERS: [&str; 5] = ["code", "error", "error_description", "state", "iss"];

impl AuthorizationResponse {
    /// Reads the query of a redirect or the form of a page.
    #[track_caller]
    pub fn read(response: &TestResponse) -> Self {
        if response.status == 200 {
            return Self::read_form(response);
        }
        let location = response.location();
        assert!(!location.contains('#'), "{location}");
        let (address, query) = location.split_once('?').unwrap_or((&location, ""));
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let is_own = |(name, _): &&(String, String)| !RESPONSE_PARAMETERS.contains(&name.as_str());
        let mut registered = form_urlencoded::Serializer::new(String::new());
        registered.extend_pairs(pairs.iter().filter(is_own));
        let registered = registered.finish();
        let address = match registered.as_str() {
            "" => address.to_owned(),
            registered => format!("{address}?{registered}"),
        };
        Self::new(address, false, pairs)
    }

    fn read_form(response: &TestResponse) -> Self {
        let page = response.html();
        let actions = page.attributes("form[method='post'][data-submit]", "action");
        assert_eq!(actions.len(), 1, "no response: {}", response.body());
        let fields = page.elements("form[data-submit] input[type='hidden']");
        let attribute = |name: &str, input: scraper::ElementRef<'_>| {
            input.attr(name).unwrap_or_default().to_owned()
        };
        let pairs = fields.map(|input| (attribute("name", input), attribute("value", input)));
        Self::new(actions[0].clone(), true, pairs.collect())
    }

    fn new(address: String, is_form_post: bool, pairs: Vec<(String, String)>) -> Self {
        let own = pairs
            .into_iter()
            .filter(|(name, _)| RESPONSE_PARAMETERS.contains(&name.as_str()));
        let mut parameters = BTreeMap::new();
        for (name, value) in own {
            let earlier = parameters.insert(name.clone(), value);
            assert_eq!(earlier, None, "{name} is repeated");
        }
        Self {
            address,
            is_form_post,
            parameters,
        }
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The code; panics where there is an error.
    #[track_caller]
    pub fn code(&self) -> String {
        let names: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
        assert!(!names.contains(&"error"), "{self:?}");
        self.get("code").unwrap().to_owned()
    }

    /// The error; panics where there is a code.
    #[track_caller]
    pub fn error(&self) -> &str {
        assert_eq!(self.get("code"), None);
        assert!(self.get("error_description").is_some_and(str::is_ascii));
        self.get("error").unwrap()
    }
}

/// Tokens, whose signatures and claims are verified.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: String,
    pub id_token: String,
    pub refresh_token: Option<String>,
    pub scope: String,
    /// The claims of the access token.
    pub access: Value,
    /// The claims of the ID token.
    pub id: Value,
}

impl Tokens {
    /// Reads a response of the token endpoint and verifies both tokens by the published keys.
    pub async fn read(test_app: &TestApp, party: RelyingParty, response: TestResponse) -> Self {
        let response = response.expect(200);
        assert_eq!(response.header("content-type"), "application/json");
        assert_eq!(response.header("cache-control"), "no-store");
        assert_eq!(response.header("pragma"), "no-cache");
        let body = response.json();
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 300);
        let (access_token, id_token) = (response.text("/access_token"), response.text("/id_token"));
        let keys = published_keys(test_app).await;
        let (head, id) = jws::verify(&id_token, &keys);
        let now = test_app.now().millis() / 1_000;
        assert_eq!(head["typ"], "JWT");
        assert_eq!((&id["iss"], &id["aud"]), (&json!(ISSUER), &json!(party.id)));
        assert_eq!((&id["azp"], &id["iat"]), (&json!(party.id), &json!(now)));
        assert_eq!(id["exp"], now + 600);
        assert!(id["auth_time"].as_i64().unwrap() <= now);
        let half = &sha256(access_token.as_bytes())[..16];
        assert_eq!(id["at_hash"], URL_SAFE_NO_PAD.encode(half));
        let (head, access) = jws::verify(&access_token, &keys);
        assert_eq!(head["typ"], "at+jwt");
        for name in ["sub", "sid", "account", "roles", "owner"] {
            assert!(!access[name].is_null(), "{name}");
            assert_eq!(access[name], id[name], "{name}");
        }
        assert_eq!(access["client_id"], party.id);
        assert_eq!(
            (&access["iat"], &access["exp"]),
            (&json!(now), &json!(now + 300))
        );
        assert_eq!(
            (&access["iss"], &access["aud"][1]),
            (&json!(ISSUER), &json!(ISSUER))
        );
        assert_eq!(access["scope"], body["scope"]);
        let refresh_token = body["refresh_token"].as_str().map(str::to_owned);
        Self {
            access_token,
            id_token,
            refresh_token,
            scope: response.text("/scope"),
            access,
            id,
        }
    }

    /// The refresh token.
    #[track_caller]
    pub fn refresh_token(&self) -> &str {
        self.refresh_token.as_deref().unwrap()
    }

    /// A claim of both tokens that is a text.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.id.pointer(pointer).and_then(Value::as_str);
        value.unwrap().to_owned()
    }

    /// The claims of userinfo, with the token in the header.
    pub async fn user_info(&self, test_app: &TestApp) -> Value {
        let response = user_info(test_app, &self.access_token).await.expect(200);
        assert_eq!(response.header("content-type"), "application/json");
        let claims = response.json();
        assert_eq!(claims["sub"], self.id["sub"]);
        claims
    }

    /// Whether refresh, introspection and userinfo all count these tokens as live.
    pub async fn are_active(&self, test_app: &TestApp, party: RelyingParty) -> bool {
        let is_introspected =
            party.introspect(test_app, &self.access_token).await["active"] == true;
        let status = user_info(test_app, &self.access_token).await.status;
        assert_eq!(status, if is_introspected { 200 } else { 401 });
        if let Some(token) = &self.refresh_token {
            let is_live = party.introspect(test_app, token).await["active"] == true;
            assert_eq!(is_live, is_introspected);
        }
        is_introspected
    }
}

/// Calls userinfo with a token in the header.
pub async fn user_info(test_app: &TestApp, token: &str) -> TestResponse {
    let bearer = format!("Bearer {token}");
    let mut caller = test_app.anonymous().with("authorization", &bearer);
    caller.page("/oauth2/userinfo").await
}

/// The published keys.
pub async fn published_keys(test_app: &TestApp) -> Value {
    let response = test_app.anonymous().page("/oauth2/jwks").await;
    response.expect(200).json()
}

/// The metadata of the issuer.
pub async fn metadata(test_app: &TestApp) -> Value {
    let path = "/.well-known/openid-configuration";
    test_app.anonymous().page(path).await.expect(200).json()
}

/// The address of a sign-out.
pub fn logout_path(parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("/oauth2/logout?{}", query.finish())
}

/// A preflight request of a browser, or a request by a script of this origin.
pub async fn from_origin(
    test_app: &TestApp,
    method: Method,
    path: &str,
    origin: &str,
) -> TestResponse {
    let mut caller = test_app
        .anonymous()
        .with("origin", origin)
        .with("access-control-request-method", "POST")
        .with("access-control-request-headers", "authorization");
    caller.raw(method, path, None, Vec::new()).await
}

/// Ana owns the account "Northwind", in which Bo is a member. Eve has her own account alone. Ana and Bo have their own ones too.
pub struct Fixture {
    pub test_app: TestApp,
    pub ana: Client,
    pub bo: Client,
    pub eve: Client,
    pub account: String,
}

pub const ANA: &str = "ana@northwind.example";
pub const BO: &str = "bo@northwind.example";
pub const EVE: &str = "eve@contoso.example";

impl Fixture {
    pub async fn new(test_app: TestApp) -> Self {
        test_app.app.refresh_signing_keys().await.unwrap();
        let mut ana = test_app.user(ANA, "Ana").await;
        let account = test_app.account(&mut ana, "Northwind").await;
        let roles = &["DEVELOPER"];
        let bo = test_app.member(&mut ana, &account, BO, roles).await;
        let eve = test_app.user(EVE, "Eve").await;
        Self {
            test_app,
            ana,
            bo,
            eve,
            account,
        }
    }

    /// A request of the platform for Northwind, with a refresh token.
    pub fn northwind(&self) -> Request {
        PLATFORM
            .request()
            .with("scope", "openid offline_access")
            .with("account", &self.account)
    }

    /// Sets Bo's roles in Northwind.
    pub async fn set_roles(&mut self, roles: &[&str]) {
        let path = format!("/accounts/{}/members/{}", self.account, self.bo.id().await);
        let body = json!({ "roles": roles });
        self.ana.patch(&path, &body).await.expect(200);
    }

    /// Removes Bo from Northwind.
    pub async fn remove_bo(&mut self) {
        let path = format!("/accounts/{}/members/{}", self.account, self.bo.id().await);
        self.ana.delete(&path).await.expect(204);
    }
}
