//! Sign-up from an invitation's link (rules U3 and U4).

use serde_json::{Value, json};

use super::{WEEK, by_link, mine};
use crate::on_both;
use crate::support::{AccountFixture, Client, PASSWORD, TestApp, TestResponse};

/// Signs up with an invitation's link.
async fn register(client: &mut Client, email: &str, token: &str, accept: bool) -> TestResponse {
    let body = json!({ "email": email, "password": PASSWORD, "first_name": "Bob",
        "invitation_token": token, "accept_invitation": accept });
    client.post("/registrations", &body).await
}

/// Finishes a sign-up by the mailed link.
async fn confirm(test_app: &TestApp, client: &mut Client, email: &str) -> Value {
    let token = test_app.mailed_token(email, "confirm").await;
    let body = json!({ "token": token, "password": PASSWORD });
    client
        .post("/registrations/confirm", &body)
        .await
        .expect(201)
        .json()
}

on_both! {
    async fn an_emailed_link_signs_up_and_joins_in_one_request(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.anonymous();
        let done = register(&mut bob, "Bob@Example.com", &token, true).await.expect(201).json();
        assert_eq!(done["user"]["email"], "Bob@example.com");
        assert_eq!(done["account"]["name"], "Bob's account");
        assert_eq!(done["account"]["default"], true);
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        assert_eq!(done.get("invitation_problem"), None);
        assert_eq!(team.shown(&id).await["status"], "accepted");
        bob.get(&format!("/accounts/{}", team.account)).await.expect(200);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("Bob@example.com").len(), 0, "no second mail is needed");
    }

    async fn an_emailed_link_signs_up_without_joining(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.anonymous();
        let done = register(&mut bob, "bob@example.com", &token, false).await.expect(201).json();
        assert_eq!(done["membership"], Value::Null);
        assert_eq!(done.get("invitation_problem"), None);
        assert_eq!(team.shown(&id).await["status"], "pending");
        mine(&mut bob, &id, "accept").await.expect(200);
    }

    async fn the_sign_up_succeeds_when_joining_is_impossible(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for (end, code) in [
            ("revoke", "invitation-revoked"), ("decline", "invitation-declined"), ("", "invitation-expired"),
        ] {
            let email = format!("bob{}@example.com", end.len());
            let (id, token) = team.invite_by_mail(&test_app, &email).await;
            match end {
                "revoke" => drop(team.act(&id, "revoke").await.expect(200)),
                "decline" => drop(by_link(&mut test_app.anonymous(), "decline", &token).await.expect(200)),
                _ => test_app.advance(WEEK),
            }
            let mut bob = test_app.anonymous();
            // The link of the ended invitation no longer verifies the mailbox.
            register(&mut bob, &email, &token, true).await.expect(202);
            let done = confirm(&test_app, &mut bob, &email).await;
            assert_eq!(done["membership"], Value::Null);
            assert_eq!(done["invitation_problem"], code);
            bob.get("/me").await.expect(200);
            bob.get(&format!("/accounts/{}", team.account)).await.problem(404, "not-found");
        }
    }

    async fn a_copied_link_verifies_no_mailbox_and_joins_after_confirmation(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let token = team.copied_token(&id).await;
        let mut bob = test_app.anonymous();
        let response = register(&mut bob, "bob@example.com", &token, true).await.expect(202);
        assert_eq!(response.json(), json!({ "status": "confirmation_sent" }));
        assert_eq!(bob.cookie, None);
        assert_eq!(team.shown(&id).await["status"], "pending");
        let done = confirm(&test_app, &mut bob, "bob@example.com").await;
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        assert_eq!(team.shown(&id).await["status"], "accepted");
    }

    async fn a_copied_link_without_acceptance_does_not_join(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let token = team.copied_token(&id).await;
        let mut bob = test_app.anonymous();
        register(&mut bob, "bob@example.com", &token, false).await.expect(202);
        let done = confirm(&test_app, &mut bob, "bob@example.com").await;
        assert_eq!(done["membership"], Value::Null);
        assert_eq!(team.shown(&id).await["status"], "pending");
    }

    async fn joining_can_become_impossible_before_confirmation(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let token = team.copied_token(&id).await;
        let mut bob = test_app.anonymous();
        register(&mut bob, "bob@example.com", &token, true).await.expect(202);
        team.act(&id, "revoke").await.expect(200);
        let done = confirm(&test_app, &mut bob, "bob@example.com").await;
        assert_eq!(done["membership"], Value::Null);
        assert_eq!(done["invitation_problem"], "invitation-revoked");
    }

    async fn another_address_is_confirmed_by_email_and_does_not_join(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut eve = test_app.anonymous();
        register(&mut eve, "eve@example.com", &token, true).await.expect(202);
        assert_eq!(eve.cookie, None);
        let done = confirm(&test_app, &mut eve, "eve@example.com").await;
        assert_eq!(done["user"]["email"], "eve@example.com");
        assert_eq!(done["membership"], Value::Null);
        assert_eq!(done["invitation_problem"], "additional-actions-required");
        assert_eq!(team.shown(&id).await["status"], "pending");
    }

    async fn a_link_to_a_registered_address_does_not_sign_in(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        test_app.user("bob@example.com", "Bob").await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let before = test_app.database.rows();
        let mut thief = test_app.anonymous();
        register(&mut thief, "bob@example.com", &token, true).await.expect(202);
        assert_eq!(thief.cookie, None);
        assert_eq!(test_app.database.rows()["users"], before["users"]);
        assert_eq!(test_app.database.rows()["sessions"], before["sessions"]);
        test_app.deliver().await;
        let mail = test_app.mails_to("bob@example.com").remove(0);
        assert!(mail.subject.contains("already registered"), "{}", mail.subject);
        assert!(!mail.text.contains("/confirm/"));
        assert_eq!(team.shown(&id).await["status"], "pending");
    }

    async fn an_unknown_link_rejects_the_sign_up(test_app: TestApp) {
        let mut bob = test_app.anonymous();
        let before = test_app.database.rows();
        let unknown = format!("cvi_{}", "A".repeat(43));
        register(&mut bob, "bob@example.com", &unknown, true).await.problem(404, "not-found");
        assert_eq!(test_app.database.rows(), before);
    }

    async fn an_emailed_link_signs_up_one_user(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        register(&mut test_app.anonymous(), "bob@example.com", &token, true).await.expect(201);
        let mut thief = test_app.anonymous();
        register(&mut thief, "bob@example.com", &token, false).await.expect(202);
        assert_eq!(thief.cookie, None);
    }
}
