//! The page of a user in an account: how they got in, and everything that concerns them there.

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, Client, TestApp};

/// An account of Ada's that Mia has joined from 198.51.100.4.
async fn joined(test_app: &TestApp) -> (AccountFixture, Client, String) {
    let mut team = AccountFixture::new(test_app).await;
    team.invite("mia@x.io").await;
    let token = test_app.mailed_token("mia@x.io", "invitations").await;
    test_app.advance(Duration::from_mins(12));
    let body = json!({ "email": "mia@x.io", "password": crate::support::PASSWORD, "first_name": "Mia",
        "last_name": "Meer", "invitation_token": token, "accept_invitation": true });
    let mut mia = test_app.anonymous().at("198.51.100.4");
    mia.post("/registrations", &body).await.expect(201);
    let id = mia.id().await;
    (team, mia, id)
}

on_both! {
    async fn it_tells_who_invited_when_with_which_roles_and_from_where_they_accepted(test_app: TestApp) {
        let (mut team, _, mia) = joined(&test_app).await;
        let path = team.path(&format!("users/{mia}"));
        let page = team.owner.page(&path).await.expect(200).titled("Mia Meer");
        page.shows("How Mia Meer got in")
            .shows("Ada invited mia@x.io on 22 Nov 2026, 14:05:00 UTC to Tovie Platform: Developer.")
            .shows("Mia Meer accepted on 22 Nov 2026, 14:17:00 UTC from 198.51.100.4.")
            .shows("Given by Ada, 22 Nov 2026")
            .shows("Tovie Platform, Tovie Agent, Tovie Data Agent")
            .shows("Accepted the invitation by Ada to mia@x.io")
            .hides("Created the account")
            .hides("Roles were changed")
            .has_link(&format!("{path}/edit"))
            .has_link(&format!("{path}/remove"))
            .has_link(&team.path("users"))
            .has(&format!("a[href$='{}']", team.path(&format!("activity?format=csv&person={mia}"))))
            .has(&format!("a[href$='{}']", team.path(&format!("activity?format=xlsx&person={mia}"))))
            .has("button[data-print][hidden]");
        for roles in [&["LINGUIST"][..], &["LINGUIST", "DEVELOPER"]] {
            test_app.advance(Duration::from_hours(1));
            let body = json!({ "roles": roles });
            team.owner.patch(&team.path(&format!("members/{mia}")), &body).await.expect(200);
        }
        team.owner.page(&path).await.expect(200)
            .shows("Roles were changed 2 times since, last by Ada on 22 Nov 2026, 16:17:00 UTC.")
            .shows("Roles: Tovie Platform: Linguist → Tovie Platform: Developer, Tovie Platform: Linguist");
    }

    async fn it_is_linked_from_the_list_and_the_activity(test_app: TestApp) {
        let (mut team, _, mia) = joined(&test_app).await;
        let path = team.path(&format!("users/{mia}"));
        team.owner.page(&team.path("users")).await.expect(200)
            .has_link_text("Mia Meer", &path)
            .has_link_text("Details and history", &path)
            .has_link(&team.path(&format!("activity?person={mia}")));
        team.owner.page(&team.path("activity")).await.expect(200).has_link_text("Mia Meer", &path);
        for person in [mia.as_str(), "mia@x.io"] {
            team.owner.page(&team.path(&format!("activity?person={person}"))).await.expect(200)
                .has_link_text("Everything about Mia Meer", &path);
        }
    }

    async fn the_owner_is_shown_as_creator_of_the_account(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let ada = team.owner.id().await;
        team.owner.page(&team.path(&format!("users/{ada}"))).await.expect(200)
            .shows("Ada created this account on 22 Nov 2026, 14:05:00 UTC.")
            .lacks("a[href$='/remove']");
    }

    async fn a_former_member_has_a_page_as_long_as_the_activity_tells(test_app: TestApp) {
        let (mut team, mut mia, id) = joined(&test_app).await;
        let path = team.path(&format!("users/{id}"));
        test_app.advance(Duration::from_hours(1));
        mia.post(&team.path("leave"), &Value::Null).await.expect(204);
        team.owner.page(&path).await.expect(200).titled("Mia Meer")
            .shows("No longer a user here")
            .shows("Ada invited mia@x.io")
            .shows("Mia Meer left on 22 Nov 2026, 15:17:00 UTC.")
            .hides("Roles now")
            .lacks("a[href$='/edit']").lacks("a[href$='/remove']");
    }

    async fn an_earlier_end_is_not_shown_of_a_user_who_has_joined_again(test_app: TestApp) {
        let (mut team, mut mia, id) = joined(&test_app).await;
        mia.post(&team.path("leave"), &Value::Null).await.expect(204);
        let invitation = team.invite("mia@x.io").await;
        mia.post(&format!("/me/invitations/{invitation}/accept"), &Value::Null).await.expect(200);
        team.owner.page(&team.path(&format!("users/{id}"))).await.expect(200)
            .shows("Mia Meer accepted on 22 Nov 2026").hides("Mia Meer left on").shows("Roles now");
    }

    async fn unknown_and_foreign_users_are_not_found_alike(test_app: TestApp) {
        let (mut team, mut mia, id) = joined(&test_app).await;
        let mut zoe = test_app.user("zoe@x.io", "Zoe").await;
        let zoes = zoe.id().await;
        let unknown = "usr_01h455vb4pex5vsknk084sn02q";
        let cursor = convoke_core::pagination::Cursor::encode(&["evt_01h455vb4pex5vsknk084sn02q"]);
        for query in [String::new(), format!("?cursor={cursor}")] {
            let mut bodies = Vec::new();
            for user in [zoes.as_str(), unknown, "usr_1"] {
                let page = team.owner.page(&team.path(&format!("users/{user}{query}"))).await.expect(404);
                assert!(!page.body().contains(user));
                bodies.push(page.heading());
            }
            assert!(bodies.iter().all(|heading| *heading == bodies[0]), "{bodies:?}");
        }
        mia.page(&team.path(&format!("users/{id}"))).await.expect(403).shows("You may not do this here");
        zoe.page(&team.path(&format!("users/{id}"))).await.expect(404);
    }

    async fn times_of_the_log_are_exact_first(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        test_app.advance(Duration::from_hours(2));
        team.owner.page(&team.path("activity")).await.expect(200)
            .has_texts("tbody th > span", &["22 Nov 2026, 14:05:00 UTC 2 hours ago"]);
        let mut owner = team.owner.speaking("ru");
        owner.patch("/me", &json!({ "locale": "ru", "time_zone": "Europe/Moscow" })).await.expect(200);
        owner.page(&team.path("activity")).await.expect(200).shows("22 нояб. 2026 г., 17:05:00 MSK");
    }

    async fn sign_ins_are_part_of_it(test_app: TestApp) {
        let (mut team, _, mia) = joined(&test_app).await;
        test_app.sign_in("mia@x.io").await;
        test_app.try_sign_in("mia@x.io", "not her password").await.expect(401);
        team.owner.page(&team.path(&format!("users/{mia}"))).await.expect(200)
            .shows("Signed in").shows("Rejected a sign-in as Mia Meer");
        team.owner.page(&team.path("activity?action=member.sign_in_failed")).await.expect(200)
            .shows("Rejected a sign-in as Mia Meer").hides("Created the account");
    }
}
