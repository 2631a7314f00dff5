//! Sign-in, sessions and their ends (security rule 8).

use std::time::Duration;

use convoke_app::config::Config;
use convoke_core::public_url::PublicUrl;
use convoke_domain::{Error, sessions};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{MILLISECOND, PASSWORD};

const DAY: Duration = Duration::from_hours(24);

fn over_https(config: &mut Config) {
    config.public_url = Some(PublicUrl::parse("https://accounts.example.com").unwrap());
}

on_both! {
    async fn a_user_signs_up_by_email_and_is_signed_in(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let me = ada.get("/me").await.expect(200).json();
        assert_eq!(me["email"], "ada@example.com");
        assert_eq!(me["login"], "ada@example.com");
        let accounts = ada.get("/accounts").await.expect(200).json();
        assert_eq!(accounts["items"][0]["name"], "Ada's account");
        assert_eq!(accounts["items"][0]["default"], true);
    }

    async fn an_invitee_joins_by_the_emailed_link(test_app: TestApp) {
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut owner, "Analytical Engines").await;
        test_app.invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"]).await;
        let token = test_app.mailed_token("bob@example.com", "invitations").await;
        let mut bob = test_app.anonymous();
        let body = json!({ "email": "bob@example.com", "password": PASSWORD, "first_name": "Bob",
            "invitation_token": token, "accept_invitation": true });
        let done = bob.post("/registrations", &body).await.expect(201).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        let account_summary = bob.get(&format!("/accounts/{account}")).await.expect(200).json();
        assert_eq!(account_summary["managing"], false);
    }

    async fn sign_in_accepts_any_spelling_of_the_address(test_app: TestApp) {
        test_app.user("Ada@example.com", "Ada").await;
        for login in ["Ada@example.com", " ada@EXAMPLE.com ", "ADA@example.COM"] {
            let response = test_app.try_sign_in(login, PASSWORD).await.expect(201);
            assert_eq!(response.json()["user"]["email"], "Ada@example.com");
            assert_eq!(response.json()["session"]["current"], true);
            let cookie = response.header("set-cookie");
            let (value, attributes) = cookie.split_once("; ").unwrap();
            assert!(value.starts_with("convoke=cvs_"), "{value}");
            assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000");
            assert!(!response.body().contains("cvs_"));
            assert_eq!(response.header("cache-control"), "no-store");
        }
    }

    async fn logins_are_compared_by_ascii_case_only(test_app: TestApp) {
        test_app.user("kit@example.com", "Kit").await;
        test_app.try_sign_in("KIT@Example.com", PASSWORD).await.expect(201);
        for login in ["\u{212a}it@example.com", "k\u{131}t@example.com", "k\u{130}t@example.com", "ｋit@example.com"] {
            test_app.try_sign_in(login, PASSWORD).await.problem(401, "invalid-credentials");
        }
    }

    async fn every_failed_sign_in_gets_the_same_response(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        test_app.begin_sign_up("waiting@example.com", "Eve", PASSWORD).await.expect(202);
        let long = "x".repeat(20_000);
        let first = test_app.try_sign_in("ada@example.com", "not her password").await;
        let first = first.problem(401, "invalid-credentials");
        let causes = [
            ("nobody@example.com", PASSWORD),
            ("waiting@example.com", PASSWORD),
            ("0123456789", PASSWORD),
            ("", ""),
            ("ada@example.com", ""),
            ("ada@example.com\u{0}", PASSWORD),
            ("\u{0}", PASSWORD),
            ("ada@example.com", &long),
            (&long, PASSWORD),
            ("' or 1 = 1 --", "' or 1 = 1 --"),
            ("%", PASSWORD),
        ];
        for (login, password) in causes {
            let response = test_app.try_sign_in(login, password).await;
            assert_eq!(response.anonymous(), first.anonymous(), "{}", response.body());
            assert!(!response.headers.contains_key("set-cookie"));
        }
        test_app.anonymous().post("/sessions", &json!({ "login": 1 })).await
            .errors(&[("/login", "wrong-type"), ("/password", "required")]);
    }

    async fn signing_out_ends_the_session_and_expires_the_cookie(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut copy = ada.clone();
        let response = ada.delete("/sessions/current").await.expect(204);
        assert!(response.bytes.is_empty());
        assert!(response.header("set-cookie").starts_with("convoke=; "), "{:?}", response.headers);
        assert!(response.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(ada.cookie, None);
        copy.get("/me").await.problem(401, "sign-in-required");
        copy.delete("/sessions/current").await.problem(401, "sign-in-required");
    }

    async fn an_unknown_session_cookie_is_anonymous(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut keyed = ada.with("authorization", "Bearer cvk_unknown");
        keyed.get("/me").await.problem(401, "sign-in-required");
        let real = ada.cookie.clone().unwrap();
        for cookie in ["", "cvs_", &format!("{real}A"), &real.replace("cvs_", "cvc_"), &real.to_uppercase()] {
            ada.cookie = Some(cookie.to_owned());
            ada.get("/me").await.problem(401, "sign-in-required");
        }
        ada.cookie = Some(real);
        ada.get("/me").await.expect(200);
    }

    async fn sessions_are_listed_and_can_be_ended_individually(test_app: TestApp) {
        let laptop = test_app.user("ada@example.com", "Ada").await;
        let mut laptop = laptop.with("user-agent", "Laptop");
        test_app.advance(Duration::from_mins(1));
        let mut phone = test_app.anonymous().at("203.0.113.9").with("user-agent", "Phone");
        let body = json!({ "login": "ada@example.com", "password": PASSWORD });
        let begun = phone.post("/sessions", &body).await.expect(201).json();
        let list = laptop.get("/me/sessions").await.expect(200).json();
        let sessions = list["items"].as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        assert_eq!(sessions[0]["id"], begun["session"]["id"]);
        assert_eq!(sessions[0]["user_agent"], "Phone");
        assert_eq!(sessions[0]["ip"], "203.0.113.9");
        assert_eq!(sessions[0]["current"], false);
        assert_eq!(sessions[1]["current"], true);

        let mut eve = test_app.user("eve@example.com", "Eve").await;
        let path = format!("/me/sessions/{}", begun["session"]["id"].as_str().unwrap());
        let foreign = eve.delete(&path).await.problem(404, "not-found");
        let unknown = eve.delete("/me/sessions/ses_01h455vb4pex5vsknk084sn02q").await;
        let malformed = eve.delete("/me/sessions/1").await;
        assert_eq!(foreign.anonymous(), unknown.anonymous());
        assert_eq!(foreign.anonymous(), malformed.anonymous());
        phone.get("/me").await.expect(200);

        laptop.delete(&path).await.expect(204);
        laptop.delete(&path).await.problem(404, "not-found");
        phone.get("/me").await.problem(401, "sign-in-required");
        laptop.get("/me").await.expect(200);
    }

    async fn all_other_sessions_can_be_ended_together(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut others = [test_app.sign_in("ada@example.com").await, test_app.sign_in("ada@example.com").await];
        let mut eve = test_app.user("eve@example.com", "Eve").await;
        ada.delete("/me/sessions").await.expect(204);
        for other in &mut others {
            other.get("/me").await.problem(401, "sign-in-required");
        }
        ada.get("/me").await.expect(200);
        eve.get("/me").await.expect(200);
        assert_eq!(ada.list_all("/me/sessions", 100).await.len(), 1);
    }

    async fn a_session_ends_after_14_days_without_use(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        test_app.advance_just_before(14 * DAY);
        ada.get("/me").await.expect(200);
        test_app.advance_just_before(14 * DAY);
        ada.get("/me").await.expect(200);
        test_app.advance(14 * DAY);
        ada.get("/me").await.problem(401, "sign-in-required");
    }

    async fn a_session_ends_after_90_days_despite_use(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        for _ in 0..8 {
            test_app.advance(10 * DAY);
            ada.get("/me").await.expect(200);
        }
        test_app.advance_just_before(10 * DAY);
        ada.get("/me").await.expect(200);
        test_app.advance(MILLISECOND);
        ada.get("/me").await.problem(401, "sign-in-required");
    }

    async fn ended_sessions_are_not_listed_and_are_deleted(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        test_app.advance(14 * DAY);
        let mut ada = test_app.sign_in("ada@example.com").await;
        assert_eq!(ada.list_all("/me/sessions", 100).await.len(), 1);
        let forgotten = convoke::jobs::clean_up(&test_app.app).await.unwrap();
        // The session, and the result of the sign-up form.
        assert_eq!(forgotten, 2);
        ada.get("/me").await.expect(200);
    }

    async fn the_cleanup_deletes_all_expired_rows_in_batches(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let (ids, hash) = if test_app.database.folder().is_some() {
            ("with recursive s(n) as (select 1 union all select n + 1 from s where n < 1200)",
                "unhex(printf('%032x', n)), unhex(printf('%064x', n))")
        } else {
            ("with s as (select generate_series(1, 1200) n)",
                "lpad(to_hex(n), 32, '0')::uuid, decode(lpad(to_hex(n), 64, '0'), 'hex')")
        };
        // Half have been idle too long, half are too old.
        test_app.database.execute(&format!("insert into sessions (id, token_hash, user_id, created_at, last_used_at, authenticated_at)
            {ids} select {hash}, o.user_id, case when n % 2 = 0 then 0 else o.created_at end,
            case when n % 2 = 0 then o.last_used_at else 0 end, 0 from s, sessions o"));
        let mut batches = Vec::new();
        loop {
            let (deleted, is_done) = test_app.app.write(convoke_domain::cleanup::delete_expired).await.unwrap();
            batches.push(deleted);
            if is_done {
                break;
            }
        }
        assert_eq!(batches, [1000, 200]);
        assert_eq!(test_app.database.rows()["sessions"].len(), 1);
        ada.get("/me").await.expect(200);
        for (module, statement, index) in [
            ("sessions", "DELETE_IDLE", "sessions_by_use"),
            ("sessions", "DELETE_OLD", "sessions_by_age"),
            ("registrations", "DELETE_ENDED", "registrations_by_end"),
            ("password_resets", "DELETE_ENDED", "password_resets_by_end"),
            ("identities", "DELETE_OLD_STATES", "used_states_by_age"),
            ("known_devices", "DELETE_OLD", "known_devices_by_use"),
            ("idempotency", "DELETE_OLD", "idempotency_keys_by_age"),
            ("submitted_forms", "DELETE_OLD", "submitted_forms_by_age"),
        ] {
            test_app.database.walks_along(module, statement, &[index]);
        }
    }

    async fn last_use_is_recorded_with_five_minute_resolution(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = ada.default_account().await;
        let begun = test_app.now();
        let five = Duration::from_mins(5);
        let almost_five = five.saturating_sub(MILLISECOND);
        for (wait, last_used) in [
            (almost_five, begun),
            (MILLISECOND, begun.plus(five)),
            (almost_five, begun.plus(five)),
            (Duration::from_mins(1), begun.plus(five + almost_five + Duration::from_mins(1))),
        ] {
            test_app.advance(wait);
            let sessions = ada.get("/me/sessions").await.expect(200).json();
            assert_eq!(sessions["items"][0]["last_used_at"], last_used.to_string());
            assert_eq!(sessions["items"][0]["created_at"], begun.to_string());
            let members = ada.get(&format!("/accounts/{account}/members")).await.expect(200).json();
            assert_eq!(members["items"][0]["last_active_at"], last_used.to_string());
        }
    }

    async fn a_disabled_user_is_anonymous(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let unknown = test_app.try_sign_in("nobody@example.com", PASSWORD).await;
        test_app.run_sql("update users set disabled_at = 1").await;
        ada.get("/me").await.problem(401, "sign-in-required");
        let response = test_app.try_sign_in("ada@example.com", PASSWORD).await;
        assert_eq!(response.anonymous(), unknown.anonymous());
    }

    async fn a_session_that_expires_after_its_authentication_changes_nothing(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        let idle = "update sessions set last_used_at = last_used_at";
        let used = "update sessions set last_used_at = last_used_at + 7776000000";
        for (days, statement) in [(14, idle), (90, used)] {
            let client = test_app.sign_in("ada@example.com").await;
            let caller = test_app.caller(&client).await;
            test_app.run_sql(statement).await;
            test_app.advance_just_before(days * DAY);
            let authenticated = caller.clone();
            test_app.app.write(move |tx| sessions::end_others(tx, &authenticated)).await.unwrap();
            test_app.advance(MILLISECOND);
            let rejected = test_app.app.write(move |tx| sessions::end_others(tx, &caller)).await;
            assert!(matches!(rejected, Err(Error::SignInRequired)), "{days} days: {rejected:?}");
        }
    }

    async fn over_https_the_cookie_has_the_host_prefix(test_app: TestApp, over_https) {
        test_app.user("ada@example.com", "Ada").await;
        let response = test_app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
        let (cookie, attributes) = response.header("set-cookie").split_once("; ").unwrap();
        assert!(cookie.starts_with("__Host-convoke=cvs_"), "{cookie}");
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000; Secure");
        test_app.anonymous().with("cookie", cookie).get("/me").await.expect(200);
        let plain = cookie.replace("__Host-", "");
        test_app.anonymous().with("cookie", &plain).get("/me").await.problem(401, "sign-in-required");
    }

    async fn no_identity_provider_is_configured_by_default(test_app: TestApp) {
        let none = json!({ "items": [], "next_cursor": Value::Null });
        assert_eq!(test_app.anonymous().get("/providers").await.expect(200).json(), none);
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        assert_eq!(ada.get("/me/identities").await.expect(200).json(), none);
        ada.delete("/me/identities/github").await.problem(404, "not-found");
    }
}
