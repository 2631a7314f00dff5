//! Registered-only mode (rule I6).

use serde_json::json;

use super::texts;
use crate::on_both;
use crate::support::{AccountFixture, invite_body};

/// Switches the account's own setting on.
async fn only_registered(team: &mut AccountFixture) {
    let path = format!("/accounts/{}", team.account);
    let body = json!({ "settings": { "registered_users_only": true } });
    let account_summary = team.owner.patch(&path, &body).await.expect(200).json();
    assert_eq!(account_summary["settings"]["registered_users_only"], true);
}

on_both! {
    async fn registered_only_mode_of_an_account_rejects_unregistered_addresses(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut admin = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        test_app.user("bob@example.com", "Bob").await;
        team.invite("early@example.com").await;
        only_registered(&mut team).await;
        let before = test_app.database.rows();
        let asked = ["Bob@Example.com", "New@Example.com", "early@example.com", "other@example.com"];
        let body = invite_body(&["DEVELOPER"], &asked);
        let problem = admin.post(&team.path("invitations"), &body).await.problem(409, "registered-users-only").json();
        assert_eq!(problem["emails"], json!(["New@example.com", "other@example.com"]));
        let remedies = problem["remedies"].to_string();
        assert!(remedies.contains("register") && remedies.contains("owner"), "{remedies}");
        assert!(!remedies.contains("system administrator"), "{remedies}");
        let trial = admin.post(&team.path("invitations?dry_run=true"), &body).await;
        trial.problem(409, "registered-users-only");
        assert_eq!(test_app.database.rows(), before);
        let body = invite_body(&["DEVELOPER"], &["Bob@Example.com", "early@example.com"]);
        let done = admin.post(&team.path("invitations"), &body).await.expect(201).json();
        assert_eq!(texts(&done["results"], "outcome"), ["invited", "already_invited"]);
    }

    async fn registered_only_mode_of_an_installation_rejects_unregistered_addresses(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let test_app = test_app.restarted(|config| config.invitations.registered_users_only = true).await;
        team.owner = team.owner.of(&test_app);
        let cloud = team.ask(&["new@example.com"]).await.problem(409, "registered-users-only").json();
        let cloud = cloud["remedies"].to_string();
        assert!(!cloud.contains("owner") && !cloud.contains("system administrator"), "{cloud}");
        let test_app = test_app.restarted(|config| config.edition = convoke_domain::policy::Edition::OnPremise).await;
        team.owner = team.owner.of(&test_app);
        let own = team.ask(&["new@example.com"]).await.problem(409, "registered-users-only").json();
        let own = own["remedies"].to_string();
        assert!(!own.contains("owner") && own.contains("system administrator"), "{own}");
        only_registered(&mut team).await;
        let both = team.ask(&["new@example.com"]).await.problem(409, "registered-users-only").json();
        let both = both["remedies"].to_string();
        assert!(both.contains("owner") && both.contains("system administrator"), "{both}");
        // The invitation succeeds after registration.
        test_app.user("new@example.com", "New").await;
        team.invite("new@example.com").await;
    }

    async fn only_the_owner_changes_the_setting(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut admin = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        let body = json!({ "settings": { "registered_users_only": true } });
        admin.patch(&format!("/accounts/{}", team.account), &body).await.problem(403, "permission-denied");
        team.invite("new@example.com").await;
    }

    async fn a_pending_registration_is_not_a_registered_user(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        only_registered(&mut team).await;
        let body = json!({ "email": "bob@example.com", "password": crate::support::PASSWORD, "first_name": "Bob" });
        test_app.anonymous().post("/registrations", &body).await.expect(202);
        team.ask(&["bob@example.com"]).await.problem(409, "registered-users-only");
    }
}
