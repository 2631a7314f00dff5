//! A client with a cookie jar that calls the router without a network.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::TestApp;

/// A client with a cookie jar.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub cookie: Option<String>,
    /// The device token, after a sign-in.
    pub device: Option<String>,
    /// Every other cookie by its name.
    pub jar: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
    /// The address its connections come from.
    pub peer: Option<SocketAddr>,
}

/// The response.
pub struct TestResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Client {
    pub fn new(router: Router) -> Self {
        Self {
            router,
            cookie: None,
            device: None,
            jar: BTreeMap::new(),
            headers: Vec::new(),
            peer: None,
        }
    }

    /// The same client with this address.
    pub fn at(&self, ip: &str) -> Self {
        let mut other = self.clone();
        other.peer = Some(SocketAddr::new(ip.parse().unwrap(), 50_000));
        other
    }

    /// The same client for another node.
    pub fn on(&self, node: &Router) -> Self {
        let mut other = self.clone();
        other.router = node.clone();
        other
    }

    /// The same client with one more header on every request.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same client for a restarted installation.
    pub fn of(&self, test_app: &TestApp) -> Self {
        Self {
            router: test_app.router.clone(),
            ..self.clone()
        }
    }

    pub async fn get(&mut self, path: &str) -> TestResponse {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> TestResponse {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&mut self, path: &str, body: &Value) -> TestResponse {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> TestResponse {
        self.send(Method::DELETE, path, None).await
    }

    /// Calls the API; a null body is no body.
    pub async fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> TestResponse {
        let body = body.filter(|body| !body.is_null()).map(Value::to_string);
        let kind = body.is_some().then_some("application/json");
        let path = format!("/api/v1{path}");
        self.raw(method, &path, kind, body.unwrap_or_default().into_bytes())
            .await
    }

    /// Posts a form to a page, as a browser does.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = Some("application/x-www-form-urlencoded");
        self.raw(Method::POST, path, kind, form.into_bytes()).await
    }

    /// Sends exactly this.
    pub async fn raw(
        &mut self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = content_type {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("convoke={cookie}"));
        }
        if let Some(device) = &self.device {
            request = request.header(header::COOKIE, format!("convoke-device={device}"));
        }
        for (name, value) in &self.jar {
            request = request.header(header::COOKIE, format!("{name}={value}"));
        }
        if !self.headers.iter().any(|(name, _)| name == "host") {
            request = request.header(header::HOST, "localhost:8080");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(peer) = self.peer {
            request = request.extension(ConnectInfo(peer));
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        self.keep_cookie(&headers);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        TestResponse {
            status,
            headers,
            bytes: bytes.to_vec(),
        }
    }

    fn keep_cookie(&mut self, headers: &HeaderMap) {
        for set in headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = set.split_once('=').unwrap();
            match (name, value) {
                ("convoke", "") => self.cookie = None,
                ("convoke", value) => self.cookie = Some(value.to_owned()),
                ("convoke-device", value) => self.device = Some(value.to_owned()),
                (name, "") => drop(self.jar.remove(name)),
                (name, value) => drop(self.jar.insert(name.to_owned(), value.to_owned())),
            }
        }
    }
}

impl TestResponse {
    /// The same response, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body());
        self
    }

    /// The same response, if it is the problem with this code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.body());
        assert_eq!(self.json()["code"], code, "{}", self.body());
        let kind = &self.headers[header::CONTENT_TYPE];
        assert_eq!(kind, "application/problem+json");
        self
    }

    /// The same response, if it is `validation-failed` with exactly these pointers and codes, in any order.
    #[track_caller]
    pub fn errors(self, expected: &[(&str, &str)]) -> Self {
        let response = self.problem(422, "validation-failed");
        let mut found: Vec<(String, String)> = response.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                let text = |name: &str| error[name].as_str().unwrap().to_owned();
                (text("pointer"), text("code"))
            })
            .collect();
        found.sort();
        let mut expected: Vec<(String, String)> = expected
            .iter()
            .map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned()))
            .collect();
        expected.sort();
        assert_eq!(found, expected, "{}", response.body());
        response
    }

    /// The body as text.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.body()))
    }

    /// A text at a JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let text = json.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no text at {pointer} in {json}"))
            .to_owned()
    }
}
