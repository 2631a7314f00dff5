//! The profile (rule U6) and the names in it (security rule 11).

use serde_json::{Value, json};

use crate::on_both;

on_both! {
    async fn profile_fields_are_updated_individually(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let before = ada.get("/me").await.expect(200).json();
        let changes = [
            (json!({ "first_name": " Augusta  Ada " }), "first_name", json!("Augusta Ada")),
            (json!({ "last_name": "Lovelace" }), "last_name", json!("Lovelace")),
            (json!({ "phone": " +44 (20) 7946-0958 " }), "phone", json!("+44 (20) 7946-0958")),
            (json!({ "locale": "ru" }), "locale", json!("ru")),
            (json!({ "locale": "en-GB" }), "locale", json!("en")),
            (json!({ "time_zone": "asia/kolkata" }), "time_zone", json!("Asia/Kolkata")),
            (json!({ "last_name": Value::Null }), "last_name", Value::Null),
            (json!({ "phone": "" }), "phone", Value::Null),
        ];
        let mut expected = before;
        for (change, field, value) in changes {
            let response = ada.patch("/me", &change).await.expect(200).json();
            expected[field] = value;
            assert_eq!(response, expected, "{change}");
            assert_eq!(ada.get("/me").await.expect(200).json(), expected);
        }
        assert_eq!(ada.patch("/me", &json!({})).await.expect(200).json(), expected);
        assert_eq!(ada.patch("/me", &Value::Null).await.expect(200).json(), expected);
    }

    async fn all_field_errors_of_a_profile_are_returned_together_and_change_nothing(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let body = json!({ "first_name": "", "last_name": "x".repeat(65), "phone": "call me", "locale": "xx",
            "time_zone": "Berlin", "login": "root", "email": "root@example.com" });
        ada.patch("/me", &body).await.errors(&[
            ("/login", "unknown-field"),
            ("/email", "unknown-field"),
            ("/first_name", "required"),
            ("/last_name", "too-long"),
            ("/phone", "invalid-name"),
            ("/locale", "unknown-locale"),
            ("/time_zone", "unknown-time-zone"),
        ]);
        let body = json!({ "first_name": Value::Null, "locale": 1, "time_zone": [] });
        ada.patch("/me", &body).await.errors(&[
            ("/first_name", "wrong-type"),
            ("/locale", "wrong-type"),
            ("/time_zone", "wrong-type"),
        ]);
        ada.patch("/me", &json!({ "phone": "+1 23456789012345678901234567890123" })).await
            .errors(&[("/phone", "too-long")]);
        ada.patch("/me", &json!({ "last_name": "King", "phone": "12" })).await.errors(&[("/phone", "invalid-name")]);
        let me = ada.get("/me").await.expect(200).json();
        assert_eq!((&me["first_name"], &me["last_name"]), (&json!("Ada"), &Value::Null));
    }

    async fn user_and_account_names_follow_the_same_rule(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = ada.default_account().await;
        let path = format!("/accounts/{account}");
        let long = "Ж".repeat(64);
        let good = [
            ("Booking.com", "Booking.com"), ("Booking.com B.V.", "Booking.com B.V."), ("see evil.com now", "see evil.com now"), ("  Jose\u{301}   María ", "José María"), (&long, &long),
            ("O'Neill-Smith Jr.", "O'Neill-Smith Jr."), ("=1+1", "=1+1"), ("<b>", "<b>"), ("null", "null"),
        ];
        for (typed, stored) in good {
            let response = ada.patch("/me", &json!({ "first_name": typed })).await.expect(200);
            assert_eq!(response.text("/first_name"), stored);
            let response = ada.patch(&path, &json!({ "name": typed })).await.expect(200);
            assert_eq!(response.text("/name"), stored);
        }
        let too_long = "x".repeat(65);
        let endless = "x".repeat(100_000);
        let bad = [
            ("", "required"), (" \u{a0}\t", "required"), (&too_long, "too-long"), (&endless, "too-long"),
            ("Ada\nKing", "invalid-name"), ("Ada\u{0}", "invalid-name"), ("Ada\u{202e}", "invalid-name"),
            ("A\u{200b}da", "invalid-name"), ("Visit https://evil.example", "invalid-name"),
            ("www.evil", "invalid-name"), ("write me@evil", "invalid-name"), ("see evil.com/now", "invalid-name"), ("call 555-1234", "invalid-name"),
            ("see ｅｖｉｌ．ｃｏｍ／now", "invalid-name"), ("at 192.168.0.1 now", "invalid-name"), ("A\u{200d}da", "invalid-name"),
        ];
        for (name, code) in bad {
            ada.patch("/me", &json!({ "first_name": name })).await.errors(&[("/first_name", code)]);
            ada.patch(&path, &json!({ "name": name })).await.errors(&[("/name", code)]);
            ada.post("/accounts", &json!({ "name": name })).await.errors(&[("/name", code)]);
        }
    }

    async fn a_new_name_is_shown_and_sorted_everywhere(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}/members");
        assert_eq!(ada.column(&path, "/user/name").await, ["Ada", "Bob"]);
        ada.patch("/me", &json!({ "first_name": "Zoë", "last_name": "Lovelace" })).await.expect(200);
        assert_eq!(ada.column(&path, "/user/name").await, ["Bob", "Zoë Lovelace"]);
        assert_eq!(ada.column(&format!("{path}?q=ZOË"), "/user/name").await, ["Zoë Lovelace"]);
        let account_summary = bob.get(&format!("/accounts/{account}")).await.expect(200);
        assert_eq!(account_summary.text("/owner/name"), "Zoë Lovelace");
    }
}
