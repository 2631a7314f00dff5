//! Sign-in through the certified `oidc-provider` package: `scripts/test-oidc-provider`.
//!
//! Not part of `cargo test`, since it needs Node and the npm registry.

#![allow(
    unreachable_pub,
    reason = "a test binary has no interface: `pub` is for sibling modules"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use convoke_app::config::{Config, Provider, PublicUrl};
use convoke_app::{App, Sources};
use convoke_core::clock::SystemClock;
use convoke_core::random::SystemRandom;
use convoke_core::secret::Secret;
use convoke_infra::identity_providers::ProviderKind;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tower::ServiceExt as _;

/// The package as a process of its own; it ends with this one.
struct Service {
    issuer: String,
    child: Child,
}

impl Service {
    fn start() -> Self {
        let program = program();
        let redirect = "http://localhost:8080/sign-in/work/callback";
        let mut child = Command::new("node")
            .args([program.as_str(), redirect])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut issuer = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut issuer)
            .unwrap();
        Self {
            issuer: issuer.trim().to_owned(),
            child,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the script says where it is")]
fn program() -> String {
    std::env::var("CONVOKE_TEST_OIDC_PROVIDER").expect("run this by scripts/test-oidc-provider")
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser without script, with separate cookie jars for the console and the provider.
struct Browser {
    router: Router,
    http: Client<HttpConnector, Full<axum::body::Bytes>>,
    ours: BTreeMap<String, String>,
    theirs: BTreeMap<String, String>,
}

/// The response of a page.
struct Page {
    status: u16,
    location: Option<String>,
    text: String,
}

fn store_cookies(jar: &mut BTreeMap<String, String>, headers: &HeaderMap) {
    for set in headers.get_all(header::SET_COOKIE) {
        let pair = set.to_str().unwrap().split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        if value.is_empty() {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn cookies(jar: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = jar
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("; ")
}

impl Browser {
    async fn send(&mut self, method: Method, url: &str, form: &str) -> Page {
        let ours = url.strip_prefix("http://localhost:8080");
        let jar = if ours.is_some() {
            &self.ours
        } else {
            &self.theirs
        };
        let request = Request::builder()
            .method(method)
            .uri(ours.unwrap_or(url))
            .header(header::COOKIE, cookies(jar))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let form = form.to_owned();
        let (head, bytes) = if ours.is_some() {
            let request = request.header(header::HOST, "localhost:8080");
            let request = request.body(Body::from(form)).unwrap();
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            (head, body.collect().await.unwrap().to_bytes())
        } else {
            let request = request.body(Full::from(form)).unwrap();
            let (head, body) = self.http.request(request).await.unwrap().into_parts();
            (head, body.collect().await.unwrap().to_bytes())
        };
        let jar = if ours.is_some() {
            &mut self.ours
        } else {
            &mut self.theirs
        };
        store_cookies(jar, &head.headers);
        let location = head.headers.get(header::LOCATION);
        Page {
            status: head.status.as_u16(),
            location: location.map(|value| value.to_str().unwrap().to_owned()),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Follows redirects and fills in the login and consent forms of the provider.
    async fn through(&mut self, mut url: String, login: &str) -> (String, Page) {
        let mut page = self.send(Method::GET, &url, "").await;
        for _ in 0..20 {
            if let Some(next) = page.location.clone() {
                let base = url::Url::parse(&url).unwrap();
                url = base.join(&next).unwrap().into();
                page = self.send(Method::GET, &url, "").await;
                continue;
            }
            let Some(action) = action(&page.text) else {
                return (url, page);
            };
            let login: String = form_urlencoded::byte_serialize(login.as_bytes()).collect();
            let form = if page.text.contains("name=\"login\"") {
                format!("prompt=login&login={login}&password=any")
            } else {
                "prompt=consent".to_owned()
            };
            page = self.send(Method::POST, &action, &form).await;
            url = action;
        }
        panic!("no end at {url}: {} {}", page.status, page.text)
    }

    async fn json(&mut self, path: &str) -> Value {
        let url = format!("http://localhost:8080/api/v1{path}");
        let page = self.send(Method::GET, &url, "").await;
        assert_eq!(page.status, 200, "{}", page.text);
        serde_json::from_str(&page.text).unwrap()
    }
}

/// Where the form of one of the service's own pages goes.
fn action(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("action=\"")?;
    let action = rest.split('"').next()?;
    action.contains("/interaction/").then(|| action.to_owned())
}

async fn installation(service: &Service, folder: &tempfile::TempDir) -> Router {
    let mut config = Config::default();
    config.public_url = Some(PublicUrl::parse("http://localhost:8080").unwrap());
    let file = folder.path().join("test.db");
    config.database.url = Secret::new(format!("sqlite://{}", file.display()));
    config.providers = vec![Provider {
        id: "work".to_owned(),
        kind: ProviderKind::Oidc,
        name: "Work".to_owned(),
        client_id: "convoke".to_owned(),
        client_secret: Some(Secret::new("a secret of sixteen".to_owned())),
        issuer: Some(service.issuer.clone()),
        base_url: None,
        trusted_email_domains: Vec::new(),
    }];
    let sources = Sources {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let app = App::build(config, sources).unwrap();
    app.migrate().await.unwrap();
    convoke_web::router(app)
}

fn browser(router: &Router) -> Browser {
    Browser {
        router: router.clone(),
        http: Client::builder(TokioExecutor::new()).build_http(),
        ours: BTreeMap::new(),
        theirs: BTreeMap::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_signs_up_and_in_through_oidc_provider() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let router = installation(&service, &folder).await;
    let start = "http://localhost:8080/sign-in/work".to_owned();

    let mut gil = browser(&router);
    let (url, page) = gil.through(start.clone(), "gil@work.example").await;
    assert_eq!(url, "http://localhost:8080/accounts", "{}", page.text);
    assert!(page.text.contains("You are signed up."), "{}", page.text);
    let me = gil.json("/me").await;
    assert_eq!(me["email"], "gil@work.example");
    assert_eq!(
        (&me["first_name"], &me["last_name"]),
        (&"Gil".into(), &"Tester".into())
    );

    let mut again = browser(&router);
    let (url, _) = again.through(start.clone(), "gil@work.example").await;
    assert_eq!(url, "http://localhost:8080/accounts");
    assert_eq!(again.json("/me").await["id"], me["id"]);

    let mut unproven = browser(&router);
    unproven.through(start, "unproven@work.example").await;
    assert_eq!(unproven.json("/me").await["email"], Value::Null);
}
