//! The delivery state of an invitation is that of its newest email and of the newest attempt to send it (rule I14).

use std::time::Duration;

use convoke_app::config::Config;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome};
use convoke_core::model::invitation::DeliveryReason;
use convoke_domain::Error;
use convoke_domain::notifications::{self, OutboxEntry};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, TestApp, capacity};

const LEASE: Duration = Duration::from_secs(30);

/// Longer than the wait before the first retry.
const LATER: Duration = Duration::from_secs(6);

/// How often a resend and the outcome of an earlier email are recorded at the same time.
const ROUNDS: usize = 40;

/// Leases the one entry that is ready.
async fn lease_one(test_app: &TestApp) -> OutboxEntry {
    let leased = test_app
        .app
        .write(|tx| notifications::lease(tx, LEASE, capacity(2)).map(Option::unwrap));
    let mut leased = leased.await.unwrap();
    assert_eq!(leased.len(), 1, "{leased:?}");
    leased.remove(0).entry
}

async fn record(test_app: &TestApp, entry: &OutboxEntry, outcome: DeliveryOutcome) {
    let entry = entry.clone();
    let recorded = test_app
        .app
        .write(move |tx| notifications::record_deliveries(tx, [(&entry, &outcome)]));
    recorded.await.unwrap();
}

fn deferred() -> DeliveryOutcome {
    DeliveryOutcome::Deferred(DeliveryError::reply("451 try later"))
}

fn rejected() -> DeliveryOutcome {
    DeliveryOutcome::Rejected(DeliveryError::reply("550 no such user"))
}

/// State, detail and whether there is a time of sending.
async fn delivery(team: &mut AccountFixture, id: &str) -> (Value, Value, bool) {
    let shown = team.shown(id).await;
    let delivery = &shown["delivery"];
    (
        delivery["state"].clone(),
        delivery["detail"].clone(),
        !shown["sent_at"].is_null(),
    )
}

fn one_mail_a_day(config: &mut Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.mails_per_address_from_one_account = 1;
}

fn queued() -> (Value, Value, bool) {
    (json!("queued"), Value::Null, false)
}

fn sent() -> (Value, Value, bool) {
    (json!("sent"), Value::Null, true)
}

fn outbox_len(test_app: &TestApp) -> usize {
    test_app.database.rows()["outbox"].len()
}

on_both! {
    async fn an_email_from_before_a_resend_does_not_change_the_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for (number, outcome) in [deferred(), rejected(), DeliveryOutcome::Sent].into_iter().enumerate() {
            let id = team.invite(&format!("bob{number}@example.com")).await;
            let older = lease_one(&test_app).await;
            team.act(&id, "resend").await.expect(200);
            record(&test_app, &older, outcome).await;
            assert_eq!(delivery(&mut team, &id).await, queued());
            let newer = lease_one(&test_app).await;
            assert_ne!(older.id, newer.id);
            record(&test_app, &newer, DeliveryOutcome::Sent).await;
            assert_eq!(delivery(&mut team, &id).await, sent());
        }
    }

    async fn an_older_email_does_not_overwrite_the_state_of_one_that_was_sent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let older = lease_one(&test_app).await;
        team.act(&id, "resend").await.expect(200);
        let newer = lease_one(&test_app).await;
        record(&test_app, &newer, DeliveryOutcome::Sent).await;
        record(&test_app, &older, deferred()).await;
        assert_eq!(delivery(&mut team, &id).await, sent());
        test_app.advance(LATER);
        let older = lease_one(&test_app).await;
        record(&test_app, &older, rejected()).await;
        assert_eq!(delivery(&mut team, &id).await, sent());
    }

    async fn a_waiting_email_that_a_resend_makes_due_sets_the_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let older = lease_one(&test_app).await;
        team.act(&id, "resend").await.expect(200);
        let newer = lease_one(&test_app).await;
        record(&test_app, &newer, DeliveryOutcome::Sent).await;
        record(&test_app, &older, deferred()).await;
        team.act(&id, "resend").await.expect(200);
        assert_eq!(delivery(&mut team, &id).await, queued());
        assert_eq!(outbox_len(&test_app), 1);
        let waiting = lease_one(&test_app).await;
        assert_eq!(waiting.id, older.id);
        record(&test_app, &waiting, DeliveryOutcome::Sent).await;
        assert_eq!(delivery(&mut team, &id).await, sent());
    }

    async fn a_worker_whose_lease_has_ended_overwrites_no_newer_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let first = lease_one(&test_app).await;
        test_app.advance(LEASE);
        let second = lease_one(&test_app).await;
        assert_eq!((first.id, first.attempts + 1), (second.id, second.attempts));
        for outcome in [deferred(), rejected()] {
            record(&test_app, &first, outcome).await;
            assert_eq!(delivery(&mut team, &id).await, queued());
            assert_eq!(outbox_len(&test_app), 1);
        }
        record(&test_app, &second, DeliveryOutcome::Sent).await;
        record(&test_app, &first, deferred()).await;
        assert_eq!(delivery(&mut team, &id).await, sent());
        assert_eq!(outbox_len(&test_app), 0);
    }

    async fn an_email_that_was_sent_after_its_lease_ended_is_finished(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let first = lease_one(&test_app).await;
        test_app.advance(LEASE);
        let second = lease_one(&test_app).await;
        record(&test_app, &first, DeliveryOutcome::Sent).await;
        record(&test_app, &second, rejected()).await;
        assert_eq!(delivery(&mut team, &id).await, sent());
        assert_eq!(outbox_len(&test_app), 0);
    }

    async fn a_throttled_email_waits_without_a_failure_and_overwrites_no_newer_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let throttled = || DeliveryOutcome::Throttled(
            DeliveryError::new(DeliveryReason::ServerBusy, "421 too many connections"), Duration::from_secs(2));
        for _ in 0..8 {
            let entry = lease_one(&test_app).await;
            record(&test_app, &entry, throttled()).await;
            let shown = team.shown(&id).await["delivery"].clone();
            assert_eq!(shown, json!({ "state": "waiting", "reason": "server_busy", "detail": "421 too many connections",
                "next_attempt_at": test_app.now().plus(Duration::from_secs(2)).to_string() }));
            test_app.advance(Duration::from_secs(2));
        }
        // So the first failure waits as the first one does.
        let entry = lease_one(&test_app).await;
        assert_eq!((entry.failures, entry.attempts), (0, 9));
        record(&test_app, &entry, deferred()).await;
        test_app.advance(LATER);
        let older = lease_one(&test_app).await;
        assert_eq!(older.failures, 1);
        test_app.advance(LEASE);
        let newer = lease_one(&test_app).await;
        record(&test_app, &newer, DeliveryOutcome::Sent).await;
        record(&test_app, &older, throttled()).await;
        assert_eq!(delivery(&mut team, &id).await, sent());
    }

    async fn an_older_email_that_a_rate_limit_defers_does_not_overwrite_the_state(test_app: TestApp, one_mail_a_day) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let first = lease_one(&test_app).await;
        record(&test_app, &first, DeliveryOutcome::Sent).await;
        team.act(&id, "resend").await.expect(200);
        let limited = test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(2)).map(Option::unwrap)).await.unwrap();
        assert!(limited[0].email.is_none());
        let shown = team.shown(&id).await["delivery"].clone();
        assert_eq!((&shown["state"], &shown["reason"]), (&json!("waiting"), &json!("rate_limited")));
        // A newer email takes over, and the older one is deferred once more after that was sent.
        let newer = uuid::Uuid::from_u128(7);
        let invitation = id.parse::<convoke_core::ids::InvitationId>().unwrap();
        test_app.app.write(move |tx| {
            convoke_store::invitations::update_delivery_entry(tx.conn, invitation, newer)?;
            let delivery = convoke_store::invitations::Delivery::Sent(tx.now);
            let update = convoke_store::invitations::DeliveryUpdate { invitation, entry: newer, delivery };
            Ok(convoke_store::invitations::update_deliveries(tx.conn, &[update])?)
        }).await.unwrap();
        test_app.run_sql("update outbox set available_at = 0").await;
        let limited = test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(2)).map(Option::unwrap)).await.unwrap();
        assert!(limited[0].email.is_none());
        assert_eq!(delivery(&mut team, &id).await.0, json!("sent"));
    }

    async fn a_suppressed_reminder_does_not_change_the_state_and_a_suppressed_invitation_does(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let entry = lease_one(&test_app).await;
        record(&test_app, &entry, DeliveryOutcome::Sent).await;
        test_app.app.write(|tx| Ok::<_, Error>(convoke_store::suppressions::insert(tx.conn, "bob@example.com", tx.now)?))
            .await.unwrap();
        test_app.advance(Duration::from_hours(5 * 24));
        test_app.app.write(convoke_domain::invitations::remind).await.unwrap();
        let reminder = test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(2)).map(Option::unwrap)).await.unwrap();
        assert!(reminder[0].email.is_none());
        assert_eq!(delivery(&mut team, &id).await, sent());
        team.act(&id, "resend").await.expect(200);
        let invitation = test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(2)).map(Option::unwrap)).await.unwrap();
        assert!(invitation[0].email.is_none());
        let shown = team.shown(&id).await["delivery"].clone();
        assert_eq!((&shown["state"], &shown["reason"]), (&json!("failed"), &json!("suppressed")));
        assert_eq!(outbox_len(&test_app), 0);
    }

    async fn a_resend_and_an_earlier_outcome_at_the_same_time_leave_the_invitation_queued(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for round in 0..ROUNDS {
            let id = team.invite(&format!("bob{round}@example.com")).await;
            let older = lease_one(&test_app).await;
            let outcome = if round % 2 == 0 { rejected() } else { deferred() };
            let ((), resent) = tokio::join!(record(&test_app, &older, outcome), team.act(&id, "resend"));
            resent.expect(200);
            assert_eq!(delivery(&mut team, &id).await, queued(), "round {round}");
            // The newest email is in the outbox, and its outcome counts.
            for _ in 0..outbox_len(&test_app) {
                let ready = test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(2)).map(Option::unwrap));
                for email in ready.await.unwrap() {
                    record(&test_app, &email.entry, DeliveryOutcome::Sent).await;
                }
                test_app.advance(LATER);
            }
            assert_eq!(delivery(&mut team, &id).await, sent(), "round {round}");
        }
    }
}
