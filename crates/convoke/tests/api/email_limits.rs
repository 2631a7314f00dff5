//! Emails that somebody else causes: how many reach one address, and what they say (security rules 10 and 11).

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
    async fn thirty_changes_of_address_send_a_stranger_three_mails(test_app: TestApp, limited) {
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        for _ in 0..30 {
            change_address(&mut eve, "stranger@example.com").await;
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "stranger@example.com").await, 3);
        test_app.advance(DAY / 3);
        assert_eq!(sent(&test_app, "stranger@example.com").await, 4);
    }

    async fn sign_ups_of_one_client_send_a_stranger_three_mails_a_day(test_app: TestApp, limited) {
        let mut eve = test_app.anonymous().at("203.0.113.1");
        let body = json!({ "email": "stranger@example.com", "password": PASSWORD, "first_name": "Eve" });
        for _ in 0..120 / 4 {
            eve.post("/registrations", &body).await.expect(202);
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "stranger@example.com").await, 3);
    }

    async fn sign_ups_of_any_number_of_clients_send_a_stranger_five_mails_a_day(test_app: TestApp, limited) {
        let body = json!({ "email": "stranger@example.com", "password": PASSWORD, "first_name": "Eve" });
        for number in 1..=20 {
            let mut eve = test_app.anonymous().at(&format!("203.0.113.{number}"));
            eve.post("/registrations", &body).await.expect(202);
            test_app.deliver().await;
        }
        assert_eq!(sent(&test_app, "stranger@example.com").await, 5);
    }

    async fn one_count_per_recipient_over_every_kind(test_app: TestApp, limited) {
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
        // Invitations have not used up what confirms an address, nor a reset of a password.
        change_address(&mut owner, "bob@example.com").await;
        assert_eq!(all().await, 6);
        test_app.advance(DAY / 5);
        assert_eq!(all().await, 7);
    }

    async fn invitations_do_not_keep_a_reset_out(test_app: TestApp, limited) {
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

    async fn edits_of_roles_within_ten_minutes_are_one_mail(test_app: TestApp, limited) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let id = bob.id().await;
        test_app.advance(DAY);
        let before = sent(&test_app, "bob@example.com").await;
        // The first is told at once.
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

    async fn edits_before_the_mail_goes_are_told_in_it(test_app: TestApp) {
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

    async fn an_edit_while_the_mail_is_on_its_way_is_told_in_another(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let id = bob.id().await;
        test_app.deliver().await;
        edit_roles(&mut team, &id, &["USER_AUDITOR"]).await;
        let lease = Duration::from_secs(30);
        let claimed = test_app.app.write(move |tx| convoke_domain::notifications::lease(tx, lease, crate::support::capacity(5))).await.unwrap();
        assert_eq!(claimed.len(), 1);
        edit_roles(&mut team, &id, &["BILLING_ADMIN"]).await;
        assert_eq!(test_app.database.rows()["outbox"].len(), 2);
    }

    async fn resends_whose_mail_waits_add_none(test_app: TestApp, limited) {
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

    async fn mail_about_one_s_own_sign_in_always_goes(test_app: TestApp, limited) {
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

    async fn mail_to_an_address_that_is_not_proven_carries_no_name_of_its_sender(test_app: TestApp) {
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

    async fn a_person_changes_their_address_ten_times_a_day(test_app: TestApp, ten_changes) {
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

    async fn offers_of_ownership_count_too(test_app: TestApp, limited) {
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
