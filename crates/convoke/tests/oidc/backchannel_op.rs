//! The 2 modules of the OpenID Foundation's plan for the profile Back-Channel Logout OP
//! (`oidcc-backchannel-rp-initiated-logout-certification-test-plan`) by their names, written anew from their public descriptions.
//!
//! A client whose `backchannel_logout_uri` leads to [`Receiver`] is set in the catalogue at run time.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use convoke::jobs;
use serde_json::{Value, json};

use super::flow::{
    Fixture, ISSUER, PLATFORM, logout_path, metadata, published_keys, relying_parties,
};
use super::jws;
use crate::on_both;
use crate::support::{Database, TestApp};

const SIGNED_OUT: &str = "https://platform.example/signed-out";

/// The product's endpoint for logout tokens.
struct Receiver {
    origin: String,
    bodies: Arc<Mutex<Vec<(String, String)>>>,
}

impl Receiver {
    async fn start() -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let delivered = Arc::clone(&bodies);
        let receive = move |headers: axum::http::HeaderMap, body: Bytes| {
            let kind = headers["content-type"].to_str().unwrap().to_owned();
            let body = String::from_utf8(body.to_vec()).unwrap();
            delivered.lock().unwrap().push((kind, body));
            async { axum::http::StatusCode::OK }
        };
        let router = Router::new().route("/backchannel-logout", post(receive));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, bodies }
    }

    /// The logout tokens so far.
    fn tokens(&self) -> Vec<String> {
        let bodies = self.bodies.lock().unwrap();
        let token = |(kind, body): &(String, String)| {
            assert!(kind.starts_with("application/x-www-form-urlencoded"));
            let pairs: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes())
                .into_owned()
                .collect();
            assert_eq!(pairs.len(), 1);
            assert_eq!(pairs[0].0, "logout_token");
            pairs[0].1.clone()
        };
        bodies.iter().map(token).collect()
    }
}

/// An installation whose product `platform` has this receiver.
async fn open(database: Database, receiver: &Receiver) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalogue.toml");
    let own = format!(
        "{}/tests/oidc/relying_parties.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(own).unwrap();
    let line = format!(
        "backchannel_logout_uri = \"{}/backchannel-logout\"\ninitiate_login_uri",
        receiver.origin
    );
    let text = text.replacen("initiate_login_uri", &line, 1);
    // RS256, the algorithm of products that name none.
    let text = text.replacen("alg = \"ES256\"", "", 1);
    std::fs::write(&path, text).unwrap();
    TestApp::with(database, |config| {
        relying_parties(config);
        config.catalogue = Some(path.to_str().unwrap().to_owned());
        config.outbound.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
}

async fn rp_initiated_logout(database: Database) {
    let receiver = Receiver::start().await;
    let mut fixture = Fixture::new(open(database, &receiver).await).await;
    let request = PLATFORM
        .request_without_pkce()
        .with("scope", "openid offline_access");
    let tokens = request.tokens(&fixture.test_app, &mut fixture.eve).await;
    let parameters = [
        ("id_token_hint", tokens.id_token.as_str()),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", "s"),
    ];
    let response = fixture.eve.page(&logout_path(&parameters)).await;
    response.leads_to(&format!("{SIGNED_OUT}?state=s"));
    jobs::deliver_logouts(&fixture.test_app.app).await.unwrap();

    let delivered = receiver.tokens();
    assert_eq!(delivered.len(), 1);
    let keys = published_keys(&fixture.test_app).await;
    let (head, claims) = jws::verify(&delivered[0], &keys);
    assert_eq!(
        (&head["typ"], &head["alg"]),
        (&json!("logout+jwt"), &json!("RS256"))
    );
    let now = fixture.test_app.now().millis() / 1_000;
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!(ISSUER), &json!("platform"))
    );
    assert_eq!(
        (&claims["iat"], &claims["exp"]),
        (&json!(now), &json!(now + 120))
    );
    assert_eq!(
        (&claims["sub"], &claims["sid"]),
        (&tokens.id["sub"], &tokens.id["sid"])
    );
    assert!(claims["jti"].as_str().is_some_and(|jti| !jti.is_empty()));
    let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    assert_eq!(claims["events"], events);
    assert_eq!(claims.get("nonce"), None::<&Value>);

    let request = request.with("prompt", "none");
    let response = request.open(&mut fixture.eve).await;
    assert_eq!(request.response_of(&response).error(), "login_required");
}

mod oidcc_backchannel_rp_initiated_logout {
    use super::{Database, rp_initiated_logout};

    #[tokio::test]
    async fn sqlite() {
        rp_initiated_logout(Database::sqlite()).await;
    }

    #[tokio::test]
    async fn postgres() {
        rp_initiated_logout(Database::postgres()).await;
    }
}

on_both! {
    async fn oidcc_backchannel_logout_discovery_endpoint_verification(test_app: TestApp, relying_parties) {
        let metadata = metadata(&test_app).await;
        assert_eq!(metadata["backchannel_logout_supported"], true);
        assert_eq!(metadata["backchannel_logout_session_supported"], true);
        assert_eq!(metadata["end_session_endpoint"], "http://localhost:8080/oauth2/logout");
    }
}
