//! Expiry is a fact of the clock, to the millisecond (rules I7 and I8).

use serde_json::{Value, json};

use super::{MILLISECOND, WEEK, by_link, mine, texts};
use crate::on_both;
use crate::support::AccountFixture;

on_both! {
    async fn an_invitation_is_pending_until_the_last_millisecond(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        test_app.advance_just_before(WEEK);
        assert_eq!(team.shown(&id).await["status"], "pending");
        assert_eq!(team.seats().await, [250, 1, 1, 248]);
        let preview = by_link(&mut bob, "preview", &token).await.expect(200).json();
        assert_eq!(preview["can_accept"], true);
        assert_eq!(bob.get("/me/invitations").await.json()["items"].as_array().unwrap().len(), 1);
        by_link(&mut bob, "accept", &token).await.expect(200);
    }

    async fn an_invitation_is_expired_everywhere_the_moment_its_end_is_reached(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        test_app.advance(WEEK);
        let end = test_app.now().to_string();
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
        for response in [
            by_link(&mut bob, "accept", &token).await,
            by_link(&mut bob, "decline", &token).await,
            by_link(&mut test_app.anonymous(), "accept", &token).await,
            mine(&mut bob, &id, "accept").await,
            mine(&mut bob, &id, "decline").await,
            team.act(&id, "resend").await,
            team.act(&id, "revoke").await,
            team.act(&id, "links").await,
        ] {
            let problem = response.problem(410, "invitation-expired").json();
            assert_eq!(problem["expired_at"], end);
        }
        let path = team.path(&format!("invitations/{id}"));
        team.owner.patch(&path, &json!({ "roles": ["LINGUIST"] })).await.problem(410, "invitation-expired");
    }

    async fn lists_reflect_expiry(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("bob@example.com").await;
        test_app.advance(WEEK);
        team.invite("carol@example.com").await;
        for (status, expected) in [("expired", ["bob@example.com"]), ("pending", ["carol@example.com"])] {
            let path = team.path(&format!("invitations?status={status}"));
            let list = team.owner.get(&path).await.expect(200).json();
            assert_eq!(texts(&list["items"], "email"), expected);
        }
    }

    async fn expiry_records_no_activity(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("bob@example.com").await;
        let before = test_app.database.rows();
        test_app.advance(WEEK);
        let actions = team.actions().await;
        assert_eq!(actions, ["invitation.created", "account.created"]);
        assert_eq!(test_app.database.rows()["activity"], before["activity"]);
    }

    async fn an_expired_invitation_can_be_followed_by_a_new_one(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (old, old_token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        test_app.advance(WEEK);
        let response = team.ask(&["Bob@example.com"]).await.expect(201).json();
        assert_eq!(response["results"][0]["outcome"], "invited");
        let new = response["results"][0]["invitation"]["id"].as_str().unwrap().to_owned();
        assert_ne!(new, old);
        let shown = team.shown(&old).await;
        assert_eq!(shown["status"], "expired");
        assert_eq!(shown["ended_at"], shown["expires_at"]);
        assert_eq!(team.shown(&new).await["status"], "pending");
        assert_eq!(team.seats().await, [250, 1, 1, 248]);
        // The old link does not open the new invitation.
        by_link(&mut test_app.anonymous(), "decline", &old_token).await.problem(410, "invitation-expired");
    }

    async fn resending_restarts_validity_and_keeps_earlier_links(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, first) = team.invite_by_mail(&test_app, "bob@example.com").await;
        test_app.advance_just_before(WEEK);
        let resent = team.act(&id, "resend").await.expect(200).json();
        assert_eq!(resent["expires_at"], test_app.now().plus(WEEK).to_string());
        assert_eq!(resent["delivery"]["state"], "queued");
        let second = test_app.mailed_token("bob@example.com", "invitations").await;
        assert_ne!(first, second);
        test_app.advance_just_before(WEEK);
        for token in [&first, &second] {
            let preview = by_link(&mut test_app.anonymous(), "preview", token).await.expect(200).json();
            assert_eq!(preview["invitation"]["status"], "pending");
        }
        test_app.advance(MILLISECOND);
        for token in [&first, &second] {
            by_link(&mut test_app.anonymous(), "decline", token).await.problem(410, "invitation-expired");
        }
    }

    async fn the_lifetime_is_configurable(test_app: TestApp) {
        let second = std::time::Duration::from_secs(1);
        let test_app = test_app.restarted(|config| config.limits.invitation_lifetime = second * 90).await;
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        test_app.advance(second * 89);
        assert_eq!(team.shown(&id).await["status"], "pending");
        test_app.advance(second);
        assert_eq!(team.shown(&id).await["status"], "expired");
    }
}
