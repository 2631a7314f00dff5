//! Keys that sign tokens: made once by all nodes, replaced by age and by command, sealed in the database.

use std::time::Duration;

use convoke_app::signing_keys::KeyError;
use convoke_app::{App, Dependencies};
use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::secret::Secret;
use serde_json::json;

use super::clients;
use crate::on_both;
use crate::support::{Database, TestApp};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn published(app: &App) -> usize {
    let keys = app.signing_keys.current().public_keys(app.ctx.clock.now());
    keys["keys"].as_array().unwrap().len()
}

fn signer(test_app: &TestApp, algorithm: SigningAlgorithm) -> String {
    let keys = test_app.app.signing_keys.current();
    keys.signer(algorithm, test_app.now())
        .unwrap()
        .kid()
        .to_owned()
}

on_both! {
    async fn all_nodes_use_the_same_key_for_each_algorithm(test_app: TestApp, clients) {
        let other = App::build(test_app.app.config.clone(), Dependencies::default()).unwrap();
        let (first, second) = tokio::join!(test_app.app.refresh_signing_keys(), other.refresh_signing_keys());
        first.unwrap();
        second.unwrap();
        // Each reads what the other has made at its next refresh.
        test_app.app.refresh_signing_keys().await.unwrap();
        other.refresh_signing_keys().await.unwrap();
        let now = test_app.now();
        let keys = test_app.app.signing_keys.current().public_keys(now);
        assert_eq!(keys, other.signing_keys.current().public_keys(now));
        assert_eq!(published(&test_app.app), 2);
        let token = test_app.app.signing_keys.current()
            .signer(SigningAlgorithm::Es256, test_app.now()).unwrap()
            .sign("JWT", &json!({ "sub": "usr_1" })).unwrap();
        let (kind, claims) = other.signing_keys.current().verify(&token).unwrap();
        assert_eq!((kind.as_str(), &claims["sub"]), ("JWT", &json!("usr_1")));
    }

    async fn keys_are_replaced_by_their_age_a_day_after_the_next_one_is_published(test_app: TestApp, clients) {
        test_app.app.refresh_signing_keys().await.unwrap();
        let first = signer(&test_app, SigningAlgorithm::Es256);
        test_app.advance(88 * DAY + 23 * HOUR);
        test_app.app.refresh_signing_keys().await.unwrap();
        assert_eq!(published(&test_app.app), 2);
        test_app.advance(HOUR);
        test_app.app.refresh_signing_keys().await.unwrap();
        test_app.app.refresh_signing_keys().await.unwrap();
        assert_eq!(published(&test_app.app), 4);
        assert_eq!(signer(&test_app, SigningAlgorithm::Es256), first);
        // The next key signs without another look at the database.
        test_app.advance(DAY);
        let second = signer(&test_app, SigningAlgorithm::Es256);
        assert_ne!(second, first);
        test_app.advance(HOUR);
        test_app.app.refresh_signing_keys().await.unwrap();
        assert_eq!(published(&test_app.app), 2);
        assert_eq!(signer(&test_app, SigningAlgorithm::Es256), second);
    }

    async fn a_command_replaces_keys_once_clients_have_read_them_or_at_once(test_app: TestApp, clients) {
        test_app.app.refresh_signing_keys().await.unwrap();
        let first = signer(&test_app, SigningAlgorithm::Es256);
        test_app.app.rotate_signing_keys(false).await.unwrap();
        test_app.app.refresh_signing_keys().await.unwrap();
        assert_eq!(published(&test_app.app), 4);
        assert_eq!(signer(&test_app, SigningAlgorithm::Es256), first);
        // An hour until clients have read it, and five minutes until every node publishes it.
        test_app.advance(HOUR + Duration::from_mins(5));
        let second = signer(&test_app, SigningAlgorithm::Es256);
        assert_ne!(second, first);
        test_app.app.rotate_signing_keys(true).await.unwrap();
        test_app.app.refresh_signing_keys().await.unwrap();
        let third = signer(&test_app, SigningAlgorithm::Es256);
        assert!(third != second && third != first);
        assert_eq!(published(&test_app.app), 6);
    }

    async fn private_keys_are_sealed_with_the_operators_key(test_app: TestApp, clients) {
        test_app.app.refresh_signing_keys().await.unwrap();
        let test_app = test_app
            .restarted(|config| config.secrets.key = Some(Secret::new("43".repeat(32))))
            .await;
        let error = test_app.app.refresh_signing_keys().await.unwrap_err();
        assert!(matches!(&error, KeyError::Configuration(text) if text.contains("was sealed with another key")), "{error}");
    }
}

#[tokio::test]
async fn without_clients_there_are_no_keys() {
    let test_app = TestApp::new(Database::sqlite()).await;
    test_app.app.refresh_signing_keys().await.unwrap();
    assert_eq!(published(&test_app.app), 0);
    assert!(test_app.database.rows()["signing_keys"].is_empty());
}
