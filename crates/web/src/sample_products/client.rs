//! The client: what it sends to the account layer and how it checks what comes back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Request, header};
use serde_json::Value;

use convoke_api::oauth2::paths;
use convoke_app::{App, sample_product_path};
use convoke_core::secret::{Secret, sha256};
use convoke_infra::http_client::HttpClient;
use convoke_infra::signing::verify_with_jwk;

/// The event of a logout token (Back-Channel Logout section 2.4).
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a sign-in that is under way has to remember.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// Ties the response to this browser.
    pub state: String,
    nonce: String,
    code_verifier: String,
}

/// What the client keeps of a user who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    /// The id of the grant.
    pub sid: String,
    name: String,
    id_token: Secret,
    refresh_token: Secret,
}

/// Who is signed in, where and with which roles.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub name: String,
    pub account: String,
    pub roles: Vec<String>,
    pub owner: bool,
}

/// The client of all products of the demo; each has its own id.
pub(super) struct Client {
    app: App,
    http: HttpClient,
    secret: Secret,
}

impl Client {
    pub(super) fn new(app: &App) -> Result<Self, String> {
        let secret = app.config.sample_product_secret.clone();
        Ok(Self {
            app: app.clone(),
            http: HttpClient::new(Vec::new(), app.public_url.is_loopback())?,
            secret: secret.unwrap_or_else(|| Secret::new(String::new())),
        })
    }

    /// 256 random bits as text.
    pub(super) fn random_text(&self) -> String {
        let mut bytes = [0; 32];
        self.app.ctx.random.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.app.issuer())
    }

    fn redirect_uri(&self, product: &str) -> String {
        self.address(&format!("{}/callback", sample_product_path(product)))
    }

    /// Begins a sign-in; returns what has to be remembered and where the browser goes.
    pub(super) fn begin(&self, product: &str, account: &str, prompt: &str) -> (Attempt, String) {
        let attempt = Attempt {
            state: self.random_text(),
            nonce: self.random_text(),
            code_verifier: self.random_text(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(sha256(attempt.code_verifier.as_bytes()));
        let redirect_uri = self.redirect_uri(product);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([
            ("client_id", product),
            ("redirect_uri", &redirect_uri),
            ("response_type", "code"),
            ("scope", "openid profile offline_access"),
            ("state", &attempt.state),
            ("nonce", &attempt.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        for (name, value) in [("account", account), ("prompt", prompt)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let address = format!("{}?{}", self.address(paths::AUTHORIZE), query.finish());
        (attempt, address)
    }

    /// Exchanges the code; none where anything is wrong.
    pub(super) async fn finish(
        &self,
        product: &str,
        attempt: &Attempt,
        code: &str,
    ) -> Option<Tokens> {
        let redirect_uri = self.redirect_uri(product);
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", &attempt.code_verifier),
        ];
        let response = self.post(product, paths::TOKEN, &parameters).await?;
        let text = |name: &str| response.get(name)?.as_str().map(str::to_owned);
        let id_token = text("id_token")?;
        let claims = self.verify("JWT", product, &id_token).await?;
        let claim = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        if claim("nonce").as_deref() != Some(&attempt.nonce) {
            return None;
        }
        let access_token = Secret::new(text("access_token")?);
        let profile = self.get(paths::USERINFO, Some(&access_token)).await?;
        Some(Tokens {
            sid: claim("sid")?,
            name: profile.get("name")?.as_str()?.to_owned(),
            id_token: Secret::new(id_token),
            refresh_token: Secret::new(text("refresh_token")?),
        })
    }

    /// The user with account and roles as they are now; none where the grant has ended.
    pub(super) async fn current_user(&self, product: &str, tokens: &Tokens) -> Option<User> {
        let parameters = [("token", tokens.refresh_token.expose())];
        let now = self.post(product, paths::INTROSPECT, &parameters).await?;
        if now.get("active")? != true {
            return None;
        }
        let roles = now.get("roles")?.as_array()?;
        Some(User {
            name: tokens.name.clone(),
            account: now.get("account")?.get("name")?.as_str()?.to_owned(),
            roles: roles
                .iter()
                .filter_map(|role| role.as_str().map(str::to_owned))
                .collect(),
            owner: now.get("owner")?.as_bool()?,
        })
    }

    /// Where the browser signs out.
    pub(super) fn logout_address(&self, product: &str, tokens: &Tokens) -> String {
        let back = self.address(&sample_product_path(product));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("id_token_hint", tokens.id_token.expose());
        query.append_pair("post_logout_redirect_uri", &back);
        format!("{}?{}", self.address(paths::LOGOUT), query.finish())
    }

    /// The `sid` of a logout token for this product; none of any other text.
    pub(super) async fn verify_logout_token(&self, product: &str, token: &str) -> Option<String> {
        let claims = self.verify("logout+jwt", product, token).await?;
        claims.get("events")?.get(LOGOUT_EVENT)?;
        if claims.get("nonce").is_some() {
            return None;
        }
        claims.get("sid")?.as_str().map(str::to_owned)
    }

    /// The claims of a token of this media type from the issuer for this product, signed with one of the published keys.
    async fn verify(&self, media_type: &str, product: &str, token: &str) -> Option<Value> {
        let keys = self.get(paths::JWKS, None).await?;
        let keys = keys.get("keys")?.as_array()?;
        let (found_type, claims) = keys.iter().find_map(|key| verify_with_jwk(key, token))?;
        let now = self.app.ctx.clock.now().millis().div_euclid(1_000);
        let is_valid = found_type == media_type
            && claims.get("iss")?.as_str()? == self.app.issuer()
            && claims.get("aud")?.as_str()? == product
            && claims.get("exp")?.as_i64()? > now;
        is_valid.then_some(claims)
    }

    async fn post(&self, product: &str, path: &str, parameters: &[(&str, &str)]) -> Option<Value> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let credentials = STANDARD.encode(format!("{product}:{}", self.secret.expose()));
        let request = Request::post(self.address(path))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, format!("Basic {credentials}"))
            .body(body.into_bytes());
        self.send(request.ok()?).await
    }

    async fn get(&self, path: &str, access_token: Option<&Secret>) -> Option<Value> {
        let mut request = Request::get(self.address(path));
        if let Some(token) = access_token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        self.send(request.body(Vec::new()).ok()?).await
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Option<Value> {
        let response = self.http.send(request).await;
        let response = response
            .inspect_err(|error| tracing::warn!(%error, "the demo cannot reach this installation"))
            .ok()?;
        let body = response
            .status()
            .is_success()
            .then(|| response.into_body())?;
        serde_json::from_slice(&body).ok()
    }
}
