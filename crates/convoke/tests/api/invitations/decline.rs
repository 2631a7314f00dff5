//! Declining, by link and by id, and the mail program's one click.

use convoke_core::email_address::EmailAddress;
use convoke_domain::{ClientInfo, Error, invitations};
use serde_json::json;

use super::{by_link, mine};
use crate::on_both;
use crate::support::AccountFixture;

on_both! {
    async fn declining_by_link_needs_no_session(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let done = by_link(&mut test_app.anonymous(), "decline", &token).await.expect(200).json();
        assert_eq!(done, json!({ "status": "declined" }));
        assert_eq!(team.shown(&id).await["status"], "declined");
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["action"], "invitation.declined");
        assert_eq!(entry["actor"], json!({ "kind": "invitation_link", "id": null, "name": null }));
        test_app.deliver().await;
        let emails = test_app.mails_to("ada@example.com");
        assert!(emails[0].subject.contains("declined"), "{}", emails[0].subject);
        by_link(&mut test_app.anonymous(), "decline", &token).await.problem(409, "invitation-declined");
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        by_link(&mut bob, "accept", &token).await.problem(409, "invitation-declined");
    }

    async fn the_invitee_declines_by_id(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let done = mine(&mut bob, &id, "decline").await.expect(200).json();
        assert_eq!(done, json!({ "status": "declined" }));
        assert_eq!(team.activity().await[0]["actor"]["name"], "Bob");
        mine(&mut bob, &id, "decline").await.problem(409, "invitation-declined");
        mine(&mut bob, &id, "accept").await.problem(409, "invitation-declined");
        let again = team.ask(&["bob@example.com"]).await.expect(201);
        assert_eq!(again.text("/results/0/outcome"), "invited");
    }

    async fn a_decline_by_link_is_not_attributed_to_the_session(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let token = team.copied_token(&id).await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        by_link(&mut eve, "decline", &token).await.expect(200);
        assert_eq!(team.activity().await[0]["actor"]["kind"], "invitation_link");
        assert_eq!(team.shown(&id).await["status"], "declined");
    }

    async fn an_act_by_link_is_not_attributed_to_a_session_that_has_ended(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let caller = test_app.caller(&bob).await;
        // The request was authenticated before the sign-out.
        bob.delete("/sessions/current").await.expect(204);
        let (asker, presented) = (caller.clone(), token.clone());
        test_app.app.write(move |tx| {
            invitations::request_address(tx, Some(&asker), &ClientInfo::default(), &presented, "robert@example.com")
        }).await.unwrap();
        test_app.app.write(move |tx| {
            invitations::decline(tx, Some(&caller), &ClientInfo::default(), &token, None)
        }).await.unwrap();
        for entry in &team.activity().await[..2] {
            let action = entry["action"].as_str().unwrap();
            assert!(["invitation.declined", "invitation.address_requested"].contains(&action), "{action}");
            assert_eq!(entry["actor"]["kind"], "invitation_link", "{action}");
        }
    }

    async fn one_click_unsubscribe_stops_invitation_emails_only(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        for _ in 0..2 {
            let token = token.clone();
            let stopped = test_app.app.write(move |tx| {
                invitations::unsubscribe(tx, &ClientInfo::default(), &token)
            }).await;
            stopped.unwrap();
        }
        assert_eq!(team.shown(&id).await["status"], "pending");
        let stops = team.actions().await;
        assert_eq!(stops.iter().filter(|action| *action == "invitation.mail_stopped").count(), 1);
        // The next email of any account is not sent, and the inviter sees the reason.
        let other = test_app.account(&mut team.owner, "Second").await;
        let next = test_app.invite(&mut team.owner, &other, "Bob@example.com", &["LINGUIST"]).await;
        team.act(&id, "resend").await.expect(200);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 1);
        assert!(test_app.mails_to("Bob@example.com").is_empty());
        let path = format!("/accounts/{other}/invitations/{next}");
        let shown = team.owner.get(&path).await.expect(200).json();
        assert_eq!(shown["delivery"]["state"], "failed");
        assert!(shown["delivery"]["detail"].as_str().unwrap().contains("asked not to get"));
        // In the language of the reader; the database stores a code.
        let list = format!("/accounts/{other}/invitations");
        team.owner.page(&list).await.expect(200).shows("Not sent: this person asked not to get invitations by mail.");
        team.owner.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        team.owner.page(&list).await.expect(200).shows("Не отправлено: получатель отказался");
        let stored = &test_app.database.rows()["invitations"];
        assert!(!format!("{stored:?}").contains("asked not to get"));
        // Emails about their own actions are still sent.
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        by_link(&mut bob, "accept", &token).await.expect(200);
    }

    async fn emails_that_the_operator_allows_again_are_recorded_with_the_user(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        test_app.app.write(move |tx| invitations::unsubscribe(tx, &ClientInfo::default(), &token)).await.unwrap();
        for is_changed in [true, false] {
            let email = EmailAddress::parse("Bob@example.com").unwrap();
            let allowed = test_app.app.write(move |tx| invitations::unsuppress(tx, &email)).await;
            assert_eq!(allowed.unwrap(), is_changed);
        }
        let entries = bob.get("/me/activity").await.expect(200).json()["items"].clone();
        let entries = entries.as_array().unwrap().iter();
        let actors: Vec<_> = entries.filter(|entry| entry["action"] == "user.invitation_mail_allowed")
            .map(|entry| entry["actor"]["kind"].clone()).collect();
        assert_eq!(actors, ["system"]);
    }

    async fn a_link_of_an_earlier_version_unsubscribes_until_the_invitation_gets_another_address(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        // Earlier versions did not store the address that a link was mailed to.
        test_app.run_sql("update invitation_tokens set email_canonical = null").await;
        let unsubscribe = async || {
            let token = token.clone();
            test_app.app.write(move |tx| invitations::unsubscribe(tx, &ClientInfo::default(), &token)).await
        };
        let is_unsubscribed = async |email: &'static str| {
            test_app.app.read(move |tx| invitations::is_unsubscribed(tx, email)).await.unwrap()
        };
        unsubscribe().await.unwrap();
        assert!(is_unsubscribed("bob@example.com").await);
        let path = team.path(&format!("invitations/{id}"));
        team.owner.patch(&path, &json!({ "email": "robert@example.com" })).await.expect(200);
        let rejected = unsubscribe().await;
        assert!(matches!(rejected, Err(Error::LinkNoLongerValid)), "{rejected:?}");
        assert!(!is_unsubscribed("robert@example.com").await);
    }

    async fn only_an_emailed_link_can_unsubscribe(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        for token in [team.copied_token(&id).await, "cvi_unknown".to_owned()] {
            let rejected = test_app.app.write(move |tx| {
                invitations::unsubscribe(tx, &ClientInfo::default(), &token)
            }).await;
            assert!(matches!(rejected, Err(Error::NotFound)), "{rejected:?}");
        }
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 1);
    }
}
