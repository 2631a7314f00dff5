//! Form input is kept when the session, the permission or the database is lost.

use std::time::Duration;

use convoke_app::config::Config;
use serde_json::json;

use crate::on_both;
use crate::support::{AccountFixture, Database, DbProbe, TestApp, TestResponse};

/// Checks the text of the page and the input to copy.
fn keeps(page: TestResponse, typed: &str) {
    page.has_textarea(typed)
        .has(&format!("[data-copy='{typed}']"));
}

on_both! {
    async fn form_input_is_kept_when_the_session_ends(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let mut bo = team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        let bo = bo.id().await;
        let forms = [
            ("/accounts".to_owned(), vec![("name", "Spring Launch")], "Spring Launch", "/accounts/new".to_owned()),
            (team.path("settings/name"), vec![("name", "Engines")], "Engines", team.path("settings")),
            (
                team.path(&format!("users/{bo}/edit")),
                vec![("roles", "LINGUIST"), ("roles", "USER_AUDITOR"), ("version", "1")],
                "Linguist, User auditor",
                team.path("users"),
            ),
            (
                team.of(&id, "edit"),
                vec![("roles", "LINGUIST"), ("product", "platform")],
                "Tovie Platform: Linguist",
                team.path("invitations"),
            ),
            (
                "/profile/name".to_owned(),
                vec![("first_name", "Ada"), ("last_name", "King")],
                "Ada King",
                "/profile".to_owned(),
            ),
            ("/profile/phone".to_owned(), vec![("phone", "+44 20 1815")], "+44 20 1815", "/profile".to_owned()),
        ];
        for (path, fields, typed, back) in forms {
            let page = test_app.anonymous().submit(&path, &fields).await.expect(401);
            assert_eq!(page.heading(), "You were signed out meanwhile");
            keeps(page.has_link(&format!("/sign-in?return_to={back}")), typed);
        }
        // No input, nothing to keep.
        let response = test_app.anonymous().submit("/accounts", &[]).await;
        response.leads_to("/sign-in?return_to=/accounts/new").flashes("session-gone");
    }

    async fn selected_roles_are_kept_when_the_permission_is_lost(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let mut cara = team.member(&test_app, "cara@x.io", &["DEVELOPER"]).await;
        let cara = cara.id().await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        let member = team.path(&format!("members/{}", bo.id().await));
        team.owner.patch(&member, &json!({ "roles": ["DEVELOPER"] })).await.expect(200);
        let page = bo.submit(&team.path(&format!("users/{cara}/edit")), &[("roles", "LINGUIST")]).await.expect(403);
        assert_eq!(page.heading(), "You may not do this here");
        keeps(page.shows("Ask Ada").shows("What you typed is below to copy."), "Linguist");
        let page = bo.submit(&team.of(&id, "edit"), &[("roles", "LINGUIST"), ("product", "platform")]).await.expect(403);
        keeps(page, "Tovie Platform: Linguist");
        let page = bo.submit(&team.path("settings/name"), &[("name", "Bo and friends")]).await.expect(403);
        keeps(page, "Bo and friends");
    }
}

#[tokio::test]
async fn form_input_is_kept_while_the_database_is_read_only() {
    let patience = |config: &mut Config| config.database.timeout = Duration::from_millis(200);
    let test_app = TestApp::with(Database::sqlite(), patience).await;
    let mut team = AccountFixture::new(&test_app).await;
    let mut bo = team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
    let edit = team.path(&format!("users/{}/edit", bo.id().await));
    let settings = team.path("settings/name");
    let mut other = DbProbe::of(&test_app.database.url);
    let DbProbe::Lite(other) = &mut other else {
        unreachable!()
    };
    other.execute_batch("begin immediate").unwrap();
    for (path, fields, typed) in [
        ("/accounts", vec![("name", "Spring")], "Spring"),
        ("/profile/name", vec![("first_name", "Augusta")], "Augusta"),
        (settings.as_str(), vec![("name", "Engines")], "Engines"),
        (edit.as_str(), vec![("roles", "LINGUIST")], "Linguist"),
    ] {
        let page = team.owner.submit(path, &fields).await.expect(503);
        keeps(page.shows("The service is temporarily unavailable"), typed);
    }
    other.execute_batch("rollback").unwrap();
}
