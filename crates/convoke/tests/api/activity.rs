//! What entries tell, and how they are found and exported.

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{PASSWORD, TestApp, column};

on_both! {
    async fn an_activity_entry_has_actor_action_target_and_client(test_app: TestApp) {
        let ada = test_app.user("ada@example.com", "Ada").await;
        let mut ada = ada.at("2001:db8::7").with("user-agent", "Engine/1.0");
        let ada_id = ada.id().await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let bob_id = bob.id().await;
        test_app.advance(Duration::from_secs(1));
        let path = format!("/accounts/{account}/members/{bob_id}");
        ada.patch(&path, &json!({ "roles": ["LINGUIST"] })).await.expect(200);
        ada.patch(&format!("/accounts/{account}"), &json!({ "name": "Looms" })).await.expect(200);
        ada.delete(&path).await.expect(204);
        let list = ada.get(&format!("/accounts/{account}/activity")).await.expect(200).json();
        let actions = column(&list, "/action");
        assert_eq!(actions, ["member.removed", "account.updated", "member.roles_changed", "invitation.accepted",
            "invitation.created", "account.created"]);
        let entry = |index: usize| &list["items"][index];
        for (index, target, before, after) in [
            (0, json!({ "kind": "user", "id": bob_id, "name": "Bob" }), json!({ "roles": ["LINGUIST"] }), Value::Null),
            (1, json!({ "kind": "account", "id": account, "name": "Looms" }),
                json!({ "name": "Engines", "registered_users_only": false }),
                json!({ "name": "Looms", "registered_users_only": false })),
            (2, json!({ "kind": "user", "id": bob_id, "name": "Bob" }),
                json!({ "roles": ["DEVELOPER"] }), json!({ "roles": ["LINGUIST"] })),
            (5, json!({ "kind": "account", "id": account, "name": "Engines" }), Value::Null, json!({ "name": "Engines" })),
        ] {
            let entry = entry(index);
            assert_eq!((&entry["target"], &entry["before"], &entry["after"]), (&target, &before, &after));
            assert_eq!(entry["actor"], json!({ "kind": "user", "id": ada_id, "name": "Ada" }));
            assert_eq!((&entry["ip"], &entry["user_agent"]), (&json!("2001:db8::7"), &json!("Engine/1.0")));
        }
        assert_eq!(entry(0)["at"], "2026-11-22T14:05:01.000Z");
        assert_eq!(entry(5)["at"], "2026-11-22T14:05:00.000Z");
        assert_eq!(entry(3)["actor"]["name"], "Bob");
        assert_eq!(entry(3)["target"]["name"], "bob@example.com");
        assert!(entry(0)["id"].as_str().unwrap().starts_with("evt_"));
    }

    async fn a_long_user_agent_is_truncated(test_app: TestApp) {
        let ada = test_app.user("ada@example.com", "Ada").await;
        let mut ada = ada.with("user-agent", &"x".repeat(5000));
        let account = test_app.account(&mut ada, "Engines").await;
        let list = ada.get(&format!("/accounts/{account}/activity")).await.expect(200).json();
        assert_eq!(list["items"][0]["user_agent"], "x".repeat(256));
    }

    async fn declining_by_link_is_recorded_with_the_link_as_actor(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        test_app.invite(&mut ada, &account, "bob@example.com", &["DEVELOPER"]).await;
        let token = test_app.mailed_token("bob@example.com", "invitations").await;
        test_app.anonymous().post("/invitations/decline", &json!({ "token": token })).await.expect(200);
        let list = ada.get(&format!("/accounts/{account}/activity?limit=1")).await.expect(200).json();
        assert_eq!(list["items"][0]["actor"], json!({ "kind": "invitation_link", "id": Value::Null, "name": Value::Null }));
    }

    async fn activity_is_filtered_by_actor_action_and_period(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "One").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["USER_ADMIN"]).await;
        for name in ["Two", "Three"] {
            test_app.advance(Duration::from_mins(1));
            ada.patch(&format!("/accounts/{account}"), &json!({ "name": name })).await.expect(200);
        }
        test_app.invite(&mut bob, &account, "eve@example.com", &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}/activity");
        let all = ["invitation.created", "account.updated", "account.updated", "invitation.accepted",
            "invitation.created", "account.created"];
        let (ada_id, bob_id) = (ada.id().await, bob.id().await);
        let searches = [
            (String::new(), &all[..]),
            (format!("actor={bob_id}"), &["invitation.created", "invitation.accepted"]),
            (format!("actor={ada_id}&action=invitation.created"), &["invitation.created"]),
            ("actor=usr_01h455vb4pex5vsknk084sn02q".to_owned(), &[]),
            ("action=account.updated".to_owned(), &["account.updated", "account.updated"]),
            ("action=account".to_owned(), &[]),
            ("action=%00".to_owned(), &[]),
            // `from` is inclusive, `to` is exclusive.
            ("from=2026-11-22T14:06:00Z".to_owned(), &all[..3]),
            ("to=2026-11-22T14:06:00Z".to_owned(), &all[3..]),
            ("from=2026-11-22T15:06:00%2B01:00&to=2026-11-22T14:07:00Z".to_owned(), &["account.updated"]),
            ("from=2026-11-22T14:07:00.001Z".to_owned(), &[]),
            ("from=0000-01-01T00:00:00Z&to=9999-12-30T00:00:00Z".to_owned(), &all),
        ];
        for (query, actions) in searches {
            assert_eq!(ada.column(&format!("{path}?{query}"), "/action").await, actions, "{query}");
        }
        for (query, name) in [("actor=ada", "?actor"), ("actor=acc_01h455vb4pex5vsknk084sn02q", "?actor"),
            ("from=yesterday", "?from"), ("to=2026-11-22", "?to")] {
            ada.get(&format!("{path}?{query}")).await.errors(&[(name, "invalid-parameter")]);
        }
    }

    async fn pages_of_activity_are_stable_while_entries_are_added(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "0").await;
        let rename = async |name: &str| {
            let mut ada = ada.clone();
            ada.patch(&format!("/accounts/{account}"), &json!({ "name": name })).await.expect(200);
        };
        for name in ["1", "2", "3", "4"] {
            rename(name).await;
        }
        let path = format!("/accounts/{account}/activity?action=account.updated&limit=2");
        let mut ada = ada.clone();
        let first = ada.get(&path).await.expect(200).json();
        assert_eq!(column(&first, "/after/name"), ["4", "3"]);
        rename("5").await;
        let second = format!("{path}&cursor={}", first["next_cursor"].as_str().unwrap());
        let second = ada.get(&second).await.expect(200).json();
        assert_eq!(column(&second, "/after/name"), ["2", "1"]);
        assert_eq!(second["next_cursor"], Value::Null);
    }

    async fn exports_contain_all_entries_with_neutralised_formulas(test_app: TestApp) {
        let ada = test_app.user("ada@example.com", "=Ada").await;
        let mut ada = ada.with("user-agent", "@SUM(1,1)");
        let account = test_app.account(&mut ada, "+1").await;
        for number in 0..120 {
            ada.patch(&format!("/accounts/{account}"), &json!({ "name": format!("-{number}") })).await.expect(200);
        }
        let path = format!("/accounts/{account}/activity");
        let all = ada.list_all(&path, 100).await;
        assert_eq!(all.len(), 121);

        let response = ada.with("accept", "application/x-ndjson").get(&path).await.expect(200);
        assert_eq!(response.header("content-type"), "application/x-ndjson");
        let lines: Vec<Value> = response.body().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, all);

        let response = ada.with("accept", "text/csv").get(&path).await.expect(200);
        assert_eq!(response.header("content-type"), "text/csv; charset=utf-8");
        let text = response.body();
        let rows: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(rows.len(), 122);
        assert_eq!(rows[0], "id,at,actor_kind,actor_id,actor_name,action,target_kind,target_id,target_name,before,\
            after,ip,user_agent");
        let oldest = rows[121];
        assert!(oldest.contains(",'=Ada,account.created,account,"), "{oldest}");
        assert!(oldest.contains(",'+1,,\"{\"\"name\"\":\"\"+1\"\"}\",,\"'@SUM(1,1)\""), "{oldest}");
        assert!(rows[1].contains(",'-119,"), "{}", rows[1]);

        let filtered = format!("{path}?action=account.created&limit=1");
        let response = ada.with("accept", "text/csv").get(&filtered).await.expect(200);
        assert_eq!(response.body().lines().count(), 2);
        let response = ada.with("accept", "text/csv").get(&format!("{path}?from=never")).await;
        response.errors(&[("?from", "invalid-parameter")]);
    }

    async fn my_activity_lists_only_my_entries(test_app: TestApp) {
        let ada = test_app.user("ada@example.com", "Ada").await;
        let mut ada = ada.at("198.51.100.4");
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        let begun = ada.post("/sessions", &json!({ "login": "ada@example.com", "password": PASSWORD })).await;
        let session = begun.expect(201).text("/session/id");
        test_app.account(&mut ada, "Engines").await;
        ada.patch("/me", &json!({ "phone": "112" })).await.expect(200);
        let list = ada.get("/me/activity").await.expect(200).json();
        assert_eq!(column(&list, "/action"), ["user.updated", "session.created", "user.created"]);
        assert_eq!(list["items"][0]["before"], json!({ "phone": Value::Null }));
        assert_eq!(list["items"][0]["after"], json!({ "phone": "112" }));
        assert_eq!(list["items"][1]["after"], json!({ "session": session }));
        assert_eq!(list["items"][1]["ip"], "198.51.100.4");
        let expected = json!({ "login": "ada@example.com", "email": "ada@example.com" });
        assert_eq!(list["items"][2]["after"], expected);
        let pages = ada.list_all("/me/activity", 1).await;
        assert_eq!(json!(pages), list["items"]);
        assert_eq!(eve.column("/me/activity", "/action").await, ["user.created"]);
    }

    async fn a_change_of_address_records_both_addresses(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        change_email(&test_app, &mut ada).await;
        let list = ada.get("/me/activity?limit=2").await.expect(200).json();
        assert_eq!(column(&list, "/action"), ["user.email_changed", "user.email_change_requested"]);
        assert_eq!(list["items"][0]["before"], json!({ "email": "ada@example.com" }));
        assert_eq!(list["items"][0]["after"], json!({ "email": "new@example.com" }));
    }
}

async fn change_email(test_app: &TestApp, client: &mut crate::support::Client) {
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    client.post("/me/email", &body).await.expect(202);
    let token = test_app
        .mailed_token("new@example.com", "confirm-email")
        .await;
    client
        .post("/me/email/confirm", &json!({ "token": token }))
        .await
        .expect(200);
}
