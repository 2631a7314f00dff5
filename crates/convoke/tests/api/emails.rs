//! Change of address (rules U2, U8 and U9).

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, TestResponse};

/// Asks for another address.
async fn ask(client: &mut Client, email: &str) -> TestResponse {
    let body = json!({ "email": email, "password": PASSWORD });
    client.post("/me/email", &body).await
}

async fn confirm(client: &mut Client, token: &str) -> TestResponse {
    client
        .post("/me/email/confirm", &json!({ "token": token }))
        .await
}

/// Asks for another address and gives the token mailed there.
async fn asked(test_app: &TestApp, client: &mut Client, email: &str) -> String {
    ask(client, email).await.expect(202);
    test_app.mailed_token(email, "confirm-email").await
}

on_both! {
    async fn a_new_address_takes_effect_after_confirmation(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut before = ada.clone();
        let mut other = test_app.sign_in("ada@example.com").await;
        let sent = ask(&mut ada, "Countess@Bücher.example").await.expect(202).json();
        assert_eq!(sent, json!({ "status": "confirmation_sent" }));
        assert_eq!(ada.get("/me").await.expect(200).text("/email"), "ada@example.com");
        let token = test_app.mailed_token("Countess@xn--bcher-kva.example", "confirm-email").await;
        let user = confirm(&mut ada, &token).await.expect(200).json();
        assert_eq!(user, ada.get("/me").await.expect(200).json());
        assert_eq!(user["email"], "Countess@xn--bcher-kva.example");
        assert_eq!(user["login"], "ada@example.com");
        assert_ne!(ada.cookie, before.cookie);
        before.get("/me").await.problem(401, "sign-in-required");
        other.get("/me").await.problem(401, "sign-in-required");
        // The login never changes, so both identifiers work.
        test_app.try_sign_in("countess@bücher.example", PASSWORD).await.expect(201);
        test_app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    }

    async fn the_old_address_gets_an_email_with_the_new_one_masked(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let token = asked(&test_app, &mut ada, "countess@example.com").await;
        assert_eq!(test_app.subjects_to("ada@example.com").await.len(), 1);
        confirm(&mut ada, &token).await.expect(200);
        let subjects = test_app.subjects_to("ada@example.com").await;
        assert_eq!(subjects[0], "Your email address at Convoke was changed");
        let text = test_app.last_text_to("ada@example.com").await;
        assert!(text.contains("co••••@example.com") && !text.contains("countess@"), "{text}");
    }

    async fn a_change_of_address_requires_the_password(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let body = json!({ "email": "new@example.com", "password": "not her password" });
        ada.post("/me/email", &body).await.problem(403, "wrong-password");
        ask(&mut ada, "new@@example.com").await.errors(&[("/email", "invalid-email")]);
        ada.post("/me/email", &Value::Null).await.errors(&[("/email", "required"), ("/password", "required")]);
        assert_eq!(test_app.subjects_to("new@example.com").await, Vec::<String>::new());
    }

    async fn a_registered_address_is_disclosed_by_email_only(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        test_app.user("bob@example.com", "Bob").await;
        let free = ask(&mut ada, "free@example.com").await.expect(202);
        let taken = ask(&mut ada, "Bob@example.com").await.expect(202);
        assert_eq!(free.bytes, taken.bytes);
        let text = test_app.last_text_to("Bob@example.com").await;
        assert!(text.contains("belongs to one sign-in only") && !text.contains("/confirm-email/"), "{text}");
        assert_eq!(ada.get("/me").await.expect(200).text("/email"), "ada@example.com");
    }

    async fn the_confirmation_link_requires_a_session_of_the_same_user(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        let token = asked(&test_app, &mut ada, "countess@example.com").await;
        confirm(&mut test_app.anonymous(), &token).await.problem(401, "sign-in-required");
        let foreign = confirm(&mut eve, &token).await.problem(410, "link-no-longer-valid");
        let unknown = confirm(&mut eve, &format!("cvc_{}", "A".repeat(43))).await;
        assert_eq!(foreign.anonymous(), unknown.anonymous());
        assert_eq!(eve.get("/me").await.expect(200).text("/email"), "eve@example.com");
        confirm(&mut ada, &token).await.expect(200);
        confirm(&mut ada, &token).await.problem(410, "link-no-longer-valid");
    }

    /// V15: an email deferred because of other users' changes does not keep a user from their own address.
    async fn a_link_to_the_mailbox_finishes_the_change_of_the_user_who_opens_it(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        ask(&mut ada, "countess@example.com").await.expect(202);
        let eves = asked(&test_app, &mut eve, "Countess@example.com").await;
        let user = confirm(&mut ada, &eves).await.expect(200).json();
        assert_eq!(user["email"], "countess@example.com");
        confirm(&mut ada, &eves).await.problem(410, "link-no-longer-valid");
        confirm(&mut eve, &eves).await.problem(410, "link-no-longer-valid");
        assert_eq!(eve.get("/me").await.expect(200).text("/email"), "eve@example.com");
    }

    async fn the_confirmation_link_is_valid_for_24_hours(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let token = asked(&test_app, &mut ada, "countess@example.com").await;
        test_app.advance(Duration::from_hours(24));
        confirm(&mut ada, &token).await.problem(410, "link-no-longer-valid");
        let token = asked(&test_app, &mut ada, "countess@example.com").await;
        test_app.advance_just_before(Duration::from_hours(24));
        confirm(&mut ada, &token).await.expect(200);
    }

    async fn a_later_change_request_voids_the_earlier_link(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let first = asked(&test_app, &mut ada, "first@example.com").await;
        let second = asked(&test_app, &mut ada, "second@example.com").await;
        confirm(&mut ada, &first).await.problem(410, "link-no-longer-valid");
        assert_eq!(confirm(&mut ada, &second).await.expect(200).text("/email"), "second@example.com");
    }

    async fn an_address_registered_in_the_meantime_is_not_reassigned(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let token = asked(&test_app, &mut ada, "new@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let bobs = asked(&test_app, &mut bob, "NEW@example.com").await;
        confirm(&mut bob, &bobs).await.expect(200);
        confirm(&mut ada, &token).await.problem(410, "link-no-longer-valid");
        assert_eq!(ada.get("/me").await.expect(200).text("/email"), "ada@example.com");
    }
}
