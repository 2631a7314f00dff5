//! Transfer of ownership (rules A1, A3 and V10).

use std::time::Duration;

use convoke_app::config::Config;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, TestResponse};

/// An owner, and two members of the same account.
struct Team {
    account: String,
    ada: Client,
    bob: Client,
    eve: Client,
}

async fn team(test_app: &TestApp) -> Team {
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Engines").await;
    let bob = test_app
        .joiner(
            &mut ada,
            &account,
            ("bob@example.com", "Bob"),
            &["DEVELOPER"],
        )
        .await;
    let eve = test_app
        .joiner(
            &mut ada,
            &account,
            ("eve@example.com", "Eve"),
            &["LINGUIST"],
        )
        .await;
    Team {
        account,
        ada,
        bob,
        eve,
    }
}

impl Team {
    fn offer_path(&self) -> String {
        format!("/accounts/{}/ownership-offer", self.account)
    }

    async fn offer(&mut self, user: &str) -> TestResponse {
        let body = json!({ "user_id": user, "account_name": "Engines", "password": PASSWORD });
        let path = self.offer_path();
        self.ada.post(&path, &body).await
    }

    async fn offer_to_bob(&mut self) -> TestResponse {
        let bob = self.bob.id().await;
        self.offer(&bob).await.expect(201)
    }

    async fn owners(&mut self) -> Vec<String> {
        let all = self
            .ada
            .list_all(&format!("/accounts/{}/members", self.account), 100)
            .await;
        let owners = all.iter().filter(|member| member["owner"] == true);
        owners
            .map(|member| member["user"]["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn answer(client: &mut Client, account: &str, act: &str) -> TestResponse {
    client
        .post(
            &format!("/me/ownership-offers/{account}/{act}"),
            &Value::Null,
        )
        .await
}

async fn offers(client: &mut Client) -> Vec<Value> {
    client.list_all("/me/ownership-offers", 100).await
}

fn two_accounts(config: &mut Config) {
    config.limits.accounts_per_user = 2;
}

on_both! {
    async fn ownership_cannot_exceed_the_account_limit(test_app: TestApp, two_accounts) {
        let mut team = team(&test_app).await;
        test_app.account(&mut team.bob, "Looms").await;
        team.offer_to_bob().await;
        let before = test_app.database.rows();
        let rejected = answer(&mut team.bob, &team.account, "accept").await;
        assert_eq!(rejected.problem(409, "account-limit-exceeded").json()["limit"], 2);
        assert_eq!(test_app.database.rows(), before);
        let page = team.bob.submit(&format!("/accounts/{}/ownership-offer/accept", team.account), &[]).await;
        assert_eq!(page.status, 409, "{}", page.body());
        // The offer stays pending until Bob owns fewer accounts.
        assert_eq!(offers(&mut team.bob).await.len(), 1);
        assert_eq!(team.owners().await, ["Ada"]);
    }

    async fn an_accepted_offer_makes_the_target_owner_and_the_old_owner_administrator(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let offer = team.offer_to_bob().await.json();
        let (ada, bob) = (team.ada.id().await, team.bob.id().await);
        let expected = json!({ "account": { "id": team.account, "name": "Engines" },
            "from": { "id": ada, "name": "Ada" }, "user_id": bob,
            "created_at": "2026-11-22T14:05:00.000Z", "expires_at": "2026-11-29T14:05:00.000Z" });
        assert_eq!(offer, expected);
        assert_eq!(offers(&mut team.bob).await, [offer]);
        assert_eq!(offers(&mut team.ada).await, Vec::<Value>::new());
        assert_eq!(test_app.subjects_to("bob@example.com").await[0], "You are offered the ownership of Engines");
        assert_eq!(team.owners().await, ["Ada"]);

        let account_summary = answer(&mut team.bob, &team.account, "accept").await.expect(200).json();
        assert_eq!(account_summary["owner"], json!({ "id": bob, "name": "Bob" }));
        assert_eq!((&account_summary["managing"], &account_summary["my_roles"]), (&json!(true), &json!(["DEVELOPER"])));
        assert_eq!(team.owners().await, ["Bob"]);
        let path = format!("/accounts/{}", team.account);
        let account_summary = team.ada.get(&path).await.expect(200).json();
        assert_eq!((&account_summary["managing"], &account_summary["my_roles"]), (&json!(true), &json!(["USER_ADMIN"])));
        team.ada.patch(&path, &json!({ "name": "Looms" })).await.problem(403, "permission-denied");
        team.bob.patch(&path, &json!({ "name": "Looms" })).await.expect(200);
        answer(&mut team.bob, &team.account, "accept").await.problem(404, "not-found");
        assert_eq!(offers(&mut team.bob).await, Vec::<Value>::new());
        // The previous owner is an ordinary member now.
        team.bob.delete(&format!("{path}/members/{ada}")).await.expect(204);
    }

    async fn an_ownership_offer_requires_the_account_name_and_the_password(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let (path, bob) = (team.offer_path(), team.bob.id().await);
        let body = |name: &str, password: &str| json!({ "user_id": bob, "account_name": name, "password": password });
        team.ada.post(&path, &body("engines", PASSWORD)).await.errors(&[("/account_name", "invalid-name")]);
        team.ada.post(&path, &body("", PASSWORD)).await.errors(&[("/account_name", "invalid-name")]);
        team.ada.post(&path, &body("Engines", "not her password")).await.problem(403, "wrong-password");
        team.ada.post(&path, &Value::Null).await.errors(&[
            ("/user_id", "required"), ("/account_name", "required"), ("/password", "required"),
        ]);
        assert_eq!(offers(&mut team.bob).await, Vec::<Value>::new());
        assert_eq!(test_app.subjects_to("bob@example.com").await.len(), 1);
    }

    async fn an_ownership_offer_requires_another_member_as_target(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let mut stranger = test_app.user("stranger@example.com", "Stranger").await;
        let unknown = team.offer("usr_01h455vb4pex5vsknk084sn02q").await.problem(404, "not-found");
        for user in [stranger.id().await, team.ada.id().await, "bob".to_owned(), String::new()] {
            assert_eq!(team.offer(&user).await.anonymous(), unknown.anonymous(), "{user}");
        }
    }

    async fn the_default_account_cannot_be_offered(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let account = team.ada.default_account().await;
        let id = test_app.invite(&mut team.ada, &account, "bob@example.com", &["DEVELOPER"]).await;
        team.bob.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        let body = json!({ "user_id": team.bob.id().await, "account_name": "Ada's account", "password": PASSWORD });
        let response = team.ada.post(&format!("/accounts/{account}/ownership-offer"), &body).await;
        response.problem(409, "default-account");
        assert_eq!(offers(&mut team.bob).await, Vec::<Value>::new());
    }

    async fn an_offer_that_no_user_may_make_is_rejected_before_the_password_is_compared(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let mut stranger = test_app.user("stranger@example.com", "Stranger").await;
        let default_account = format!("/accounts/{}/ownership-offer", team.ada.default_account().await);
        let path = team.offer_path();
        let body = json!({ "user_id": team.eve.id().await, "account_name": "Engines", "password": "not their password" });
        team.ada.post(&default_account, &body).await.problem(409, "default-account");
        team.bob.post(&path, &body).await.problem(403, "permission-denied");
        stranger.post(&path, &body).await.problem(404, "not-found");
        team.ada.post(&path, &body).await.problem(403, "wrong-password");
    }

    async fn only_the_target_can_answer_an_offer(test_app: TestApp) {
        let mut team = team(&test_app).await;
        team.offer_to_bob().await;
        let mut stranger = test_app.user("stranger@example.com", "Stranger").await;
        for act in ["accept", "decline"] {
            let unknown = answer(&mut stranger, "acc_01h455vb4pex5vsknk084sn02q", act).await.problem(404, "not-found");
            for client in [&mut team.ada, &mut team.eve, &mut stranger] {
                let response = answer(client, &team.account, act).await;
                assert_eq!(response.anonymous(), unknown.anonymous());
            }
            answer(&mut test_app.anonymous(), &team.account, act).await.problem(401, "sign-in-required");
        }
        assert_eq!(team.owners().await, ["Ada"]);
        answer(&mut team.bob, &team.account, "accept").await.expect(200);
    }

    async fn an_offer_can_be_withdrawn(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let path = team.offer_path();
        team.ada.delete(&path).await.problem(404, "not-found");
        team.offer_to_bob().await;
        team.ada.delete(&path).await.expect(204);
        team.ada.delete(&path).await.problem(404, "not-found");
        assert_eq!(offers(&mut team.bob).await, Vec::<Value>::new());
        answer(&mut team.bob, &team.account, "accept").await.problem(404, "not-found");
        // A queued email is not sent.
        assert_eq!(test_app.subjects_to("bob@example.com").await.len(), 1);
    }

    async fn an_offer_can_be_declined(test_app: TestApp) {
        let mut team = team(&test_app).await;
        team.offer_to_bob().await;
        let gone = answer(&mut team.bob, &team.account, "decline").await.expect(204);
        assert!(gone.bytes.is_empty());
        answer(&mut team.bob, &team.account, "accept").await.problem(404, "not-found");
        answer(&mut team.bob, &team.account, "decline").await.problem(404, "not-found");
        assert_eq!(team.owners().await, ["Ada"]);
        team.offer_to_bob().await;
        answer(&mut team.bob, &team.account, "accept").await.expect(200);
    }

    async fn a_new_offer_replaces_the_earlier_one(test_app: TestApp) {
        let mut team = team(&test_app).await;
        team.offer_to_bob().await;
        let eve = team.eve.id().await;
        team.offer(&eve).await.expect(201);
        answer(&mut team.bob, &team.account, "accept").await.problem(404, "not-found");
        answer(&mut team.eve, &team.account, "accept").await.expect(200);
        assert_eq!(team.owners().await, ["Eve"]);
    }

    async fn an_offer_ends_when_its_target_leaves_or_is_removed(test_app: TestApp) {
        let mut team = team(&test_app).await;
        let account = team.account.clone();
        team.offer_to_bob().await;
        team.bob.post(&format!("/accounts/{account}/leave"), &Value::Null).await.expect(204);
        assert_eq!(offers(&mut team.bob).await, Vec::<Value>::new());
        answer(&mut team.bob, &account, "accept").await.problem(404, "not-found");
        let eve = team.eve.id().await;
        team.offer(&eve).await.expect(201);
        team.ada.delete(&format!("/accounts/{account}/members/{eve}")).await.expect(204);
        answer(&mut team.eve, &account, "accept").await.problem(404, "not-found");
        let entries = test_app.entries().await;
        let withdrawn = entries.iter().filter(|action| *action == "account.ownership_offer_withdrawn");
        assert_eq!(withdrawn.count(), 2, "{entries:?}");
        // Rejoining does not restore the offer.
        let id = test_app.invite(&mut team.ada, &account, "eve@example.com", &["DEVELOPER"]).await;
        team.eve.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        answer(&mut team.eve, &account, "accept").await.problem(404, "not-found");
        assert_eq!(team.owners().await, ["Ada"]);
    }

    async fn an_offer_ends_when_the_owner_changes_the_password(test_app: TestApp) {
        let mut team = team(&test_app).await;
        team.offer_to_bob().await;
        let body = json!({ "current_password": PASSWORD, "password": "another long password" });
        team.ada.post("/me/password", &body).await.expect(204);
        assert_eq!(offers(&mut team.bob).await, Vec::<Value>::new());
        answer(&mut team.bob, &team.account, "accept").await.problem(410, "link-no-longer-valid");
        let entries = test_app.entries().await;
        let withdrawn = entries.iter().filter(|action| *action == "account.ownership_offer_withdrawn");
        assert_eq!(withdrawn.count(), 1, "{entries:?}");
    }

    async fn an_offer_is_valid_for_seven_days(test_app: TestApp) {
        let mut team = team(&test_app).await;
        team.offer_to_bob().await;
        test_app.advance(Duration::from_hours(7 * 24));
        assert_eq!(offers(&mut team.bob).await, Vec::<Value>::new());
        answer(&mut team.bob, &team.account, "accept").await.problem(410, "link-no-longer-valid");
        answer(&mut team.bob, &team.account, "decline").await.problem(410, "link-no-longer-valid");
        let path = team.offer_path();
        team.ada.delete(&path).await.problem(404, "not-found");
        team.offer_to_bob().await;
        test_app.advance_just_before(Duration::from_hours(7 * 24));
        answer(&mut team.bob, &team.account, "accept").await.expect(200);
    }

    async fn accepting_twice_with_one_idempotency_key_returns_the_same_response(test_app: TestApp) {
        let mut team = team(&test_app).await;
        team.offer_to_bob().await;
        let mut keyed = team.bob.with("idempotency-key", "take-it");
        let first = answer(&mut keyed, &team.account, "accept").await.expect(200);
        let again = answer(&mut keyed, &team.account, "accept").await.expect(200);
        assert_eq!(first.bytes, again.bytes);
        let count = test_app.entries().await.iter().filter(|action| *action == "account.ownership_transferred").count();
        assert_eq!(count, 1);
    }
}
