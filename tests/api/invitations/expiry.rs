//! Expiry is a fact of the clock, to the millisecond (rules I7 and I8).

use serde_json::{Value, json};

use super::{MILLISECOND, WEEK, by_link, mine, texts};
use crate::on_both;
use crate::support::AccountFixture;

on_both! {
    async fn an_invitation_is_pending_until_the_last_millisecond(house: House) {
        let mut team = AccountFixture::new(&house).await;
        let (id, token) = team.invite_by_mail(&house, "bob@example.com").await;
        let mut bob = house.user("bob@example.com", "Bob").await;
        house.advance_just_before(WEEK);
        assert_eq!(team.shown(&id).await["status"], "pending");
        assert_eq!(team.seats().await, [250, 1, 1, 248]);
        let preview = by_link(&mut bob, "preview", &token).await.expect(200).json();
        assert_eq!(preview["can_accept"], true);
        assert_eq!(bob.get("/me/invitations").await.json()["items"].as_array().unwrap().len(), 1);
        by_link(&mut bob, "accept", &token).await.expect(200);
    }

    async fn an_invitation_is_expired_everywhere_the_moment_its_end_is_reached(house: House) {
        let mut team = AccountFixture::new(&house).await;
        let (id, token) = team.invite_by_mail(&house, "bob@example.com").await;
        let mut bob = house.user("bob@example.com", "Bob").await;
        house.advance(WEEK);
        let end = house.now().to_string();
        let shown = team.shown(&id).await;
        assert_eq!(shown["status"], "expired");
        assert_eq!(shown["ended_at"], end);
        assert_eq!(shown["expires_at"], end);
        assert_eq!(team.seats().await, [250, 1, 0, 249]);
        let preview = by_link(&mut bob, "preview", &token).await.expect(200).json();
        assert_eq!(preview["can_accept"], false);
        assert_eq!(preview["invitation"]["status"], "expired");
        assert_eq!(preview["needs"], Value::Null);
        assert_eq!(bob.get("/me/invitations").await.json()["items"], json!([]));
        for answer in [
            by_link(&mut bob, "accept", &token).await,
            by_link(&mut bob, "decline", &token).await,
            by_link(&mut house.anonymous(), "accept", &token).await,
            mine(&mut bob, &id, "accept").await,
            mine(&mut bob, &id, "decline").await,
            team.act(&id, "resend").await,
            team.act(&id, "revoke").await,
            team.act(&id, "links").await,
        ] {
            let problem = answer.problem(410, "invitation-expired").json();
            assert_eq!(problem["expired_at"], end);
        }
        let path = team.path(&format!("invitations/{id}"));
        team.owner.patch(&path, &json!({ "roles": ["LINGUIST"] })).await.problem(410, "invitation-expired");
    }

    async fn lists_follow_the_clock(house: House) {
        let mut team = AccountFixture::new(&house).await;
        team.invite("bob@example.com").await;
        house.advance(WEEK);
        team.invite("carol@example.com").await;
        for (status, expected) in [("expired", ["bob@example.com"]), ("pending", ["carol@example.com"])] {
            let path = team.path(&format!("invitations?status={status}"));
            let list = team.owner.get(&path).await.expect(200).json();
            assert_eq!(texts(&list["items"], "email"), expected);
        }
    }

    async fn expiry_writes_no_activity(house: House) {
        let mut team = AccountFixture::new(&house).await;
        team.invite("bob@example.com").await;
        let before = house.database.rows();
        house.advance(WEEK);
        let actions = team.actions().await;
        assert_eq!(actions, ["invitation.created", "account.created"]);
        assert_eq!(house.database.rows()["activity"], before["activity"]);
    }

    async fn a_new_invitation_follows_an_expired_one(house: House) {
        let mut team = AccountFixture::new(&house).await;
        let (old, old_token) = team.invite_by_mail(&house, "bob@example.com").await;
        house.advance(WEEK);
        let answer = team.ask(&["Bob@example.com"]).await.expect(201).json();
        assert_eq!(answer["results"][0]["outcome"], "invited");
        let new = answer["results"][0]["invitation"]["id"].as_str().unwrap().to_owned();
        assert_ne!(new, old);
        let shown = team.shown(&old).await;
        assert_eq!(shown["status"], "expired");
        assert_eq!(shown["ended_at"], shown["expires_at"]);
        assert_eq!(team.shown(&new).await["status"], "pending");
        assert_eq!(team.seats().await, [250, 1, 1, 248]);
        // The old link does not open the new invitation.
        by_link(&mut house.anonymous(), "decline", &old_token).await.problem(410, "invitation-expired");
    }

    async fn resending_starts_the_week_anew_and_keeps_earlier_links(house: House) {
        let mut team = AccountFixture::new(&house).await;
        let (id, first) = team.invite_by_mail(&house, "bob@example.com").await;
        house.advance_just_before(WEEK);
        let resent = team.act(&id, "resend").await.expect(200).json();
        assert_eq!(resent["expires_at"], house.now().plus(WEEK).to_string());
        assert_eq!(resent["delivery"]["state"], "queued");
        let second = house.mailed_token("bob@example.com", "invitations").await;
        assert_ne!(first, second);
        house.advance_just_before(WEEK);
        for token in [&first, &second] {
            let preview = by_link(&mut house.anonymous(), "preview", token).await.expect(200).json();
            assert_eq!(preview["invitation"]["status"], "pending");
        }
        house.advance(MILLISECOND);
        for token in [&first, &second] {
            by_link(&mut house.anonymous(), "decline", token).await.problem(410, "invitation-expired");
        }
    }

    async fn the_lifetime_is_the_operator_s_choice(house: House) {
        let second = std::time::Duration::from_secs(1);
        let house = house.restarted(|config| config.limits.invitation_lifetime = second * 90).await;
        let mut team = AccountFixture::new(&house).await;
        let id = team.invite("bob@example.com").await;
        house.advance(second * 89);
        assert_eq!(team.shown(&id).await["status"], "pending");
        house.advance(second);
        assert_eq!(team.shown(&id).await["status"], "expired");
    }
}
