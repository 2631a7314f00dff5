//! Users of an account: the list for everybody who may see it, edits, removals.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, Client};

async fn id(of: &mut Client) -> String {
    of.get("/me").await.text("/id")
}

on_both! {
    async fn the_list_shows_members_and_allowed_actions(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN", "DEVELOPER", "LINGUIST", "SYSTEM_ADMIN", "CONTENT_MANAGER"]).await;
        let mut eve = team.member(&test_app, "eve@x.io", &["USER_AUDITOR"]).await;
        let (bo_id, ada_id) = (id(&mut bo).await, id(&mut team.owner).await);
        let users = team.path("users");
        let page = team.owner.page(&users).await.expect(200);
        page.shows("bo@x.io")
            .shows("User administrator")
            .shows("Tovie Platform: Developer")
            .shows("+2")
            .has_link(&format!("{users}/{bo_id}/edit"))
            .has_link(&format!("{users}/{bo_id}/remove"))
            .hides(&format!("{users}/{ada_id}/remove"))
            .shows("3 of 250");
        // An administrator edits neither themselves nor the owner, and the owner's row says why.
        bo.page(&users).await.expect(200)
            .shows("Nobody else edits or removes the owner.")
            .hides(&format!("{users}/{bo_id}/edit"))
            .hides(&format!("{users}/{ada_id}/edit"));
        eve.page(&users).await.expect(200).lacks("a[href$='/edit']").lacks("a[href$='/remove']").lacks("[data-invite]");
    }

    async fn the_list_is_searched_filtered_and_sorted(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        team.member(&test_app, "cara@x.io", &["LINGUIST"]).await;
        let users = team.path("users");
        team.owner.page(&format!("{users}?q=CARA")).await.expect(200).shows("cara@x.io").hides("bo@x.io");
        team.owner.page(&format!("{users}?role=DEVELOPER")).await.expect(200).shows("bo@x.io").hides("cara@x.io");
        team.owner.page(&format!("{users}?q=zed")).await.expect(200)
            .shows("No users match \"zed\".")
            .has_link(&users);
        team.owner.page(&format!("{users}?sort=last_active_at")).await.expect(200).shows("Longest inactive first")
            .has_texts("th[aria-sort]", &["Last active"])
            .has("option[value=last_active_at][selected]");
        let csv = team.path("members?format=csv&q=cara");
        let response = team.owner.get(&csv).await.expect(200);
        assert_eq!(response.headers["content-type"], "text/csv; charset=utf-8");
        let text = response.body();
        assert!(text.contains("cara@x.io") && !text.contains("bo@x.io"), "{text}");
    }

    async fn roles_are_edited_and_a_concurrent_change_is_shown(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        let bo_id = id(&mut bo).await;
        let edit = team.path(&format!("users/{bo_id}/edit"));
        let page = team.owner.page(&edit).await.expect(200);
        page.shows("Roles of bo").checked("DEVELOPER").has_field("version", "1");
        let response = team.owner.submit(&edit, &[("version", "1"), ("roles", "DEVELOPER"), ("roles", "LINGUIST")]).await;
        team.owner.follow(response.leads_to(&team.path("users")).flashes("roles-saved")).await.expect(200).shows("Roles saved.").shows("Linguist");
        // Another tab still has the first version.
        let page = team.owner.submit(&edit, &[("version", "1"), ("roles", "SYSTEM_ADMIN")]).await.expect(412);
        page.shows("Somebody else changed the roles of bo meanwhile. They are now: Developer, Linguist.")
            .has_texts("#roles[aria-describedby=roles-error] #roles-error", &["Error: Somebody else changed the roles of bo meanwhile. They are now: Developer, Linguist. Below is what you chose; save again to replace them."])
            .checked("SYSTEM_ADMIN")
            .has_field("version", "2")
            .titled("Error:");
        team.owner.submit(&edit, &[("version", "2"), ("roles", "SYSTEM_ADMIN")]).await.expect(303);
        // An error of a stale page does not make it a newer one, and a text that is no version is none.
        team.owner.submit(&edit, &[("version", "2"), ("roles", "NO_ROLE")]).await.expect(422).has_field("version", "2");
        team.owner.submit(&edit, &[("version", "x"), ("roles", "DEVELOPER")]).await.expect(412);
        // Another user's page does not work.
        bo.page(&edit).await.expect(403).shows("You may not do this here");
        bo.submit(&edit, &[("version", "3"), ("roles", "USER_ADMIN")]).await.expect(403).shows("Ask Ada");
    }

    async fn a_removal_lists_its_effects_and_asks_about_pending_invitations(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN", "DEVELOPER"]).await;
        let invitation = test_app.invite(&mut bo, &team.account, "fay@x.io", &["LINGUIST"]).await;
        let remove = team.path(&format!("users/{}/remove", id(&mut bo).await));
        let page = team.owner.page(&remove).await.expect(200);
        assert_eq!(page.heading(), "Remove bo from Analytical Engines?");
        page.shows("bo@x.io loses these at once:")
            .shows("Tovie Platform: Developer")
            .shows("Their own sign-in, and their access to other accounts, stay as they are.")
            .shows("bo has sent 1 invitation that is pending. What becomes of it?")
            .checked("revoke")
            .shows("Keep bo")
            .shows("Remove bo");
        let list = team.path("users");
        team.owner.submit(&remove, &[("sent_invitations", "keep")]).await.leads_to(&list).flashes("user-removed");
        let kept = team.path(&format!("invitations/{invitation}"));
        let current = team.owner.get(&kept).await.expect(200).json();
        assert_eq!(current["status"], "pending");
        assert_eq!(current["invited_by"]["name"], "Ada");
        // Submitted twice, or in another tab.
        let response = team.owner.submit(&remove, &[]).await.leads_to(&list).flashes("user-gone");
        team.owner.follow(response).await.expect(200).shows("The user was not in the account any more.");
        bo.page(&list).await.expect(404);
    }

    async fn losing_the_permission_to_invite_asks_about_sent_invitations(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        let invitation = test_app.invite(&mut bo, &team.account, "fay@x.io", &["LINGUIST"]).await;
        let edit = team.path(&format!("users/{}/edit", id(&mut bo).await));
        team.owner.page(&edit).await.expect(200).shows("bo has sent 1 invitation that is pending.");
        // A rejected form keeps the selected option.
        let page = team.owner.submit(&edit, &[("version", "7"), ("roles", "DEVELOPER"), ("sent_invitations", "keep")]).await.expect(412);
        page.checked("keep").unchecked("revoke");
        team.owner.submit(&edit, &[("version", "1"), ("roles", "DEVELOPER")]).await.expect(303);
        let current = team.owner.get(&team.path(&format!("invitations/{invitation}"))).await.json();
        assert_eq!(current["status"], "revoked");
    }

    async fn no_page_can_remove_the_owner(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        let owner = id(&mut team.owner).await;
        let remove = team.path(&format!("users/{owner}/remove"));
        bo.page(&remove).await.expect(403);
        bo.submit(&remove, &[]).await.expect(403);
        let myself = team.path(&format!("users/{}/remove", id(&mut bo).await));
        bo.page(&myself).await.expect(409);
        let members = team.owner.get(&team.path("members")).await.json();
        assert_eq!(members["items"].as_array().map(Vec::len), Some(2));
    }

    async fn activity_entries_are_shown_as_sentences(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        let bo_id = id(&mut bo).await;
        team.owner.patch(&team.path(&format!("members/{bo_id}")), &json!({ "roles": ["LINGUIST"] })).await.expect(200);
        let invitation = team.invite("=fay@x.io").await;
        team.owner.post(&team.of(&invitation, "revoke"), &Value::Null).await.expect(200);
        let activity = team.path("activity");
        let page = team.owner.page(&activity).await.expect(200);
        page.shows("Revoked the invitation to =fay@x.io")
            .shows("Changed the roles of bo")
            .shows("Roles: Tovie Platform: Developer → Tovie Platform: Linguist")
            .shows("Accepted the invitation by Ada to bo@x.io")
            .shows("Created the account");
        team.owner.page(&format!("{activity}?person=bo@x.io")).await.expect(200)
            .shows("Accepted the invitation").hides("Created the account");
        team.owner.page(&format!("{activity}?person={bo_id}")).await.expect(200).has("[value='bo@x.io']");
        team.owner.page(&format!("{activity}?action=member.roles_changed")).await.expect(200)
            .shows("Changed the roles of bo").hides("Created the account");
        team.owner.page(&format!("{activity}?to=2026-11-21")).await.expect(200).shows("Nothing like that happened.");
        team.owner.page(&format!("{activity}?from=2026-11-22&to=2026-11-22")).await.expect(200).shows("Created the account");
        bo.page(&activity).await.expect(403).shows("You may not do this here");
        for (filter, exported, text) in [
            ("person=nobody@x.io", "person=nobody%40x.io", "Nothing matches \"nobody@x.io\"."),
            ("q=nothing", "q=nothing", "Nothing matches \"nothing\"."),
            ("product=agent", "product=agent", "Nothing like that happened."),
        ] {
            // The export holds what the page shows, not everything.
            let mut page = team.owner.page(&format!("{activity}?{filter}")).await.expect(200)
                .shows(text).shows("Clear search");
            for format in ["csv", "xlsx", "ndjson"] {
                let export = team.path(&format!("activity?format={format}&{exported}"));
                page = page.has(&format!("a[href$='{export}']"));
            }
        }
        let csv = |who: &str| team.path(&format!("activity?format=csv&actor={who}"));
        let (of_bo, of_unknown) = (csv(&bo_id), csv("usr_00000000000000000000000000"));
        let text = team.owner.get(&of_bo).await.expect(200).body();
        assert!(text.contains("invitation.accepted") && !text.contains("account.created"), "{text}");
        team.owner.get(&of_unknown).await.expect(200).hides("account.created");
        // A former member stays selected, by id.
        team.owner.delete(&team.path(&format!("members/{bo_id}"))).await.expect(204);
        team.owner.page(&format!("{activity}?person={bo_id}")).await.expect(200)
            .has(&format!("[value='{bo_id}']")).shows("Accepted the invitation").hides("Created the account");
        bo.page("/profile/activity").await.expect(200).shows("Signed up");
        bo.submit("/profile/theme", &[("theme", "dark")]).await.expect(303);
        bo.submit("/profile/time-zone", &[("time_zone", "Europe/Berlin")]).await.expect(303);
        bo.page("/profile/activity").await.expect(200)
            .shows("Theme: As the system → Dark")
            .shows("→ Berlin, Germany (UTC+");
    }
}
