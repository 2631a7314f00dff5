//! A response does not disclose, in body or in work, which addresses are known (rule V12). The same by time is in
//! `timing.rs`.

use crate::on_both;
use crate::support::{TestResponse, indistinguishable_calls, seed_known_addresses};

on_both! {
    async fn known_and_unknown_addresses_get_the_same_status_headers_and_body(test_app: TestApp) {
        seed_known_addresses(&test_app).await;
        for calls in indistinguishable_calls() {
            let first = calls.call(&test_app, 0, 0).await.expect(calls.status);
            let names = |response: &TestResponse| response.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
            for which in 1..calls.bodies.len() {
                let response = calls.call(&test_app, which, 0).await;
                assert_eq!(response.anonymous(), first.anonymous(), "{} {which}", calls.path);
                assert_eq!(names(&response), names(&first), "{} {which}", calls.path);
            }
        }
    }

    async fn known_and_unknown_addresses_need_as_many_hashes_and_statements(test_app: TestApp) {
        seed_known_addresses(&test_app).await;
        for calls in indistinguishable_calls() {
            let mut counts = Vec::new();
            for which in 0..calls.bodies.len() {
                let (hashes, statements) = (test_app.app.password_hasher.hash_count(), test_app.app.db.statement_count());
                calls.call(&test_app, which, 0).await.expect(calls.status);
                counts.push((
                    test_app.app.password_hasher.hash_count() - hashes,
                    test_app.app.db.statement_count() - statements,
                ));
            }
            assert!(counts.iter().all(|count| *count == counts[0]), "{}: hashes and statements {counts:?}", calls.path);
        }
    }
}
