//! Sign-ins of members in the activity of their accounts: stored once, shown for the time of membership.

use std::time::Duration;

use convoke_app::config::Config;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, column};

fn limited(config: &mut Config) {
    config.rate_limits.enabled = true;
}

async fn sign_in(test_app: &TestApp, ip: &str, password: &str) -> u16 {
    let body = json!({ "login": "mia@example.com", "password": password });
    test_app
        .anonymous()
        .at(ip)
        .post("/sessions", &body)
        .await
        .status
}

/// The sign-ins that an account shows, newest first.
async fn sign_ins(client: &mut Client, account: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in client
        .list_all(&format!("/accounts/{account}/activity"), 100)
        .await
    {
        let action = entry["action"].as_str().unwrap();
        if action.starts_with("member.signed")
            || action.starts_with("member.sign_in")
            || action == "member.locked"
        {
            found.push(action.to_owned());
        }
    }
    found
}

on_both! {
    async fn sign_ins_are_shown_to_each_account_of_the_member_and_stored_once(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let (one, two) = (test_app.account(&mut ada, "One").await, test_app.account(&mut ada, "Two").await);
        let mut mia = test_app.joiner(&mut ada, &one, ("mia@example.com", "Mia"), &["DEVELOPER"]).await;
        let mia_id = mia.id().await;
        assert_eq!(sign_in(&test_app, "198.51.100.4", PASSWORD).await, 201);
        test_app.invite(&mut ada, &two, "mia@example.com", &["LINGUIST"]).await;
        let waiting = mia.column("/me/invitations", "/id").await;
        mia.post(&format!("/me/invitations/{}/accept", waiting[0]), &Value::Null).await.expect(200);
        mia.delete("/sessions/current").await.expect(204);
        let stored: Vec<String> = test_app.entries().await.into_iter().filter(|action| action.starts_with("session.")).collect();
        assert_eq!(stored, ["session.created", "session.ended"]);
        // Before she was a member of the second account she signed in, which that one does not see.
        assert_eq!(sign_ins(&mut ada, &one).await, ["member.signed_out", "member.signed_in"]);
        assert_eq!(sign_ins(&mut ada, &two).await, ["member.signed_out"]);
        let path = format!("/accounts/{one}/activity?action=member.signed_in");
        let list = ada.get(&path).await.expect(200).json();
        let entry = &list["items"][0];
        assert_eq!(entry["actor"], json!({ "kind": "user", "id": mia_id, "name": "Mia" }));
        assert_eq!((&entry["ip"], &entry["after"]), (&json!("198.51.100.4"), &Value::Null));
        // After she has left, nothing new is shown, and what was stays.
        ada.delete(&format!("/accounts/{one}/members/{mia_id}")).await.expect(204);
        assert_eq!(sign_in(&test_app, "198.51.100.4", PASSWORD).await, 201);
        assert_eq!(sign_ins(&mut ada, &one).await, ["member.signed_out", "member.signed_in"]);
        assert_eq!(sign_ins(&mut ada, &two).await, ["member.signed_in", "member.signed_out"]);
        for (filter, found) in [("person", 2), ("actor", 2)] {
            let path = format!("/accounts/{two}/activity?{filter}={mia_id}");
            let actions = column(&ada.get(&path).await.expect(200).json(), "/action");
            let sign_ins = actions.iter().filter(|action| action.starts_with("member.signed"));
            assert_eq!(sign_ins.count(), found, "{actions:?}");
        }
        // Only those who may see the activity see them.
        test_app.sign_in("mia@example.com").await.get(&format!("/accounts/{two}/activity")).await.expect(403);
    }

    async fn the_end_of_all_other_sessions_is_not_shown_to_accounts(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "One").await;
        let mut mia = test_app.joiner(&mut ada, &account, ("mia@example.com", "Mia"), &["DEVELOPER"]).await;
        assert_eq!(sign_in(&test_app, "198.51.100.4", PASSWORD).await, 201);
        mia.submit("/profile/sessions/end-others", &[]).await.leads_to("/profile/sessions");
        assert_eq!(mia.column("/me/activity?limit=1", "/action").await, ["session.others_ended"]);
        // She is still signed in with one.
        assert_eq!(sign_ins(&mut ada, &account).await, ["member.signed_in"]);
    }

    async fn failed_sign_ins_are_one_entry_per_client_and_hour(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut mia = test_app.joiner(&mut ada, &account, ("mia@example.com", "Mia"), &["DEVELOPER"]).await;
        for ip in ["198.51.100.4", "198.51.100.4", "2001:db8::1", "2001:db8::2", "198.51.100.4"] {
            assert_eq!(sign_in(&test_app, ip, "not her password").await, 401);
        }
        let failed = "member.sign_in_failed";
        assert_eq!(sign_ins(&mut ada, &account).await, [failed, failed]);
        test_app.advance(Duration::from_hours(1));
        assert_eq!(sign_in(&test_app, "198.51.100.4", "not her password").await, 401);
        assert_eq!(sign_ins(&mut ada, &account).await, [failed; 3]);
        let path = format!("/accounts/{account}/activity?action={failed}&limit=1");
        let entry = ada.get(&path).await.expect(200).json()["items"][0].clone();
        assert_eq!(entry["actor"], json!({ "kind": "system", "id": Value::Null, "name": Value::Null }));
        assert_eq!(entry["target"], json!({ "kind": "user", "id": mia.id().await, "name": "Mia" }));
        assert_eq!(entry["ip"], "198.51.100.4");
        assert_eq!(mia.column("/me/activity?limit=1", "/action").await, [failed]);
    }

    async fn many_clients_cannot_flood_the_activity(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        test_app.joiner(&mut ada, &account, ("mia@example.com", "Mia"), &["DEVELOPER"]).await;
        for client in 0..110 {
            assert_eq!(sign_in(&test_app, &format!("2001:db8:0:{client:x}::1"), "wrong").await, 401);
        }
        assert_eq!(sign_ins(&mut ada, &account).await.len(), 100);
    }

    async fn a_lock_out_is_recorded_once_per_client_and_hour(test_app: TestApp, limited) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        test_app.joiner(&mut ada, &account, ("mia@example.com", "Mia"), &["DEVELOPER"]).await;
        let mut statuses = Vec::new();
        for _ in 0..13 {
            statuses.push(sign_in(&test_app, "198.51.100.4", "not her password").await);
        }
        assert_eq!(statuses[9..], [401, 429, 429, 429]);
        assert_eq!(sign_ins(&mut ada, &account).await, ["member.locked", "member.sign_in_failed"]);
        // Nothing is recorded for unknown logins.
        let before = test_app.entries().await.len();
        for _ in 0..12 {
            test_app.try_sign_in("nobody@example.com", "not a password").await;
        }
        assert_eq!(test_app.entries().await.len(), before);
    }
}
