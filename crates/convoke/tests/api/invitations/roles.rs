//! Grants at the invitation and again at the acceptance (rules V3, P4, P5 and I13).

use serde_json::{Value, json};

use super::{WITH_OWNER_ROLE, by_link, mine, with_catalogue};
use crate::on_both;
use crate::support::{AccountFixture, Client, TestApp, invite_body};

/// The account in an installation where only the owner appoints vault keepers, with Carol as administrator.
async fn vault(test_app: TestApp) -> (TestApp, AccountFixture, Client) {
    let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
    let mut team = AccountFixture::new(&test_app).await;
    let carol = team
        .member(&test_app, "carol@example.com", &["USER_ADMIN"])
        .await;
    (test_app, team, carol)
}

on_both! {
    async fn one_invitation_can_grant_roles_of_every_product(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let body = invite_body(&["KHUB_READER", "DEVELOPER", "USER_AUDITOR", "AGENT_ADMIN"], &["bob@example.com"]);
        let done = team.owner.post(&path, &body).await.expect(201).json();
        assert_eq!(done["results"][0]["invitation"]["roles"],
            json!(["USER_AUDITOR", "DEVELOPER", "AGENT_ADMIN", "KHUB_READER"]));
    }

    async fn only_the_owner_can_invite_with_an_owner_only_role(test_app: TestApp) {
        let (test_app, mut team, mut carol) = vault(test_app).await;
        let path = team.path("invitations");
        let body = invite_body(&["VAULT_KEEPER", "DEVELOPER"], &["bob@example.com"]);
        for path in [path.clone(), team.path("invitations?dry_run=true")] {
            let rejected = carol.post(&path, &body).await.problem(403, "role-not-grantable").json();
            assert_eq!(rejected["roles"], json!(["VAULT_KEEPER"]));
        }
        let id = team.owner.post(&path, &body).await.expect(201).text("/results/0/invitation/id");
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER", "VAULT_KEEPER"]));
    }

    async fn an_administrator_cannot_add_an_owner_only_role_to_an_invitation(test_app: TestApp) {
        let (test_app, mut team, mut carol) = vault(test_app).await;
        let id = team.invite("bob@example.com").await;
        let path = team.path(&format!("invitations/{id}"));
        let body = json!({ "roles": ["DEVELOPER", "VAULT_KEEPER"] });
        carol.patch(&path, &body).await.problem(403, "role-not-grantable");
        team.owner.patch(&path, &body).await.expect(200);
        // What the owner has granted stays when the administrator adds something else.
        let body = json!({ "roles": ["DEVELOPER", "VAULT_KEEPER", "BILLING_ADMIN"] });
        carol.patch(&path, &body).await.expect(200);
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["membership"]["roles"], json!(["BILLING_ADMIN", "DEVELOPER", "VAULT_KEEPER"]));
    }

    async fn roles_that_the_owner_adds_to_an_invitation_are_granted(test_app: TestApp) {
        let (test_app, mut team, mut carol) = vault(test_app).await;
        let id = test_app.invite(&mut carol, &team.account, "bob@example.com", &["DEVELOPER"]).await;
        let path = team.path(&format!("invitations/{id}"));
        let body = json!({ "roles": ["DEVELOPER", "VAULT_KEEPER"] });
        team.owner.patch(&path, &body).await.expect(200);
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER", "VAULT_KEEPER"]));
    }

    async fn roles_that_the_sponsor_can_no_longer_grant_are_dropped_at_acceptance(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut carol = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        let free = WITH_OWNER_ROLE.replace("granted_by = \"owner\"", "");
        let test_app = with_catalogue(test_app, &free).await;
        carol = carol.of(&test_app);
        let roles = ["DEVELOPER", "VAULT_KEEPER"];
        let id = test_app.invite(&mut carol, &team.account, "bob@example.com", &roles).await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
        (team.owner, bob) = (team.owner.of(&test_app), bob.of(&test_app));
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["action"], "invitation.accepted");
        assert_eq!(entry["after"]["roles"], json!(["DEVELOPER"]));
        assert_eq!(entry["after"]["dropped_roles"], json!(["VAULT_KEEPER"]));
    }

    async fn an_invitation_reassigned_to_an_administrator_grants_no_owner_only_role(test_app: TestApp) {
        let (test_app, mut team, mut carol) = vault(test_app).await;
        let path = team.path("invitations");
        let body = invite_body(&["DEVELOPER", "VAULT_KEEPER"], &["bob@example.com"]);
        let id = team.owner.post(&path, &body).await.expect(201).text("/results/0/invitation/id");
        // Ada transfers the ownership, becomes an administrator, and Carol removes her.
        let user = carol.get("/me").await.text("/id");
        let offer = json!({ "user_id": user, "account_name": "Analytical Engines",
            "password": crate::support::PASSWORD });
        team.owner.post(&team.path("ownership-offer"), &offer).await.expect(201);
        let take = format!("/me/ownership-offers/{}/accept", team.account);
        carol.post(&take, &Value::Null).await.expect(200);
        // Ada is no longer the owner and cannot grant owner-only roles.
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
    }

    async fn retired_roles_are_shown_and_dropped_at_acceptance(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let body = invite_body(&["DEVELOPER", "LINGUIST"], &["bob@example.com"]);
        let id = team.owner.post(&path, &body).await.expect(201).text("/results/0/invitation/id");
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
        (team.owner, bob) = (team.owner.of(&test_app), bob.of(&test_app));
        assert_eq!(team.shown(&id).await["roles"], json!(["DEVELOPER", "LINGUIST"]));
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["after"]["dropped_roles"], json!(["LINGUIST"]));
    }

    async fn retired_roles_are_dropped_at_the_next_edit(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let body = invite_body(&["DEVELOPER", "LINGUIST"], &["bob@example.com"]);
        let id = team.owner.post(&path, &body).await.expect(201).text("/results/0/invitation/id");
        let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
        team.owner = team.owner.of(&test_app);
        let path = team.path(&format!("invitations/{id}"));
        let body = json!({ "roles": ["DEVELOPER", "LINGUIST", "VAULT_KEEPER"] });
        let edited = team.owner.patch(&path, &body).await.expect(200).json();
        assert_eq!(edited["roles"], json!(["DEVELOPER", "VAULT_KEEPER"]));
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["before"]["roles"], json!(["DEVELOPER", "LINGUIST"]));
    }

    async fn a_retired_user_admin_role_cannot_invite(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["LINGUIST"]).await;
        let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
        bob = bob.of(&test_app);
        let account_summary = bob.get(&format!("/accounts/{}", team.account)).await.expect(200).json();
        assert_eq!(account_summary["my_roles"], json!([]));
        let body = invite_body(&["DEVELOPER"], &["x@example.com"]);
        bob.post(&team.path("invitations"), &body).await.problem(403, "permission-denied");
    }

    async fn a_demoted_administrator_cannot_invite_from_the_next_request(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut carol = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        let account = team.account.clone();
        let id = test_app.invite(&mut carol, &account, "bob@example.com", &["USER_ADMIN"]).await;
        let kept = test_app.invite(&mut carol, &account, "dan@example.com", &["USER_ADMIN"]).await;
        let user = carol.get("/me").await.text("/id");
        let path = team.path(&format!("members/{user}"));
        team.owner.patch(&path, &json!({ "roles": ["DEVELOPER"] })).await.expect(200);
        let body = invite_body(&["DEVELOPER"], &["x@example.com"]);
        let rejected = carol.post(&team.path("invitations"), &body).await.problem(403, "permission-denied");
        assert_eq!(rejected.json()["permission"], "USER_ADMIN");
        for id in [&id, &kept] {
            carol.post(&team.of(id, "resend"), &Value::Null).await.problem(403, "permission-denied");
            assert_eq!(team.shown(id).await["status"], "revoked");
        }
    }

    async fn an_administrator_can_invite_administrators(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut carol = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        let account = team.account.clone();
        let id = test_app.invite(&mut carol, &account, "bob@example.com", &["USER_ADMIN"]).await;
        let token = team.copied_token(&id).await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let done = by_link(&mut bob, "accept", &token).await.expect(200).json();
        assert_eq!(done["account"]["managing"], true);
        assert_ne!(done["account"]["usage"], Value::Null);
    }
}
