//! A fake identity provider with configurable responses and faults: OpenID Connect below
//! `/`, GitHub below `/login` and `/api/v3`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use convoke_core::clock::{Clock as _, ManualClock, SystemClock};
use convoke_core::secret::{Secret, sha256};
use convoke_infra::identity_providers::{ProviderKind, ProviderSettings};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::TestApp;

/// The client id at the provider.
const CLIENT_ID: &str = "convoke-at-the-service";
/// With characters that must be escaped on the way.
const CLIENT_SECRET: &str = "s3cret +/:%&";

/// Which key tokens are signed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// The published one.
    #[default]
    Right,
    /// An unpublished key.
    Wrong,
    /// None at all: `alg: none`.
    None,
    /// The client's secret: `alg: HS256`.
    Secret,
}

/// A fault of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedFault {
    /// It responds with this status.
    Status(u16),
    /// It never responds.
    Silent,
    /// The response exceeds the size limit.
    Huge,
    /// It redirects.
    Elsewhere,
    /// It responds with something else than JSON.
    Garbage,
    /// It redirects the browser back with an error.
    Refuses,
    /// Its clock is a day behind.
    Yesterday,
}

/// The responses of the provider; they can be changed between two requests.
#[derive(Default)]
pub struct Script {
    /// Overrides claims of the ID token; null removes a claim.
    pub claims: Value,
    /// Overrides the header of the ID token.
    pub header: Value,
    pub key: Key,
    /// The userinfo response, if any.
    pub user_info: Option<Value>,
    /// Overrides the issuer metadata.
    pub description: Value,
    /// Overrides the token response.
    pub token: Value,
    /// GitHub's user.
    pub user: Value,
    /// GitHub's addresses; the permission is rejected when absent.
    pub emails: Option<Vec<Value>>,
    /// The faults, by a part of the path.
    pub faults: BTreeMap<&'static str, InjectedFault>,
    /// The requested paths.
    pub asked: Vec<String>,
    /// Subjects per code, for concurrent callbacks of several users.
    subjects: BTreeMap<String, String>,
    codes: BTreeMap<String, Grant>,
}

/// The parameters that a code was issued for.
struct Grant {
    code: String,
    challenge: String,
    nonce: Option<String>,
    redirect_uri: String,
}

struct Inner {
    origin: String,
    clock: OnceLock<Arc<ManualClock>>,
    /// The key in use, and what it is called.
    key: Mutex<(EcdsaKeyPair, &'static str)>,
    other_key: EcdsaKeyPair,
    script: Mutex<Script>,
}

/// The fake provider.
pub struct Provider {
    inner: Arc<Inner>,
    server: tokio::task::JoinHandle<()>,
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let file = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, file.as_ref(), &random).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Merges the fields of one object into another; null removes a field.
fn over(mut value: Value, changes: &Value) -> Value {
    let Some(changes) = changes.as_object() else {
        return value;
    };
    let fields = value.as_object_mut().unwrap();
    for (name, change) in changes {
        match change {
            Value::Null => drop(fields.remove(name)),
            change => drop(fields.insert(name.clone(), change.clone())),
        }
    }
    value
}

impl Provider {
    /// A provider with the clock of the test app.
    pub async fn beside(test_app: &TestApp) -> Self {
        let service = Self::start().await;
        service.use_clock_of(test_app);
        service
    }

    /// A provider without a clock yet, for a test app that is configured with its URL.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            origin,
            clock: OnceLock::new(),
            key: Mutex::new((key(), "1")),
            other_key: key(),
            script: Mutex::default(),
        });
        let router = routes(inner.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inner, server }
    }

    /// Uses the clock of the test app.
    pub fn use_clock_of(&self, test_app: &TestApp) {
        assert!(self.inner.clock.set(test_app.clock.clone()).is_ok());
    }

    /// The script of its responses.
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.inner.script.lock().unwrap()
    }

    /// Sets the subject and a verified address.
    pub fn is(&self, subject: &str, email: &str) {
        self.script().claims = json!({ "sub": subject, "email": email, "email_verified": true,
            "given_name": "Gil", "family_name": "Tester", "preferred_username": subject });
    }

    /// Sets the GitHub user with these verified addresses, the first one primary.
    pub fn is_at_github(&self, id: u64, login: &str, emails: &[&str]) {
        let list = emails.iter().enumerate();
        let list = list.map(|(at, email)| {
            json!({ "email": email, "verified": true, "primary": at == 0, "visibility": null })
        });
        let mut script = self.script();
        script.user = json!({ "id": id, "login": login, "name": "Gil Octocat", "email": null });
        script.emails = Some(list.collect());
    }

    /// Its origin.
    pub fn origin(&self) -> &str {
        &self.inner.origin
    }

    /// Rotates the signing key and publishes the new one.
    pub fn rotate_key(&self) {
        *self.inner.key.lock().unwrap() = (key(), "2");
    }

    /// Sets the subject of the code in this callback URL.
    pub fn set_subject(&self, back: &str, subject: &str) {
        let code = query_of(back)["code"].clone();
        self.script().subjects.insert(code, subject.to_owned());
    }

    /// The provider settings of an installation.
    pub fn settings(&self, id: &str, kind: ProviderKind) -> ProviderSettings {
        let github = kind == ProviderKind::Github;
        ProviderSettings {
            id: id.to_owned(),
            kind,
            name: if github { "GitHub" } else { "Work" }.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: Some(Secret::new(CLIENT_SECRET.to_owned())),
            issuer: (!github).then(|| self.inner.origin.clone()),
            base_url: github.then(|| self.inner.origin.clone()),
            trusted_email_domains: Vec::new(),
        }
    }

    /// Grants consent for an authorization URL and returns the callback path.
    pub fn agree(&self, authorization_url: &str) -> String {
        assert!(
            authorization_url.starts_with(&self.inner.origin),
            "{authorization_url}"
        );
        let query = query_of(authorization_url);
        let back = self.inner.grant(&query);
        let (_, rest) = back.split_once("://localhost").unwrap();
        rest[rest.find('/').unwrap()..].to_owned()
    }
}

/// The parameters of an address.
pub fn query_of(url: &str) -> BTreeMap<String, String> {
    let (_, query) = url.split_once('?').unwrap_or((url, ""));
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Shared = State<Arc<Inner>>;

fn routes(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(describe))
        .route("/keys", get(keys))
        .route("/authorize", get(ask))
        .route("/login/oauth/authorize", get(ask))
        .route("/agree", get(agree))
        .route("/token", post(token))
        .route("/login/oauth/access_token", post(github_token))
        .route("/userinfo", get(user_info))
        .route("/api/v3/user", get(user))
        .route("/api/v3/user/emails", get(emails))
        .with_state(inner)
}

impl Inner {
    /// Records the path and returns its fault.
    fn fault(&self, uri: &Uri) -> Option<InjectedFault> {
        let mut script = self.script.lock().unwrap();
        script.asked.push(uri.to_string());
        let fault = script
            .faults
            .iter()
            .find(|(part, _)| uri.path().contains(**part));
        fault.map(|(_, fault)| *fault)
    }

    /// Issues a code for the parameters of an authorization request.
    fn grant(&self, query: &BTreeMap<String, String>) -> String {
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], CLIENT_ID);
        assert_eq!(query["code_challenge_method"], "S256");
        let mut script = self.script.lock().unwrap();
        let code = format!("code-{}", script.codes.len());
        let grant = Grant {
            code: code.clone(),
            challenge: query["code_challenge"].clone(),
            nonce: query.get("nonce").cloned(),
            redirect_uri: query["redirect_uri"].clone(),
        };
        script.codes.insert(code.clone(), grant);
        let back = form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &code)
            .append_pair("state", &query["state"])
            .append_pair("iss", &self.origin)
            .finish();
        format!("{}?{back}", query["redirect_uri"])
    }

    /// The grant of a valid code; each code works once.
    fn redeem(&self, body: &[u8]) -> Option<Grant> {
        let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let mut script = self.script.lock().unwrap();
        let grant = script.codes.remove(form.get("code")?)?;
        let verifier = form.get("code_verifier")?;
        let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        let right = challenge == grant.challenge
            && form.get("redirect_uri") == Some(&grant.redirect_uri)
            && form.get("grant_type")? == "authorization_code";
        right.then_some(grant)
    }

    fn id_token(&self, grant: &Grant) -> String {
        let script = self.script.lock().unwrap();
        let now = self.clock.get().unwrap().now().millis() / 1000;
        let claims = json!({ "iss": self.origin, "aud": CLIENT_ID, "sub": "subject", "iat": now,
            "exp": now + 300, "nonce": grant.nonce });
        let mut claims = over(claims, &script.claims);
        if let Some(subject) = script.subjects.get(&grant.code) {
            claims["sub"] = json!(subject);
        }
        let algorithm = match script.key {
            Key::Right | Key::Wrong => "ES256",
            Key::None => "none",
            Key::Secret => "HS256",
        };
        let own = self.key.lock().unwrap();
        let head = over(
            json!({ "alg": algorithm, "kid": own.1, "typ": "JWT" }),
            &script.header,
        );
        let signed = format!("{}.{}", encoded(&head), encoded(&claims));
        let random = SystemRandom::new();
        let signature = match script.key {
            Key::Right => own
                .0
                .sign(&random, signed.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Key::Wrong => {
                let signature = self.other_key.sign(&random, signed.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
            Key::None => Vec::new(),
            Key::Secret => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
                ring::hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn fault_response(inner: &Inner, uri: &Uri) -> Option<Response> {
    Some(match inner.fault(uri)? {
        InjectedFault::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        InjectedFault::Silent => std::future::pending().await,
        InjectedFault::Huge => Body::from(vec![b' '; 2 * 1024 * 1024]).into_response(),
        InjectedFault::Elsewhere => Redirect::to("/keys").into_response(),
        InjectedFault::Garbage => "<html>".into_response(),
        InjectedFault::Refuses => Redirect::to("/back?error=unauthorized_client").into_response(),
        InjectedFault::Yesterday => {
            let then = jiff::Timestamp::from_millisecond(SystemClock.now().millis()).unwrap();
            let then = then - std::time::Duration::from_hours(24);
            let date =
                jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&then);
            ([(header::DATE, date.unwrap())], "").into_response()
        }
    })
}

fn json_response(value: &Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        value.to_string(),
    )
        .into_response()
}

async fn describe(State(inner): Shared, uri: Uri) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    let at = |path: &str| format!("{}/{path}", inner.origin);
    let mut known = json!({
        "issuer": inner.origin,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    let script = inner.script.lock().unwrap();
    if script.user_info.is_some() {
        known["userinfo_endpoint"] = json!(at("userinfo"));
    }
    json_response(&over(known, &script.description))
}

async fn keys(State(inner): Shared, uri: Uri) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    let own = inner.key.lock().unwrap();
    let point = own.0.public_key().as_ref();
    json_response(
        &json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "kid": own.1,
        "alg": "ES256", "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
        "y": URL_SAFE_NO_PAD.encode(&point[33..]) }] }),
    )
}

/// The consent page.
async fn ask(State(inner): Shared, uri: Uri) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    let query = uri.query().unwrap_or_default();
    let asked = query_of(&uri.to_string());
    let refuse = form_urlencoded::Serializer::new(String::new())
        .append_pair("error", "access_denied")
        .append_pair("state", &asked["state"])
        .finish();
    let back = &asked["redirect_uri"];
    Html(format!(
        "<!doctype html><html lang=\"en\"><title>Service</title><link rel=\"icon\" href=\"data:,\"><h1>Agree?</h1>\
         <p><a href=\"/agree?{}\">Agree</a> <a href=\"{back}?{}\">Refuse</a></p>",
        query.replace('&', "&amp;"),
        refuse.replace('&', "&amp;"),
    ))
    .into_response()
}

async fn agree(State(inner): Shared, Query(query): Query<BTreeMap<String, String>>) -> Redirect {
    Redirect::to(&inner.grant(&query))
}

async fn token(State(inner): Shared, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    let escaped: String = form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    let basic = format!(
        "Basic {}",
        STANDARD.encode(format!("{CLIENT_ID}:{escaped}"))
    );
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|value| value != &basic)
    {
        let error = json!({ "error": "invalid_client" });
        return (StatusCode::UNAUTHORIZED, json_response(&error)).into_response();
    }
    let Some(grant) = inner.redeem(&body) else {
        let error = json!({ "error": "invalid_grant" });
        return (StatusCode::BAD_REQUEST, json_response(&error)).into_response();
    };
    let token_response = json!({ "access_token": "access-token", "token_type": "Bearer", "expires_in": 60,
        "id_token": inner.id_token(&grant) });
    json_response(&over(token_response, &inner.script.lock().unwrap().token))
}

/// GitHub rejects with 200 and an error in the body.
async fn github_token(State(inner): Shared, uri: Uri, body: Bytes) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let known = form.get("client_id").map(String::as_str) == Some(CLIENT_ID)
        && form.get("client_secret").map(String::as_str) == Some(CLIENT_SECRET);
    if !known {
        return json_response(&json!({ "error": "incorrect_client_credentials" }));
    }
    if inner.redeem(&body).is_none() {
        return json_response(&json!({ "error": "bad_verification_code" }));
    }
    let token_response =
        json!({ "access_token": "access-token", "token_type": "bearer", "scope": "user:email" });
    json_response(&over(token_response, &inner.script.lock().unwrap().token))
}

fn has_token(headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value == "Bearer access-token")
}

async fn user_info(State(inner): Shared, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    let script = inner.script.lock().unwrap();
    match &script.user_info {
        Some(value) if has_token(&headers) => json_response(value),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn user(State(inner): Shared, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    if !has_token(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    json_response(&inner.script.lock().unwrap().user)
}

async fn emails(State(inner): Shared, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(response) = fault_response(&inner, &uri).await {
        return response;
    }
    let query = query_of(&uri.to_string());
    let number = |name: &str| query[name].parse::<usize>().unwrap();
    let (size, page) = (number("per_page"), number("page"));
    let script = inner.script.lock().unwrap();
    match &script.emails {
        Some(all) if has_token(&headers) => {
            let part = all.iter().skip(size * (page - 1)).take(size);
            json_response(&Value::Array(part.cloned().collect()))
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
