//! Exactly one activity entry per change, for every kind of change, and none for anything else (rule V8).

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, token_in};

/// Tells which entries were added since it was asked last.
struct Log<'h> {
    test_app: &'h TestApp,
    seen: usize,
}

impl<'h> Log<'h> {
    async fn new(test_app: &'h TestApp) -> Self {
        let seen = test_app.entries().await.len();
        Self { test_app, seen }
    }

    /// Fails unless exactly these entries were added.
    async fn grew(&mut self, what: &str, expected: &[&str]) {
        let entries = self.test_app.entries().await;
        assert_eq!(&entries[self.seen..], expected, "{what}");
        self.seen = entries.len();
    }
}

/// A batch of two, with the id of its first.
async fn invite_two(client: &mut Client, account: &str, emails: [&str; 2]) -> String {
    let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
    let response = client
        .post(&format!("/accounts/{account}/invitations"), &body)
        .await
        .expect(201);
    response.text("/results/0/invitation/id")
}

on_both! {
    async fn changes_of_a_user_are_recorded_once(test_app: TestApp) {
        let mut log = Log::new(&test_app).await;
        test_app.begin_sign_up("ada@example.com", "Ada", PASSWORD).await.expect(202);
        log.grew("a sign-up that waits", &[]).await;
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        log.grew("mail", &[]).await;
        let mut ada = test_app.anonymous();
        let body = json!({ "token": token, "password": PASSWORD });
        ada.post("/registrations/confirm", &body).await.expect(201);
        log.grew("a sign-up", &["user.created", "account.created"]).await;
        test_app.begin_sign_up("ada@example.com", "Ada", PASSWORD).await.expect(202);
        log.grew("a sign-up with a known address", &[]).await;

        test_app.try_sign_in("ada@example.com", "not her password").await.expect(401);
        log.grew("a failed sign-in", &["member.sign_in_failed"]).await;
        let mut other = test_app.sign_in("ada@example.com").await;
        log.grew("a sign-in", &["session.created"]).await;
        let mut third = test_app.sign_in("ada@example.com").await;
        log.grew("a sign-in", &["session.created"]).await;
        let id = third.list_all("/me/sessions", 9).await.into_iter().find(|session| session["current"] == true);
        let path = format!("/me/sessions/{}", id.unwrap()["id"].as_str().unwrap());
        ada.delete(&path).await.expect(204);
        log.grew("a session's end", &["session.ended"]).await;
        ada.delete(&path).await.expect(404);
        log.grew("a session's second end", &[]).await;
        ada.delete("/me/sessions").await.expect(204);
        log.grew("the end of all others", &["session.others_ended"]).await;
        ada.delete("/me/sessions").await.expect(204);
        log.grew("the end of no others", &[]).await;
        other.get("/me").await.expect(401);
        let mut fourth = test_app.sign_in("ada@example.com").await;
        fourth.delete("/sessions/current").await.expect(204);
        log.grew("in and out", &["session.created", "session.ended"]).await;

        ada.patch("/me", &json!({ "first_name": "Augusta", "locale": "ru" })).await.expect(200);
        log.grew("a profile", &["user.updated"]).await;
        ada.patch("/me", &json!({ "first_name": "Augusta" })).await.expect(200);
        ada.patch("/me", &json!({ "first_name": "" })).await.expect(422);
        log.grew("the same profile, and a refused one", &[]).await;

        let body = json!({ "email": "new@example.com", "password": PASSWORD });
        ada.post("/me/email", &body).await.expect(202);
        log.grew("a request for another address", &["user.email_change_requested"]).await;
        let token = test_app.mailed_token("new@example.com", "confirm-email").await;
        ada.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);
        log.grew("another address", &["user.email_changed"]).await;
        let body = json!({ "current_password": PASSWORD, "password": "another fine password" });
        ada.post("/me/password", &body).await.expect(204);
        log.grew("another password", &["user.password_changed"]).await;
        ada.post("/me/password", &body).await.expect(403);
        log.grew("a wrong password", &[]).await;

        for email in ["new@example.com", "nobody@example.com"] {
            ada.post("/password-resets", &json!({ "email": email })).await.expect(202);
        }
        let token = test_app.mailed_token("new@example.com", "reset").await;
        log.grew("wishes to reset", &[]).await;
        let body = json!({ "token": token, "password": PASSWORD });
        ada.post("/password-resets/confirm", &body).await.expect(204);
        log.grew("a reset", &["user.password_reset"]).await;
    }

    async fn changes_of_an_account_are_recorded_once(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let mut log = Log::new(&test_app).await;
        let account = test_app.account(&mut ada, "Engines").await;
        log.grew("an account", &["account.created"]).await;
        let path = format!("/accounts/{account}");
        ada.patch(&path, &json!({ "name": "Looms" })).await.expect(200);
        log.grew("a name", &["account.updated"]).await;
        let settings = json!({ "name": "Engines", "settings": { "registered_users_only": true } });
        ada.patch(&path, &settings).await.expect(200);
        log.grew("name and settings", &["account.updated"]).await;
        ada.patch(&path, &settings).await.expect(200);
        ada.patch(&path, &json!({ "name": "" })).await.expect(422);
        bob.patch(&path, &settings).await.expect(404);
        log.grew("nothing new", &[]).await;
        ada.patch(&path, &json!({ "settings": { "registered_users_only": false } })).await.expect(200);
        log.grew("settings", &["account.updated"]).await;

        let id = test_app.invite(&mut ada, &account, "bob@example.com", &["USER_ADMIN"]).await;
        bob.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        log.grew("joining", &["invitation.created", "invitation.accepted"]).await;
        bob.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(409);
        log.grew("joining again", &[]).await;

        let offer = format!("{path}/ownership-offer");
        let received_offer = format!("/me/ownership-offers/{account}");
        let body = json!({ "user_id": bob.id().await, "account_name": "Engines", "password": PASSWORD });
        ada.post(&offer, &body).await.expect(201);
        log.grew("an offer", &["account.ownership_offered"]).await;
        ada.delete(&offer).await.expect(204);
        log.grew("an offer withdrawn", &["account.ownership_offer_withdrawn"]).await;
        ada.post(&offer, &body).await.expect(201);
        bob.post(&format!("{received_offer}/decline"), &Value::Null).await.expect(204);
        log.grew("an offer declined", &["account.ownership_offered", "account.ownership_offer_declined"]).await;
        ada.post(&offer, &body).await.expect(201);
        bob.post(&format!("{received_offer}/accept"), &Value::Null).await.expect(200);
        log.grew("an offer accepted", &["account.ownership_offered", "account.ownership_transferred"]).await;
        bob.post(&format!("{received_offer}/accept"), &Value::Null).await.expect(404);
        ada.post(&format!("{path}/leave"), &Value::Null).await.expect(204);
        log.grew("leaving", &["member.left"]).await;
        bob.post(&format!("{path}/leave"), &Value::Null).await.expect(409);
        log.grew("an owner who would leave", &[]).await;
    }

    async fn changes_of_members_and_invitations_are_recorded_once(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}");
        let mut log = Log::new(&test_app).await;
        let member = format!("{path}/members/{}", bob.id().await);
        ada.patch(&member, &json!({ "roles": ["USER_ADMIN"] })).await.expect(200);
        log.grew("roles", &["member.roles_changed"]).await;
        ada.patch(&member, &json!({ "roles": ["USER_ADMIN"] })).await.expect(200);
        ada.with("if-match", "\"1\"").patch(&member, &json!({ "roles": [] })).await.expect(412);
        log.grew("the same roles, and an edit that came too late", &[]).await;

        let id = invite_two(&mut bob, &account, ["one@example.com", "two@example.com"]).await;
        log.grew("a batch", &["invitation.created", "invitation.created"]).await;
        let known = ["one@example.com", "ada@example.com"];
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": known });
        bob.post(&format!("{path}/invitations"), &body).await.expect(201);
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": ["dry@example.com"] });
        bob.post(&format!("{path}/invitations?dry_run=true"), &body).await.expect(200);
        log.grew("people who are in or invited, and a trial", &[]).await;
        let one = format!("{path}/invitations/{id}");
        bob.patch(&one, &json!({ "roles": ["LINGUIST"] })).await.expect(200);
        log.grew("an edited invitation", &["invitation.updated"]).await;
        bob.patch(&one, &json!({ "roles": ["LINGUIST"] })).await.expect(200);
        log.grew("the same invitation", &[]).await;
        bob.post(&format!("{one}/resend"), &Value::Null).await.expect(200);
        log.grew("a resent invitation", &["invitation.resent"]).await;
        let url = bob.post(&format!("{one}/links"), &Value::Null).await.expect(201).text("/url");
        log.grew("a copied link", &["invitation.link_created"]).await;
        let token = token_in(&url, "invitations");
        test_app.anonymous().post("/invitations/preview", &json!({ "token": token })).await.expect(200);
        log.grew("a look at it", &[]).await;
        test_app.anonymous().post("/invitations/decline", &json!({ "token": token })).await.expect(200);
        log.grew("a declined invitation", &["invitation.declined"]).await;
        bob.post(&format!("{one}/revoke"), &Value::Null).await.expect(409);
        log.grew("the end of an ended invitation", &[]).await;

        let id = invite_two(&mut bob, &account, ["three@example.com", "four@example.com"]).await;
        bob.post(&format!("{path}/invitations/{id}/revoke"), &Value::Null).await.expect(200);
        log.grew("a revoked invitation", &["invitation.created", "invitation.created", "invitation.revoked"]).await;
        // "two" and "four" are still pending.
        ada.patch(&member, &json!({ "roles": [], "sent_invitations": "keep" })).await.expect(200);
        log.grew("kept invitations", &["member.roles_changed", "invitation.updated", "invitation.updated"]).await;
        ada.patch(&member, &json!({ "roles": ["USER_ADMIN"] })).await.expect(200);
        test_app.invite(&mut bob, &account, "five@example.com", &["DEVELOPER"]).await;
        log.grew("one more", &["member.roles_changed", "invitation.created"]).await;
        ada.delete(&member).await.expect(204);
        log.grew("a removal", &["member.removed", "invitation.revoked"]).await;
        ada.delete(&member).await.expect(404);
        test_app.advance(std::time::Duration::from_hours(24 * 30));
        test_app.deliver().await;
        log.grew("expiry", &[]).await;
    }
}
