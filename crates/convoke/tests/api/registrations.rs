//! Sign-up by mail (rules U1 to U4, U9 and A1).

use std::time::Duration;

use convoke::jobs;
use convoke_domain::{ClientInfo, Error, credentials, users};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{MILLISECOND, PASSWORD};

on_both! {
    async fn a_sign_up_stores_the_submitted_profile(test_app: TestApp) {
        let mut ada = test_app.anonymous();
        let body = json!({ "email": " Ada@EXAMPLE.com ", "password": PASSWORD, "first_name": " Ada  King ",
            "last_name": "Lovelace", "locale": "ru-RU", "time_zone": "europe/berlin" });
        let sent = ada.post("/registrations", &body).await.expect(202).json();
        assert_eq!(sent, json!({ "status": "confirmation_sent" }));
        let token = test_app.mailed_token("Ada@example.com", "confirm").await;
        let body = json!({ "token": token, "password": PASSWORD });
        let done = ada.post("/registrations/confirm", &body).await.expect(201).json();
        let me = ada.get("/me").await.expect(200).json();
        assert_eq!(done["user"], me);
        let expected = [
            ("login", json!("Ada@example.com")),
            ("email", json!("Ada@example.com")),
            ("first_name", json!("Ada King")),
            ("last_name", json!("Lovelace")),
            ("phone", Value::Null),
            ("locale", json!("ru")),
            ("time_zone", json!("Europe/Berlin")),
            ("picture_url", Value::Null),
            ("created_at", json!("2026-11-22T14:05:00.000Z")),
        ];
        for (field, value) in expected {
            assert_eq!(me[field], value, "{field}");
        }
        assert_eq!(done["membership"], Value::Null);
        assert_eq!(done["account"]["name"], "Ada King Lovelace");
        assert_eq!(done["account"]["default"], true);
        assert_eq!(done["account"]["owner"], json!({ "id": me["id"], "name": "Ada King Lovelace" }));
    }

    async fn omitted_profile_fields_use_the_browser_settings(test_app: TestApp) {
        let mut ada = test_app.anonymous().with("accept-language", "de, ru;q=0.9, en;q=0.5");
        let body = json!({ "email": "ada@example.com", "password": PASSWORD, "first_name": "Ada" });
        ada.post("/registrations", &body).await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        let body = json!({ "token": token, "password": PASSWORD });
        ada.post("/registrations/confirm", &body).await.expect(201);
        let me = ada.get("/me").await.expect(200).json();
        assert_eq!((&me["locale"], &me["time_zone"]), (&json!("ru"), &json!("UTC")));
        assert_eq!(me["last_name"], Value::Null);
    }

    async fn the_name_of_the_default_account_is_cut_to_64_characters(test_app: TestApp) {
        let name = "Ж".repeat(64);
        let mut person = test_app.user("long@example.com", &name).await;
        let accounts = person.get("/accounts").await.expect(200).json();
        assert_eq!(accounts["items"][0]["name"], json!(name));
    }

    async fn all_field_errors_of_a_sign_up_are_returned_together(test_app: TestApp) {
        let mut anonymous_client = test_app.anonymous();
        let body = json!({ "email": "ada@", "password": "short", "first_name": "  ", "last_name": "Love\u{202e}lace",
            "locale": "tlh", "time_zone": "Mars/Base", "accept_invitation": "yes", "role": "admin" });
        anonymous_client.post("/registrations", &body).await.errors(&[
            ("/email", "invalid-email"),
            ("/password", "weak-password"),
            ("/first_name", "required"),
            ("/last_name", "invalid-name"),
            ("/locale", "unknown-locale"),
            ("/time_zone", "unknown-time-zone"),
            ("/accept_invitation", "wrong-type"),
            ("/role", "unknown-field"),
        ]);
        anonymous_client.post("/registrations", &json!({})).await.errors(&[
            ("/email", "required"),
            ("/password", "required"),
            ("/first_name", "required"),
        ]);
        anonymous_client.post("/registrations/confirm", &Value::Null).await.errors(&[
            ("/token", "required"),
            ("/password", "required"),
        ]);
        assert_eq!(test_app.entries().await, Vec::<String>::new());
    }

    async fn weak_passwords_are_rejected_with_the_reason_and_not_echoed(test_app: TestApp) {
        let weak = [
            ("elevenchars", "too short"),
            ("passwordpassword", "common"),
            ("qwertyuiop123", "common"),
            ("aaaaaaaaaaaaaaaa", "common"),
            ("lovelacelovelace", "your name"),
            ("ada.lovelace@example.com", "your name"),
            ("tovie platform", "your name"),
            (&"å9 grüner Baum ".repeat(20), "too long"),
            (&"x".repeat(5000), "too long"),
        ];
        for (password, reason) in weak {
            let body = json!({ "email": "ada.lovelace@example.com", "password": password, "first_name": "Ada",
                "last_name": "Lovelace" });
            let response = test_app.anonymous().post("/registrations", &body).await;
            let response = response.errors(&[("/password", "weak-password")]);
            let error = &response.json()["errors"][0];
            let detail = error["detail"].as_str().unwrap();
            assert!(detail.contains(reason), "{password}: {detail}");
            assert_eq!(error.get("value"), None);
            assert!(!response.body().contains(password), "{password}");
        }
    }

    async fn every_reason_of_a_weak_password_is_returned_at_once(test_app: TestApp) {
        let body = json!({ "email": "ada.lovelace@example.com", "password": "lovelace", "first_name": "Ada",
            "last_name": "Lovelace" });
        let response = test_app.anonymous().post("/registrations", &body).await;
        let response = response.errors(&[("/password", "weak-password"), ("/password", "weak-password")]);
        let errors = response.json()["errors"].clone();
        assert!(errors[0]["detail"].as_str().unwrap().contains("too short"), "{errors}");
        assert!(errors[1]["detail"].as_str().unwrap().contains("your name"), "{errors}");
    }

    async fn passwords_need_no_digits_symbols_or_capitals(test_app: TestApp) {
        let good = ["twelve chars", "  spaces stay  ", "пароль из четырёх слов", &"long enough é ".repeat(18)];
        for (number, password) in good.into_iter().enumerate() {
            let email = format!("p{number}@example.com");
            test_app.begin_sign_up(&email, "Ada", password).await.expect(202);
            let token = test_app.mailed_token(&email, "confirm").await;
            let body = json!({ "token": token, "password": password });
            test_app.anonymous().post("/registrations/confirm", &body).await.expect(201);
            test_app.try_sign_in(&email, password).await.expect(201);
            test_app.try_sign_in(&email, password.trim_end()).await.expect(if password == password.trim_end() { 201 } else { 401 });
        }
    }

    async fn confirmation_requires_the_link_and_the_chosen_password_and_works_once(test_app: TestApp) {
        test_app.begin_sign_up("ada@example.com", "Ada", PASSWORD).await.expect(202);
        test_app.try_sign_in("ada@example.com", PASSWORD).await.problem(401, "invalid-credentials");
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        let mut ada = test_app.anonymous();
        let wrong = json!({ "token": token, "password": "somebody else's wish" });
        ada.post("/registrations/confirm", &wrong).await.problem(403, "wrong-password");
        assert_eq!(ada.cookie, None);
        let right = json!({ "token": token, "password": PASSWORD });
        ada.post("/registrations/confirm", &right).await.expect(201);
        ada.get("/me").await.expect(200);
        test_app.anonymous().post("/registrations/confirm", &right).await.problem(410, "link-no-longer-valid");
        test_app.anonymous().post("/registrations/confirm", &wrong).await.problem(410, "link-no-longer-valid");
        assert_eq!(test_app.entries().await, ["user.created", "account.created"]);
    }

    async fn a_confirmation_link_is_valid_for_24_hours(test_app: TestApp) {
        for email in ["early@example.com", "late@example.com"] {
            test_app.begin_sign_up(email, "Ada", PASSWORD).await.expect(202);
        }
        let confirm = async |email| {
            let token = test_app.mailed_token(email, "confirm").await;
            let body = json!({ "token": token, "password": PASSWORD });
            test_app.anonymous().post("/registrations/confirm", &body).await
        };
        test_app.deliver().await;
        test_app.advance_just_before(Duration::from_hours(24));
        confirm("early@example.com").await.expect(201);
        test_app.advance(MILLISECOND);
        confirm("late@example.com").await.problem(410, "link-no-longer-valid");
    }

    async fn another_link_can_be_requested_until_a_week_after_the_end_of_the_first(test_app: TestApp) {
        let emails = ["early@example.com", "late@example.com"];
        let mut tokens = Vec::new();
        for email in emails {
            test_app.begin_sign_up(email, "Ada", PASSWORD).await.expect(202);
            tokens.push(test_app.mailed_token(email, "confirm").await);
        }
        let count_links = async |email: &str, token: &str| {
            jobs::clean_up(&test_app.app).await.unwrap();
            let token = token.to_owned();
            let resent = test_app.app.write(move |tx| users::resend_confirmation(tx, &ClientInfo::default(), &token, None));
            resent.await.unwrap();
            test_app.deliver().await;
            test_app.mails_to(email).len()
        };
        test_app.advance_just_before(Duration::from_hours(8 * 24));
        assert_eq!(count_links(emails[0], &tokens[0]).await, 2);
        test_app.advance(MILLISECOND);
        assert_eq!(count_links(emails[1], &tokens[1]).await, 1);
    }

    async fn a_password_that_matched_finishes_only_a_registration_of_the_address_that_has_not_expired(test_app: TestApp) {
        let begin = async |email: &'static str| {
            test_app.begin_sign_up(email, "Ada", PASSWORD).await.expect(202);
            test_app.mailed_token(email, "confirm").await
        };
        let first = begin("ada@example.com").await;
        test_app.advance(Duration::from_hours(1));
        let second = begin("ada@example.com").await;
        let other = begin("eve@example.com").await;
        let verify = async |token: String| {
            let found = test_app.app.read(move |tx| users::find_pending_registration(tx, &token)).await;
            credentials::registration_password(&found.unwrap()).verify(|_| true).unwrap()
        };
        let (of_first, of_other) = (verify(first).await, verify(other).await);
        // The first one expires between the comparison and the transaction that uses it.
        test_app.advance(Duration::from_hours(23));
        for password in [of_first, of_other] {
            let token = second.clone();
            let done = test_app.app.write(move |tx| users::confirm(tx, &ClientInfo::default(), password, &token)).await;
            assert!(matches!(done, Err(Error::LinkNoLongerValid)), "{done:?}");
        }
        assert_eq!(test_app.entries().await, Vec::<String>::new());
        let password = verify(second.clone()).await;
        test_app.app.write(move |tx| users::confirm(tx, &ClientInfo::default(), password, &second)).await.unwrap();
    }

    async fn completing_one_registration_voids_the_others(test_app: TestApp) {
        let mut tokens = Vec::new();
        for (email, password) in [("ada@example.com", "the first wish"), ("ADA@example.com", "the second wish")] {
            test_app.begin_sign_up(email, "Ada", password).await.expect(202);
            tokens.push(test_app.mailed_token(email, "confirm").await);
        }
        let confirm = async |token: &str, password: &str| {
            let body = json!({ "token": token, "password": password });
            test_app.anonymous().post("/registrations/confirm", &body).await
        };
        confirm(&tokens[1], "the first wish").await.problem(403, "wrong-password");
        confirm(&tokens[1], "the second wish").await.expect(201);
        confirm(&tokens[0], "the first wish").await.problem(410, "link-no-longer-valid");
        test_app.try_sign_in("ada@example.com", "the first wish").await.problem(401, "invalid-credentials");
        test_app.try_sign_in("ada@example.com", "the second wish").await.expect(201);
    }

    async fn a_sign_up_with_a_registered_address_is_disclosed_by_email_only(test_app: TestApp) {
        let fresh = test_app.begin_sign_up("ada@example.com", "Ada", PASSWORD).await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        let body = json!({ "token": token, "password": PASSWORD });
        test_app.anonymous().post("/registrations/confirm", &body).await.expect(201);
        let known = test_app.begin_sign_up("Ada@Example.com", "Eve", "an intruder's wish").await.expect(202);
        assert_eq!(fresh.bytes, known.bytes);
        let text = test_app.last_text_to("ada@example.com").await;
        assert!(text.contains("tried to sign up"), "{text}");
        assert!(text.contains("Hello Ada"), "{text}");
        assert!(!text.contains("/confirm/") && !text.contains("Eve"), "{text}");
        test_app.try_sign_in("ada@example.com", "an intruder's wish").await.problem(401, "invalid-credentials");
        test_app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    }

    async fn a_login_equal_to_an_old_address_becomes_ten_digits(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let body = json!({ "email": "countess@example.com", "password": PASSWORD });
        ada.post("/me/email", &body).await.expect(202);
        let token = test_app.mailed_token("countess@example.com", "confirm-email").await;
        ada.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);

        let password = "a namesake's password";
        test_app.begin_sign_up("ada@example.com", "Adam", password).await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        let body = json!({ "token": token, "password": password });
        let adam = test_app.anonymous().post("/registrations/confirm", &body).await.expect(201).json();
        assert_eq!(adam["user"]["email"], "ada@example.com");
        let login = adam["user"]["login"].as_str().unwrap();
        assert!(login.len() == 10 && login.bytes().all(|byte| byte.is_ascii_digit()), "{login}");

        // Sign-in matches the address first, then the login.
        let session = test_app.try_sign_in("ada@example.com", password).await.expect(201).json();
        assert_eq!(session["user"]["id"], adam["user"]["id"]);
        test_app.try_sign_in(login, password).await.expect(201);
        test_app.try_sign_in("ada@example.com", PASSWORD).await.problem(401, "invalid-credentials");
        let session = test_app.try_sign_in("countess@example.com", PASSWORD).await.expect(201).json();
        assert_eq!(session["user"]["login"], "ada@example.com");
    }

    async fn confirming_an_address_voids_pending_registrations_for_it(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        test_app.begin_sign_up("new@example.com", "Bob", PASSWORD).await.expect(202);
        let waiting = test_app.mailed_token("new@example.com", "confirm").await;
        let body = json!({ "email": "new@example.com", "password": PASSWORD });
        ada.post("/me/email", &body).await.expect(202);
        let token = test_app.mailed_token("new@example.com", "confirm-email").await;
        ada.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);
        let body = json!({ "token": waiting, "password": PASSWORD });
        test_app.anonymous().post("/registrations/confirm", &body).await.problem(410, "link-no-longer-valid");
    }
}
