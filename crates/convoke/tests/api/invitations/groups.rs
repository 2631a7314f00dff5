//! Groups of addresses with roles of their own, in one request (rule I18).

use serde_json::{Value, json};

use super::{WITH_OWNER_ROLE, texts, with_catalogue};
use crate::on_both;
use crate::support::{AccountFixture, TestResponse};

fn group(roles: &[&str], emails: &[&str]) -> Value {
    json!({ "roles": roles, "emails": emails })
}

async fn post(team: &mut AccountFixture, query: &str, groups: Value) -> TestResponse {
    let path = team.path(&format!("invitations{query}"));
    let body = json!({ "product": "platform", "groups": groups });
    team.owner.post(&path, &body).await
}

on_both! {
    async fn each_group_gets_its_own_roles(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("old@x.io").await;
        let groups = json!([
            group(&["DEVELOPER"], &["a@x.io", "A@X.io", "old@x.io"]),
            group(&["AGENT_OPERATOR", "DEVELOPER", "DEVELOPER"], &["b@x.io", "c@x.io"]),
        ]);
        let done = post(&mut team, "", groups).await.expect(201).json();
        assert_eq!(texts(&done["results"], "email"), ["a@x.io", "old@x.io", "b@x.io", "c@x.io"]);
        assert_eq!(texts(&done["results"], "outcome"), ["invited", "already_invited", "invited", "invited"]);
        let roles = |index: usize| done["results"][index]["invitation"]["roles"].clone();
        assert_eq!(roles(0), json!(["DEVELOPER"]));
        assert_eq!(roles(2), json!(["DEVELOPER", "AGENT_OPERATOR"]));
        assert_eq!(roles(3), roles(2));
        assert_eq!(done["usage"]["pending_invitations"], 4);
        let entries = team.activity().await;
        assert_eq!(entries[0]["after"]["roles"], json!(["DEVELOPER", "AGENT_OPERATOR"]));
        assert_eq!(entries[2]["after"]["roles"], json!(["DEVELOPER"]));
        test_app.deliver().await;
        for email in ["a@x.io", "b@x.io", "c@x.io"] {
            assert_eq!(test_app.mails_to(email).len(), 1, "{email}");
        }
    }

    async fn a_dry_run_of_groups_changes_nothing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let before = test_app.database.rows();
        let groups = json!([group(&["DEVELOPER"], &["a@x.io"]), group(&["LINGUIST"], &["b@x.io", "ada@example.com"])]);
        let done = post(&mut team, "?dry_run=true", groups).await.expect(200).json();
        assert_eq!(texts(&done["results"], "outcome"), ["would_invite", "would_invite", "already_member"]);
        assert_eq!(test_app.database.rows(), before);
    }

    async fn errors_of_groups_have_their_pointers(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let before = test_app.database.rows();
        let fine = group(&["DEVELOPER"], &["a@x.io"]);
        let many: Vec<String> = (1..=20).map(|number| format!("p{number}@x.io")).collect();
        let many = json!({ "roles": ["LINGUIST"], "emails": many });
        for (groups, expected) in [
            (json!([]), &[("/groups", "no-emails")][..]),
            (json!("x"), &[("/groups", "wrong-type"), ("/roles", "required"), ("/emails", "required")]),
            (json!([fine, 5]), &[("/groups/1", "wrong-type")]),
            (json!([fine, {}]), &[("/groups/1/roles", "required"), ("/groups/1/emails", "required")]),
            (json!([fine, group(&[], &[])]), &[("/groups/1/roles", "no-roles"), ("/groups/1/emails", "no-emails")]),
            (json!([fine, group(&["LINGUIST", "NOPE"], &["b@x.io", "bad"])]),
                &[("/groups/1/roles/1", "unknown-role"), ("/groups/1/emails/1", "invalid-email")]),
            (json!([fine, group(&["LINGUIST"], &["A@x.io", "b@x.io"])]), &[("/groups/1/emails/0", "email-in-two-groups")]),
            (json!([fine, { "roles": ["LINGUIST"], "emails": [{ "email": "a@x.io" }] }]),
                &[("/groups/1/emails/0/email", "email-in-two-groups")]),
            (json!([fine, many]), &[("/groups", "too-many-emails")]),
            (json!([{ "roles": ["LINGUIST"], "emails": ["b@x.io"], "product": "agent" }]), &[("/groups/0/product", "unknown-field")]),
        ] {
            post(&mut team, "", groups).await.errors(expected);
        }
        let path = team.path("invitations");
        let both = json!({ "product": "platform", "groups": [fine], "roles": ["LINGUIST"], "emails": ["b@x.io"] });
        team.owner.post(&path, &both).await.errors(&[("/roles", "unknown-field"), ("/emails", "unknown-field")]);
        let neither = json!({ "product": "platform" });
        team.owner.post(&path, &neither).await.errors(&[("/roles", "required"), ("/emails", "required")]);
        assert_eq!(test_app.database.rows(), before);
    }

    async fn an_email_in_two_groups_is_named_in_the_problem(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let groups = json!([group(&["DEVELOPER"], &["a@x.io"]), group(&["LINGUIST"], &["a@X.io"])]);
        let problem = post(&mut team, "", groups).await.problem(422, "validation-failed").json();
        assert_eq!(problem["errors"][0]["value"], "a@x.io");
        assert_eq!(problem["errors"][0]["detail"], "a@x.io is in two groups. Keep it in one of them.");
    }

    async fn all_groups_are_invited_or_none(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.users_per_account = 3).await;
        let mut team = AccountFixture::new(&test_app).await;
        let groups = json!([group(&["DEVELOPER"], &["a@x.io"]), group(&["LINGUIST"], &["b@x.io", "c@x.io"])]);
        let problem = post(&mut team, "", groups).await.problem(409, "user-limit-exceeded").json();
        assert_eq!(problem["requested"], 3);
        assert!(test_app.database.rows()["invitations"].is_empty());
        test_app.deliver().await;
        assert!(test_app.mails_to("a@x.io").is_empty());
    }

    async fn roles_of_every_group_must_be_grantable(test_app: TestApp) {
        let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
        let mut team = AccountFixture::new(&test_app).await;
        let mut carol = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        let path = team.path("invitations");
        let groups = json!([group(&["DEVELOPER"], &["a@x.io"]), group(&["VAULT_KEEPER", "DEVELOPER"], &["b@x.io"])]);
        let body = json!({ "product": "platform", "groups": groups });
        let problem = carol.post(&path, &body).await.problem(403, "role-not-grantable").json();
        assert_eq!(problem["roles"], json!(["VAULT_KEEPER"]));
        assert_eq!(team.seats().await, [250, 2, 0, 248]);
    }
}
