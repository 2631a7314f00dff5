//! Rate-limit tokens of work that did not take place are refunded, and no clock shuts a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use convoke::jobs;
use convoke_app::config::Config;
use convoke_core::ids::UserId;
use convoke_domain::{DatabaseError, Error, Mode, Tx};
use convoke_store::Sql;
use serde_json::json;
use uuid::Uuid;

use crate::on_both;
use crate::support::{AccountFixture, Client, PASSWORD, TestApp};

const HOUR: Duration = Duration::from_hours(1);

fn one_change(config: &mut Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.email_changes_per_person = 1;
}

fn user() -> UserId {
    Uuid::from_u128(1).into()
}

/// Takes the one token there is; returns whether it was there.
fn take(tx: &mut Tx<'_, '_, impl Mode>) -> Result<(), Error> {
    let permits = tx.ctx.rate_limits.email_change(user(), tx.now)?;
    tx.reserve(permits);
    Ok(())
}

/// Takes it for an attempt.
fn use_token(tx: &mut Tx<'_, '_>) -> Result<(), Error> {
    let permits = tx.ctx.rate_limits.email_change(user(), tx.now)?;
    tx.reserve_attempt(permits);
    Ok(())
}

/// Whether the token is there, and takes it.
async fn is_left(test_app: &TestApp) -> bool {
    match test_app.app.write(take).await {
        Ok(()) => true,
        Err(Error::RateLimited(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

on_both! {
    async fn a_committed_operation_uses_its_rate_limit_tokens(test_app: TestApp, one_change) {
        assert!(is_left(&test_app).await);
        assert!(!is_left(&test_app).await);
    }

    async fn a_rejected_operation_refunds_its_rate_limit_tokens(test_app: TestApp, one_change) {
        for _ in 0..20 {
            let result = test_app.app.write(|tx| take(tx).and(Err::<(), _>(Error::NotFound))).await;
            assert!(matches!(result, Err(Error::NotFound)), "{result:?}");
            let result = test_app.app.read(|tx| take(tx).and(Err::<(), _>(Error::NotFound))).await;
            assert!(matches!(result, Err(Error::NotFound)), "{result:?}");
        }
        assert!(is_left(&test_app).await);
    }

    async fn a_rejected_attempt_counts_and_a_database_error_does_not(test_app: TestApp, one_change) {
        for _ in 0..20 {
            let busy = |tx: &mut Tx<'_, '_>| use_token(tx).and(Err::<(), _>(Error::Database(DatabaseError::Busy)));
            let result = test_app.app.write(busy).await;
            assert!(matches!(result, Err(Error::Database(DatabaseError::Busy))), "{result:?}");
        }
        let result = test_app.app.write(|tx| use_token(tx).and(Err::<(), _>(Error::NotFound))).await;
        assert!(matches!(result, Err(Error::NotFound)), "{result:?}");
        assert!(!is_left(&test_app).await);
    }

    async fn a_failed_commit_refunds_its_rate_limit_tokens(test_app: TestApp, one_change) {
        test_app.database.execute("create table mothers (id bigint primary key);
            create table children (mother bigint references mothers (id) deferrable initially deferred)");
        for _ in 0..20 {
            let insert = Sql::same("insert into children (mother) values (1)");
            let result = test_app.app.write(move |tx| {
                take(tx)?;
                tx.conn.execute(insert, &[])?;
                Ok(())
            }).await;
            assert!(matches!(result, Err(Error::Database(_))), "{result:?}");
        }
        assert!(is_left(&test_app).await);
    }

    async fn a_cancelled_request_counts(test_app: TestApp, one_change) {
        // The future is dropped after the closure has started; the transaction still commits.
        let (signal, begun) = tokio::sync::oneshot::channel();
        let mut signal = Some(signal);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let work = test_app.app.write(move |tx| {
            take(tx)?;
            if let Some(signal) = signal.take() {
                signal.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
            }
            Ok(())
        });
        tokio::select! {
            _ = work => panic!("it cannot end yet"),
            _ = begun => {}
        }
        go.send(()).unwrap();
        // SQLite has one writer; on PostgreSQL the next transaction may commit first, but its token is taken later.
        assert!(!is_left(&test_app).await);
    }

    async fn twenty_invitations_rejected_for_seats_use_no_tokens(test_app: TestApp, sixty) {
        let mut team = AccountFixture::new(&test_app).await;
        let emails: Vec<String> = (0..20).map(|number| format!("p{number}@example.com")).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        for _ in 0..10 {
            team.ask(&emails).await.problem(409, "user-limit-exceeded");
        }
        team.ask(&emails[..9]).await.expect(201);
    }

    async fn rate_limits_recover_after_a_clock_jump(test_app: TestApp, all) {
        test_app.user("ada@example.com", "Ada").await;
        let mut client = test_app.anonymous();
        // All tokens are used while the clock is ahead.
        test_app.advance(HOUR);
        let wrong = json!({ "login": "ada@example.com", "password": "not her password" });
        let reset = json!({ "email": "ada@example.com" });
        fail(&mut client, "/sessions", &wrong).await;
        fail(&mut client, "/password-resets", &reset).await;
        test_app.clock.rewind(HOUR);
        let right = json!({ "login": "ada@example.com", "password": PASSWORD });
        assert!(wait_for(&test_app, &mut client, "/sessions", &right).await <= 60);
        assert!(wait_for(&test_app, &mut client, "/password-resets", &reset).await <= 3_600 / 5);
    }

    async fn emails_are_sent_after_the_clock_was_set_back(test_app: TestApp) {
        test_app.advance(HOUR);
        test_app.begin_sign_up("new@example.com", "Ada", PASSWORD).await.expect(202);
        test_app.clock.rewind(HOUR);
        assert_eq!(test_app.subjects_to("new@example.com").await.len(), 1);
        // A lease that ends in the future by a wrong clock is released.
        test_app.begin_sign_up("other@example.com", "Ada", PASSWORD).await.expect(202);
        test_app.advance(HOUR);
        let lease = Duration::from_secs(30);
        test_app.app.write(move |tx| convoke_domain::notifications::lease(tx, lease, crate::support::capacity(5)).map(Option::unwrap)).await.unwrap();
        test_app.clock.rewind(HOUR);
        assert_eq!(test_app.subjects_to("other@example.com").await.len(), 0);
        jobs::advance(&test_app.app).await.unwrap();
        assert_eq!(test_app.subjects_to("other@example.com").await.len(), 1);
    }

    async fn entries_that_are_not_due_are_not_leased(test_app: TestApp) {
        test_app.begin_sign_up("new@example.com", "Ada", PASSWORD).await.expect(202);
        let lease = Duration::from_secs(30);
        test_app.app.write(move |tx| convoke_domain::notifications::lease(tx, lease, crate::support::capacity(5)).map(Option::unwrap)).await.unwrap();
        assert_eq!(jobs::advance(&test_app.app).await.unwrap(), 0);
        // A node whose clock is slightly behind does not take over a lease of another node.
        test_app.clock.rewind(Duration::from_mins(2));
        jobs::advance(&test_app.app).await.unwrap();
        assert_eq!(test_app.subjects_to("new@example.com").await.len(), 0);
    }
}

/// PostgreSQL runs a closure again whose connection was lost.
#[tokio::test]
async fn a_retried_transaction_uses_its_rate_limit_tokens_once() {
    let test_app = TestApp::with(crate::support::Database::postgres(), one_change).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let count = runs.clone();
    let kill = Sql::same("select pg_terminate_backend(pg_backend_pid())");
    let result = test_app
        .app
        .write(move |tx| {
            take(tx)?;
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                tx.conn.query_scalar::<bool>(kill, &[])?;
            }
            Ok(())
        })
        .await;
    result.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert!(!is_left(&test_app).await);
}

/// The server announces the end of a connection before it ends it; what runs again meanwhile needs another connection.
#[tokio::test]
async fn a_retried_transaction_runs_on_another_connection() {
    let test_app = TestApp::with(crate::support::Database::postgres(), |_| {}).await;
    let find = Sql::same("select cast(pg_backend_pid() as bigint)");
    let kill = Sql::same("select pg_terminate_backend(pg_backend_pid())");
    for _ in 0..100 {
        let mut backends: Vec<i64> = Vec::new();
        let write = move |tx: &mut Tx<'_, '_>| {
            if backends.is_empty() {
                backends.push(tx.conn.query_scalar(find, &[])?);
                tx.conn.query_scalar::<bool>(kill, &[])?;
            }
            Ok(backends.clone())
        };
        let backends = test_app.app.write(write).await.unwrap();
        let mut others = backends.clone();
        let read = move |tx: &mut Tx<'_, '_>| {
            others.push(tx.conn.query_scalar(find, &[])?);
            Ok(others.clone())
        };
        let [ended, other] = test_app.app.write(read).await.unwrap()[..] else {
            panic!("run more than twice");
        };
        assert_ne!(ended, other);
    }
}

/// Posts until it is not limited any more, and returns how many seconds passed.
async fn wait_for(
    test_app: &TestApp,
    client: &mut Client,
    path: &str,
    body: &serde_json::Value,
) -> u64 {
    let mut waited = 0;
    loop {
        let response = client.post(path, body).await;
        if response.status != 429 {
            assert!(response.status < 300, "{}", response.body());
            return waited;
        }
        let seconds: u64 = response.header("retry-after").parse().unwrap();
        test_app.advance(Duration::from_secs(seconds));
        waited += seconds;
    }
}

/// Posts until it is limited.
async fn fail(client: &mut Client, path: &str, body: &serde_json::Value) {
    for _ in 0..50 {
        if client.post(path, body).await.status == 429 {
            return;
        }
    }
    panic!("never limited");
}

fn sixty(config: &mut Config) {
    config.rate_limits.enabled = true;
    config.limits.users_per_account = 10;
}

fn all(config: &mut Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.failed_sign_ins_per_client = 20;
    config.rate_limits.password_resets_per_client = 5;
}
