//! Accepting, by link and by id (rules I10 and I11).

use convoke_core::secret::{TokenKind, token_hash};
use convoke_domain::{ClientInfo, Error, invitations};
use serde_json::{Value, json};

use super::{by_link, mine, texts};
use crate::on_both;
use crate::support::AccountFixture;

on_both! {
    async fn the_invitee_joins_by_link(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.user("BOB@example.com", "Bob").await;
        let done = by_link(&mut bob, "accept", &token).await.expect(200).json();
        assert_eq!(done["account"]["id"], team.account);
        assert_eq!(done["account"]["my_roles"], json!(["DEVELOPER"]));
        assert_eq!(done["account"]["managing"], false);
        assert_eq!(done["account"]["usage"], Value::Null);
        let me = bob.get("/me").await.json();
        assert_eq!(done["membership"]["user"]["id"], me["id"]);
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        assert_eq!(done["membership"]["owner"], false);
        assert_eq!(done["membership"]["joined_at"], test_app.now().to_string());
        let shown = team.shown(&id).await;
        assert_eq!(shown["status"], "accepted");
        assert_eq!(shown["ended_at"], test_app.now().to_string());
        assert_eq!(team.seats().await, [250, 2, 0, 248]);
    }

    async fn acceptance_is_recorded_once_and_emailed_to_the_inviter(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let before = team.activity().await.len();
        mine(&mut bob, &id, "accept").await.expect(200);
        let entries = team.activity().await;
        assert_eq!(entries.len(), before + 1);
        assert_eq!(entries[0]["action"], "invitation.accepted");
        assert_eq!(entries[0]["actor"]["name"], "Bob");
        assert_eq!(entries[0]["target"]["id"], id);
        let ada = team.owner.get("/me").await.text("/id");
        let invited_by = json!({ "id": ada, "name": "Ada" });
        let after = json!({ "product": "platform", "roles": ["DEVELOPER"], "invited_by": invited_by });
        assert_eq!(entries[0]["after"], after);
        test_app.deliver().await;
        let emails = test_app.mails_to("ada@example.com");
        assert_eq!(emails[0].subject, "Bob joined Analytical Engines as Developer");
        assert!(emails[0].text.contains("Bob"));
    }

    async fn the_invitee_joins_by_id(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let waiting = bob.get("/me/invitations").await.expect(200).json();
        assert_eq!(waiting["items"][0]["id"], id);
        assert_eq!(waiting["items"][0]["email"], "bob@example.com");
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["account"]["id"], team.account);
        assert_eq!(bob.get("/me/invitations").await.json()["items"], json!([]));
    }

    async fn a_second_acceptance_returns_already_accepted(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        by_link(&mut bob, "accept", &token).await.expect(200);
        let before = test_app.database.rows();
        for response in [by_link(&mut bob, "accept", &token).await, mine(&mut bob, &id, "accept").await] {
            let detail = response.problem(409, "invitation-already-accepted").text("/detail");
            assert!(detail.starts_with("You accepted"), "{detail}");
        }
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        for other in [&mut eve, &mut test_app.anonymous()] {
            let response = by_link(other, "accept", &token).await;
            let detail = response.problem(409, "invitation-already-accepted").text("/detail");
            assert!(!detail.starts_with("You"), "{detail}");
        }
        assert_eq!(test_app.database.rows()["members"].len(), before["members"].len() + 1);
        assert_eq!(test_app.database.rows()["invitations"], before["invitations"]);
    }

    async fn accepting_without_a_session_requires_a_sign_in(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let before = test_app.database.rows();
        by_link(&mut test_app.anonymous(), "accept", &token).await.problem(401, "sign-in-required");
        mine(&mut test_app.anonymous(), &id, "accept").await.problem(401, "sign-in-required");
        mine(&mut test_app.anonymous(), &id, "decline").await.problem(401, "sign-in-required");
        assert_eq!(test_app.database.rows(), before);
    }

    async fn another_user_is_rejected_with_the_remedies(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bobby@example.com").await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        let before = test_app.database.rows();
        // The owner who sent the invitation is another user too.
        for (client, own) in [(&mut eve, "eve@example.com"), (&mut team.owner, "ada@example.com")] {
            let response = by_link(client, "accept", &token).await;
            let rejected = response.problem(403, "additional-actions-required").json();
            assert_eq!(rejected["reason"], "email_mismatch");
            assert_eq!(rejected["invited_email"], "bo\u{2022}\u{2022}\u{2022}\u{2022}@example.com");
            assert_eq!(rejected["provider"], Value::Null);
            let remedies = rejected["remedies"].to_string();
            assert!(remedies.contains(own), "{remedies}");
            assert!(!rejected.to_string().contains("bobby@"), "{rejected}");
            mine(client, &id, "accept").await.problem(404, "not-found");
            mine(client, &id, "decline").await.problem(404, "not-found");
        }
        assert_eq!(test_app.database.rows(), before);
    }

    async fn the_final_state_is_returned_before_sign_in_and_address_are_checked(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        team.act(&id, "revoke").await.expect(200);
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        by_link(&mut test_app.anonymous(), "accept", &token).await.problem(409, "invitation-revoked");
        by_link(&mut eve, "accept", &token).await.problem(409, "invitation-revoked");
        by_link(&mut test_app.anonymous(), "accept", "cvi_unknown").await.problem(404, "not-found");
    }

    async fn acceptance_adds_roles_to_a_member(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = {
            let mut bob = test_app.user("bob@example.com", "Bob").await;
            let path = team.path("invitations");
            let body = crate::support::invite_body(&["USER_AUDITOR", "DEVELOPER"], &["bob@example.com"]);
            let second = team.owner.post(&path, &body).await.expect(201).text("/results/0/invitation/id");
            // Bob becomes a member through another invitation while this one is pending.
            let user = bob.get("/me").await.text("/id");
            join_directly(&test_app, &team.account, &user);
            second
        };
        let mut bob = test_app.anonymous();
        let body = json!({ "login": "bob@example.com", "password": crate::support::PASSWORD });
        bob.post("/sessions", &body).await.expect(201);
        let seats = team.seats().await;
        let done = mine(&mut bob, &id, "accept").await.expect(200).json();
        assert_eq!(done["membership"]["roles"], json!(["USER_AUDITOR", "DEVELOPER", "LINGUIST"]));
        let entry = team.activity().await.remove(0);
        assert_eq!(entry["action"], "invitation.accepted");
        assert_eq!(entry["before"], json!({ "roles": ["LINGUIST"] }));
        assert_eq!(team.seats().await, [seats[0], seats[1], 0, seats[3] + 1]);
    }

    async fn the_address_is_checked_in_the_transaction_of_the_acceptance(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let bob = test_app.user("bob@example.com", "Bob").await;
        let session = token_hash(TokenKind::Session, &bob.cookie.unwrap()).unwrap();
        let caller = test_app.app.authenticate(session, ClientInfo::default()).await.unwrap();
        // The address is reassigned between authentication and the acceptance.
        test_app.database.execute(
            "update users set email = 'b@example.com', email_canonical = 'b@example.com'
                where email_canonical = 'bob@example.com'",
        );
        let rejected = test_app.app.write(move |tx| invitations::accept(tx, Some(&caller), &token)).await;
        assert!(matches!(rejected, Err(Error::AdditionalActions(_))), "{rejected:?}");
        assert_eq!(team.shown(&id).await["status"], "pending");
    }

    async fn invitations_of_several_accounts_are_independent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let other = test_app.account(&mut team.owner, "Second").await;
        team.invite("bob@example.com").await;
        let second = test_app.invite(&mut team.owner, &other, "bob@example.com", &["LINGUIST"]).await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let list = bob.get("/me/invitations?limit=1").await.expect(200).json();
        assert_eq!(texts(&list["items"], "id"), std::slice::from_ref(&second));
        let cursor = list["next_cursor"].as_str().unwrap();
        let rest = bob.get(&format!("/me/invitations?cursor={cursor}")).await.expect(200).json();
        assert_eq!(rest["items"][0]["account"]["name"], "Analytical Engines");
        assert_eq!(rest["next_cursor"], Value::Null);
        mine(&mut bob, &second, "accept").await.expect(200);
        assert_eq!(bob.get("/me/invitations").await.json()["items"].as_array().unwrap().len(), 1);
    }
}

/// Adds a member directly in the database.
fn join_directly(test_app: &crate::support::TestApp, account: &str, user: &str) {
    use convoke_core::ids::{AccountId, UserId};
    let account: uuid::Uuid = account.parse::<AccountId>().unwrap().into();
    let user: uuid::Uuid = user.parse::<UserId>().unwrap().into();
    let literal = |id: uuid::Uuid| {
        if test_app.database.folder().is_some() {
            format!("x'{}'", id.simple())
        } else {
            format!("'{id}'")
        }
    };
    let (account, user) = (literal(account), literal(user));
    test_app.database.execute(&format!(
        "insert into members (account_id, user_id, roles, name_key, joined_at, version)
            values ({account}, {user}, 'LINGUIST', 'bob', 0, 1)"
    ));
}
