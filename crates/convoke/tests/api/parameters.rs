//! The server responds to parameter values of any length: every route × every parameter, on both databases.

use std::collections::BTreeSet;

use axum::http::Method;

use crate::on_both;
use crate::support::document::operations;
use crate::support::{AccountFixture, Client, TestResponse};

/// One more than the longest pattern that SQLite compares.
const TOO_LONG: usize = 50_001;

/// Names and longest values of the table in the source.
fn table() -> Vec<(String, usize)> {
    let source = include_str!("../../../api/src/parameters.rs");
    let (_, table) = source.split_once("const MAX_LENGTHS").unwrap();
    let (table, _) = table.split_once("];").unwrap();
    let rows = table.lines().filter_map(|line| {
        let (name, length) = line.trim().strip_prefix("(\"")?.split_once("\", ")?;
        let length = length.trim_end_matches("),").replace('_', "");
        Some((name.to_owned(), length.parse().unwrap_or(1_024)))
    });
    // Two lists of addresses fit into no address line together with the rest.
    let others = ["Idempotency-Key", "emails", "later"];
    let rows: Vec<_> = rows
        .filter(|(name, _)| !others.contains(&name.as_str()))
        .collect();
    assert!(rows.len() > 25, "{rows:?}");
    rows
}

/// Every path that the console's source mentions as a route.
fn console_paths() -> BTreeSet<String> {
    fn walk(folder: &std::path::Path, routes: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, routes);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                for rest in text.split(".route(").skip(1) {
                    let route = rest.split('"').nth(1).unwrap_or_default();
                    if route.starts_with('/') {
                        routes.insert(route.to_owned());
                    }
                }
            }
        }
    }
    let mut routes = BTreeSet::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    walk(&root.join("../web/src/console"), &mut routes);
    assert!(routes.len() > 40, "{routes:?}");
    routes
}

fn with_account(path: &str, account: &str) -> String {
    let mut path = path.replace("{account}", account);
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        path.replace_range(from..=to, "unknown");
    }
    path
}

async fn get(client: &mut Client, path: &str) -> TestResponse {
    client.raw(Method::GET, path, None, Vec::new()).await
}

on_both! {
    async fn an_overlong_value_of_any_api_parameter_is_rejected(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let account = team.account.clone();
        let mut count = 0;
        for operation in operations() {
            let path = operation.path_with(|name| {
                if name == "account" { account.clone() } else { "unknown".to_owned() }
            });
            for name in operation.parameters("query") {
                for character in ["a", "%", "_"] {
                    let value = character.repeat(TOO_LONG);
                    let path = format!("/api/v1{path}?{name}={value}");
                    let response = team.owner.raw(operation.method.clone(), &path, None, Vec::new()).await;
                    // Another unknown path parameter returns 404 first.
                    if response.status != 404 {
                        let name_of = format!("{} {name}", operation.name());
                        assert_eq!(response.status, 422, "{name_of}");
                        let response = response.json();
                        assert_eq!(response["errors"][0]["code"], "invalid-parameter", "{name_of}");
                        assert_eq!(response["errors"][0]["pointer"], format!("?{name}"), "{name_of}");
                    }
                    count += 1;
                }
            }
        }
        assert!(count >= 60, "{count}");
    }

    async fn the_longest_allowed_value_of_any_parameter_is_accepted(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let account = team.account.clone();
        for operation in operations().iter().filter(|operation| operation.method == Method::GET) {
            let path = operation.path_with(|_| account.clone());
            for (name, length) in table() {
                for character in ["%", "_"] {
                    let path = format!("/api/v1{path}?{name}={}", character.repeat(length));
                    let response = get(&mut team.owner, &path).await;
                    assert!(response.status < 500, "{path}: {}", response.status);
                    if operation.parameters("query").is_empty() {
                        break;
                    }
                }
            }
        }
    }

    async fn no_page_fails_over_a_long_parameter(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let account = team.account.clone();
        let rows = table();
        let query = |length: &dyn Fn(usize) -> usize| -> String {
            let one = |(name, max): &(String, usize)| format!("{name}={}", "%D0%B6".repeat(length(*max)));
            rows.iter().map(one).collect::<Vec<_>>().join("&")
        };
        let (too_long, longest) = (query(&|max| max + 1), query(&|max| max));
        let mut rejected = 0;
        for path in console_paths() {
            let path = with_account(&path, &account);
            let plain = get(&mut team.owner, &path).await.status;
            let response = get(&mut team.owner, &format!("{path}?{longest}")).await;
            assert!(response.status < 500, "{path}: {}", response.status);
            let status = get(&mut team.owner, &format!("{path}?{too_long}")).await.status;
            // Paths without that parameter ignore it.
            assert!([422, plain].contains(&status), "{path}: {status}, {plain} without");
            rejected += usize::from(status == 422);
            // One parameter at a time, where a value reaches the database or a page.
            for name in ["q", "role", "cursor", "person", "action", "actor", "from", "to", "status", "product"] {
                let value = "%".repeat(TOO_LONG);
                let path = format!("{path}?{name}={value}");
                let response = get(&mut team.owner, &path).await;
                assert!(response.status < 500, "{path}: {}", response.status);
            }
        }
        assert!(rejected > 20, "{rejected}");
    }
}
