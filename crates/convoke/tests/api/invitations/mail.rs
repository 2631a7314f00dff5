//! Mail of invitations: delivery states, reminders, what is not sent any more (rule I14, security rule 18).

use std::time::Duration;

use convoke::jobs;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome};
use serde_json::{Value, json};

use super::{DAY, MILLISECOND, WEEK, by_link, mail_server, mine};
use crate::on_both;
use crate::support::AccountFixture;

async fn delivery(team: &mut AccountFixture, id: &str) -> Value {
    team.shown(id).await["delivery"].clone()
}

on_both! {
    async fn the_inviter_sees_the_delivery_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let state = |state: &str| json!({ "state": state, "reason": null, "detail": null, "next_attempt_at": null });
        assert_eq!(delivery(&mut team, &id).await, state("queued"));
        assert!(mail_server(&test_app, DeliveryOutcome::Deferred(DeliveryError::reply("451 try later"))).await);
        let waiting = delivery(&mut team, &id).await;
        assert_eq!(waiting["state"], "waiting");
        assert_eq!((&waiting["reason"], &waiting["detail"]), (&json!("server_reply"), &json!("451 try later")));
        let next = waiting["next_attempt_at"].as_str().unwrap().to_owned();
        assert!(next > test_app.now().to_string() && next <= test_app.now().plus(Duration::from_secs(5)).to_string(), "{next}");
        assert!(!mail_server(&test_app, DeliveryOutcome::Sent).await, "a deferred email waits");
        test_app.advance(Duration::from_secs(6));
        assert!(mail_server(&test_app, DeliveryOutcome::Rejected(DeliveryError::reply("550 no such user"))).await);
        let shown = team.shown(&id).await;
        assert_eq!(shown["delivery"], json!({ "state": "failed", "reason": "server_reply",
            "detail": "550 no such user", "next_attempt_at": null }));
        assert_eq!(shown["sent_at"], Value::Null);
        assert_eq!(shown["status"], "pending");
        team.act(&id, "resend").await.expect(200);
        assert_eq!(delivery(&mut team, &id).await, state("queued"));
        assert!(mail_server(&test_app, DeliveryOutcome::Sent).await);
        let shown = team.shown(&id).await;
        assert_eq!(shown["delivery"], state("sent"));
        assert_eq!(shown["sent_at"], test_app.now().to_string());
    }

    async fn the_email_of_an_ended_invitation_is_not_sent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let revoked = team.invite("revoked@example.com").await;
        team.act(&revoked, "revoke").await.expect(200);
        let declined = team.invite("declined@example.com").await;
        let token = team.copied_token(&declined).await;
        by_link(&mut test_app.anonymous(), "decline", &token).await.expect(200);
        team.invite("expired@example.com").await;
        test_app.advance(WEEK);
        test_app.deliver().await;
        for email in ["revoked@example.com", "declined@example.com", "expired@example.com"] {
            assert!(test_app.mails_to(email).is_empty(), "{email}");
        }
        assert!(test_app.database.rows()["outbox"].is_empty());
    }

    async fn the_email_names_inviter_account_product_and_roles(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mail = test_app.mails_to("bob@example.com").remove(0);
        assert_eq!(mail.subject, "Ada invited you to Analytical Engines");
        for part in ["Ada", "ada@example.com", "Analytical Engines", "Tovie Platform", "Developer"] {
            assert!(mail.text.contains(part), "{part} is not in\n{}", mail.text);
        }
        let link = format!("http://localhost:8080/invitations/{token}");
        assert!(mail.text.contains(&link) && mail.html.contains(&link));
    }

    async fn an_email_uses_the_language_of_the_invitee_or_the_choice_of_the_inviter(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        bob.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        let path = team.path("invitations");
        for (locale, email, russian) in [
            (json!("ru"), "new@example.com", true), (json!("en"), "bob@example.com", true),
            (Value::Null, "other@example.com", false),
        ] {
            let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [email], "locale": locale });
            team.owner.post(&path, &body).await.expect(201);
            test_app.deliver().await;
            let mail = test_app.mails_to(email).remove(0);
            let cyrillic = mail.subject.chars().any(|c| ('а'..='я').contains(&c));
            assert_eq!(cyrillic, russian, "{}", mail.subject);
        }
    }

    async fn one_reminder_is_sent_two_days_before_expiry(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, first) = team.invite_by_mail(&test_app, "bob@example.com").await;
        test_app.advance_just_before(5 * DAY);
        jobs::remind(&test_app.app).await.unwrap();
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 1);
        test_app.advance(MILLISECOND);
        for _ in 0..3 {
            jobs::remind(&test_app.app).await.unwrap();
            test_app.deliver().await;
        }
        let mails = test_app.mails_to("bob@example.com");
        assert_eq!(mails.len(), 2);
        assert!(mails[0].subject.starts_with("Reminder"), "{}", mails[0].subject);
        let second = crate::support::token_in(&mails[0].text, "invitations");
        for token in [&first, &second] {
            by_link(&mut test_app.anonymous(), "preview", token).await.expect(200);
        }
        assert_eq!(delivery(&mut team, &id).await["state"], "sent");
    }

    async fn answered_invitations_get_no_reminder(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "declined@example.com").await;
        by_link(&mut test_app.anonymous(), "decline", &token).await.expect(200);
        let (revoked, _) = team.invite_by_mail(&test_app, "revoked@example.com").await;
        team.act(&revoked, "revoke").await.expect(200);
        let (accepted, _) = team.invite_by_mail(&test_app, "accepted@example.com").await;
        let mut bob = test_app.user("accepted@example.com", "Bob").await;
        mine(&mut bob, &accepted, "accept").await.expect(200);
        test_app.deliver().await;
        test_app.advance(5 * DAY);
        jobs::remind(&test_app.app).await.unwrap();
        assert!(test_app.database.rows()["outbox"].is_empty());
        // Also if the invitation is answered after the reminder was enqueued.
        let (_, token) = team.invite_by_mail(&test_app, "late@example.com").await;
        test_app.advance(5 * DAY);
        jobs::remind(&test_app.app).await.unwrap();
        by_link(&mut test_app.anonymous(), "decline", &token).await.expect(200);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("late@example.com").len(), 1);
    }

    async fn resending_postpones_the_reminder(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, _) = team.invite_by_mail(&test_app, "bob@example.com").await;
        test_app.advance(4 * DAY);
        team.act(&id, "resend").await.expect(200);
        test_app.deliver().await;
        test_app.advance_just_before(5 * DAY);
        jobs::remind(&test_app.app).await.unwrap();
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 2);
        test_app.advance(MILLISECOND);
        jobs::remind(&test_app.app).await.unwrap();
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 3);
    }

    async fn a_reminder_that_a_resend_or_another_address_overtakes_is_not_sent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (resent, _) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let (readdressed, _) = team.invite_by_mail(&test_app, "eve@example.com").await;
        test_app.advance(5 * DAY);
        jobs::remind(&test_app.app).await.unwrap();
        for _ in 0..2 {
            let later = DeliveryOutcome::Deferred(DeliveryError::reply("451 try later"));
            assert!(mail_server(&test_app, later).await);
        }
        team.act(&resent, "resend").await.expect(200);
        let path = team.path(&format!("invitations/{readdressed}"));
        team.owner.patch(&path, &json!({ "email": "gus@example.com" })).await.expect(200);
        // Even when it was to be sent only after the next reminder is due.
        test_app.advance(5 * DAY);
        jobs::remind(&test_app.app).await.unwrap();
        test_app.deliver().await;
        for (email, subjects) in [("bob@example.com", 3), ("eve@example.com", 1), ("gus@example.com", 2)] {
            let mails = test_app.mails_to(email);
            let reminders = mails.iter().filter(|mail| mail.subject.starts_with("Reminder")).count();
            assert_eq!((mails.len(), reminders), (subjects, usize::from(subjects > 1)), "{email}");
        }
        assert!(test_app.database.rows()["outbox"].is_empty());
    }

    async fn reminders_can_be_turned_off(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.invitations.reminder_before = Duration::ZERO).await;
        let mut team = AccountFixture::new(&test_app).await;
        team.invite_by_mail(&test_app, "bob@example.com").await;
        test_app.advance_just_before(WEEK);
        jobs::remind(&test_app.app).await.unwrap();
        assert!(test_app.database.rows()["outbox"].is_empty());
    }

    async fn an_invitation_that_is_valid_for_too_short_gets_no_reminder(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.invitation_lifetime = config.invitations.reminder_before).await;
        let mut team = AccountFixture::new(&test_app).await;
        team.invite_by_mail(&test_app, "bob@example.com").await;
        jobs::remind(&test_app.app).await.unwrap();
        assert!(test_app.database.rows()["outbox"].is_empty());
    }

    async fn an_invitation_that_has_expired_gets_no_reminder(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite_by_mail(&test_app, "bob@example.com").await;
        test_app.advance(WEEK);
        jobs::remind(&test_app.app).await.unwrap();
        assert!(test_app.database.rows()["outbox"].is_empty());
    }

    async fn all_reminders_that_are_due_are_sent_at_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        test_app.run_sql("update accounts set user_limit = 200").await;
        // More than one transaction puts into the outbox.
        for part in 0..6 {
            let emails: Vec<String> = (0..17).map(|number| format!("p{part}-{number}@example.com")).collect();
            let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
            team.ask(&emails).await.expect(201);
        }
        test_app.deliver().await;
        test_app.advance(5 * DAY);
        jobs::remind(&test_app.app).await.unwrap();
        assert_eq!(test_app.database.rows()["outbox"].len(), 102);
    }

    async fn no_token_is_stored_in_plain_text(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        team.copied_token(&id).await;
        let cookie = team.owner.cookie.clone().unwrap();
        let rows = format!("{:?}", test_app.database.rows());
        for secret in [&token[4..], &cookie[4..], "cvi_", "cvs_", "cvc_", crate::support::PASSWORD] {
            assert!(!rows.contains(secret), "{secret} is in the database");
        }
    }
}
