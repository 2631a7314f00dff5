//! What the system administrator changes from the command line, as users and accounts see it.

use convoke_core::ids::{AccountId, UserId};
use convoke_domain::{Error, accounts, users};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, Client, PASSWORD, TestApp};

async fn id_of(client: &mut Client) -> UserId {
    let me = client.get("/me").await.expect(200);
    me.text("/id").parse().unwrap()
}

async fn disable(test_app: &TestApp, user: UserId) {
    let disabled = test_app.app.write(move |tx| users::disable(tx, user)).await;
    assert!(disabled.unwrap().disabled_at.is_some());
}

async fn enable(test_app: &TestApp, user: UserId) {
    let enabled = test_app.app.write(move |tx| users::enable(tx, user)).await;
    assert!(enabled.unwrap().disabled_at.is_none());
}

async fn set_limit(test_app: &TestApp, account: &str, limit: Option<u32>) {
    let account: AccountId = account.parse().unwrap();
    let changed = test_app
        .app
        .write(move |tx| accounts::set_limit(tx, account, limit));
    changed.await.unwrap();
}

on_both! {
    async fn a_disabled_user_is_signed_out_and_cannot_sign_in(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let id = id_of(&mut ada).await;
        disable(&test_app, id).await;
        ada.get("/me").await.problem(401, "sign-in-required");
        // The same response as for a wrong password, which discloses nothing.
        let wrong = test_app.try_sign_in("ada@example.com", "wrong horse battery").await;
        let right = test_app.try_sign_in("ada@example.com", PASSWORD).await;
        assert_eq!(right.anonymous(), wrong.anonymous());
        right.problem(401, "invalid-credentials");
    }

    async fn a_disabled_user_stays_a_member_and_works_again_once_enabled(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &["DEVELOPER"]).await;
        let id = id_of(&mut bob).await;
        let seats = team.seats().await;
        disable(&test_app, id).await;
        assert_eq!(team.seats().await, seats);
        enable(&test_app, id).await;
        bob.get("/me").await.problem(401, "sign-in-required");
        test_app.try_sign_in("bob@example.com", PASSWORD).await.expect(201);
        let member = format!("members/{id}");
        let member = team.owner.get(&team.path(&member)).await.expect(200).json();
        assert_eq!(member["roles"], json!(["DEVELOPER"]));
    }

    async fn disabling_voids_what_was_prepared_before(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bob = team.member(&test_app, "bob@example.com", &[]).await;
        let target = id_of(&mut bob).await;
        let offer = json!({ "user_id": target, "account_name": "Analytical Engines", "password": PASSWORD });
        team.owner.post(&team.path("ownership-offer"), &offer).await.expect(201);
        let body = json!({ "email": "ada@example.com" });
        test_app.anonymous().post("/password-resets", &body).await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "reset").await;
        let owner = id_of(&mut team.owner).await;
        disable(&test_app, owner).await;
        let body = json!({ "token": token, "password": "quite another password" });
        let response = test_app.anonymous().post("/password-resets/confirm", &body).await;
        response.problem(410, "link-no-longer-valid");
        let offers = bob.get("/me/ownership-offers").await.expect(200).json();
        assert_eq!(offers["items"], json!([]));
    }

    async fn disabling_and_enabling_are_recorded_once_with_the_actor_system(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let id = id_of(&mut ada).await;
        for _ in 0..2 {
            disable(&test_app, id).await;
        }
        for _ in 0..2 {
            enable(&test_app, id).await;
        }
        let mut ada = test_app.sign_in("ada@example.com").await;
        let entries = ada.get("/me/activity").await.expect(200).json();
        let recorded: Vec<(&Value, &Value)> = entries["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (&entry["action"], &entry["actor"]["kind"]))
            .filter(|(action, _)| ["user.disabled", "user.enabled"].contains(&action.as_str().unwrap()))
            .collect();
        let (disabled, enabled, system) = (json!("user.disabled"), json!("user.enabled"), json!("system"));
        assert_eq!(recorded, [(&enabled, &system), (&disabled, &system)]);
        let page = ada.page("/profile/activity").await.expect(200);
        page.shows("Disabled this sign-in").shows("Enabled this sign-in again");
    }

    async fn an_account_s_limit_counts_at_once_and_returns_to_the_default(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        set_limit(&test_app, &team.account, Some(2)).await;
        assert_eq!(team.seats().await, [2, 1, 0, 1]);
        team.ask(&["a@example.com", "b@example.com"]).await.problem(409, "user-limit-exceeded");
        team.invite("a@example.com").await;
        // A limit below the taken seats only stops new ones.
        set_limit(&test_app, &team.account, Some(1)).await;
        assert_eq!(team.seats().await, [1, 1, 1, 0]);
        set_limit(&test_app, &team.account, None).await;
        assert_eq!(team.seats().await[0], 250);
        team.invite("b@example.com").await;
    }

    async fn a_change_of_the_limit_is_recorded_once_with_the_actor_system(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for limit in [Some(300), Some(300), None] {
            set_limit(&test_app, &team.account, limit).await;
        }
        let entries = team.activity().await;
        let changes: Vec<&Value> = entries
            .iter()
            .filter(|entry| entry["action"] == "account.updated")
            .collect();
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[1]["actor"]["kind"], "system");
        assert_eq!(changes[1]["before"], json!({ "user_limit": null }));
        assert_eq!(changes[1]["after"], json!({ "user_limit": 300 }));
        let page = team.owner.page(&team.path("activity")).await.expect(200);
        page.shows("User limit: that of the installation → 300");
    }

    async fn users_and_accounts_are_found_by_every_name_they_have(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = id_of(&mut team.owner).await;
        for typed in [id.to_string(), "Ada@Example.com".to_owned(), " ada@example.com ".to_owned()] {
            let found = test_app.app.read(move |tx| users::find_any(tx, &typed)).await;
            assert_eq!(found.unwrap().user.id, id);
        }
        for typed in ["bob@example.com", "usr_00000000000000000000000000", ""] {
            let found = test_app.app.read(move |tx| users::find_any(tx, typed)).await;
            assert!(matches!(found, Err(Error::NotFound)), "{typed}");
        }
        let unknown = AccountId::from(uuid::Uuid::nil());
        let found = test_app.app.read(move |tx| accounts::get_any(tx, unknown)).await;
        assert!(matches!(found, Err(Error::NotFound)));
        let changed = test_app.app.write(move |tx| accounts::set_limit(tx, unknown, Some(3))).await;
        assert!(matches!(changed, Err(Error::NotFound)));
    }
}
