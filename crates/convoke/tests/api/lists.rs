//! Lists of members and accounts: search, order, pages, exports.

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, TestApp, column};

/// An account whose members are listed as Ada, bert, Bob %, Carl, carl, Zoë.
struct Team {
    account: String,
    path: String,
    ada: Client,
}

async fn team(test_app: &TestApp) -> Team {
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Engines").await;
    let people = [
        ("zoe@example.com", "Zoë", "DEVELOPER"),
        ("first.carl@example.com", "carl", "DEVELOPER"),
        ("bert@elsewhere.example", "bert", "LINGUIST"),
        ("second.carl@example.com", "Carl", "USER_ADMIN"),
        ("percent@example.com", "Bob %", "USER_AUDITOR"),
    ];
    for (email, name, role) in people {
        test_app
            .joiner(&mut ada, &account, (email, name), &[role])
            .await;
    }
    let path = format!("/accounts/{account}/members");
    Team { account, path, ada }
}

const BY_NAME: [&str; 6] = ["Ada", "bert", "Bob %", "carl", "Carl", "Zoë"];

fn ids(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["user"]["id"].as_str().unwrap())
        .collect()
}

on_both! {
    async fn members_are_sorted_by_name_then_id(test_app: TestApp) {
        let Team { path, mut ada, .. } = team(&test_app).await;
        assert_eq!(ada.column(&path, "/user/name").await, BY_NAME);
        assert_eq!(ada.column(&format!("{path}?sort=name"), "/user/name").await, BY_NAME);
        for limit in 1..=6 {
            let all = ada.list_all(&path, limit).await;
            let names: Vec<&str> = all.iter().map(|item| item["user"]["name"].as_str().unwrap()).collect();
            assert_eq!(names, BY_NAME, "limit {limit}");
        }
        let page = ada.get(&format!("{path}?limit=6")).await.expect(200).json();
        assert_eq!(page["next_cursor"], Value::Null);
    }

    async fn members_are_found_by_a_part_of_name_address_or_login(test_app: TestApp) {
        let Team { path, mut ada, .. } = team(&test_app).await;
        let searches = [
            ("q=CARL", &["carl", "Carl"][..]), ("q=ert", &["bert"]), ("q=ELSEWHERE", &["bert"]),
            ("q=first.", &["carl"]), ("q=zo%C3%AB", &["Zoë"]), ("q=ZO%C3%8B", &["Zoë"]),
            ("q=%25", &["Bob %"]), ("q=_", &[]), ("q=%5C", &[]), ("q=%00", &[]), ("q=nobody", &[]),
            ("q=", &BY_NAME), ("role=DEVELOPER", &["carl", "Zoë"]), ("role=USER_ADMIN", &["Carl"]),
            ("role=USER", &[]), ("role=developer", &[]), ("role=%25", &[]), ("role=%00", &[]),
            ("role=DEVELOPER&q=carl", &["carl"]), ("role=GONE", &[]),
        ];
        for (query, names) in searches {
            assert_eq!(ada.column(&format!("{path}?{query}"), "/user/name").await, names, "{query}");
        }
    }

    async fn sorting_by_activity_lists_the_longest_inactive_first(test_app: TestApp) {
        let Team { path, mut ada, .. } = team(&test_app).await;
        for email in ["bert@elsewhere.example", "zoe@example.com", "ada@example.com"] {
            test_app.advance(Duration::from_mins(1));
            test_app.sign_in(email).await;
        }
        let path = format!("{path}?sort=last_active_at");
        let expected = ["carl", "Carl", "Bob %", "bert", "Zoë", "Ada"];
        assert_eq!(ada.column(&path, "/user/name").await, expected);
        for limit in [1, 4] {
            let all = ada.list_all(&path, limit).await;
            let names: Vec<&str> = all.iter().map(|item| item["user"]["name"].as_str().unwrap()).collect();
            assert_eq!(names, expected);
        }
        assert_eq!(ada.column(&format!("{path}&q=carl&role=USER_ADMIN"), "/user/name").await, ["Carl"]);
    }

    async fn members_who_were_never_active_come_first_by_activity(test_app: TestApp) {
        let Team { path, mut ada, .. } = team(&test_app).await;
        test_app.run_sql("update members set last_active_at = null
            where user_id = (select id from users where login = 'bert@elsewhere.example')").await;
        let names = ada.column(&format!("{path}?sort=last_active_at"), "/user/name").await;
        assert_eq!((names[0].as_str(), names.len()), ("bert", 6));
    }

    async fn pages_of_members_are_stable_during_changes(test_app: TestApp) {
        let Team { account, path, mut ada } = team(&test_app).await;
        let before = ada.list_all(&path, 100).await;
        let first = ada.get(&format!("{path}?limit=3")).await.expect(200).json();
        let cursor = first["next_cursor"].as_str().unwrap().to_owned();
        // Rows are removed before, at and after the cursor, and added before and after it.
        for gone in [1, 2, 4] {
            let id = before[gone]["user"]["id"].as_str().unwrap();
            ada.delete(&format!("{path}/{id}")).await.expect(204);
        }
        test_app.joiner(&mut ada, &account, ("abel@example.com", "Abel"), &["DEVELOPER"]).await;
        test_app.joiner(&mut ada, &account, ("dora@example.com", "Dora"), &["DEVELOPER"]).await;
        let second = ada.get(&format!("{path}?limit=3&cursor={cursor}")).await.expect(200).json();
        assert_eq!(column(&second, "/user/name"), ["carl", "Dora", "Zoë"]);
        assert_eq!(second["next_cursor"], Value::Null);
        let firsts = first["items"].as_array().unwrap();
        let seconds = second["items"].as_array().unwrap();
        assert!(ids(firsts).iter().all(|id| !ids(seconds).contains(id)));
    }

    async fn invalid_cursors_and_limits_are_rejected(test_app: TestApp) {
        let Team { account, path, mut ada } = team(&test_app).await;
        let activity = format!("/accounts/{account}/activity");
        let lists = [path.as_str(), "/accounts", &activity, "/me/activity"];
        for list in lists {
            for limit in ["0", "101", "-1", "ten", "1.5", "%2B5", "99999999999999999999"] {
                let response = ada.get(&format!("{list}?limit={limit}")).await;
                response.errors(&[("?limit", "invalid-parameter")]);
            }
            for cursor in ["garbage", "W10", "bnVsbA", "%00", &"A".repeat(5000)] {
                let response = ada.get(&format!("{list}?cursor={cursor}")).await;
                response.errors(&[("?cursor", "invalid-parameter")]);
            }
        }
        ada.get(&format!("{path}?sort=email")).await.errors(&[("?sort", "invalid-parameter")]);
        let by_name = ada.get(&format!("{path}?limit=1")).await.expect(200).text("/next_cursor");
        let response = ada.get(&format!("{path}?sort=last_active_at&cursor={by_name}")).await;
        response.errors(&[("?cursor", "invalid-parameter")]);
        let nul = convoke_core::pagination::Cursor::encode(&["\u{0}", "usr_01h455vb4pex5vsknk084sn02q"]);
        ada.get(&format!("{path}?cursor={nul}")).await.expect(200);
    }

    async fn pages_of_accounts_are_stable_during_changes(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        let mut shared = Vec::new();
        for name in ["One", "Two", "Three", "Four"] {
            let account = test_app.account(&mut ada, name).await;
            let id = test_app.invite(&mut ada, &account, "bob@example.com", &["DEVELOPER"]).await;
            bob.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
            shared.push(account);
        }
        let first = bob.get("/accounts?limit=2").await.expect(200).json();
        assert_eq!(column(&first, "/name"), ["Bob's account", "One"]);
        for gone in [0, 2] {
            bob.post(&format!("/accounts/{}/leave", shared[gone]), &Value::Null).await.expect(204);
        }
        test_app.account(&mut bob, "Five").await;
        let path = format!("/accounts?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
        let second = bob.get(&path).await.expect(200).json();
        assert_eq!(column(&second, "/name"), ["Two", "Four"]);
        let path = format!("/accounts?limit=2&cursor={}", second["next_cursor"].as_str().unwrap());
        let third = bob.get(&path).await.expect(200).json();
        assert_eq!(column(&third, "/name"), ["Five"]);
        assert_eq!(third["next_cursor"], Value::Null);
    }

    async fn exported_members_have_neutralised_formulas(test_app: TestApp) {
        let Team { account, path, mut ada } = team(&test_app).await;
        test_app.joiner(&mut ada, &account, ("f@example.com", "=HYPERLINK(A1, 1)"), &["LINGUIST"]).await;
        let mut csv = ada.with("accept", "text/csv, */*;q=0.1");
        let response = csv.get(&path).await.expect(200);
        assert_eq!(response.header("content-type"), "text/csv; charset=utf-8");
        let text = response.body();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines[0], "id,login,email,name,roles,owner,joined_at,last_active_at");
        assert_eq!(lines.len(), 8);
        assert!(lines[1].contains(",\"'=HYPERLINK(A1, 1)\",LINGUIST,false,2026-11-22T"), "{}", lines[1]);
        assert!(lines[2].contains(",ada@example.com,ada@example.com,Ada,,true,"), "{}", lines[2]);
        let filtered = csv.get(&format!("{path}?role=USER_ADMIN&limit=1")).await.expect(200).body();
        assert_eq!(filtered.lines().count(), 2);
    }

    async fn unknown_parameters_are_ignored_and_empty_ones_count_as_absent(test_app: TestApp) {
        let Team { path, mut ada, .. } = team(&test_app).await;
        let all = ada.column(&format!("{path}?q=&role=&sort=&limit=&cursor=&else=1&=&&%"), "/user/name").await;
        assert_eq!(all, BY_NAME);
        let page = ada.get(&format!("{path}?limit=1&limit=2")).await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 2);
        assert_eq!(json!(page["items"][0]["user"]["name"]), "Ada");
    }
}
