//! What managers do with sent invitations: edit, resend, revoke, copy a link (rules I1, I8, I12).

use serde_json::{Value, json};

use super::{WEEK, by_link, mine};
use crate::on_both;
use crate::support::{AccountFixture, TestApp};

/// An invitation to Bob that has ended so.
async fn ended(test_app: &TestApp, team: &mut AccountFixture, how: &str) -> String {
    let email = "bob@example.com";
    let (id, token) = team.invite_by_mail(test_app, email).await;
    match how {
        "revoked" => team.act(&id, "revoke").await.expect(200),
        "declined" => by_link(&mut test_app.anonymous(), "decline", &token)
            .await
            .expect(200),
        _ => {
            let mut bob = test_app.user(email, "Bob").await;
            mine(&mut bob, &id, "accept").await.expect(200)
        }
    };
    id
}

on_both! {
    async fn every_action_on_an_ended_invitation_returns_its_final_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for (how, code) in [
            ("revoked", "invitation-revoked"), ("declined", "invitation-declined"),
            ("accepted", "invitation-already-accepted"),
        ] {
            let id = ended(&test_app, &mut team, how).await;
            let shown = team.shown(&id).await;
            assert_eq!(shown["status"], how);
            let end = shown["ended_at"].as_str().unwrap().to_owned();
            let before = test_app.database.rows();
            let path = team.path(&format!("invitations/{id}"));
            for response in [
                team.act(&id, "resend").await, team.act(&id, "revoke").await, team.act(&id, "links").await,
                team.owner.patch(&path, &json!({ "roles": ["LINGUIST"] })).await,
            ] {
                let problem = response.problem(409, code).json();
                assert!(problem["detail"].as_str().unwrap().contains(&end), "{problem}");
            }
            assert_eq!(test_app.database.rows(), before);
        }
    }

    async fn roles_and_product_of_a_pending_invitation_can_be_edited(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let before = team.shown(&id).await;
        let path = team.path(&format!("invitations/{id}"));
        let body = json!({ "roles": ["USER_AUDITOR", "AGENT_ADMIN", "AGENT_ADMIN"], "product": "agent" });
        let edited = team.owner.patch(&path, &body).await.expect(200).json();
        assert_eq!(edited["roles"], json!(["USER_AUDITOR", "AGENT_ADMIN"]));
        assert_eq!(edited["product"], "agent");
        assert_eq!(edited["expires_at"], before["expires_at"]);
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["action"], "invitation.updated");
        assert_eq!(entry["before"], json!({ "product": "platform", "roles": ["DEVELOPER"] }));
        assert_eq!(entry["after"]["product"], "agent");
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let joined = by_link(&mut bob, "accept", &token).await.expect(200).json();
        assert_eq!(joined["membership"]["roles"], json!(["USER_AUDITOR", "AGENT_ADMIN"]));
    }

    async fn an_edit_that_changes_nothing_writes_nothing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let before = test_app.database.rows();
        let path = team.path(&format!("invitations/{id}"));
        for body in [json!({}), json!({ "roles": ["DEVELOPER"] }), json!({ "product": "platform" })] {
            team.owner.patch(&path, &body).await.expect(200);
        }
        assert_eq!(test_app.database.rows(), before);
    }

    async fn invalid_edits_return_field_errors(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let path = team.path(&format!("invitations/{id}"));
        for (body, errors) in [
            (json!({ "roles": [] }), vec![("/roles", "no-roles")]),
            (json!({ "roles": ["NOPE"], "product": "nope" }),
                vec![("/roles/0", "unknown-role"), ("/product", "unknown-product")]),
            (json!({ "product": "dialog-studio" }), vec![("/product", "product-not-multi-user")]),
            (json!({ "email": "eve" }), vec![("/email", "invalid-email")]),
            (json!({ "email": null }), vec![("/email", "wrong-type")]),
            (json!({ "roles": null }), vec![("/roles", "wrong-type")]),
            (json!({ "status": "accepted", "expires_at": "2999-01-01T00:00:00Z" }),
                vec![("/status", "unknown-field"), ("/expires_at", "unknown-field")]),
        ] {
            team.owner.patch(&path, &body).await.errors(&errors);
        }
        assert_eq!(team.shown(&id).await["roles"], json!(["DEVELOPER"]));
    }

    async fn resending_emails_a_new_link_and_is_recorded(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, _) = team.invite_by_mail(&test_app, "bob@example.com").await;
        team.act(&id, "resend").await.expect(200);
        test_app.deliver().await;
        let mails = test_app.mails_to("bob@example.com");
        assert_eq!(mails.len(), 2);
        assert_ne!(mails[0].message_id, mails[1].message_id);
        assert_eq!(team.actions().await[0], "invitation.resent");
        assert_eq!(team.shown(&id).await["delivery"]["state"], "sent");
    }

    async fn a_revoked_invitation_ends_immediately(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let copied = team.copied_token(&id).await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let revoked = team.act(&id, "revoke").await.expect(200).json();
        assert_eq!(revoked["status"], "revoked");
        assert_eq!(revoked["ended_at"], test_app.now().to_string());
        for token in [&token, &copied] {
            by_link(&mut bob, "accept", token).await.problem(409, "invitation-revoked");
        }
        mine(&mut bob, &id, "accept").await.problem(409, "invitation-revoked");
        assert_eq!(bob.get("/me/invitations").await.json()["items"], json!([]));
        let again = team.ask(&["bob@example.com"]).await.expect(201);
        assert_eq!(again.text("/results/0/outcome"), "invited");
    }

    async fn a_copied_link_is_shown_once_and_opens_the_invitation(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let url = team.act(&id, "links").await.expect(201).text("/url");
        assert!(url.starts_with("http://localhost:8080/invitations/cvi_"), "{url}");
        let first = crate::support::token_in(&url, "invitations");
        let second = team.copied_token(&id).await;
        assert_ne!(first, second);
        for token in [&first, &second] {
            by_link(&mut test_app.anonymous(), "preview", token).await.expect(200);
        }
        assert_eq!(team.actions().await[0], "invitation.link_created");
        let rows = format!("{:?}", test_app.database.rows());
        assert!(!rows.contains("cvi_"), "a token is in the database");
        test_app.advance(WEEK);
        by_link(&mut test_app.anonymous(), "decline", &second).await.problem(410, "invitation-expired");
    }

    async fn an_invitation_of_another_account_returns_404(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        let own = test_app.account(&mut eve, "Evil").await;
        let before = test_app.database.rows();
        let base = format!("/accounts/{own}/invitations/{id}");
        eve.get(&base).await.problem(404, "not-found");
        eve.patch(&base, &json!({ "roles": ["USER_ADMIN"] })).await.problem(404, "not-found");
        for act in ["resend", "revoke", "links"] {
            eve.post(&format!("{base}/{act}"), &Value::Null).await.problem(404, "not-found");
        }
        assert_eq!(test_app.database.rows(), before);
    }

    async fn invitations_of_a_removed_manager_are_revoked_or_kept(test_app: TestApp) {
        for (choice, status) in [("", "revoked"), ("?sent_invitations=revoke", "revoked"),
            ("?sent_invitations=keep", "pending")]
        {
            let name = format!("carol{}@example.com", choice.len());
            let mut team = AccountFixture { owner: owner_of(&test_app).await, account: String::new() };
            team.account = test_app.account(&mut team.owner, "Analytical Engines").await;
            let mut admin = team.member(&test_app, &name, &["USER_ADMIN"]).await;
            let account = team.account.clone();
            let id = test_app.invite(&mut admin, &account, "bob@example.com", &["DEVELOPER"]).await;
            let user = admin.get("/me").await.text("/id");
            team.owner.delete(&team.path(&format!("members/{user}{choice}"))).await.expect(204);
            let shown = team.shown(&id).await;
            assert_eq!(shown["status"], status, "{choice}");
            if status == "pending" {
                assert_eq!(shown["invited_by"]["email"], "ada@example.com");
            }
        }
    }

    async fn leaving_an_account_revokes_sent_invitations(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut admin = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        let account = team.account.clone();
        let id = test_app.invite(&mut admin, &account, "bob@example.com", &["DEVELOPER"]).await;
        let mine = team.invite("dan@example.com").await;
        admin.post(&team.path("leave"), &Value::Null).await.expect(204);
        assert_eq!(team.shown(&id).await["status"], "revoked");
        assert_eq!(team.shown(&mine).await["status"], "pending");
    }
}

/// Ada, who signs up once and in again later.
async fn owner_of(test_app: &TestApp) -> crate::support::Client {
    let mut ada = test_app.anonymous();
    let body = json!({ "login": "ada@example.com", "password": crate::support::PASSWORD });
    if ada.post("/sessions", &body).await.status == 201 {
        return ada;
    }
    test_app.user("ada@example.com", "Ada").await
}
