//! Rate limits of invitations and of mail to one address (security rule 10).

use std::time::Duration;

use convoke_core::model::email::{DeliveryError, DeliveryOutcome};
use serde_json::json;

use super::{DAY, mail_server};
use crate::on_both;
use crate::support::{AccountFixture, Client, TestApp, TestResponse, invite_body};

const MINUTES: Duration = Duration::from_mins(1);

/// The same installation with its limits on and seats enough.
async fn limited(test_app: TestApp) -> TestApp {
    test_app
        .restarted(|config| {
            config.rate_limits.enabled = true;
            config.limits.users_per_account = 1_000;
        })
        .await
}

/// Invites `count` unknown addresses.
async fn crowd(owner: &mut Client, account: &str, from: usize, count: usize) -> TestResponse {
    let emails: Vec<String> = (from..from + count)
        .map(|number| format!("p{number}@example.com"))
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    owner
        .post(
            &format!("/accounts/{account}/invitations"),
            &invite_body(&["DEVELOPER"], &emails),
        )
        .await
}

/// How many mails an address has after delivery.
async fn mails(test_app: &TestApp, email: &str) -> usize {
    test_app.deliver().await;
    test_app.mails_to(email).len()
}

on_both! {
    async fn a_user_can_send_60_invitations_in_ten_minutes(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let mut team = AccountFixture::new(&test_app).await;
        let other = test_app.account(&mut team.owner, "Second").await;
        for from in [0, 20] {
            crowd(&mut team.owner, &team.account, from, 20).await.expect(201);
        }
        crowd(&mut team.owner, &other, 0, 20).await.expect(201);
        let before = test_app.database.rows();
        let rejected = crowd(&mut team.owner, &other, 20, 1).await.problem(429, "rate-limited");
        assert_eq!(rejected.headers["retry-after"], "10");
        assert_eq!(test_app.database.rows(), before);
        // Addresses that are already invited and dry runs use no tokens.
        crowd(&mut team.owner, &other, 0, 20).await.expect(201);
        let trial = format!("/accounts/{other}/invitations?dry_run=true");
        team.owner.post(&trial, &invite_body(&["DEVELOPER"], &["new@example.com"])).await.expect(200);
        test_app.advance(10 * MINUTES);
        crowd(&mut team.owner, &other, 20, 20).await.expect(201);
    }

    async fn a_new_account_can_send_50_emails_per_day(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let test_app = test_app.restarted(|config| config.rate_limits.invitations_per_10_minutes = 10_000).await;
        let mut team = AccountFixture::new(&test_app).await;
        for (from, count) in [(0, 20), (20, 20), (40, 10)] {
            crowd(&mut team.owner, &team.account, from, count).await.expect(201);
        }
        crowd(&mut team.owner, &team.account, 50, 1).await.problem(429, "rate-limited");
        // Another account has its own limit.
        let other = test_app.account(&mut team.owner, "Second").await;
        let id = crowd(&mut team.owner, &other, 0, 1).await.expect(201).text("/results/0/invitation/id");
        // A resend counts as an email too.
        let path = format!("/accounts/{other}/invitations/{id}/resend");
        for _ in 0..49 {
            team.owner.post(&path, &serde_json::Value::Null).await.expect(200);
        }
        team.owner.post(&path, &serde_json::Value::Null).await.problem(429, "rate-limited");
        test_app.advance(DAY);
        crowd(&mut team.owner, &team.account, 50, 20).await.expect(201);
    }

    async fn an_account_older_than_a_week_can_send_300_emails_per_day(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let test_app = test_app.restarted(|config| config.rate_limits.invitations_per_10_minutes = 10_000).await;
        let mut team = AccountFixture::new(&test_app).await;
        test_app.advance(7 * DAY);
        for round in 0..15 {
            crowd(&mut team.owner, &team.account, round * 20, 20).await.expect(201);
        }
        crowd(&mut team.owner, &team.account, 300, 1).await.problem(429, "rate-limited");
    }

    async fn dry_runs_have_their_own_limit(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let test_app = test_app.restarted(|config| config.rate_limits.trials_per_10_minutes = 2).await;
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations?dry_run=true");
        let body = invite_body(&["DEVELOPER"], &["bob@example.com"]);
        for _ in 0..2 {
            team.owner.post(&path, &body).await.expect(200);
        }
        team.owner.post(&path, &body).await.problem(429, "rate-limited");
        team.invite("bob@example.com").await;
    }

    async fn rejections_that_disclose_registration_count_as_dry_runs(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let test_app = test_app.restarted(|config| config.rate_limits.trials_per_10_minutes = 2).await;
        let mut team = AccountFixture::new(&test_app).await;
        let only = serde_json::json!({ "settings": { "registered_users_only": true } });
        team.owner.patch(&format!("/accounts/{}", team.account), &only).await.expect(200);
        for _ in 0..2 {
            team.ask(&["bob@example.com"]).await.problem(409, "registered-users-only");
        }
        team.ask(&["bob@example.com"]).await.problem(429, "rate-limited");
    }

    async fn the_fourth_email_per_day_from_one_account_is_deferred(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        assert_eq!(mails(&test_app, "bob@example.com").await, 1);
        for sent in 2..=3 {
            team.act(&id, "resend").await.expect(200);
            assert_eq!(mails(&test_app, "bob@example.com").await, sent);
        }
        team.act(&id, "resend").await.expect(200);
        assert_eq!(mails(&test_app, "bob@example.com").await, 3);
        let delivery = team.shown(&id).await["delivery"].clone();
        assert_eq!((&delivery["state"], &delivery["reason"]), (&json!("waiting"), &json!("rate_limited")));
        assert_eq!(delivery["detail"], "Waiting: this address has had as many emails as are allowed per day.");
        assert!(delivery["next_attempt_at"].as_str().unwrap() > test_app.now().to_string().as_str(), "{delivery}");
        test_app.advance(DAY / 3);
        assert_eq!(mails(&test_app, "bob@example.com").await, 4);
        assert_eq!(team.shown(&id).await["delivery"]["state"], "sent");
    }

    async fn the_sixth_email_per_day_from_all_accounts_is_deferred(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        for number in 1..=6 {
            let account = test_app.account(&mut owner, &format!("Number {number}")).await;
            test_app.invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"]).await;
            assert_eq!(mails(&test_app, "bob@example.com").await, number.min(5));
        }
        test_app.advance(DAY / 5);
        assert_eq!(mails(&test_app, "bob@example.com").await, 6);
    }

    async fn addresses_that_differ_in_case_are_one_recipient(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        let forms = ["bob@example.com", "Bob@example.com", "BOB@example.com", "bOb@example.com", "boB@example.com",
            "BoB@example.com"];
        for (number, form) in forms.iter().enumerate() {
            let account = test_app.account(&mut owner, &format!("Number {number}")).await;
            test_app.invite(&mut owner, &account, form, &["DEVELOPER"]).await;
        }
        test_app.deliver().await;
        let sent: usize = forms.iter().map(|form| test_app.mails_to(form).len()).sum();
        assert_eq!(sent, 5);
    }

    async fn deferred_emails_do_not_count(test_app: TestApp) {
        let test_app = limited(test_app).await;
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("bob@example.com").await;
        for attempt in 0..6 {
            let tried = mail_server(&test_app, DeliveryOutcome::Deferred(DeliveryError::reply("451 try later"))).await;
            assert!(tried, "attempt {attempt} waits");
            test_app.advance(10 * MINUTES);
        }
        assert_eq!(mails(&test_app, "bob@example.com").await, 1);
    }
}
