//! Seats: members and pending invitations never exceed the limit (rules A4 and V1).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{WEEK, by_link, mine};
use crate::on_both;
use crate::support::{AccountFixture, invite_body};

on_both! {
    async fn too_few_seats_reject_the_whole_request(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.users_per_account = 3).await;
        let mut team = AccountFixture::new(&test_app).await;
        let before = test_app.database.rows();
        let rejected = team.ask(&["b@example.com", "c@example.com", "d@example.com"]).await;
        let problem = rejected.problem(409, "user-limit-exceeded").json();
        for (name, value) in [
            ("limit", 3), ("members", 1), ("pending_invitations", 0), ("available", 2), ("requested", 3),
        ] {
            assert_eq!(problem[name], value, "{name}");
        }
        assert_eq!(test_app.database.rows(), before);
        team.ask(&["b@example.com", "c@example.com"]).await.expect(201);
        assert_eq!(team.seats().await, [3, 1, 2, 0]);
        // Members and invited addresses need no new seat.
        team.ask(&["b@example.com", "ada@example.com"]).await.expect(201);
        let problem = team.ask(&["b@example.com", "d@example.com"]).await.problem(409, "user-limit-exceeded").json();
        assert_eq!(problem["requested"], 1);
        assert_eq!(problem["available"], 0);
    }

    async fn remedies_for_too_few_seats_depend_on_the_edition(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.users_per_account = 1).await;
        let mut team = AccountFixture::new(&test_app).await;
        let cloud = team.ask(&["b@example.com"]).await.problem(409, "user-limit-exceeded").json();
        let test_app = test_app.restarted(|config| config.edition = convoke_domain::policy::Edition::OnPremise).await;
        team.owner = team.owner.of(&test_app);
        let own = team.ask(&["b@example.com"]).await.problem(409, "user-limit-exceeded").json();
        let (cloud, own) = (cloud["remedies"].to_string(), own["remedies"].to_string());
        assert!(cloud.contains("invitations") && cloud.contains("inactive users"), "{cloud}");
        assert!(!cloud.contains("system administrator"), "{cloud}");
        assert!(own.contains("system administrator") && own.contains("inactive users"), "{own}");
    }

    async fn every_final_state_but_accepted_frees_the_seat(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.users_per_account = 2).await;
        let mut team = AccountFixture::new(&test_app).await;
        let revoked = team.invite("b@example.com").await;
        team.act(&revoked, "revoke").await.expect(200);
        assert_eq!(team.seats().await, [2, 1, 0, 1]);
        let (_, token) = team.invite_by_mail(&test_app, "c@example.com").await;
        by_link(&mut test_app.anonymous(), "decline", &token).await.expect(200);
        assert_eq!(team.seats().await, [2, 1, 0, 1]);
        team.invite("d@example.com").await;
        test_app.advance(WEEK);
        assert_eq!(team.seats().await, [2, 1, 0, 1]);
        team.member(&test_app, "e@example.com", &[]).await;
        assert_eq!(team.seats().await, [2, 2, 0, 0]);
    }

    async fn acceptance_is_never_rejected_for_seats(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let id = team.invite("bob@example.com").await;
        let test_app = test_app.restarted(|config| config.limits.users_per_account = 1).await;
        (team.owner, bob) = (team.owner.of(&test_app), bob.of(&test_app));
        assert_eq!(team.seats().await, [1, 1, 1, 0]);
        team.act(&id, "resend").await.expect(200);
        mine(&mut bob, &id, "accept").await.expect(200);
        assert_eq!(team.seats().await, [1, 2, 0, 0]);
    }

    async fn concurrent_requests_never_exceed_the_seat_limit(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.users_per_account = 5).await;
        let team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let ask = |number: usize| {
            let (mut owner, path) = (team.owner.clone(), path.clone());
            // Two addresses per request, so that the last free seats are too few for some requests.
            let emails = [format!("a{number}@example.com"), format!("b{number}@example.com")];
            let body = invite_body(&["DEVELOPER"], &[&emails[0], &emails[1]]);
            async move { owner.post(&path, &body).await.status }
        };
        let statuses = join_all((0..12).map(ask)).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 2, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
        assert_eq!(test_app.database.rows()["invitations"].len(), 4);
    }

    async fn concurrent_requests_for_one_address_create_one_invitation(test_app: TestApp) {
        let team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let ask = |_| {
            let (mut owner, path) = (team.owner.clone(), path.clone());
            async move {
                let response = owner.post(&path, &invite_body(&["DEVELOPER"], &["bob@example.com"])).await;
                response.expect(201).text("/results/0/outcome")
            }
        };
        let outcomes = join_all((0..8).map(ask)).await;
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "invited").count(), 1, "{outcomes:?}");
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 1);
    }

    async fn concurrent_answers_give_one_final_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let (id, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let bob = test_app.user("bob@example.com", "Bob").await;
        let of = team.of(&id, "revoke");
        let calls = (0..9).map(|number| {
            let (mut client, path, body) = match number % 3 {
                0 => (bob.clone(), "/invitations/accept".to_owned(), json!({ "token": token })),
                1 => (test_app.anonymous(), "/invitations/decline".to_owned(), json!({ "token": token })),
                _ => (team.owner.clone(), of.clone(), Value::Null),
            };
            async move { client.post(&path, &body).await.status }
        });
        let statuses = join_all(calls).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
        let ends = team.actions().await;
        let ends = ends.iter().filter(|action| {
            ["invitation.accepted", "invitation.declined", "invitation.revoked"].contains(&action.as_str())
        });
        assert_eq!(ends.count(), 1);
    }
}
