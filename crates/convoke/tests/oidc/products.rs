//! Users who are signed in to products that take logout tokens.

use std::time::Duration;

use convoke_app::App;
use convoke_app::config::Config;
use convoke_core::ids::{AccountId, GrantId};
use convoke_core::secret::{TokenKind, hash_to_text, sha256, token_hash};
use convoke_domain::oauth2::{self, GrantOverview, Issued, LogoutDelivery};
use convoke_domain::{ClientInfo, Error};
use uuid::Uuid;

use crate::support::{Client, TestApp};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A catalogue whose products take logout tokens, where nothing listens.
pub fn products(config: &mut Config) {
    config.catalogue = Some(format!(
        "{}/tests/oidc/logout_catalogue.toml",
        env!("CARGO_MANIFEST_DIR")
    ));
    config.secrets.key = Some(convoke_core::secret::Secret::new("42".repeat(32)));
}

/// The code that a user's browser takes to a product for an account.
pub async fn code(
    test_app: &TestApp,
    user: &Client,
    product: &str,
    account: &str,
) -> Result<String, Error> {
    let cookie = user.cookie.as_deref().unwrap();
    let token = token_hash(TokenKind::Session, cookie).unwrap();
    let caller = test_app
        .app
        .authenticate(token, ClientInfo::default())
        .await
        .unwrap();
    let challenge = hash_to_text(&sha256(VERIFIER.as_bytes()));
    let pairs = [
        ("client_id", product),
        ("redirect_uri", &callback(product)),
        ("response_type", "code"),
        ("scope", "openid offline_access"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let catalogue = &test_app.app.ctx.catalogue;
    let request = oauth2::parse(&pairs, catalogue, "http://localhost:8080").unwrap();
    let account: AccountId = account.parse().unwrap();
    let code = test_app
        .app
        .write(move |tx| oauth2::authorize(tx, &caller, &request, account))
        .await?;
    Ok(code.expose().to_owned())
}

fn callback(product: &str) -> String {
    format!("https://{product}.example/callback")
}

/// What a product gets for a code.
pub async fn redeem(test_app: &TestApp, product: &str, code: &str) -> Option<Issued> {
    let (product, code) = (product.to_owned(), code.to_owned());
    let uri = callback(&product);
    let redeemed = test_app
        .app
        .write(move |tx| oauth2::redeem_code(tx, &product, &code, Some(&uri), Some(VERIFIER)));
    redeemed.await.unwrap().ok()
}

/// Signs a user in to a product for an account.
pub async fn sign_in(test_app: &TestApp, user: &Client, product: &str, account: &str) -> Issued {
    let code = code(test_app, user, product, account).await.unwrap();
    redeem(test_app, product, &code).await.unwrap()
}

/// All grants, the oldest first.
pub async fn grants(app: &App) -> Vec<GrantOverview> {
    let first = GrantId::from(Uuid::nil());
    app.read(move |tx| oauth2::list_grants(tx, first, 1_000))
        .await
        .unwrap()
}

/// All logout deliveries, the oldest first.
pub async fn deliveries(app: &App) -> Vec<LogoutDelivery> {
    app.read(move |tx| oauth2::list_deliveries(tx, Uuid::nil().into(), 1_000))
        .await
        .unwrap()
}

/// Longer than a session may be unused.
pub const IDLE: Duration = Duration::from_hours(14 * 24);
