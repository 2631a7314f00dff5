//! What an invitee sees before deciding (rules I9 and I14).

use serde_json::{Value, json};

use super::{WEEK, by_link, mine};
use crate::on_both;
use crate::support::{AccountFixture, Client};

async fn preview(client: &mut Client, token: &str) -> Value {
    by_link(client, "preview", token).await.expect(200).json()
}

on_both! {
    async fn an_anonymous_preview_masks_the_address(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "Bobby@example.com").await;
        let seen = preview(&mut test_app.anonymous(), &token).await;
        let me = team.owner.get("/me").await.json();
        assert_eq!(seen["invitation"], json!({
            "account": { "id": team.account, "name": "Analytical Engines" },
            "email": "Bo\u{2022}\u{2022}\u{2022}\u{2022}@example.com",
            "product": "platform",
            "roles": ["DEVELOPER"],
            "invited_by": { "id": me["id"], "name": "Ada", "email": "ada@example.com" },
            "expires_at": test_app.now().plus(WEEK).to_string(),
            "status": "pending",
        }));
        assert_eq!(seen["can_accept"], false);
        assert_eq!(seen["needs"], "sign_in_required");
        assert_eq!(seen["remedies"].as_array().unwrap().len(), 2);
        assert!(!seen.to_string().to_lowercase().contains("bobby@"), "{seen}");
    }

    async fn the_invitee_sees_the_full_address_and_can_accept(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "Bobby@example.com").await;
        let mut bob = test_app.user("bobby@example.com", "Bob").await;
        let seen = preview(&mut bob, &token).await;
        assert_eq!(seen["invitation"]["email"], "Bobby@example.com");
        assert_eq!(seen["can_accept"], true);
        assert_eq!(seen["needs"], Value::Null);
        assert_eq!(seen["remedies"], json!([]));
    }

    async fn another_user_gets_the_remedies(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "bobby@example.com").await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        let seen = preview(&mut eve, &token).await;
        assert_eq!(seen["needs"], "email_mismatch");
        assert_eq!(seen["can_accept"], false);
        let remedies = seen["remedies"].to_string();
        assert!(remedies.contains("Sign out") && remedies.contains("eve@example.com"), "{remedies}");
        assert!(!seen.to_string().contains("bobby@"), "{seen}");
    }

    async fn a_user_without_an_address_gets_the_remedies(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bobby@example.com").await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        test_app.database.execute(
            "update users set email = null, email_canonical = null where email_canonical = 'eve@example.com'",
        );
        let seen = preview(&mut eve, &token).await;
        assert_eq!(seen["needs"], "email_not_disclosed");
        let remedies = seen["remedies"].to_string();
        assert!(remedies.contains("GitHub") && remedies.contains("profile"), "{remedies}");
        let rejected = by_link(&mut eve, "accept", &token).await.problem(403, "additional-actions-required").json();
        assert_eq!(rejected["reason"], "email_not_disclosed");
        assert_eq!(rejected["remedies"], seen["remedies"]);
        mine(&mut eve, &id, "accept").await.problem(404, "not-found");
        assert_eq!(eve.get("/me/invitations").await.expect(200).json()["items"], json!([]));
    }

    async fn the_preview_of_an_ended_invitation_shows_its_final_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for end in ["revoked", "declined", "accepted"] {
            let email = format!("{end}@example.com");
            let (id, token) = team.invite_by_mail(&test_app, &email).await;
            let mut bob = test_app.user(&email, "Bob").await;
            match end {
                "revoked" => team.act(&id, "revoke").await.expect(200),
                "declined" => by_link(&mut bob, "decline", &token).await.expect(200),
                _ => by_link(&mut bob, "accept", &token).await.expect(200),
            };
            for viewer in [&mut bob, &mut test_app.anonymous()] {
                let seen = preview(viewer, &token).await;
                assert_eq!(seen["invitation"]["status"], end);
                assert_eq!(seen["can_accept"], false);
                assert_eq!(seen["needs"], Value::Null);
            }
        }
    }

    async fn a_preview_changes_nothing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let before = test_app.database.rows();
        for _ in 0..3 {
            preview(&mut bob, &token).await;
            preview(&mut test_app.anonymous(), &token).await;
            preview(&mut team.owner, &token).await;
        }
        assert_eq!(test_app.database.rows(), before);
    }

    async fn unknown_tokens_and_tokens_of_another_kind_return_404(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let session = team.owner.cookie.clone().unwrap();
        let body = json!({ "email": "zoe@example.com", "password": crate::support::PASSWORD, "first_name": "Zoe" });
        test_app.anonymous().post("/registrations", &body).await.expect(202);
        let confirm = test_app.mailed_token("zoe@example.com", "confirm").await;
        let renamed = session.replace("cvs_", "cvi_");
        let cut = &token[..token.len() - 1];
        let upper = token.to_uppercase();
        let spaced = format!("{token} ");
        for wrong in [&session, &confirm, &renamed, cut, &upper, &spaced, "", "cvi_", "' or 1=1 --", "\0"] {
            for act in ["preview", "accept", "decline"] {
                by_link(&mut test_app.anonymous(), act, wrong).await.problem(404, "not-found");
                by_link(&mut team.owner, act, wrong).await.problem(404, "not-found");
            }
        }
        // An invitation's token is unknown everywhere else.
        let body = json!({ "token": token, "password": crate::support::PASSWORD });
        for path in ["/registrations/confirm", "/password-resets/confirm"] {
            test_app.anonymous().post(path, &body).await.problem(410, "link-no-longer-valid");
        }
        let mut thief = test_app.anonymous();
        thief.cookie = Some(token);
        thief.get("/me").await.problem(401, "sign-in-required");
    }
}
