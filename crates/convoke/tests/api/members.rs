//! Edits, removal and leaving of members (rules A3, A5 and I13).

use convoke_domain::members;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, TestApp};

/// An account with its owner, an administrator and another member.
struct Team {
    account: String,
    ada: Client,
    admin: Client,
    eve: Client,
}

async fn team(test_app: &TestApp) -> Team {
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Engines").await;
    let admin = test_app
        .joiner(
            &mut ada,
            &account,
            ("bob@example.com", "Bob"),
            &["USER_ADMIN"],
        )
        .await;
    let eve = test_app
        .joiner(
            &mut ada,
            &account,
            ("eve@example.com", "Eve"),
            &["DEVELOPER"],
        )
        .await;
    Team {
        account,
        ada,
        admin,
        eve,
    }
}

impl Team {
    fn path(&self, rest: &str) -> String {
        format!("/accounts/{}/{rest}", self.account)
    }

    async fn admin_path(&mut self) -> String {
        let id = self.admin.id().await;
        self.path(&format!("members/{id}"))
    }

    async fn eve_path(&mut self) -> String {
        let id = self.eve.id().await;
        self.path(&format!("members/{id}"))
    }

    /// State and sender of every invitation but accepted ones, by address.
    async fn invitations(&mut self) -> Vec<(String, String, String)> {
        let path = self.path("invitations");
        let mut all: Vec<_> = self
            .ada
            .list_all(&path, 100)
            .await
            .iter()
            .map(|invitation| {
                ["/email", "/status", "/invited_by/name"]
                    .map(|at| invitation.pointer(at).unwrap().as_str().unwrap().to_owned())
            })
            .filter(|[_, status, _]| status != "accepted")
            .map(|[email, status, sender]| (email, status, sender))
            .collect();
        all.sort();
        all
    }
}

/// Invitations as [`AccountFixture::invitations`] tells them.
fn owned(all: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    all.iter()
        .map(|(email, status, sender)| {
            (
                (*email).to_owned(),
                (*status).to_owned(),
                (*sender).to_owned(),
            )
        })
        .collect()
}

on_both! {
    async fn roles_are_replaced_and_the_member_gets_an_email(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let path = team.eve_path().await;
        let body = json!({ "roles": ["LINGUIST", "USER_AUDITOR", "LINGUIST"] });
        let member = team.admin.patch(&path, &body).await.expect(200).json();
        assert_eq!(member["roles"], json!(["USER_AUDITOR", "LINGUIST"]));
        assert_eq!(member, team.ada.get(&path).await.expect(200).json());
        assert_eq!(test_app.subjects_to("eve@example.com").await[0], "Your roles in Engines were changed");
        // The change takes effect from the next request.
        team.eve.get(&team.path("members")).await.expect(200);
        team.admin.patch(&path, &json!({ "roles": [] })).await.expect(200);
        team.eve.get(&team.path("members")).await.problem(403, "permission-denied");
        let account_summary = team.eve.get(&format!("/accounts/{}", team.account)).await.expect(200).json();
        assert_eq!(account_summary["my_roles"], json!([]));
    }

    async fn an_edit_without_changes_sends_no_email(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let path = team.eve_path().await;
        test_app.deliver().await;
        let (entries, mails) = (test_app.entries().await, test_app.mails_to("eve@example.com").len());
        let tag = team.ada.get(&path).await.expect(200).header("etag").to_owned();
        let response = team.ada.patch(&path, &json!({ "roles": ["DEVELOPER"] })).await.expect(200);
        assert_eq!(response.header("etag"), tag);
        assert_eq!(test_app.subjects_to("eve@example.com").await.len(), mails);
        assert_eq!(test_app.entries().await, entries);
    }

    async fn invalid_edits_return_field_errors(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let path = team.eve_path().await;
        let body = json!({ "roles": ["DEVELOPER", "WIZARD", "", "developer"] });
        team.ada.patch(&path, &body).await.errors(&[
            ("/roles/1", "unknown-role"), ("/roles/2", "unknown-role"), ("/roles/3", "unknown-role"),
        ]);
        team.ada.patch(&path, &Value::Null).await.errors(&[("/roles", "required")]);
        let body = json!({ "roles": "DEVELOPER", "sent_invitations": "burn", "owner": true });
        team.ada.patch(&path, &body).await.errors(&[
            ("/roles", "wrong-type"), ("/sent_invitations", "wrong-type"), ("/owner", "unknown-field"),
        ]);
        let response = team.ada.delete(&format!("{path}?sent_invitations=burn")).await;
        response.errors(&[("?sent_invitations", "invalid-parameter")]);
        assert_eq!(team.ada.get(&path).await.expect(200).json()["roles"], json!(["DEVELOPER"]));
    }

    async fn members_cannot_edit_or_remove_the_owner_or_themselves(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let owner = format!("members/{}", team.ada.id().await);
        let owner = team.path(&owner);
        let admin = team.admin_path().await;
        let roles = json!({ "roles": ["DEVELOPER"] });
        team.admin.patch(&owner, &roles).await.problem(403, "owner-is-protected");
        team.admin.delete(&owner).await.problem(403, "owner-is-protected");
        team.admin.patch(&admin, &roles).await.problem(403, "cannot-edit-own-roles");
        team.admin.delete(&admin).await.problem(409, "cannot-remove-self");
        team.ada.delete(&owner).await.problem(409, "cannot-remove-self");
        // The owner may hold product roles of their own, and needs no general ones.
        let member = team.ada.patch(&owner, &roles).await.expect(200).json();
        assert_eq!((&member["roles"], &member["owner"]), (&json!(["DEVELOPER"]), &json!(true)));
        team.ada.get(&team.path("members")).await.expect(200);
    }

    async fn an_edit_with_an_old_etag_changes_nothing(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let path = team.eve_path().await;
        let first = team.ada.get(&path).await.expect(200).header("etag").to_owned();
        assert!(first.starts_with('"') && first.ends_with('"'), "{first}");
        let linguist = json!({ "roles": ["LINGUIST"] });
        let response = team.ada.with("if-match", &first).patch(&path, &linguist).await.expect(200);
        let second = response.header("etag").to_owned();
        assert_ne!(first, second);
        assert_eq!(team.ada.get(&path).await.expect(200).header("etag"), second);
        let developer = json!({ "roles": ["DEVELOPER"] });
        for old in [first.as_str(), "\"another\"", "W/\"1\"", "\"\"", "", "\u{fc}"] {
            let response = team.admin.with("if-match", old).patch(&path, &developer).await;
            response.problem(412, "changed-meanwhile");
        }
        assert_eq!(team.ada.get(&path).await.expect(200).json()["roles"], json!(["LINGUIST"]));
        // A repeated request finds what it asks for (RFC 9110 section 13.1.1).
        team.ada.with("if-match", &first).patch(&path, &linguist).await.expect(200);
        for current in [second.as_str(), "*"] {
            team.admin.with("if-match", current).patch(&path, &developer).await.expect(200);
        }
        team.admin.patch(&path, &linguist).await.expect(200);
    }

    async fn a_removed_member_has_no_access_from_the_next_request(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let path = team.eve_path().await;
        team.admin.delete(&path).await.expect(204);
        assert_eq!(test_app.subjects_to("eve@example.com").await[0], "You are no longer a user of Engines");
        team.eve.get(&format!("/accounts/{}", team.account)).await.problem(404, "not-found");
        assert_eq!(team.eve.column("/accounts", "/name").await, ["Eve's account"]);
        team.ada.get(&path).await.problem(404, "not-found");
        team.ada.delete(&path).await.problem(404, "not-found");
        team.ada.patch(&path, &json!({ "roles": [] })).await.problem(404, "not-found");
        let account_summary = team.ada.get(&format!("/accounts/{}", team.account)).await.expect(200).json();
        assert_eq!(account_summary["usage"]["members"], 2);
    }

    async fn members_leave_and_the_owner_cannot(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let leave = team.path("leave");
        team.ada.post(&leave, &Value::Null).await.problem(409, "owner-cannot-leave");
        test_app.invite(&mut team.admin, &team.account, "new@example.com", &["DEVELOPER"]).await;
        let response = team.admin.post(&leave, &json!({})).await.expect(204);
        assert!(response.bytes.is_empty());
        team.admin.get(&format!("/accounts/{}", team.account)).await.problem(404, "not-found");
        team.admin.post(&leave, &Value::Null).await.problem(404, "not-found");
        assert_eq!(team.invitations().await, owned(&[("new@example.com", "revoked", "Bob")]));
        assert_eq!(team.ada.column(&team.path("members"), "/user/name").await, ["Ada", "Eve"]);
    }

    async fn the_default_account_cannot_be_left(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let path = format!("/accounts/{}/leave", ada.default_account().await);
        ada.post(&path, &Value::Null).await.problem(409, "owner-cannot-leave");
    }

    async fn removing_an_administrator_requires_a_choice_for_sent_invitations(test_app: TestApp) {
        for (choice, status, sender) in [("", "revoked", "Bob"), ("?sent_invitations=revoke", "revoked", "Bob"),
            ("?sent_invitations=keep", "pending", "Ada")] {
            let test_app = TestApp::new(test_app.database.sibling()).await;
            let mut team = team(&test_app).await;
            test_app.invite(&mut team.ada, &team.account, "hers@example.com", &["DEVELOPER"]).await;
            test_app.invite(&mut team.admin, &team.account, "his@example.com", &["DEVELOPER"]).await;
            let path = team.admin_path().await;
            team.ada.delete(&format!("{path}{choice}")).await.expect(204);
            let expected = [("hers@example.com", "pending", "Ada"), ("his@example.com", status, sender)];
            assert_eq!(team.invitations().await, owned(&expected), "{choice}");
        }
    }

    async fn demoting_an_administrator_requires_a_choice_for_sent_invitations(test_app: TestApp) {
        for (choice, status, sender) in [(Value::Null, "revoked", "Bob"), (json!("revoke"), "revoked", "Bob"),
            (json!("keep"), "pending", "Ada")] {
            let test_app = TestApp::new(test_app.database.sibling()).await;
            let mut team = team(&test_app).await;
            test_app.invite(&mut team.admin, &team.account, "his@example.com", &["DEVELOPER"]).await;
            let path = team.admin_path().await;
            // Still an administrator, so no choice is required.
            team.ada.patch(&path, &json!({ "roles": ["USER_ADMIN", "LINGUIST"] })).await.expect(200);
            assert_eq!(team.invitations().await, owned(&[("his@example.com", "pending", "Bob")]));
            let mut body = json!({ "roles": ["LINGUIST"] });
            if choice.is_string() {
                body["sent_invitations"] = choice;
            }
            team.ada.patch(&path, &body).await.expect(200);
            assert_eq!(team.invitations().await, owned(&[("his@example.com", status, sender)]), "{body}");
        }
    }

    async fn a_kept_invitation_stays_valid_and_names_its_new_sponsor(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let mut new = test_app.user("new@example.com", "New").await;
        let id = test_app.invite(&mut team.admin, &team.account, "new@example.com", &["LINGUIST"]).await;
        let token = test_app.mailed_token("new@example.com", "invitations").await;
        let path = team.admin_path().await;
        team.ada.delete(&format!("{path}?sent_invitations=keep")).await.expect(204);
        let seen = new.post("/invitations/preview", &json!({ "token": token })).await.expect(200);
        assert_eq!(seen.text("/invitation/invited_by/name"), "Ada");
        let joined = new.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200).json();
        assert_eq!(joined["membership"]["roles"], json!(["LINGUIST"]));
        assert_eq!(test_app.subjects_to("ada@example.com").await[0], "New joined Engines as Linguist");
    }

    async fn members_are_found_in_the_order_that_is_asked_for(test_app: TestApp) {
        let team = team(&test_app).await;
        let account = team.account.parse().unwrap();
        let mut emails = ["eve@example.com", "ada@example.com", "bob@example.com"];
        for _ in 0..2 {
            let caller = test_app.caller(&team.ada).await;
            let found = test_app.app.read(move |tx| {
                let ids = members::find_many_by_email(tx, &caller, account, &emails)?;
                members::find_many(tx, &caller, account, &ids)
            });
            let found: Vec<_> = found.await.unwrap().into_iter().filter_map(|member| member.email).collect();
            assert_eq!(found, emails);
            emails.reverse();
        }
    }
}
