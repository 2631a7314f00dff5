//! Every page and form of the router × every kind of caller.
//!
//! The routes are those of the router itself: its debug output lists the paths, and each path reports its methods in
//! the header Allow of a 405.

use std::collections::BTreeSet;

use axum::http::Method;
use image::ImageFormat;

use super::fixture::{CALLERS, Fixture, Ids, unknown};
use crate::on_both;
use crate::support::document::{Operation, operations};
use crate::support::{Client, Database, PASSWORD, Rows, TestApp, TestResponse, picture_file};

/// The status for each caller. `in` is a redirect to the sign-in page and back, `303` a redirect to any other page, and
/// `noop` such a redirect of a form that changed nothing.
#[rustfmt::skip]
const TABLE: &[(&str, [&str; 8])] = &[
    //                                                                 anon    outsid  removed member  billing auditor admin   owner
    ("GET /",                                                       ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("GET /.well-known/oauth-authorization-server",                 ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /.well-known/openid-configuration",                       ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /accounts",                                               ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /accounts/new",                                           ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /accounts/{account}",                                     ["in",    "404",   "404",   "200",   "200",   "303",   "303",   "303"]),
    ("GET /accounts/{account}/activity",                            ["in",    "404",   "404",   "403",   "403",   "200",   "200",   "200"]),
    ("GET /accounts/{account}/invitations",                         ["in",    "404",   "404",   "403",   "403",   "200",   "200",   "200"]),
    ("GET /accounts/{account}/invitations/revoke",                  ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("GET /accounts/{account}/invitations/{invitation}/address",    ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("GET /accounts/{account}/invitations/{invitation}/edit",       ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("GET /accounts/{account}/invite",                              ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("GET /accounts/{account}/invite/result",                       ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("GET /accounts/{account}/leave",                               ["in",    "404",   "404",   "200",   "200",   "200",   "200",   "409"]),
    ("GET /accounts/{account}/settings",                            ["in",    "404",   "404",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /accounts/{account}/transfer",                            ["in",    "404",   "404",   "403",   "403",   "403",   "403",   "200"]),
    ("GET /accounts/{account}/users",                               ["in",    "404",   "404",   "403",   "403",   "200",   "200",   "200"]),
    ("GET /accounts/{account}/users/{user}",                        ["in",    "404",   "404",   "403",   "403",   "200",   "200",   "200"]),
    ("GET /accounts/{account}/users/{user}/edit",                   ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("GET /accounts/{account}/users/{user}/remove",                 ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("GET /api/v1/openapi.json",                                    ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /assets/{hash}/{name}",                                   ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /confirm-email/{token}",                                  ["410",   "410",   "410",   "410",   "410",   "410",   "410",   "410"]),
    ("GET /confirm/{token}",                                        ["410",   "410",   "410",   "410",   "410",   "410",   "410",   "410"]),
    ("GET /connect/{provider}",                                     ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /dev/mailbox",                                            ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /dev/mailbox/{id}",                                       ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /dev/mailbox/{id}/html",                                  ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /docs",                                                   ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /go/{product}",                                           ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /healthz",                                                ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /invitations/{token}",                                    ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /invitations/{token}/address",                            ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /invitations/{token}/decline",                            ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /invitations/{token}/unsubscribe",                        ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /oauth2/authorize",                                       ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /oauth2/authorize/continue",                              ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("GET /oauth2/jwks",                                            ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /oauth2/logout",                                          ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /oauth2/userinfo",                                        ["401",   "401",   "401",   "401",   "401",   "401",   "401",   "401"]),
    ("GET /pictures/{picture}",                                     ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /problems/{code}",                                        ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile",                                                ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/activity",                                       ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/appearance",                                     ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/email",                                          ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/email/check-mail",                               ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/language",                                       ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/password",                                       ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/products",                                       ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/services",                                       ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /profile/sessions",                                       ["in",    "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /readyz",                                                 ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /reset",                                                  ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /reset/check-mail",                                       ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("GET /reset/{token}",                                          ["410",   "410",   "410",   "410",   "410",   "410",   "410",   "410"]),
    ("GET /sign-in",                                                ["200",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("GET /sign-in/{provider}",                                     ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /sign-in/{provider}/callback",                            ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /sign-in/{provider}/ended",                               ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("GET /sign-up",                                                ["200",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("GET /sign-up/check-mail",                                     ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("POST /accounts",                                              ["401",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /accounts/invitations/{invitation}/accept",              ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /accounts/invitations/{invitation}/decline",             ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /accounts/{account}/invitations/again",                  ["in",    "404",   "404",   "403",   "403",   "403",   "noop",  "noop"]),
    ("POST /accounts/{account}/invitations/resend",                 ["in",    "404",   "404",   "403",   "403",   "403",   "303",   "303"]),
    ("POST /accounts/{account}/invitations/revoke",                 ["in",    "404",   "404",   "403",   "403",   "403",   "303",   "303"]),
    ("POST /accounts/{account}/invitations/{invitation}/address",   ["401",   "404",   "404",   "403",   "403",   "403",   "303",   "303"]),
    ("POST /accounts/{account}/invitations/{invitation}/edit",      ["401",   "404",   "404",   "403",   "403",   "403",   "303",   "303"]),
    ("POST /accounts/{account}/invitations/{invitation}/link",      ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("POST /accounts/{account}/invite",                             ["401",   "403",   "403",   "403",   "403",   "403",   "303",   "303"]),
    ("POST /accounts/{account}/invite/state",                       ["in",    "404",   "404",   "403",   "403",   "403",   "200",   "200"]),
    ("POST /accounts/{account}/leave",                              ["in",    "noop",  "noop",  "303",   "303",   "303",   "303",   "noop"]),
    ("POST /accounts/{account}/ownership-offer/accept",             ["in",    "noop",  "noop",  "303",   "noop",  "noop",  "noop",  "noop"]),
    ("POST /accounts/{account}/ownership-offer/decline",            ["in",    "noop",  "noop",  "303",   "noop",  "noop",  "noop",  "noop"]),
    ("POST /accounts/{account}/settings/name",                      ["401",   "404",   "404",   "403",   "403",   "403",   "403",   "303"]),
    ("POST /accounts/{account}/settings/registered-users-only",     ["in",    "404",   "404",   "403",   "403",   "403",   "403",   "303"]),
    ("POST /accounts/{account}/transfer",                           ["in",    "404",   "404",   "403",   "403",   "403",   "403",   "303"]),
    ("POST /accounts/{account}/transfer/withdraw",                  ["in",    "noop",  "noop",  "403",   "403",   "403",   "403",   "303"]),
    ("POST /accounts/{account}/users/{user}/edit",                  ["401",   "404",   "404",   "403",   "403",   "403",   "303",   "303"]),
    ("POST /accounts/{account}/users/{user}/remove",                ["in",    "noop",  "noop",  "403",   "403",   "403",   "303",   "303"]),
    ("POST /confirm-email/{token}",                                 ["in",    "410",   "410",   "410",   "410",   "410",   "410",   "410"]),
    ("POST /confirm/{token}",                                       ["410",   "410",   "410",   "410",   "410",   "410",   "410",   "410"]),
    ("POST /confirm/{token}/again",                                 ["noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /connect/{provider}",                                    ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("POST /invitations/{token}/accept",                            ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /invitations/{token}/address",                           ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /invitations/{token}/decline",                           ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /invitations/{token}/join",                              ["303",   "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /invitations/{token}/resubscribe",                       ["noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /invitations/{token}/unsubscribe",                       ["200",   "200",   "200",   "200",   "200",   "200",   "200",   "200"]),
    ("POST /oauth2/authorize",                                      ["noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /oauth2/authorize/decision",                             ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("POST /oauth2/introspect",                                     ["401",   "401",   "401",   "401",   "401",   "401",   "401",   "401"]),
    ("POST /oauth2/logout",                                         ["noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /oauth2/logout/confirm",                                 ["404",   "404",   "404",   "404",   "404",   "404",   "404",   "404"]),
    ("POST /oauth2/revoke",                                         ["401",   "401",   "401",   "401",   "401",   "401",   "401",   "401"]),
    ("POST /oauth2/token",                                          ["401",   "401",   "401",   "401",   "401",   "401",   "401",   "401"]),
    ("POST /oauth2/userinfo",                                       ["401",   "401",   "401",   "401",   "401",   "401",   "401",   "401"]),
    ("POST /profile/email",                                         ["401",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/email/check-mail",                              ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /profile/invitations-by-mail",                           ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /profile/language",                                      ["in",    "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/name",                                          ["401",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/password",                                      ["in",    "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/phone",                                         ["401",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/picture",                                       ["in",    "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/picture/remove",                                ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /profile/products/end",                                  ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /profile/services/disconnect",                           ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /profile/sessions/end",                                  ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "303"]),
    ("POST /profile/sessions/end-others",                           ["in",    "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /profile/shortcuts",                                     ["in",    "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/theme",                                         ["in",    "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /profile/time-zone",                                     ["in",    "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /reset",                                                 ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /reset/check-mail",                                      ["noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
    ("POST /reset/{token}",                                         ["410",   "410",   "410",   "410",   "410",   "410",   "410",   "410"]),
    ("POST /sign-in",                                               ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /sign-out",                                              ["noop",  "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /sign-up",                                               ["303",   "303",   "303",   "303",   "303",   "303",   "303",   "303"]),
    ("POST /sign-up/check-mail",                                    ["noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop",  "noop"]),
];

/// What a row says of a response.
fn outcome(response: &TestResponse, has_changed: bool, is_form: bool) -> String {
    let location = response.headers.get("location");
    match location.map(|location| location.to_str().unwrap()) {
        Some(location) if location.starts_with("/sign-in?return_to=") => "in".to_owned(),
        Some(_) if is_form && !has_changed => "noop".to_owned(),
        _ => response.status.to_string(),
    }
}

/// The address of a route with the ids of the fixture, and a valid query where it needs one.
fn address(fixture: &Fixture, ids: &Ids, route: &str) -> String {
    let (_, path) = route.split_once(' ').unwrap();
    let token = if path.starts_with("/invitations/") {
        &fixture.token
    } else {
        "cvc_unknown"
    };
    let mut address = path.to_owned();
    for (name, value) in [
        ("token", token),
        ("provider", "work"),
        ("product", "platform"),
        ("code", "not-found"),
        ("picture", "pic_01h455vb4pex5vsknk084sn02q"),
        ("hash", "0000000000000000"),
        ("name", "console.css"),
        ("id", "1"),
    ] {
        address = address.replace(&format!("{{{name}}}"), value);
    }
    for (name, value) in ids {
        address = address.replace(&format!("{{{name}}}"), value);
    }
    assert!(!address.contains('{'), "{address} has an unknown parameter");
    if route == "GET /accounts/{account}/invitations/revoke" {
        address = format!("{address}?id={}", ids["invitation"]);
    }
    address
}

/// Valid fields of a form.
fn form<'i>(ids: &'i Ids, route: &str) -> Vec<(&'static str, &'i str)> {
    match route.trim_start_matches("POST ") {
        "/sign-in" => vec![("login", "ada@example.com"), ("password", PASSWORD)],
        "/sign-up" => vec![
            ("first_name", "New"),
            ("email", "new@example.com"),
            ("password", PASSWORD),
        ],
        "/confirm/{token}" | "/reset/{token}" | "/connect/{provider}" => {
            vec![("password", PASSWORD)]
        }
        "/reset" => vec![("email", "ada@example.com")],
        "/accounts" | "/accounts/{account}/settings/name" => vec![("name", "New")],
        "/accounts/{account}/settings/registered-users-only" => {
            vec![("registered_users_only", "on")]
        }
        "/accounts/{account}/transfer" => vec![
            ("member", "member@example.com"),
            ("account_name", "Analytical Engines"),
            ("password", PASSWORD),
        ],
        "/accounts/{account}/users/{user}/edit" => vec![("version", "1"), ("roles", "LINGUIST")],
        "/accounts/{account}/invitations/{invitation}/edit" => {
            vec![("product", "platform"), ("roles", "LINGUIST")]
        }
        "/accounts/{account}/invitations/{invitation}/address" | "/invitations/{token}/address" => {
            vec![("email", "new@example.com")]
        }
        "/invitations/{token}/join" => vec![("name", "New"), ("password", PASSWORD)],
        "/accounts/{account}/invitations/again"
        | "/accounts/{account}/invitations/resend"
        | "/accounts/{account}/invitations/revoke" => {
            vec![("id", ids["invitation"].as_str())]
        }
        "/accounts/{account}/invite" => {
            vec![
                ("product", "platform"),
                ("roles", "DEVELOPER"),
                ("emails", "new@example.com"),
            ]
        }
        "/accounts/{account}/invite/state" => vec![("emails", "new@example.com")],
        "/invitations/{token}/unsubscribe" => vec![("List-Unsubscribe", "One-Click")],
        "/profile/name" => vec![("first_name", "New"), ("last_name", "Name")],
        "/profile/phone" => vec![("phone", "+49 30 1234")],
        "/profile/language" => vec![("locale", "ru")],
        "/profile/time-zone" => vec![("time_zone", "Asia/Tokyo")],
        "/profile/theme" => vec![("theme", "dark")],
        "/profile/password" => {
            vec![
                ("current_password", PASSWORD),
                ("password", "another horse battery"),
            ]
        }
        "/profile/email" => vec![("email", "new@example.com"), ("password", PASSWORD)],
        "/profile/services/disconnect" => vec![("id", ids["identity"].as_str())],
        "/profile/sessions/end" => vec![("id", ids["session"].as_str())],
        _ => Vec::new(),
    }
}

async fn call(fixture: &Fixture, client: &Client, ids: &Ids, route: &str) -> TestResponse {
    let address = address(fixture, ids, route);
    let mut client = client.clone();
    if route.starts_with("GET ") {
        return client.page(&address).await;
    }
    if route == "POST /profile/picture" {
        let head =
            "--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"me.png\"\r\n\r\n";
        let picture = picture_file(ImageFormat::Png, 8, 8);
        let body = [head.as_bytes(), &picture, b"\r\n--b--\r\n"].concat();
        let kind = Some("multipart/form-data; boundary=b");
        return client.raw(Method::POST, &address, kind, body).await;
    }
    client.submit(&address, &form(ids, route)).await
}

/// Every method and path of the router, `HEAD` aside.
async fn routes(test_app: &TestApp) -> BTreeSet<String> {
    let text = format!("{:?}", test_app.router);
    let mut routes = BTreeSet::new();
    for path in text.split('"').filter(|quoted| quoted.starts_with('/')) {
        if path.contains(NEST) {
            continue;
        }
        let mut address = String::new();
        for part in path.split('/').skip(1) {
            address += if part.starts_with('{') { "/x" } else { "/" };
            address += if part.starts_with('{') { "" } else { part };
        }
        let mut client = test_app.anonymous();
        let response = client.raw(Method::TRACE, &address, None, Vec::new()).await;
        let allow = response.expect(405).header("allow").to_owned();
        let methods = allow
            .split(',')
            .map(str::trim)
            .filter(|method| !["HEAD", "OPTIONS"].contains(method));
        routes.extend(methods.map(|method| format!("{method} {path}")));
    }
    routes
}

/// The part of paths that axum adds for its own use.
const NEST: &str = "__private__";

#[tokio::test]
async fn every_route_of_the_router_has_a_row() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let routes = routes(&test_app).await;
    assert!(routes.len() > 120, "the router lists {routes:#?}");
    let mut rows: BTreeSet<String> = TABLE.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(rows.len(), TABLE.len());
    let api = operations();
    let api = api.iter().map(Operation::name);
    rows.extend(api.map(|name| name.replacen(' ', " /api/v1", 1)));
    let missing: Vec<_> = routes.difference(&rows).collect();
    let gone: Vec<_> = rows.difference(&routes).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "no row for {missing:#?}, no route for {gone:#?}"
    );
}

/// Calls a route, on data of its own where it is a form, and fails if a rejection has changed something.
async fn try_route(fixture: &Fixture, client: &Client, route: &str, before: &Rows) -> String {
    let is_form = route.starts_with("POST ");
    if !is_form {
        let response = call(fixture, client, &fixture.ids, route).await;
        let has_changed = fixture.test_app.database.rows() != *before;
        assert!(!has_changed, "{route} changed something");
        return outcome(&response, has_changed, is_form);
    }
    let scratch = fixture.scratch().await;
    let response = call(fixture, &scratch.client(client), &fixture.ids, route).await;
    let has_changed = scratch.rows() != *before;
    scratch.discard();
    let outcome = outcome(&response, has_changed, is_form);
    let may_change = ["200", "303"].contains(&outcome.as_str());
    assert!(
        may_change || !has_changed,
        "{route} returned {outcome} and changed something"
    );
    outcome
}

on_both! {
    async fn every_caller_gets_the_page_of_the_table_and_rejections_change_nothing(test_app: TestApp) {
        let fixture = Fixture::new(test_app).await;
        let before = fixture.test_app.database.rows();
        let mut wrong = Vec::new();
        for (route, row) in TABLE {
            for ((caller, client), expected) in CALLERS.iter().zip(&fixture.callers).zip(row) {
                let outcome = try_route(&fixture, client, route, &before).await;
                if outcome != *expected {
                    wrong.push(format!("{route} by {caller}: {outcome} in place of {expected}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(fixture.test_app.database.rows(), before);
    }
}

/// A page without what differs between two requests: the request id, and the ids of the address.
fn comparable(response: &TestResponse, ids: &Ids) -> (u16, String, String) {
    let request = response.header("x-request-id");
    let location = response
        .headers
        .get("location")
        .map(|location| location.to_str().unwrap());
    let [mut location, mut body] = [location.unwrap_or_default().to_owned(), response.body()];
    for text in [&mut location, &mut body] {
        *text = text.replace(request, "");
        for (name, id) in ids {
            *text = text.replace(id, name);
        }
    }
    (response.status, location, body)
}

#[tokio::test]
async fn a_foreign_id_gets_the_same_page_as_an_unknown_id() {
    let fixture = Fixture::new(TestApp::new(Database::sqlite()).await).await;
    let before = fixture.test_app.database.rows();
    let unknown = unknown();
    for caller in ["anonymous", "outsider", "removed"] {
        let client = fixture.caller(caller);
        for (route, _) in TABLE
            .iter()
            .filter(|(route, _)| route.contains("{account}"))
        {
            let foreign_page = call(&fixture, client, &fixture.ids, route).await;
            let unknown_page = call(&fixture, client, &unknown, route).await;
            assert_eq!(
                comparable(&foreign_page, &fixture.ids),
                comparable(&unknown_page, &unknown),
                "{route} by {caller}"
            );
        }
    }
    assert_eq!(fixture.test_app.database.rows(), before);
}
