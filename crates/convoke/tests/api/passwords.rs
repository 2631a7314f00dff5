//! Change and reset of passwords (rules U7 to U9).

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{MILLISECOND, PASSWORD, TestApp, TestResponse};

const NEW: &str = "another fine password";

async fn ask_reset(test_app: &TestApp, email: &str) -> TestResponse {
    test_app
        .anonymous()
        .post("/password-resets", &json!({ "email": email }))
        .await
}

async fn reset(test_app: &TestApp, token: &str, password: &str) -> TestResponse {
    let body = json!({ "token": token, "password": password });
    test_app
        .anonymous()
        .post("/password-resets/confirm", &body)
        .await
}

on_both! {
    async fn changing_the_password_ends_every_other_session_and_sends_an_email(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut before = ada.clone();
        let mut other = test_app.sign_in("ada@example.com").await;
        ask_reset(&test_app, "ada@example.com").await.expect(202);
        let waiting = test_app.mailed_token("ada@example.com", "reset").await;
        let body = json!({ "current_password": PASSWORD, "password": NEW });
        let response = ada.post("/me/password", &body).await.expect(204);
        assert!(response.header("set-cookie").starts_with("convoke=cvs_"));
        assert_ne!(ada.cookie, before.cookie);
        ada.get("/me").await.expect(200);
        before.get("/me").await.problem(401, "sign-in-required");
        other.get("/me").await.problem(401, "sign-in-required");
        assert_eq!(ada.list_all("/me/sessions", 100).await.len(), 1);
        test_app.try_sign_in("ada@example.com", PASSWORD).await.problem(401, "invalid-credentials");
        test_app.try_sign_in("ada@example.com", NEW).await.expect(201);
        reset(&test_app, &waiting, "a third fine password").await.problem(410, "link-no-longer-valid");
        let subjects = test_app.subjects_to("ada@example.com").await;
        assert_eq!(subjects[0], "Your password at Convoke was changed");
    }

    async fn changing_the_password_requires_the_current_one(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut other = test_app.sign_in("ada@example.com").await;
        let wrong = json!({ "current_password": "not the current one", "password": NEW });
        ada.post("/me/password", &wrong).await.problem(403, "wrong-password");
        let weak = json!({ "current_password": PASSWORD, "password": "ada@example.com" });
        ada.post("/me/password", &weak).await.errors(&[("/password", "weak-password")]);
        ada.post("/me/password", &json!({ "password": NEW })).await.errors(&[("/current_password", "required")]);
        other.get("/me").await.expect(200);
        test_app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
        assert_eq!(test_app.subjects_to("ada@example.com").await.len(), 1);
    }

    async fn a_reset_ends_all_sessions_and_creates_none(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        assert_eq!(ask_reset(&test_app, "ADA@example.com").await.expect(202).json(), json!({ "status": "reset_sent" }));
        let token = test_app.mailed_token("ada@example.com", "reset").await;
        reset(&test_app, &token, "tooshort").await.errors(&[("/password", "weak-password")]);
        reset(&test_app, &token, "ada@example.com").await.errors(&[("/password", "weak-password")]);
        ada.get("/me").await.expect(200);
        let response = reset(&test_app, &token, NEW).await.expect(204);
        assert!(!response.headers.contains_key("set-cookie"));
        ada.get("/me").await.problem(401, "sign-in-required");
        test_app.try_sign_in("ada@example.com", PASSWORD).await.problem(401, "invalid-credentials");
        test_app.try_sign_in("ada@example.com", NEW).await.expect(201);
        reset(&test_app, &token, "a third fine password").await.problem(410, "link-no-longer-valid");
        let subjects = test_app.subjects_to("ada@example.com").await;
        assert_eq!(subjects[0], "Your password at Convoke was changed");
    }

    async fn a_reset_of_an_unknown_address_sends_nothing(test_app: TestApp) {
        test_app.begin_sign_up("waiting@example.com", "Eve", PASSWORD).await.expect(202);
        test_app.deliver().await;
        for email in ["nobody@example.com", "waiting@example.com"] {
            ask_reset(&test_app, email).await.expect(202);
        }
        assert_eq!(test_app.subjects_to("nobody@example.com").await, Vec::<String>::new());
        assert_eq!(test_app.subjects_to("waiting@example.com").await.len(), 1);
        ask_reset(&test_app, "nobody").await.errors(&[("/email", "invalid-email")]);
        ask_reset(&test_app, "").await.errors(&[("/email", "invalid-email")]);
        test_app.anonymous().post("/password-resets", &Value::Null).await.errors(&[("/email", "required")]);
    }

    async fn a_reset_link_is_valid_for_one_hour(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        ask_reset(&test_app, "ada@example.com").await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "reset").await;
        test_app.advance_just_before(Duration::from_hours(1));
        reset(&test_app, &token, "tooshort").await.errors(&[("/password", "weak-password")]);
        test_app.advance(MILLISECOND);
        reset(&test_app, &token, NEW).await.problem(410, "link-no-longer-valid");
        test_app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    }

    async fn an_expired_reset_email_is_not_sent(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        ask_reset(&test_app, "ada@example.com").await.expect(202);
        test_app.advance(Duration::from_hours(2));
        assert_eq!(test_app.subjects_to("ada@example.com").await.len(), 1);
    }

    async fn using_one_reset_link_voids_the_others(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        let mut tokens = Vec::new();
        for _ in 0..2 {
            ask_reset(&test_app, "ada@example.com").await.expect(202);
            tokens.push(test_app.mailed_token("ada@example.com", "reset").await);
        }
        reset(&test_app, &tokens[0], NEW).await.expect(204);
        reset(&test_app, &tokens[1], "a third fine password").await.problem(410, "link-no-longer-valid");
        test_app.try_sign_in("ada@example.com", NEW).await.expect(201);
    }

    async fn a_change_of_address_voids_reset_links(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        ask_reset(&test_app, "ada@example.com").await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "reset").await;
        let body = json!({ "email": "new@example.com", "password": PASSWORD });
        ada.post("/me/email", &body).await.expect(202);
        let confirmation = test_app.mailed_token("new@example.com", "confirm-email").await;
        ada.post("/me/email/confirm", &json!({ "token": confirmation })).await.expect(200);
        reset(&test_app, &token, NEW).await.problem(410, "link-no-longer-valid");
        test_app.try_sign_in("new@example.com", PASSWORD).await.expect(201);
    }

    async fn a_link_of_another_users_change_offers_another_sign_in(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let body = json!({ "email": "new@example.com", "password": PASSWORD });
        ada.post("/me/email", &body).await.expect(202);
        let token = test_app.mailed_token("new@example.com", "confirm-email").await;
        let path = format!("/confirm-email/{token}");
        bob.page(&path).await.expect(410).has("main form[action='/sign-out']").lacks(&format!("main form[action='{path}']"));
        ada.page(&path).await.expect(200).has(&format!("main form[action='{path}']"));
        ada.submit(&path, &[]).await.expect(303);
        // The back button shows the page again, and the button leads to the result.
        ada.page(&path).await.expect(200);
        ada.submit(&path, &[]).await.expect(303);
    }

    async fn a_user_without_a_password_needs_a_sign_in_within_ten_minutes(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        test_app.run_sql("update users set password_hash = null where email_canonical = 'ada@example.com'").await;
        let offer = json!({ "user_id": bob.id().await, "account_name": "Engines", "password": "" });
        let email = json!({ "email": "new@example.com", "password": "" });
        let password = json!({ "current_password": "", "password": NEW });
        let offered = format!("/accounts/{account}/ownership-offer");
        test_app.advance(Duration::from_mins(10));
        for (path, body) in [("/me/password", &password), ("/me/email", &email), (&offered, &offer)] {
            ada.post(path, body).await.problem(403, "fresh-sign-in-required");
        }
        // Only a provider could sign her in again, so the time of her sign-in is moved instead.
        test_app.run_sql("update sessions set authenticated_at = authenticated_at + 1").await;
        ada.post(&offered, &offer).await.expect(201);
        ada.post("/me/email", &email).await.expect(202);
        ada.post("/me/password", &password).await.expect(204);
        test_app.try_sign_in("ada@example.com", NEW).await.expect(201);
    }

    async fn a_user_without_a_password_cannot_sign_in_by_password(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        test_app.run_sql("update users set password_hash = null").await;
        for password in ["", PASSWORD, "nobody has this password"] {
            test_app.try_sign_in("ada@example.com", password).await.problem(401, "invalid-credentials");
        }
    }
}
