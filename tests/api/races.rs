//! Requests that run at the same time: one of them wins, and the others are told so.

use convoke::config::Config;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::on_both;
use crate::support::{Answer, Client, PASSWORD};

/// Posts the same to the same place several times at once, by copies of one client.
async fn at_once(client: &Client, times: usize, path: &str, body: &Value) -> Vec<Answer> {
    let posts = (0..times).map(|_| async {
        let mut copy = client.clone();
        copy.post(path, body).await
    });
    join_all(posts).await
}

/// Fails unless one answer has the first status and all others the second.
#[track_caller]
fn one_wins(answers: &[Answer], won: u16, lost: u16) {
    let mut found: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    found.sort_by_key(|status| *status != won);
    let mut expected = vec![lost; answers.len()];
    expected[0] = won;
    assert_eq!(found, expected);
}

/// How often ownership is accepted and an account created at the same time.
const ROUNDS: usize = 200;
const REQUESTS: usize = 32;

fn two_accounts(config: &mut Config) {
    config.limits.accounts_per_user = 2;
}

on_both! {
    async fn of_registrations_finished_at_once_one_makes_the_user(house: House) {
        let mut tokens = Vec::new();
        for _ in 0..3 {
            house.begin_sign_up("ada@example.com", "Ada", PASSWORD).await.expect(202);
            tokens.push(house.mailed_token("ada@example.com", "confirm").await);
        }
        let confirmations = tokens.iter().chain(&tokens).map(|token| {
            let (mut client, body) = (house.stranger(), json!({ "token": token, "password": PASSWORD }));
            async move { client.post("/registrations/confirm", &body).await }
        });
        one_wins(&join_all(confirmations).await, 201, 410);
        assert_eq!(house.entries().await, ["user.created", "account.created"]);
    }

    async fn of_resets_by_one_link_at_once_one_counts(house: House) {
        let nobody = house.stranger();
        house.user("ada@example.com", "Ada").await;
        nobody.clone().post("/password-resets", &json!({ "email": "ada@example.com" })).await.expect(202);
        let token = house.mailed_token("ada@example.com", "reset").await;
        let body = json!({ "token": token, "password": "another fine password" });
        one_wins(&at_once(&nobody, 5, "/password-resets/confirm", &body).await, 204, 410);
        let resets = house.entries().await.iter().filter(|action| *action == "user.password_reset").count();
        assert_eq!(resets, 1);
    }

    async fn accounts_created_at_once_stay_within_the_limit(house: House, two_accounts) {
        let mut ada = house.user("ada@example.com", "Ada").await;
        one_wins(&at_once(&ada, 6, "/accounts", &json!({ "name": "Engines" })).await, 201, 409);
        assert_eq!(ada.whole("/accounts", 100).await.len(), 2);
    }

    async fn accepting_ownership_and_creating_at_once_stay_within_the_limit(house: House, two_accounts) {
        let mut ada = house.user("ada@example.com", "Ada").await;
        let account = house.account(&mut ada, "Engines").await;
        let mut bob = house.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let id = bob.id().await;
        let offer = json!({ "user_id": id, "account_name": "Engines", "password": PASSWORD });
        let accept = (format!("/me/ownership-offers/{account}/accept"), Value::Null);
        let create = ("/accounts".to_owned(), json!({ "name": "Looms" }));
        for _ in 0..ROUNDS {
            ada.post(&format!("/accounts/{account}/ownership-offer"), &offer).await.expect(201);
            let barrier = Barrier::new(REQUESTS);
            let calls = (0..REQUESTS).map(|request| {
                let (path, body) = if request % 2 == 0 { &create } else { &accept };
                let (mut copy, barrier) = (bob.clone(), &barrier);
                async move {
                    barrier.wait().await;
                    copy.post(path, body).await
                }
            });
            let answers = join_all(calls).await;
            let done = answers.iter().filter(|answer| matches!(answer.status, 200 | 201)).count();
            assert_eq!(done, 1, "{:?}", answers.iter().map(Answer::body).collect::<Vec<_>>());
            // Whoever comes second finds the limit reached, or the offer accepted.
            assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 201 | 404 | 409)));
            let owned = bob.whole("/accounts", 100).await.iter().filter(|it| it["owner"]["id"] == *id).count();
            assert_eq!(owned, 2);
            house.run_sql("update accounts set owner_id = (select id from users where login = 'ada@example.com')
                where not is_default").await;
        }
    }

    async fn requests_under_one_key_at_once_create_one_account(house: House) {
        let mut ada = house.user("ada@example.com", "Ada").await;
        let keyed = ada.with("idempotency-key", "one");
        for answer in at_once(&keyed, 6, "/accounts", &json!({ "name": "Engines" })).await {
            if answer.status == 409 {
                answer.problem(409, "idempotency-key-in-use");
            } else {
                answer.expect(201);
            }
        }
        assert_eq!(ada.whole("/accounts", 100).await.len(), 2);
    }

    async fn of_edits_of_one_version_at_once_one_counts(house: House) {
        let mut ada = house.user("ada@example.com", "Ada").await;
        let account = house.account(&mut ada, "Engines").await;
        let mut bob = house.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}/members/{}", bob.id().await);
        let tag = ada.get(&path).await.expect(200).header("etag").to_owned();
        let ada = ada.with("if-match", &tag);
        let edits = ["LINGUIST", "USER_AUDITOR", "CONTENT_MANAGER", "BUSINESS_OWNER"].map(|role| {
            let (mut ada, path) = (ada.clone(), path.clone());
            async move { ada.patch(&path, &json!({ "roles": [role] })).await }
        });
        one_wins(&join_all(edits).await, 200, 412);
    }

    async fn an_offer_accepted_and_withdrawn_at_once_ends_in_one_way(house: House) {
        let mut ada = house.user("ada@example.com", "Ada").await;
        let account = house.account(&mut ada, "Engines").await;
        let mut bob = house.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}/ownership-offer");
        let body = json!({ "user_id": bob.id().await, "account_name": "Engines", "password": PASSWORD });
        ada.post(&path, &body).await.expect(201);
        let accept = format!("/me/ownership-offers/{account}/accept");
        let (mut other_ada, mut other_bob) = (ada.clone(), bob.clone());
        let (accepted, again, withdrawn) =
            tokio::join!(bob.post(&accept, &Value::Null), other_bob.post(&accept, &Value::Null), ada.delete(&path));
        let card = other_ada.get(&format!("/accounts/{account}")).await.expect(200);
        let wins = [accepted.status, again.status].iter().filter(|status| **status == 200).count();
        if withdrawn.status == 204 {
            assert_eq!((wins, card.text("/owner/name").as_str()), (0, "Ada"));
        } else {
            // Whoever owns it no longer may not take anything back; before that there was nothing to take back.
            assert!([403, 404].contains(&withdrawn.status), "{}", withdrawn.body());
            assert_eq!((wins, card.text("/owner/name").as_str()), (1, "Bob"));
        }
    }
}
