//! Mail about ways to sign in: a service connected or disconnected, a first password, a break-glass sign-in.

use serde_json::json;

use super::{Fixture, count};
use crate::on_both;
use crate::support::PASSWORD;

on_both! {
    async fn connecting_and_disconnecting_a_provider_sends_an_email(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        let mut ada = fixture.test_app.user("ada@home.example", "Ada").await;
        fixture.service.is("ada-at-work", "ada@work.example");
        fixture.service.script().claims["preferred_username"] = json!("ada\u{202e}.work\u{200b}");
        let before = fixture.test_app.subjects_to("ada@home.example").await.len();
        fixture.connect(&mut ada).await.leads_to("/profile/services").flashes("connected");
        let subjects = fixture.test_app.subjects_to("ada@home.example").await;
        assert_eq!(subjects[0], "Work was connected to your sign-in at Convoke");
        let text = fixture.test_app.last_text_to("ada@home.example").await;
        assert!(text.contains("ada\u{2024}work\n") && !text.contains('\u{202e}'), "{text}");
        // Already connected, so nothing changes.
        fixture.connect(&mut ada).await.leads_to("/profile/services").flashes("connected");
        assert_eq!(fixture.test_app.subjects_to("ada@home.example").await.len(), before + 1);
        let id = ada.column("/me/identities", "/id").await.remove(0);
        ada.delete(&format!("/me/identities/{id}")).await.expect(204);
        ada.delete(&format!("/me/identities/{id}")).await.problem(404, "not-found");
        let subjects = fixture.test_app.subjects_to("ada@home.example").await;
        assert_eq!(subjects.len(), before + 2);
        assert_eq!(subjects[0], "Work was disconnected from your sign-in at Convoke");
        // The address of the service is not the user's.
        assert!(fixture.test_app.subjects_to("ada@work.example").await.is_empty());
    }

    async fn a_first_password_sends_an_email(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        let mut gil = fixture.signed_up().await;
        // A sign-up through a provider sends no email about a new sign-in method.
        assert!(fixture.test_app.subjects_to("gil@work.example").await.is_empty());
        gil.post("/me/password", &json!({ "password": PASSWORD })).await.expect(204);
        let subjects = fixture.test_app.subjects_to("gil@work.example").await;
        assert_eq!(subjects, ["A password was added to your sign-in at Convoke"]);
        let change = json!({ "current_password": PASSWORD, "password": "another fine password" });
        gil.post("/me/password", &change).await.expect(204);
        let subjects = fixture.test_app.subjects_to("gil@work.example").await;
        assert_eq!(subjects[0], "Your password at Convoke was changed");
        assert_eq!(subjects.len(), 2);
    }

    async fn a_first_password_by_reset_sends_an_email(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "gil@work.example");
        fixture.signed_up().await;
        let mut anonymous_client = fixture.test_app.anonymous();
        anonymous_client.post("/password-resets", &json!({ "email": "gil@work.example" })).await.expect(202);
        let token = fixture.test_app.mailed_token("gil@work.example", "reset").await;
        let body = json!({ "token": token, "password": PASSWORD });
        anonymous_client.post("/password-resets/confirm", &body).await.expect(204);
        let subjects = fixture.test_app.subjects_to("gil@work.example").await;
        assert_eq!(subjects[0], "A password was added to your sign-in at Convoke");
    }

    async fn each_sign_in_of_a_break_glass_user_sends_an_email(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.test_app.user("ada@work.example", "Ada").await;
        fixture.test_app.user("root@work.example", "Root").await;
        fixture.test_app.run_sql("update users set break_glass = true where email_canonical = 'root@work.example'").await;
        let before = fixture.test_app.subjects_to("root@work.example").await.len();
        let body = json!({ "login": "root@work.example", "password": PASSWORD });
        let mut browser = fixture.test_app.anonymous().at("203.0.113.9").with("user-agent", "evil.example/1.0");
        browser.post("/sessions", &body).await.expect(201);
        let subjects = fixture.test_app.subjects_to("root@work.example").await;
        assert_eq!(subjects[0], "The emergency user at Convoke signed in");
        let text = fixture.test_app.last_text_to("root@work.example").await;
        assert!(text.contains("203.0.113.9") && text.contains("evil\u{2024}example/1\u{2024}0"), "{text}");
        let fields = [("login", "root@work.example"), ("password", PASSWORD)];
        fixture.test_app.anonymous().submit("/sign-in", &fields).await.leads_to("/accounts");
        assert_eq!(fixture.test_app.subjects_to("root@work.example").await.len(), before + 2);
        // Neither failed sign-ins nor those of other users.
        fixture.test_app.try_sign_in("root@work.example", "wrong").await.problem(401, "invalid-credentials");
        let others = fixture.test_app.subjects_to("ada@work.example").await.len();
        fixture.test_app.try_sign_in("ada@work.example", PASSWORD).await.expect(201);
        assert_eq!(fixture.test_app.subjects_to("root@work.example").await.len(), before + 2);
        assert_eq!(fixture.test_app.subjects_to("ada@work.example").await.len(), others);
    }

    async fn a_user_without_an_address_gets_no_email(test_app: TestApp) {
        let fixture = Fixture::oidc(test_app).await;
        fixture.service.is("gil", "");
        let mut gil = fixture.signed_up().await;
        gil.post("/me/password", &json!({ "password": PASSWORD })).await.expect(204);
        fixture.test_app.deliver().await;
        assert_eq!(count(&fixture.test_app, "select count(*) from outbox").await, 0);
    }
}
