//! Another address for a pending invitation: given by a manager, asked for by the invitee (rule I16).

use std::time::Duration;

use convoke_core::model::email::{DeliveryError, DeliveryOutcome};
use convoke_domain::notifications::{self, LeasedEmail};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{WEEK, by_link, mail_server};
use crate::on_both;
use crate::support::{AccountFixture, Client, PASSWORD, TestApp, TestResponse, capacity};

const OLD: &str = "bob@example.com";
const NEW: &str = "robert@example.com";

/// How often two requests are sent at the same time.
const ROUNDS: usize = 20;

async fn readdress(client: &mut Client, path: &str, email: &str) -> TestResponse {
    client.patch(path, &json!({ "email": email })).await
}

async fn request_address(client: &mut Client, token: &str, email: &str) -> TestResponse {
    let body = json!({ "token": token, "email": email });
    client.post("/invitations/request-address", &body).await
}

/// How many emails went to an address.
async fn delivered(test_app: &TestApp, email: &str) -> usize {
    test_app.deliver().await;
    test_app.mails_to(email).len()
}

on_both! {
    async fn a_pending_invitation_gets_another_address_and_earlier_links_end(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, mailed) = team.invite_by_mail(&test_app, OLD).await;
        let copied = team.copied_token(&id).await;
        let (before, seats) = (team.shown(&id).await, team.seats().await);
        test_app.advance(Duration::from_hours(24));
        let path = team.path(&format!("invitations/{id}"));
        let after = readdress(&mut team.owner, &path, "Robert@Example.COM").await.expect(200).json();
        assert_eq!(after["email"], "Robert@example.com");
        for field in ["id", "product", "roles", "created_at", "status", "invited_by"] {
            assert_eq!(after[field], before[field], "{field}");
        }
        assert_eq!(after["delivery"], json!({ "state": "queued", "reason": null, "detail": null, "next_attempt_at": null }));
        assert_eq!(after["sent_at"], Value::Null);
        assert_eq!(after["expires_at"], test_app.now().plus(WEEK).to_string());
        assert_eq!(team.seats().await, seats);
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["action"], "invitation.readdressed");
        assert_eq!(entry["before"]["email"], OLD);
        assert_eq!(entry["after"]["email"], "Robert@example.com");
        for token in [&mailed, &copied] {
            for act in ["preview", "accept", "decline"] {
                by_link(&mut test_app.anonymous(), act, token).await.problem(410, "link-no-longer-valid");
            }
            request_address(&mut test_app.anonymous(), token, "x@example.com").await.problem(410, "link-no-longer-valid");
            let body = json!({ "email": OLD, "password": PASSWORD, "first_name": "Bob", "invitation_token": token });
            test_app.anonymous().post("/registrations", &body).await.problem(410, "link-no-longer-valid");
        }
        assert_eq!(delivered(&test_app, OLD).await, 1);
        let token = test_app.mailed_token("Robert@example.com", "invitations").await;
        let body = json!({ "email": NEW, "password": PASSWORD, "first_name": "Bob", "invitation_token": token,
            "accept_invitation": true });
        let joined = test_app.anonymous().post("/registrations", &body).await.expect(201).json();
        assert_eq!(joined["membership"]["roles"], before["roles"]);
    }

    async fn an_address_may_change_back_but_its_earlier_links_stay_ended(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, first) = team.invite_by_mail(&test_app, OLD).await;
        let path = team.path(&format!("invitations/{id}"));
        readdress(&mut team.owner, &path, NEW).await.expect(200);
        readdress(&mut team.owner, &path, OLD).await.expect(200);
        by_link(&mut test_app.anonymous(), "preview", &first).await.problem(410, "link-no-longer-valid");
        let token = test_app.mailed_token(OLD, "invitations").await;
        assert_ne!(token, first);
        by_link(&mut test_app.anonymous(), "preview", &token).await.expect(200);
        assert_eq!(delivered(&test_app, NEW).await, 0);
    }

    async fn the_same_address_changes_nothing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, OLD).await;
        let before = test_app.database.rows();
        let path = team.path(&format!("invitations/{id}"));
        readdress(&mut team.owner, &path, "BOB@example.com").await.expect(200);
        assert_eq!(test_app.database.rows(), before);
        by_link(&mut test_app.anonymous(), "preview", &token).await.expect(200);
    }

    async fn roles_and_address_change_in_one_request(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite(OLD).await;
        let path = team.path(&format!("invitations/{id}"));
        let body = json!({ "email": NEW, "roles": ["LINGUIST"] });
        let after = team.owner.patch(&path, &body).await.expect(200).json();
        assert_eq!((after["email"].as_str(), &after["roles"]), (Some(NEW), &json!(["LINGUIST"])));
        let before = test_app.database.rows();
        let body = json!({ "email": "not an address", "roles": ["DEVELOPER"] });
        team.owner.patch(&path, &body).await.errors(&[("/email", "invalid-email")]);
        assert_eq!(test_app.database.rows(), before);
    }

    async fn addresses_of_members_and_of_other_invitations_are_rejected(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite(OLD).await;
        team.invite("eve@example.com").await;
        let path = team.path(&format!("invitations/{id}"));
        let before = test_app.database.rows();
        readdress(&mut team.owner, &path, "ADA@example.com").await.problem(409, "already-member");
        readdress(&mut team.owner, &path, "eve@example.com").await.problem(409, "already-invited");
        assert_eq!(test_app.database.rows(), before);
        // An invitation that has expired does not hold its address.
        test_app.advance(Duration::from_hours(7 * 24 - 1));
        team.act(&id, "resend").await.expect(200);
        test_app.advance(Duration::from_hours(2));
        readdress(&mut team.owner, &path, "eve@example.com").await.expect(200);
    }

    async fn a_registered_only_account_takes_addresses_of_users_only(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        test_app.user(OLD, "Bob").await;
        let id = team.invite(OLD).await;
        let account = format!("/accounts/{}", team.account);
        let only = json!({ "settings": { "registered_users_only": true } });
        team.owner.patch(&account, &only).await.expect(200);
        let path = team.path(&format!("invitations/{id}"));
        let problem = readdress(&mut team.owner, &path, NEW).await.problem(409, "registered-users-only");
        assert_eq!(problem.json()["emails"], json!([NEW]));
        test_app.user(NEW, "Robert").await;
        readdress(&mut team.owner, &path, NEW).await.expect(200);
    }

    async fn an_email_that_waits_for_the_former_address_is_not_sent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite(OLD).await;
        team.act(&id, "resend").await.expect(200);
        let path = team.path(&format!("invitations/{id}"));
        readdress(&mut team.owner, &path, NEW).await.expect(200);
        assert_eq!(delivered(&test_app, OLD).await, 0);
        assert_eq!(delivered(&test_app, NEW).await, 1);
    }

    async fn an_email_that_is_being_sent_to_the_former_address_has_an_ended_link_and_no_delivery_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for outcome in [DeliveryOutcome::Sent, DeliveryOutcome::Rejected(DeliveryError::reply("550 no"))] {
            let id = team.invite(OLD).await;
            let lease = Duration::from_secs(30);
            let leased = test_app.app.write(move |tx| notifications::lease(tx, lease, capacity(1)).map(Option::unwrap)).await;
            let leased = leased.unwrap().remove(0);
            let path = team.path(&format!("invitations/{id}"));
            readdress(&mut team.owner, &path, NEW).await.expect(200);
            let email = leased.email.unwrap();
            let convoke_core::model::email::EmailContent::Invitation(content) = &email.content else {
                panic!("{email:?}");
            };
            let token = content.token.expose();
            by_link(&mut test_app.anonymous(), "preview", token).await.problem(410, "link-no-longer-valid");
            let (entry, recorded) = (leased.entry, outcome.clone());
            test_app.app.write(move |tx| notifications::record_deliveries(tx, [(&entry, &recorded)])).await.unwrap();
            assert_eq!(team.shown(&id).await["delivery"]["state"], "queued");
            // The one to the new address is still there.
            assert!(mail_server(&test_app, DeliveryOutcome::Sent).await);
            assert_eq!(team.shown(&id).await["delivery"]["state"], "sent");
            team.act(&id, "revoke").await.expect(200);
        }
    }

    async fn an_email_in_delivery_that_is_deferred_is_not_sent_to_the_new_address(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite(OLD).await;
        let path = team.path(&format!("invitations/{id}"));
        let lease = Duration::from_secs(30);
        let other = team.invite("eve@example.com").await;
        let leased = test_app.app.write(move |tx| notifications::lease(tx, lease, capacity(2)).map(Option::unwrap)).await.unwrap();
        assert_eq!(leased.len(), 2);
        readdress(&mut team.owner, &path, NEW).await.expect(200);
        for LeasedEmail { entry, .. } in leased {
            let later = DeliveryOutcome::Deferred(DeliveryError::reply("451 try later"));
            test_app.app.write(move |tx| notifications::record_deliveries(tx, [(&entry, &later)])).await.unwrap();
        }
        assert_eq!(delivered(&test_app, NEW).await, 1);
        test_app.advance(Duration::from_mins(1));
        assert_eq!(delivered(&test_app, NEW).await, 1);
        assert_eq!(delivered(&test_app, OLD).await, 0);
        // That of another invitation is tried again.
        assert_eq!(delivered(&test_app, "eve@example.com").await, 1);
        assert_eq!(team.shown(&other).await["delivery"]["state"], "sent");
    }

    async fn the_invitee_asks_once_and_the_inviter_is_notified_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, OLD).await;
        let asked = delivered(&test_app, "ada@example.com").await;
        let mut anonymous_client = test_app.anonymous();
        let response = request_address(&mut anonymous_client, &token, NEW).await.expect(202).json();
        assert_eq!(response, json!({ "status": "address_requested" }));
        assert_eq!(team.shown(&id).await["requested_email"], NEW);
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["action"], "invitation.address_requested");
        assert_eq!(entry["actor"]["kind"], "invitation_link");
        let before = test_app.database.rows();
        for email in [NEW, "other@example.com", OLD] {
            request_address(&mut anonymous_client, &token, email).await.expect(202);
        }
        assert_eq!(test_app.database.rows(), before);
        assert_eq!(delivered(&test_app, "ada@example.com").await, asked + 1);
        let mail = test_app.mails_to("ada@example.com").remove(0);
        assert!(mail.text.contains(&format!("/accounts/{}/invitations/{id}/address", team.account)), "{}", mail.text);
        assert!(mail.text.contains(NEW) && !mail.subject.contains(NEW), "{}", mail.subject);
        let path = team.path(&format!("invitations/{id}"));
        let after = readdress(&mut team.owner, &path, NEW).await.expect(200).json();
        assert_eq!(after["requested_email"], Value::Null);
        // The new link may ask anew.
        let token = test_app.mailed_token(NEW, "invitations").await;
        request_address(&mut anonymous_client, &token, "third@example.com").await.expect(202);
        assert_eq!(team.shown(&id).await["requested_email"], "third@example.com");
    }

    async fn a_request_for_an_address_is_checked_and_needs_a_pending_invitation(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, OLD).await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        request_address(&mut eve, &token, "nobody").await.errors(&[("/email", "invalid-email")]);
        request_address(&mut eve, "cvi_unknown", "eve@example.com").await.problem(404, "not-found");
        request_address(&mut eve, &token, "eve@example.com").await.expect(202);
        assert_eq!(team.activity().await[0]["actor"]["name"], "Eve");
        team.act(&id, "revoke").await.expect(200);
        assert_eq!(team.shown(&id).await["requested_email"], Value::Null);
        request_address(&mut eve, &token, "eve@example.com").await.problem(409, "invitation-revoked");
    }

    async fn a_request_that_was_answered_before_its_email_causes_none(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, OLD).await;
        let asked = delivered(&test_app, "ada@example.com").await;
        request_address(&mut test_app.anonymous(), &token, NEW).await.expect(202);
        let path = team.path(&format!("invitations/{id}"));
        readdress(&mut team.owner, &path, NEW).await.expect(200);
        assert_eq!(delivered(&test_app, "ada@example.com").await, asked);
    }

    async fn an_acceptance_and_a_readdress_at_the_same_time_give_one_result(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for round in 0..ROUNDS {
            let (old, new) = (format!("old{round}@example.com"), format!("new{round}@example.com"));
            let mut bob = test_app.user(&old, "Bob").await;
            let (id, token) = team.invite_by_mail(&test_app, &old).await;
            let path = team.path(&format!("invitations/{id}"));
            let mut owner = team.owner.clone();
            let (accepted, changed) = tokio::join!(
                by_link(&mut bob, "accept", &token),
                readdress(&mut owner, &path, &new),
            );
            let shown = team.shown(&id).await;
            match (accepted.status, changed.status) {
                (200, 409) => {
                    changed.problem(409, "invitation-already-accepted");
                    assert_eq!((&shown["status"], &shown["email"]), (&json!("accepted"), &json!(old)));
                }
                (410, 200) => {
                    accepted.problem(410, "link-no-longer-valid");
                    assert_eq!((&shown["status"], &shown["email"]), (&json!("pending"), &json!(new)));
                    team.act(&id, "revoke").await.expect(200);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    async fn a_sign_up_and_a_readdress_at_the_same_time_join_only_the_address_that_counts(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for round in 0..ROUNDS {
            let (old, new) = (format!("old{round}@example.com"), format!("new{round}@example.com"));
            let (id, token) = team.invite_by_mail(&test_app, &old).await;
            let path = team.path(&format!("invitations/{id}"));
            let body = json!({ "email": old, "password": PASSWORD, "first_name": "Bob", "invitation_token": token,
                "accept_invitation": true });
            let (mut owner, mut bob) = (team.owner.clone(), test_app.anonymous());
            let (joined, changed) = tokio::join!(
                bob.post("/registrations", &body),
                readdress(&mut owner, &path, &new),
            );
            match (joined.status, changed.status) {
                (201, 409) => assert!(joined.json()["membership"].is_object()),
                (410, 200) => {
                    team.act(&id, "revoke").await.expect(200);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    async fn a_resend_and_a_readdress_at_the_same_time_mail_the_new_address_only(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for round in 0..ROUNDS {
            let (old, new) = (format!("old{round}@example.com"), format!("new{round}@example.com"));
            let id = team.invite(&old).await;
            let path = team.path(&format!("invitations/{id}"));
            let resend = team.of(&id, "resend");
            let (mut first, mut second) = (team.owner.clone(), team.owner.clone());
            let (answered, changed) = tokio::join!(
                first.post(&resend, &Value::Null),
                readdress(&mut second, &path, &new),
            );
            assert_eq!((answered.status, changed.status), (200, 200));
            assert_eq!(delivered(&test_app, &old).await, 0);
            assert!((1..=2).contains(&delivered(&test_app, &new).await));
            let shown = team.shown(&id).await;
            assert_eq!((&shown["email"], &shown["delivery"]["state"]), (&json!(new), &json!("sent")));
            team.act(&id, "revoke").await.expect(200);
        }
    }

    async fn a_revocation_and_a_readdress_at_the_same_time_revoke_it(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for round in 0..ROUNDS {
            let new = format!("new{round}@example.com");
            let id = team.invite(&format!("old{round}@example.com")).await;
            let path = team.path(&format!("invitations/{id}"));
            let revoke = team.of(&id, "revoke");
            let (mut first, mut second) = (team.owner.clone(), team.owner.clone());
            let (revoked, changed) = tokio::join!(
                first.post(&revoke, &Value::Null),
                readdress(&mut second, &path, &new),
            );
            assert_eq!(revoked.status, 200);
            assert!([200, 409].contains(&changed.status), "{}", changed.status);
            assert_eq!(team.shown(&id).await["status"], "revoked");
            assert_eq!(delivered(&test_app, &new).await, 0);
        }
    }

    async fn two_readdresses_at_the_same_time_leave_one_address(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for round in 0..ROUNDS {
            let news = ["a", "b"].map(|name| format!("{name}{round}@example.com"));
            let id = team.invite(&format!("old{round}@example.com")).await;
            let path = team.path(&format!("invitations/{id}"));
            let calls = news.iter().map(|email| {
                let (mut owner, path) = (team.owner.clone(), path.clone());
                async move { readdress(&mut owner, &path, email).await.status }
            });
            assert_eq!(join_all(calls).await, [200, 200]);
            let shown = team.shown(&id).await;
            for email in &news {
                let count = delivered(&test_app, email).await;
                assert_eq!(count, usize::from(shown["email"] == **email), "{email}");
            }
            team.act(&id, "revoke").await.expect(200);
        }
    }

    async fn two_invitations_cannot_get_the_same_address(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for round in 0..ROUNDS {
            let new = format!("new{round}@example.com");
            let mut ids = Vec::new();
            for name in ["a", "b"] {
                ids.push(team.invite(&format!("{name}{round}@example.com")).await);
            }
            let calls = ids.iter().map(|id| {
                let (mut owner, path) = (team.owner.clone(), team.path(&format!("invitations/{id}")));
                let new = &new;
                async move { readdress(&mut owner, &path, new).await.status }
            });
            let mut statuses = join_all(calls).await;
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
            for id in ids {
                team.act(&id, "revoke").await.expect(200);
            }
        }
    }
}
