//! One problem document of every code, word for word.

mod accounts;
mod invitations;
mod requests;

use std::collections::BTreeMap;

use convoke_api::problem::CODES;
use serde_json::Value;

use super::problems::every_problem;
use super::snapshots::redacted;
use crate::support::{Database, TestApp};

/// The first problem of every code.
async fn problems() -> BTreeMap<String, Value> {
    let test_app = TestApp::new(Database::sqlite()).await;
    let mut problems = BTreeMap::new();
    for response in every_problem(test_app).await {
        let code = response.text("/code");
        problems
            .entry(code)
            .or_insert_with(|| redacted(response.json()));
    }
    problems
}

#[test]
fn every_code_has_a_snapshot() {
    let sources = [
        include_str!("problem_snapshots/accounts.rs"),
        include_str!("problem_snapshots/invitations.rs"),
        include_str!("problem_snapshots/requests.rs"),
        include_str!("../../../api/src/problem/tests.rs"),
    ];
    for code in CODES {
        let assertion = format!("\n      \"code\": \"{}\",\n", code.word);
        let count = sources
            .iter()
            .filter(|source| source.contains(&assertion))
            .count();
        assert_eq!(count, 1, "{}", code.word);
    }
}
