//! Emails that other users cause: how many reach one address, and what they contain (security rules 10 and 11).

use std::time::Duration;

use convoke_app::config::Config;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, Client, PASSWORD, TestApp};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

fn limited(config: &mut Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.email_changes_per_person = 1_000;
    config.rate_limits.registrations_per_address = 1_000;
    config.rate_limits.registrations_per_client = 10_000;
}

async fn sent(test_app: &TestApp, email: &str) -> usize {
    test_app.deliver().await;
    test_app.mails_to(email).len()
}

async fn edit_roles(team: &mut AccountFixture, member: &str, roles: &[&str]) {
    let path = team.path(&format!("members/{member}"));
    let body = json!({ "roles": roles });
    team.owner.patch(&path, &body).await.expect(200);
}

async fn change_address(client: &mut Client, email: &str) {
    let body = json!({ "email": email, "password": PASSWORD });
    client.post("/me/email", &body).await.expect(202);
}

on_both! {
    async fn thirty_changes_of_address_send_one_recipient_three_emails(test_app: TestApp, limited) {
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        for _ in 0..30 {
            change_address(&mut eve, "stranger@example.com").await;
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "stranger@example.com").await, 3);
        test_app.advance(DAY / 3);
        assert_eq!(sent(&test_app, "stranger@example.com").await, 4);
    }

    async fn sign_ups_by_one_client_send_one_recipient_three_emails_per_day(test_app: TestApp, limited) {
        let mut eve = test_app.anonymous().at("203.0.113.1");
        let body = json!({ "email": "stranger@example.com", "password": PASSWORD, "first_name": "Eve" });
        for _ in 0..120 / 4 {
            eve.post("/registrations", &body).await.expect(202);
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "stranger@example.com").await, 3);
    }

    async fn sign_ups_by_many_clients_send_one_recipient_five_emails_per_day(test_app: TestApp, limited) {
        let body = json!({ "email": "stranger@example.com", "password": PASSWORD, "first_name": "Eve" });
        for number in 1..=20 {
            let mut eve = test_app.anonymous().at(&format!("203.0.113.{number}"));
            eve.post("/registrations", &body).await.expect(202);
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "stranger@example.com").await, 5);
    }

    async fn the_recipient_limit_counts_emails_of_every_kind(test_app: TestApp, limited) {
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        for number in 0..4 {
            let account = test_app.account(&mut owner, &format!("Number {number}")).await;
            test_app.invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"]).await;
        }
        assert_eq!(sent(&test_app, "bob@example.com").await, 4);
        test_app.anonymous().at("203.0.113.1").post("/registrations", &json!({ "email": "Bob@example.com",
            "password": PASSWORD, "first_name": "Bob" })).await.expect(202);
        let all = async || sent(&test_app, "bob@example.com").await + sent(&test_app, "Bob@example.com").await;
        assert_eq!(all().await, 5);
        let account = test_app.account(&mut owner, "Another").await;
        test_app.invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"]).await;
        assert_eq!(all().await, 5);
        // Invitations do not use the limits of address confirmations and password resets.
        change_address(&mut owner, "bob@example.com").await;
        assert_eq!(all().await, 6);
        test_app.advance(DAY / 5);
        assert_eq!(all().await, 7);
    }

    async fn invitations_do_not_block_a_password_reset(test_app: TestApp, limited) {
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        test_app.user("bob@example.com", "Bob").await;
        for number in 0..8 {
            let account = test_app.account(&mut owner, &format!("Number {number}")).await;
            test_app.invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"]).await;
        }
        let before = sent(&test_app, "bob@example.com").await;
        test_app.anonymous().post("/password-resets", &json!({ "email": "bob@example.com" })).await.expect(202);
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 1);
        test_app.mailed_token("bob@example.com", "reset").await;
    }

    async fn role_edits_within_ten_minutes_send_one_email(test_app: TestApp, limited) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let id = bob.id().await;
        test_app.advance(DAY);
        let before = sent(&test_app, "bob@example.com").await;
        // The first edit sends an email immediately.
        edit_roles(&mut team, &id, &["DEVELOPER", "USER_AUDITOR"]).await;
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 1);
        for _ in 0..20 {
            edit_roles(&mut team, &id, &["DEVELOPER"]).await;
            edit_roles(&mut team, &id, &["USER_ADMIN"]).await;
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 1);
        assert_eq!(test_app.database.rows()["outbox"].len(), 1);
        test_app.advance(10 * MINUTE);
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 2);
        let text = test_app.last_text_to("bob@example.com").await;
        assert!(text.contains("User administrator") || text.contains("USER_ADMIN"), "{text}");
        assert!(!text.contains("Developer"), "{text}");
        assert_eq!(test_app.database.rows()["outbox"].len(), 0);
    }

    async fn edits_before_delivery_are_included_in_the_email(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let id = bob.id().await;
        let before = sent(&test_app, "bob@example.com").await;
        edit_roles(&mut team, &id, &["USER_AUDITOR"]).await;
        edit_roles(&mut team, &id, &["BILLING_ADMIN"]).await;
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 1);
        let text = test_app.last_text_to("bob@example.com").await;
        assert!(text.contains("Billing"), "{text}");
    }

    async fn an_edit_during_delivery_sends_another_email(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let id = bob.id().await;
        test_app.deliver().await;
        edit_roles(&mut team, &id, &["USER_AUDITOR"]).await;
        let lease = Duration::from_secs(30);
        let claimed = test_app.app.write(move |tx| convoke_domain::notifications::lease(tx, lease, crate::support::capacity(5)).map(Option::unwrap)).await.unwrap();
        assert_eq!(claimed.len(), 1);
        edit_roles(&mut team, &id, &["BILLING_ADMIN"]).await;
        assert_eq!(test_app.database.rows()["outbox"].len(), 2);
    }

    async fn a_resend_with_a_queued_email_enqueues_none(test_app: TestApp, limited) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        for _ in 0..20 {
            team.act(&id, "resend").await.expect(200);
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "bob@example.com").await, 3);
        assert_eq!(test_app.database.rows()["outbox"].len(), 1);
        test_app.advance(DAY / 3);
        assert_eq!(sent(&test_app, "bob@example.com").await, 4);
        assert_eq!(test_app.database.rows()["outbox"].len(), 0);
    }

    async fn emails_about_own_sign_ins_are_not_limited(test_app: TestApp, limited) {
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        for number in 0..8 {
            let account = test_app.account(&mut owner, &format!("Number {number}")).await;
            test_app.invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"]).await;
        }
        let before = sent(&test_app, "bob@example.com").await;
        let mut password = PASSWORD.to_owned();
        for number in 0..8 {
            let next = format!("another fine password {number}");
            let body = json!({ "current_password": password, "password": next });
            bob.post("/me/password", &body).await.expect(204);
            password = next;
        }
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 8);
    }

    async fn an_email_to_an_unverified_address_contains_no_sender_chosen_name(test_app: TestApp) {
        let name = "Buy-Our-Pills Dot Example";
        let mut eve = test_app.user("eve@example.com", name).await;
        test_app.user("known@example.com", "Kay").await;
        for email in ["new@example.com", "known@example.com"] {
            test_app.begin_sign_up(email, name, PASSWORD).await.expect(202);
            test_app.deliver().await;
            change_address(&mut eve, email).await;
            test_app.deliver().await;
            let mails = test_app.mails_to(email);
            assert!(mails.len() >= 2, "{email}");
            for mail in mails {
                let whole = format!("{mail:?}");
                assert!(!whole.contains("Pills"), "{whole}");
            }
        }
    }

    async fn a_user_can_change_the_address_ten_times_per_day(test_app: TestApp, ten_changes) {
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        for number in 0..10 {
            change_address(&mut eve, &format!("stranger-{number}@example.com")).await;
        }
        let body = json!({ "email": "one-more@example.com", "password": PASSWORD });
        let before = test_app.database.rows();
        eve.post("/me/email", &body).await.problem(429, "rate-limited");
        assert_eq!(test_app.database.rows(), before);
        test_app.advance(DAY / 10);
        eve.post("/me/email", &body).await.expect(202);
    }

    async fn ownership_offers_count_for_the_recipient_limit(test_app: TestApp, limited) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let id = bob.id().await;
        test_app.advance(DAY);
        let before = sent(&test_app, "bob@example.com").await;
        let path = team.path("ownership-offer");
        let body = json!({ "user_id": id, "account_name": "Analytical Engines", "password": PASSWORD });
        for _ in 0..8 {
            team.owner.post(&path, &body).await.expect(201);
            test_app.deliver().await;
            team.owner.send(axum::http::Method::DELETE, &path, Some(&Value::Null)).await.expect(204);
        }
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 3);
        team.owner.post(&path, &body).await.expect(201);
        test_app.advance(DAY);
        assert_eq!(sent(&test_app, "bob@example.com").await, before + 4);
    }
}

fn ten_changes(config: &mut Config) {
    config.rate_limits.enabled = true;
}
