//! Lists of invitations: filters, search, pages, exports (rules I14 and I15).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{WEEK, by_link, texts};
use crate::on_both;
use crate::support::{AccountFixture, TestApp, invite_body};

/// The addresses that a query of the list shows.
async fn emails(team: &mut AccountFixture, query: &str) -> Vec<String> {
    let path = team.path(&format!("invitations?{query}"));
    let list = team.owner.get(&path).await.expect(200).json();
    texts(&list["items"], "email")
}

/// One invitation in each state, `pending@…` to `expired@…`.
async fn one_of_each(test_app: &TestApp, team: &mut AccountFixture) {
    team.invite("expired@example.com").await;
    test_app.advance(WEEK);
    let (id, _) = team.invite_by_mail(test_app, "revoked@example.com").await;
    team.act(&id, "revoke").await.expect(200);
    let (_, token) = team.invite_by_mail(test_app, "declined@example.com").await;
    by_link(&mut test_app.anonymous(), "decline", &token)
        .await
        .expect(200);
    team.member(test_app, "accepted@example.com", &["LINGUIST"])
        .await;
    let body = json!({ "product": "agent", "roles": ["AGENT_ADMIN", "USER_AUDITOR"], "emails": ["Pending@Other.example"] });
    let path = team.path("invitations");
    team.owner.post(&path, &body).await.expect(201);
}

on_both! {
    async fn every_invitation_is_stored_and_filtered_by_status(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        one_of_each(&test_app, &mut team).await;
        assert_eq!(emails(&mut team, "").await, ["Pending@other.example", "accepted@example.com",
            "declined@example.com", "revoked@example.com", "expired@example.com"]);
        for status in ["accepted", "declined", "revoked", "expired"] {
            let listed = emails(&mut team, &format!("status={status}")).await;
            assert_eq!(listed, [format!("{status}@example.com")]);
        }
        assert_eq!(emails(&mut team, "status=pending").await, ["Pending@other.example"]);
        assert_eq!(emails(&mut team, "status=expired&status=pending").await,
            ["Pending@other.example", "expired@example.com"]);
    }

    async fn filters_narrow_the_list_together(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        one_of_each(&test_app, &mut team).await;
        for (query, expected) in [
            ("product=agent", vec!["Pending@other.example"]),
            ("product=data-agent", vec![]),
            ("role=USER_AUDITOR", vec!["Pending@other.example"]),
            ("role=LINGUIST", vec!["accepted@example.com"]),
            ("role=AGENT", vec![]),
            ("role=%25", vec![]),
            ("q=PEND", vec!["Pending@other.example"]),
            ("q=ted%40", vec!["accepted@example.com"]),
            ("q=ed%40EXAMPLE&status=revoked", vec!["revoked@example.com"]),
            ("q=%25", vec![]),
            ("q=_ending", vec![]),
            ("q=%5C", vec![]),
            ("q=%00", vec![]),
            ("q=%00a&role=%00&product=a%00", vec![]),
            ("q=%27%20or%201%3D1%20--", vec![]),
            ("q=other&product=platform", vec![]),
        ] {
            assert_eq!(emails(&mut team, query).await, expected, "{query}");
        }
    }

    async fn domains_in_other_letters_are_found_as_people_type_them(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.ask(&["u@b\u{fc}cher.example", "bcher@xn.example", "info@\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444}"]).await.expect(201);
        let (books, sample) = ("u@xn--bcher-kva.example", "info@xn--e1afmkfd.xn--p1ai");
        for (query, expected) in [
            ("q=b%C3%BCcher", vec![books]),
            ("q=B%C3%9CCHER.ex", vec![books]),
            ("q=b%C3%BC", vec![books]),
            ("q=u%40b%C3%BCch", vec![books]),
            ("q=xn--bcher", vec![books]),
            ("q=%D0%BF%D1%80%D0%B8", vec![sample]),
            ("q=%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84", vec![sample]),
            ("q=%C3%BCb", vec![]),
            ("q=b%C3%BC%25", vec![]),
        ] {
            assert_eq!(emails(&mut team, query).await, expected, "{query}");
            assert_eq!(emails(&mut team, &format!("status=pending&{query}")).await, expected, "{query}");
        }
    }

    async fn the_list_is_filtered_by_the_state_of_the_last_email(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        one_of_each(&test_app, &mut team).await;
        team.invite("waiting@example.com").await;
        test_app.deliver().await;
        test_app.run_sql("update invitations set delivery = 'waiting' where email = 'waiting@example.com'").await;
        test_app.run_sql("update invitations set delivery = 'failed' where email = 'revoked@example.com'").await;
        for (query, expected) in [
            ("delivery=waiting", vec!["waiting@example.com"]),
            ("delivery=failed", vec!["revoked@example.com"]),
            ("delivery=failed&status=pending", vec![]),
            ("delivery=failed&status=revoked", vec!["revoked@example.com"]),
            ("delivery=failed&delivery=waiting", vec!["waiting@example.com", "revoked@example.com"]),
            ("delivery=sent&status=pending", vec!["Pending@other.example"]),
            ("delivery=sent&status=pending&status=declined", vec!["Pending@other.example", "declined@example.com"]),
        ] {
            assert_eq!(emails(&mut team, query).await, expected, "{query}");
        }
    }

    async fn role_filters_are_case_sensitive_on_both_databases(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("bob@example.com").await;
        assert_eq!(emails(&mut team, "role=DEVELOPER").await, ["bob@example.com"]);
        assert!(emails(&mut team, "role=developer").await.is_empty());
        assert!(emails(&mut team, "product=PLATFORM").await.is_empty());
    }

    async fn unknown_parameter_values_are_rejected(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for (query, pointer) in [
            ("status=open", "?status"), ("status=pending&status=Expired", "?status"), ("limit=0", "?limit"),
            ("delivery=bounced", "?delivery"),
            ("limit=101", "?limit"), ("limit=ten", "?limit"), ("cursor=abc", "?cursor"),
        ] {
            let path = team.path(&format!("invitations?{query}"));
            team.owner.get(&path).await.errors(&[(pointer, "invalid-parameter")]);
        }
    }

    async fn pages_are_stable_while_invitations_are_added_and_end(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut expected = BTreeSet::new();
        for number in 0..7 {
            let email = format!("person{number}@example.com");
            team.invite(&email).await;
            expected.insert(email);
        }
        let mut seen = Vec::new();
        let mut query = "limit=3".to_owned();
        for round in 0.. {
            let path = team.path(&format!("invitations?{query}"));
            let list = team.owner.get(&path).await.expect(200).json();
            seen.extend(texts(&list["items"], "email"));
            team.invite(&format!("late{round}@example.com")).await;
            let Some(cursor) = list["next_cursor"].as_str() else { break };
            query = format!("limit=3&cursor={cursor}");
        }
        assert_eq!(seen.len(), 7, "{seen:?}");
        assert_eq!(BTreeSet::from_iter(seen), expected);
    }

    async fn a_cursor_of_another_account_discloses_nothing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for number in 0..3 {
            team.invite(&format!("person{number}@example.com")).await;
        }
        let path = team.path("invitations?limit=1");
        let list = team.owner.get(&path).await.expect(200).json();
        let cursor = list["next_cursor"].as_str().unwrap();
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        let own = test_app.account(&mut eve, "Evil").await;
        let path = format!("/accounts/{own}/invitations?cursor={cursor}");
        assert_eq!(eve.get(&path).await.expect(200).json()["items"], json!([]));
        let path = team.path(&format!("invitations?cursor={cursor}"));
        eve.get(&path).await.problem(404, "not-found");
    }

    async fn the_export_lists_all_and_neutralises_formulas(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let dangerous = "=cmd+1@example.com";
        let path = team.path("invitations");
        let body = invite_body(&["USER_AUDITOR", "DEVELOPER"], &[dangerous, "+1@example.com", "-1@example.com"]);
        team.owner.post(&path, &body).await.expect(201);
        let mut csv = team.owner.with("accept", "text/csv");
        let response = csv.get(&path).await.expect(200);
        assert_eq!(response.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(response.headers["cache-control"], "no-store");
        let text = response.body();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].starts_with("id,email,status,product,roles,"), "{text}");
        for (line, cell) in lines[1..].iter().zip(["'-1@", "'+1@", "'=cmd+1@"]) {
            assert!(line.contains(&format!(",{cell}example.com,pending,platform,")), "{line}");
        }
        assert!(text.contains("USER_AUDITOR DEVELOPER"));
        assert!(!text.contains("cvi_"));
        let narrowed = csv.get(&team.path("invitations?q=cmd")).await.expect(200).body();
        assert_eq!(narrowed.lines().count(), 2);
    }

    async fn the_export_has_every_page(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.invitations_per_request = 130).await;
        let mut team = AccountFixture::new(&test_app).await;
        let all: Vec<String> = (0..130).map(|number| format!("p{number}@example.com")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        team.ask(&all).await.expect(201);
        let text = team.owner.with("accept", "text/csv").get(&team.path("invitations")).await.expect(200).body();
        assert_eq!(text.lines().count(), 131);
    }

    async fn an_unsupported_export_format_is_rejected(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("bob@example.com").await;
        for path in [team.path("invitations"), team.path("members")] {
            for accept in ["application/pdf", "text/html, application/pdf;q=0.9", "image/png"] {
                let response = team.owner.with("accept", accept).get(&path).await.expect(200);
                assert_eq!(response.headers["content-type"], "application/json", "{accept}");
                assert!(response.json()["items"].is_array());
            }
        }
    }

    async fn my_invitations_lists_only_my_invitations(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("bob@example.com").await;
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        assert_eq!(eve.get("/me/invitations").await.expect(200).json(),
            json!({ "items": [], "next_cursor": Value::Null }));
        // The inviter does not see them in their own list either.
        assert_eq!(team.owner.get("/me/invitations").await.json()["items"], json!([]));
    }
}
