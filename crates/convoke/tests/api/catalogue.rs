//! Products and roles (rules P1 to P5, and V3 for edits of members).

use convoke_app::config::Config;
use serde_json::{Value, json};

use crate::on_both;

fn catalogue(config: &mut Config, name: &str) {
    config.catalogue = Some(format!(
        "{}/tests/api/catalogues/{name}",
        env!("CARGO_MANIFEST_DIR")
    ));
}

fn vault(config: &mut Config) {
    catalogue(config, "vault.toml");
}

/// The vault after its readers were done away with.
fn vault_without_readers(config: &mut Config) {
    catalogue(config, "vault-without-readers.toml");
}

fn keys(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item["key"].as_str().unwrap())
        .collect()
}

on_both! {
    async fn the_built_in_catalogue_has_the_general_group_and_four_products(test_app: TestApp) {
        let catalogue = test_app.anonymous().get("/products").await.expect(200).json();
        assert_eq!(keys(&catalogue["general"]["roles"]), ["USER_ADMIN", "USER_AUDITOR", "BILLING_ADMIN"]);
        assert_eq!(keys(&catalogue["products"]), ["platform", "agent", "data-agent", "dialog-studio"]);
        let studio = &catalogue["products"][3];
        assert_eq!((&studio["multi_user"], &studio["roles"]), (&json!(false), &json!([])));
        assert_eq!(catalogue["products"][0]["multi_user"], true);
        assert_eq!(catalogue["products"][0]["roles"][0]["granted_by"], Value::Null);
    }

    async fn the_catalogue_uses_the_language_of_the_user_or_the_browser(test_app: TestApp) {
        let name = |catalogue: &Value| catalogue["general"]["roles"][0]["name"].as_str().unwrap().to_owned();
        let mut browser = test_app.anonymous().with("accept-language", "ru");
        assert_eq!(name(&browser.get("/products").await.expect(200).json()), "Администратор пользователей");
        let mut ada = test_app.user("ada@example.com", "Ada").await.with("accept-language", "ru");
        assert_eq!(name(&ada.get("/products").await.expect(200).json()), "User administrator");
    }

    async fn one_member_can_have_roles_of_every_product(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let catalogue = ada.get("/products").await.expect(200).json();
        let mut all = keys(&catalogue["general"]["roles"]);
        for product in catalogue["products"].as_array().unwrap() {
            all.extend(keys(&product["roles"]));
        }
        let path = format!("/accounts/{account}/members/{}", bob.id().await);
        let reversed: Vec<&str> = all.iter().rev().copied().collect();
        let member = ada.patch(&path, &json!({ "roles": reversed })).await.expect(200).json();
        assert_eq!(member["roles"], json!(all));
        let account_summary = bob.get(&format!("/accounts/{account}")).await.expect(200).json();
        assert_eq!(account_summary["my_roles"], json!(all));
    }

    async fn only_the_owner_can_grant_an_owner_only_role(test_app: TestApp, vault) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let invite = |email: &str, roles: Value| json!({ "product": "vault", "roles": roles, "emails": [email] });
        let path = format!("/accounts/{account}/invitations");
        let mut people = Vec::new();
        for (name, roles) in [("bob", json!(["USER_ADMIN"])), ("eve", json!(["READER"]))] {
            let email = format!("{name}@example.com");
            let mut person = test_app.user(&email, name).await;
            let id = ada.post(&path, &invite(&email, roles)).await.expect(201).text("/results/0/invitation/id");
            person.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
            people.push(person);
        }
        let [mut bob, mut eve]: [_; 2] = people.try_into().ok().unwrap();
        let member = format!("/accounts/{account}/members/{}", eve.id().await);
        let both = json!({ "roles": ["READER", "KEEPER"] });
        let response = bob.patch(&member, &both).await.problem(403, "role-not-grantable");
        assert_eq!(response.json()["roles"], json!(["KEEPER"]));
        let response = bob.post(&path, &invite("new@example.com", json!(["KEEPER"]))).await;
        response.problem(403, "role-not-grantable");
        ada.patch(&member, &both).await.expect(200);
        // Only added roles are checked, so an editor can keep or remove existing ones.
        bob.patch(&member, &json!({ "roles": ["KEEPER"] })).await.expect(200);
        bob.patch(&member, &json!({ "roles": [] })).await.expect(200);
        bob.patch(&member, &json!({ "roles": ["KEEPER"] })).await.problem(403, "role-not-grantable");
    }

    async fn a_retired_role_grants_nothing_and_is_removed_at_the_next_edit(test_app: TestApp, vault) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let bob_id = bob.id().await;
        let body = json!({ "product": "vault", "roles": ["READER", "KEEPER"], "emails": ["bob@example.com"] });
        let id = ada.post(&format!("/accounts/{account}/invitations"), &body).await.expect(201);
        let id = id.text("/results/0/invitation/id");
        bob.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);

        let test_app = test_app.restarted(vault_without_readers).await;
        let mut ada = test_app.sign_in("ada@example.com").await;
        let mut bob = test_app.sign_in("bob@example.com").await;
        let path = format!("/accounts/{account}/members/{bob_id}");
        assert_eq!(ada.get(&path).await.expect(200).json()["roles"], json!(["KEEPER", "READER"]));
        let account_summary = bob.get(&format!("/accounts/{account}")).await.expect(200).json();
        assert_eq!(account_summary["my_roles"], json!(["KEEPER"]));
        let mine = format!("/accounts/{account}/members/{}", ada.id().await);
        ada.patch(&mine, &json!({ "roles": ["READER"] })).await.errors(&[("/roles/0", "unknown-role")]);

        let member = ada.patch(&path, &json!({ "roles": ["READER", "KEEPER"] })).await.expect(200).json();
        assert_eq!(member["roles"], json!(["KEEPER"]));
        let entry = ada.get(&format!("/accounts/{account}/activity?limit=1")).await.expect(200).json();
        let entry = &entry["items"][0];
        assert_eq!(entry["action"], "member.roles_changed");
        assert_eq!(entry["before"], json!({ "roles": ["KEEPER", "READER"] }));
        assert_eq!(entry["after"], json!({ "roles": ["KEEPER"] }));
    }
}
