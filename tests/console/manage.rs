//! An account's invitations as its managers see them.

use std::time::Duration;

use serde_json::Value;

use crate::on_both;
use crate::support::Team;

const WEEK: Duration = Duration::from_hours(7 * 24);

on_both! {
    async fn each_state_has_its_list_and_its_count(house: House) {
        let mut team = Team::new(&house).await;
        let list = team.path("invitations");
        team.owner.page(&list).await.expect(200).shows("Nobody is being waited for").shows("Invite users");
        let old = team.invite("old@x.io").await;
        house.pass(WEEK);
        let back = team.invite("back@x.io").await;
        team.owner.post(&team.of(&back, "revoke"), &Value::Null).await.expect(200);
        team.invite("fay@x.io").await;
        let page = team.owner.page(&list).await.expect(200);
        page.shows("Pending 1").shows("Expired 1").shows("Revoked 1").shows("Accepted 0").shows("Declined 0")
            .shows("fay@x.io").hides("old@x.io").shows("Waiting to be sent").shows("Resend").shows("Copy link");
        house.deliver().await;
        team.owner.page(&list).await.expect(200).shows("Sent");
        team.owner.page(&format!("{list}?status=expired")).await.expect(200)
            .shows("old@x.io").shows("Invite again").shows(&format!("/invite?again={old}")).hides("Resend");
        team.owner.page(&format!("{list}?q=zed")).await.expect(200).shows("No invitations match.").shows("Clear search");
        team.owner.page(&format!("{list}?status=declined")).await.expect(200).shows("Nobody has declined");
    }

    async fn several_are_sent_again_or_revoked_at_once(house: House) {
        let mut team = Team::new(&house).await;
        let (one, two, three) = (team.invite("a@x.io").await, team.invite("b@x.io").await, team.invite("c@x.io").await);
        let list = team.path("invitations");
        let resend = format!("{list}/resend");
        let answer = team.owner.submit(&resend, &[("id", &one), ("id", &two)]).await;
        team.owner.follow(answer.leads_to(&format!("{list}?done=resent&n=2&m=0"))).await.expect(200)
            .shows("2 invitations are sent again");
        let page = team.owner.submit(&resend, &[]).await.expect(422);
        page.shows("Choose at least one invitation.").shows("There is a problem").shows("href=\"#list\"");
        let page = team.owner.page(&format!("{list}/revoke?id={one}&id={two}&id={three}")).await.expect(200);
        assert_eq!(page.heading(), "Revoke 3 invitations?");
        page.shows("a@x.io").shows("Keep the invitations").shows("Revoke 3 invitations");
        // One of them ends while the question is on the screen.
        team.owner.post(&team.of(&three, "revoke"), &Value::Null).await.expect(200);
        let answer = team.owner.submit(&format!("{list}/revoke"), &[("id", &one), ("id", &two), ("id", &three)]).await;
        team.owner.follow(answer.leads_to(&format!("{list}?done=revoked-some&n=2&m=1"))).await.expect(200)
            .shows("2 invitations are revoked; 1 had ended meanwhile.");
        let answer = team.owner.submit(&format!("{list}/revoke"), &[("id", &one)]).await;
        team.owner.follow(answer).await.expect(200).shows("Nothing was revoked: the invitation had ended meanwhile.");
        team.owner.page(&format!("{list}/revoke?id={one}")).await.leads_to(&format!("{list}?done=revoked-none&n=0&m=0"));
    }

    async fn a_link_to_hand_over_is_shown_once_and_works(house: House) {
        let mut team = Team::new(&house).await;
        let id = team.invite("fay@x.io").await;
        let page = team.owner.submit(&team.of(&id, "link"), &[]).await.expect(200);
        let html = page.shows("It is shown this once").shows("does not prove the mailbox").body();
        let token = crate::support::token_in(&html, "invitations");
        house.stranger().page(&format!("/invitations/{token}")).await.expect(200).shows("Join Analytical Engines");
        team.owner.page(&team.path("invitations")).await.expect(200).hides(&token);
        team.owner.post(&team.of(&id, "revoke"), &Value::Null).await.expect(200);
        let answer = team.owner.submit(&team.of(&id, "link"), &[]).await;
        team.owner.follow(answer).await.expect(200).shows("so it has no link any more. Invite the address again.");
    }

    async fn product_and_roles_are_edited_while_it_waits(house: House) {
        let mut team = Team::new(&house).await;
        let id = team.invite("fay@x.io").await;
        let (edit, list) = (team.of(&id, "edit"), team.path("invitations"));
        team.owner.page(&edit).await.expect(200).shows("Invitation to fay@x.io").shows("value=\"DEVELOPER\" checked");
        let page = team.owner.submit(&edit, &[("product", "agent")]).await.expect(422);
        page.shows("Choose at least one role.").shows("value=\"agent\" selected").shows("<title>Error:");
        team.owner.submit(&edit, &[("product", "agent"), ("roles", "AGENT_OPERATOR")]).await.leads_to(&format!("{list}?done=edited"));
        let it = team.owner.get(&team.path(&format!("invitations/{id}"))).await.json();
        assert_eq!((&it["product"], &it["roles"][0]), (&"agent".into(), &"AGENT_OPERATOR".into()));
        house.pass(WEEK);
        let answer = team.owner.submit(&edit, &[("product", "agent"), ("roles", "AGENT_ADMIN")]).await;
        team.owner.follow(answer).await.expect(200).shows("The invitation had ended meanwhile, so it cannot be edited.");
        team.owner.page(&edit).await.leads_to(&format!("{list}?done=edited-none"));
    }

    async fn an_auditor_sees_and_does_nothing(house: House) {
        let mut team = Team::new(&house).await;
        let id = team.invite("fay@x.io").await;
        let mut eve = team.member(&house, "eve@x.io", &["USER_AUDITOR"]).await;
        let list = team.path("invitations");
        eve.page(&list).await.expect(200).shows("fay@x.io").hides("Resend").hides("Copy link").hides("checkbox");
        eve.submit(&format!("{list}/resend"), &[("id", &id)]).await.expect(403).shows("Ask Ada");
        eve.submit(&format!("{list}/revoke"), &[("id", &id)]).await.expect(403);
        eve.submit(&team.of(&id, "link"), &[]).await.expect(403);
        eve.page(&team.of(&id, "edit")).await.expect(403);
        let mut stranger = house.user("other@x.io", "Other").await;
        stranger.page(&list).await.expect(404).hides("fay@x.io").hides("Analytical");
    }
}
