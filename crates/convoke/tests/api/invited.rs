//! Sign-up by people who were invited (rule U4).

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, TestResponse};

/// An owner with an account and one pending invitation to `bob@example.com`.
async fn invited(test_app: &TestApp) -> (Client, String, String) {
    let mut owner = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut owner, "Engines").await;
    let invitation = test_app
        .invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"])
        .await;
    test_app.deliver().await;
    (owner, account, invitation)
}

async fn sign_up(
    test_app: &TestApp,
    email: &str,
    token: &str,
    accept: bool,
) -> (Client, TestResponse) {
    let body = json!({ "email": email, "password": PASSWORD, "first_name": "Bob", "invitation_token": token,
        "accept_invitation": accept });
    let mut client = test_app.anonymous();
    let response = client.post("/registrations", &body).await;
    (client, response)
}

async fn confirm(test_app: &TestApp, email: &str) -> TestResponse {
    let token = test_app.mailed_token(email, "confirm").await;
    let body = json!({ "token": token, "password": PASSWORD });
    test_app
        .anonymous()
        .post("/registrations/confirm", &body)
        .await
}

on_both! {
    async fn the_emailed_link_with_the_invited_address_needs_no_confirmation_email(test_app: TestApp) {
        let (_, _, _) = invited(&test_app).await;
        let token = test_app.mailed_token("bob@example.com", "invitations").await;
        let (mut bob, response) = sign_up(&test_app, "BOB@example.com", &token, false).await;
        let response = response.expect(201).json();
        assert_eq!(response["user"]["email"], "BOB@example.com");
        assert_eq!(response["account"]["default"], true);
        assert_eq!(response["membership"], Value::Null);
        assert_eq!(response.get("invitation_problem"), None);
        assert_eq!(test_app.subjects_to("BOB@example.com").await, Vec::<String>::new());
        // The user has not joined, so the invitation is still pending.
        let waiting = bob.column("/me/invitations", "/account/name").await;
        assert_eq!(waiting, ["Engines"]);
    }

    async fn an_emailed_link_with_another_address_verifies_nothing(test_app: TestApp) {
        let (mut owner, account, _) = invited(&test_app).await;
        let token = test_app.mailed_token("bob@example.com", "invitations").await;
        let (client, response) = sign_up(&test_app, "robert@example.com", &token, true).await;
        assert_eq!(response.expect(202).json(), json!({ "status": "confirmation_sent" }));
        assert_eq!(client.cookie, None);
        let done = confirm(&test_app, "robert@example.com").await.expect(201).json();
        assert_eq!(done["membership"], Value::Null);
        assert_eq!(done["invitation_problem"], "additional-actions-required");
        let members = owner.column(&format!("/accounts/{account}/members"), "/user/email").await;
        assert_eq!(members, ["ada@example.com"]);
    }

    async fn a_copied_link_verifies_nothing_and_confirmation_completes_the_acceptance(test_app: TestApp) {
        let (mut owner, account, invitation) = invited(&test_app).await;
        let path = format!("/accounts/{account}/invitations/{invitation}/links");
        let url = owner.post(&path, &Value::Null).await.expect(201).text("/url");
        let token = url.rsplit_once('/').unwrap().1;
        let (_, response) = sign_up(&test_app, "bob@example.com", token, true).await;
        response.expect(202);
        let done = confirm(&test_app, "bob@example.com").await.expect(201).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        assert_eq!(done["membership"]["user"]["email"], "bob@example.com");
        assert_eq!(owner.list_all(&format!("/accounts/{account}/members"), 10).await.len(), 2);
    }

    async fn an_emailed_link_of_an_existing_user_does_not_sign_in(test_app: TestApp) {
        let (_, _, _) = invited(&test_app).await;
        test_app.user("bob@example.com", "Bob").await;
        let text = test_app.mails_to("bob@example.com").into_iter().find(|mail| mail.text.contains("/invitations/"));
        let token = crate::support::token_in(&text.unwrap().text, "invitations");
        let (client, response) = sign_up(&test_app, "bob@example.com", &token, true).await;
        response.expect(202);
        assert_eq!(client.cookie, None);
        let subjects = test_app.subjects_to("bob@example.com").await;
        assert!(subjects[0].contains("already registered"), "{subjects:?}");
    }

    async fn an_unknown_link_returns_404(test_app: TestApp) {
        let token = format!("cvi_{}", "A".repeat(43));
        for token in [token.as_str(), "cvi_short", "", "\u{0}"] {
            let (_, response) = sign_up(&test_app, "bob@example.com", token, true).await;
            response.problem(404, "not-found");
        }
        assert_eq!(test_app.subjects_to("bob@example.com").await, Vec::<String>::new());
    }

    async fn an_ended_invitation_does_not_prevent_the_sign_up(test_app: TestApp) {
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut owner, "Engines").await;
        for how in ["revoked", "declined", "expired"] {
            let email = format!("{how}@example.com");
            let id = test_app.invite(&mut owner, &account, &email, &["DEVELOPER"]).await;
            let token = test_app.mailed_token(&email, "invitations").await;
            match how {
                "revoked" => {
                    let path = format!("/accounts/{account}/invitations/{id}/revoke");
                    owner.post(&path, &Value::Null).await.expect(200);
                }
                "declined" => {
                    test_app.anonymous().post("/invitations/decline", &json!({ "token": token })).await.expect(200);
                }
                _ => test_app.advance(Duration::from_hours(7 * 24)),
            }
            let (mut bob, response) = sign_up(&test_app, &email, &token, true).await;
            // It does not verify the mailbox either (rule U4).
            response.expect(202);
            let token = test_app.mailed_token(&email, "confirm").await;
            let response = bob.post("/registrations/confirm", &json!({ "token": token, "password": PASSWORD })).await;
            let response = response.expect(201).json();
            assert_eq!(response["membership"], Value::Null, "{how}");
            assert_eq!(response["invitation_problem"], format!("invitation-{how}"));
            assert_eq!(bob.column("/accounts", "/name").await, ["Bob's account"]);
        }
        assert_eq!(owner.list_all(&format!("/accounts/{account}/members"), 10).await.len(), 1);
    }
}
