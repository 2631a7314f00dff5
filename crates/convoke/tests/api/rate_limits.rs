//! Limits on sign-in, reset and registration (security rule 10).

use std::time::{Duration, Instant};

use convoke_app::config::Config;
use convoke_core::public_url::PublicUrl;
use serde_json::json;

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp, TestResponse, token_in};

fn limited(config: &mut Config) {
    config.rate_limits.enabled = true;
}

fn behind_a_proxy(config: &mut Config) {
    limited(config);
    config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
}

async fn try_at(client: &mut Client, password: &str) -> TestResponse {
    let body = json!({ "login": "ada@example.com", "password": password });
    client.post("/sessions", &body).await
}

/// Fails to sign in as often as it is let, and says how often that was.
async fn fail_until_limited(client: &mut Client) -> usize {
    for count in 0..50 {
        let response = try_at(client, "not her password").await;
        if response.status == 429 {
            return count;
        }
        response.problem(401, "invalid-credentials");
    }
    panic!("never limited");
}

#[track_caller]
fn limited_for(response: TestResponse, seconds: u64) {
    let response = response.problem(429, "rate-limited");
    assert_eq!(
        response.header("retry-after"),
        seconds.to_string(),
        "{}",
        response.body()
    );
}

/// Deletes that the client's device has signed in before.
fn unknown(client: &mut Client) -> &mut Client {
    client.device = None;
    client
}

async fn ask_reset(test_app: &TestApp, ip: &str, email: &str) -> TestResponse {
    let body = json!({ "email": email });
    test_app
        .anonymous()
        .at(ip)
        .post("/password-resets", &body)
        .await
}

async fn sign_up(test_app: &TestApp, ip: &str, email: &str, password: &str) -> TestResponse {
    let body = json!({ "email": email, "password": password, "first_name": "Ada" });
    test_app
        .anonymous()
        .at(ip)
        .post("/registrations", &body)
        .await
}

async fn clients_with_user_ada(test_app: &TestApp) -> [Client; 2] {
    test_app.user("ada@example.com", "Ada").await;
    [
        test_app.anonymous().at("203.0.113.1"),
        test_app.anonymous().at("203.0.113.2"),
    ]
}

on_both! {
    async fn ten_failed_sign_ins_are_allowed_then_three_per_minute(test_app: TestApp, limited) {
        let [mut client, mut elsewhere] = clients_with_user_ada(&test_app).await;
        assert_eq!(fail_until_limited(&mut client).await, 10);
        limited_for(try_at(&mut client, "not her password").await, 20);
        // The right password is rejected too, but accepted from another address.
        limited_for(try_at(&mut client, PASSWORD).await, 20);
        try_at(&mut elsewhere, PASSWORD).await.expect(201);
        test_app.advance(Duration::from_secs(20));
        try_at(&mut client, PASSWORD).await.expect(201);
        assert_eq!(fail_until_limited(unknown(&mut client)).await, 1);
        test_app.advance(Duration::from_mins(1));
        assert_eq!(fail_until_limited(&mut client).await, 3);
        test_app.advance(Duration::from_mins(5));
        assert_eq!(fail_until_limited(&mut client).await, 10);
    }

    async fn successes_do_not_count(test_app: TestApp, limited) {
        let [mut office, _] = clients_with_user_ada(&test_app).await;
        for _ in 0..15 {
            try_at(unknown(&mut office), PASSWORD).await.expect(201);
        }
        assert_eq!(fail_until_limited(unknown(&mut office)).await, 10);
    }

    async fn a_client_is_limited_across_invented_logins(test_app: TestApp, few_per_client) {
        let [mut client, mut elsewhere] = clients_with_user_ada(&test_app).await;
        for number in 0..4 {
            let body = json!({ "login": format!("made-up-{number}"), "password": "whatever it is" });
            client.post("/sessions", &body).await.problem(401, "invalid-credentials");
        }
        try_at(&mut client, PASSWORD).await.problem(429, "rate-limited");
        try_at(&mut elsewhere, PASSWORD).await.expect(201);
    }

    async fn a_known_device_is_not_limited_by_other_clients(test_app: TestApp, few_per_client) {
        let [mut other_client, mut ada] = clients_with_user_ada(&test_app).await;
        let eve = test_app.user("eve@example.com", "Eve").await;
        try_at(&mut ada, PASSWORD).await.expect(201);
        // Many failures with her login from the same address, such as that of an office.
        let mut at_office = ada.at("203.0.113.1");
        for _ in 0..4 {
            try_at(&mut other_client, "not her password").await.problem(401, "invalid-credentials");
        }
        try_at(&mut other_client, PASSWORD).await.problem(429, "rate-limited");
        // Devices of other users and invented ones are not her devices.
        try_at(&mut eve.at("203.0.113.1"), PASSWORD).await.problem(429, "rate-limited");
        let mut forged = other_client.clone();
        forged.device = ada.device.clone().map(|token| token.replace("cvd_", "cvd_A"));
        try_at(&mut forged, PASSWORD).await.problem(429, "rate-limited");
        try_at(&mut at_office, PASSWORD).await.expect(201);
        // The device has its own limit and never replaces the password.
        assert_eq!(fail_until_limited(&mut at_office).await, 10);
        limited_for(try_at(&mut at_office, PASSWORD).await, 20);
    }

    async fn failures_of_a_login_delay_unknown_devices(test_app: TestApp, delayed) {
        let [mut ada, _] = clients_with_user_ada(&test_app).await;
        for number in 0..2 {
            let mut attacker = test_app.anonymous().at(&format!("198.51.100.{number}"));
            try_at(&mut attacker, "not her password").await.problem(401, "invalid-credentials");
        }
        let started = Instant::now();
        try_at(&mut ada, PASSWORD).await.expect(201);
        assert!(started.elapsed() >= DELAY);
    }

    async fn failures_of_a_login_do_not_delay_known_devices(test_app: TestApp, long_delayed) {
        let [mut ada, _] = clients_with_user_ada(&test_app).await;
        try_at(&mut ada, PASSWORD).await.expect(201);
        for number in 0..2 {
            let mut attacker = test_app.anonymous().at(&format!("198.51.100.{number}"));
            try_at(&mut attacker, "not her password").await.problem(401, "invalid-credentials");
        }
        let started = Instant::now();
        try_at(&mut ada, PASSWORD).await.expect(201);
        try_at(&mut ada, "not her password").await.problem(401, "invalid-credentials");
        assert!(started.elapsed() < LONG_DELAY);
    }

    async fn only_the_hash_of_a_device_token_is_stored(test_app: TestApp, limited) {
        let [mut ada, _] = clients_with_user_ada(&test_app).await;
        let response = try_at(&mut ada, PASSWORD).await.expect(201);
        let cookies = response.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
        let cookie = cookies.into_iter().find(|cookie| cookie.starts_with("convoke-device=cvd_")).unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"), "{cookie}");
        let token = ada.device.clone().unwrap();
        assert!(!format!("{:?}", test_app.database.rows()).contains(&token[4..]));
        // Signing in again with it creates no second device.
        let before = test_app.database.rows()["known_devices"].len();
        let again = try_at(&mut ada, PASSWORD).await.expect(201);
        assert_eq!(again.headers.get_all("set-cookie").iter().count(), 1);
        assert_eq!(test_app.database.rows()["known_devices"].len(), before);
    }

    async fn the_device_cookie_has_the_host_prefix_over_https(test_app: TestApp, on_https) {
        test_app.begin_sign_up("ada@example.com", "Ada", PASSWORD).await.expect(202);
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        let body = json!({ "token": token, "password": PASSWORD });
        let response = test_app.anonymous().post("/registrations/confirm", &body).await.expect(201);
        let cookies: Vec<_> = response.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
        let cookie = cookies.iter().find(|cookie| cookie.starts_with("__Host-convoke-device=cvd_")).unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure"), "{cookie}");
    }

    async fn ten_devices_per_user_are_stored_and_deleted_after_a_year(test_app: TestApp) {
        let [mut first, _] = clients_with_user_ada(&test_app).await;
        for _ in 0..14 {
            test_app.advance(Duration::from_secs(1));
            try_at(unknown(&mut first), PASSWORD).await.expect(201);
        }
        assert_eq!(test_app.database.rows()["known_devices"].len(), 10);
        test_app.advance(Duration::from_hours(365 * 24));
        convoke::jobs::clean_up(&test_app.app).await.unwrap();
        assert_eq!(test_app.database.rows()["known_devices"].len(), 0);
    }

    async fn a_change_of_password_deletes_every_other_device(test_app: TestApp, few_per_client) {
        let [mut stolen, mut ada] = clients_with_user_ada(&test_app).await;
        for client in [&mut stolen, &mut ada] {
            try_at(client, PASSWORD).await.expect(201);
        }
        let body = json!({ "current_password": PASSWORD, "password": "another fine password" });
        ada.post("/me/password", &body).await.expect(204);
        for _ in 0..4 {
            try_at(&mut stolen, PASSWORD).await.problem(401, "invalid-credentials");
        }
        try_at(&mut stolen, PASSWORD).await.problem(429, "rate-limited");
        try_at(&mut ada.at("203.0.113.1"), "another fine password").await.expect(201);
    }

    async fn failures_of_other_clients_do_not_lock_a_user_out(test_app: TestApp, limited) {
        let [_, mut ada] = clients_with_user_ada(&test_app).await;
        for number in 1..=4 {
            let mut attacker = test_app.anonymous().at(&format!("198.51.100.{number}"));
            assert_eq!(fail_until_limited(&mut attacker).await, 10);
        }
        try_at(&mut ada, PASSWORD).await.expect(201);
    }

    async fn an_ipv6_client_is_identified_by_its_64_bit_prefix(test_app: TestApp, limited) {
        clients_with_user_ada(&test_app).await;
        assert_eq!(fail_until_limited(&mut test_app.anonymous().at("2001:db8:1:2::1")).await, 10);
        assert_eq!(fail_until_limited(&mut test_app.anonymous().at("2001:db8:1:2:ffff::9")).await, 0);
        assert_eq!(fail_until_limited(&mut test_app.anonymous().at("2001:db8:1:3::1")).await, 10);
        assert_eq!(fail_until_limited(&mut test_app.anonymous().at("203.0.113.1")).await, 10);
        assert_eq!(fail_until_limited(&mut test_app.anonymous().at("::ffff:203.0.113.1")).await, 0);
    }

    async fn forwarding_headers_of_clients_are_ignored(test_app: TestApp, limited) {
        let [client, _] = clients_with_user_ada(&test_app).await;
        assert_eq!(fail_until_limited(&mut client.with("x-forwarded-for", "192.0.2.1")).await, 10);
        assert_eq!(fail_until_limited(&mut client.with("x-forwarded-for", "192.0.2.2")).await, 0);
    }

    async fn a_trusted_proxy_header_identifies_the_client(test_app: TestApp, behind_a_proxy) {
        test_app.user("ada@example.com", "Ada").await;
        let proxy = test_app.anonymous().at("10.1.2.3");
        assert_eq!(fail_until_limited(&mut proxy.with("x-forwarded-for", "192.0.2.1")).await, 10);
        assert_eq!(fail_until_limited(&mut proxy.with("x-forwarded-for", "192.0.2.2")).await, 10);
        // The last hop that is no trusted proxy is used, whatever the client sent before it.
        let spoofed = "203.0.113.9, 192.0.2.1, 10.9.9.9";
        assert_eq!(fail_until_limited(&mut proxy.with("x-forwarded-for", spoofed)).await, 0);
    }

    async fn every_password_endpoint_counts_failures(test_app: TestApp, limited) {
        clients_with_user_ada(&test_app).await;
        let mut ada = test_app.sign_in("ada@example.com").await.at("203.0.113.7");
        let account = test_app.account(&mut ada, "Engines").await;
        test_app.begin_sign_up("eve@example.com", "Eve", PASSWORD).await.expect(202);
        let token = test_app.mailed_token("eve@example.com", "confirm").await;
        let wrong = "not the password";
        let offer = format!("/accounts/{account}/ownership-offer");
        let calls = [
            ("/me/password", json!({ "current_password": wrong, "password": "another fine password" }), true),
            ("/me/email", json!({ "email": "new@example.com", "password": wrong }), true),
            ("/registrations/confirm", json!({ "token": token, "password": wrong }), false),
            (&offer, json!({ "user_id": "usr_01h455vb4pex5vsknk084sn02q", "account_name": "Engines", "password": wrong }), true),
        ];
        for known in [true, false] {
            if !known {
                ada.device = None;
            }
            for (path, body, hers) in &calls {
                for _ in 0..10 {
                    ada.post(path, body).await.problem(403, "wrong-password");
                }
                limited_for(ada.post(path, body).await, 20);
                if *hers {
                    limited_for(try_at(&mut ada, PASSWORD).await, 20);
                }
                test_app.advance(Duration::from_mins(5));
            }
        }
    }

    async fn resets_for_unknown_addresses_are_limited_and_store_few_rows(test_app: TestApp, limited) {
        let mut accepted = 0;
        for number in 0..3_000 {
            let response = ask_reset(&test_app, "203.0.113.1", &format!("made-up-{number}@example.com")).await;
            match response.status {
                202 => accepted += 1,
                _ => drop(response.problem(429, "rate-limited")),
            }
        }
        assert_eq!(accepted, 60);
        test_app.deliver().await;
        let rows = test_app.database.rows();
        assert_eq!((rows["password_resets"].len(), rows["outbox"].len()), (60, 0));
        let buckets: usize = test_app.app.ctx.rate_limits.keys().iter().map(|(_, keys)| keys).sum();
        assert_eq!(buckets, 1);
        test_app.advance(Duration::from_hours(2));
        convoke::jobs::clean_up(&test_app.app).await.unwrap();
        assert_eq!(test_app.database.rows()["password_resets"].len(), 0);
    }

    async fn three_reset_emails_are_allowed_then_one_per_80_minutes_without_disclosure(test_app: TestApp, limited) {
        test_app.user("ada@example.com", "Ada").await;
        let resets = async || {
            test_app.deliver().await;
            let mails = test_app.mails_to("ada@example.com");
            mails.iter().filter(|mail| mail.text.contains("/reset/")).count()
        };
        for number in 0..20 {
            let known = ask_reset(&test_app, &format!("198.51.100.{number}"), "Ada@example.com").await.expect(202);
            let unknown = ask_reset(&test_app, &format!("198.51.100.{number}"), "nobody@example.com").await.expect(202);
            assert_eq!(known.anonymous(), unknown.anonymous());
            assert_eq!(resets().await, 3.min(number + 1));
        }
        // At most one request per address is queued in addition to those already emailed.
        let rows = test_app.database.rows();
        assert_eq!((rows["password_resets"].len(), rows["outbox"].len()), (5, 1));
        // All emailed links work, for every client that requested one, and the queued one is sent later.
        test_app.advance(Duration::from_mins(80));
        assert_eq!(resets().await, 4);
        let text = test_app.mails_to("ada@example.com").remove(0).text;
        let token = token_in(&text, "reset");
        test_app.advance(Duration::from_mins(59));
        let body = json!({ "token": token, "password": "another fine password" });
        test_app.anonymous().post("/password-resets/confirm", &body).await.expect(204);
    }

    async fn registrations_of_one_client_for_one_address_are_limited_known_or_not(test_app: TestApp, limited) {
        test_app.user("ada@example.com", "Ada").await;
        test_app.advance(Duration::from_hours(1));
        for email in ["ada@example.com", "new@example.com"] {
            for _ in 0..5 {
                sign_up(&test_app, "203.0.113.1", email, "an attacker's password").await.expect(202);
            }
            limited_for(sign_up(&test_app, "203.0.113.1", email, "an attacker's password").await, 720);
            // Other clients are not limited.
            sign_up(&test_app, "203.0.113.2", email, PASSWORD).await.expect(202);
        }
        sign_up(&test_app, "203.0.113.1", "other@example.com", PASSWORD).await.expect(202);
    }

    async fn a_flood_of_registrations_does_not_block_the_address_owner(test_app: TestApp, limited) {
        for client in 0..20 {
            for _ in 0..5 {
                let ip = format!("198.51.100.{client}");
                sign_up(&test_app, &ip, "victim@example.com", "an attacker's password").await.expect(202);
            }
            test_app.deliver().await;
        }
        // Few emails are sent; queued ones are replaced by newer ones.
        assert_eq!(test_app.mails_to("victim@example.com").len(), 5);
        let waiting = test_app.database.rows()["outbox"].len();
        assert!(waiting <= 10, "{waiting}");
        // Any of the links verifies the mailbox; the password selects the registration.
        sign_up(&test_app, "203.0.113.2", "victim@example.com", PASSWORD).await.expect(202);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("victim@example.com").len(), 5);
        let text = test_app.mails_to("victim@example.com").remove(0).text;
        let token = token_in(&text, "confirm");
        let body = json!({ "token": token, "password": PASSWORD });
        let mut victim = test_app.anonymous();
        victim.post("/registrations/confirm", &body).await.expect(201);
        assert_eq!(victim.get("/me").await.expect(200).text("/email"), "victim@example.com");
        assert_eq!(test_app.database.rows()["registrations"].len(), 0);
        test_app.try_sign_in("victim@example.com", "an attacker's password").await.problem(401, "invalid-credentials");
    }

    async fn registrations_from_many_networks_do_not_block_the_address_owner(test_app: TestApp, limited) {
        sign_up(&test_app, "203.0.113.2", "victim@example.com", PASSWORD).await.expect(202);
        for client in 0..40 {
            let ip = format!("198.51.100.{client}");
            sign_up(&test_app, &ip, "victim@example.com", "an attacker's password").await.expect(202);
        }
        // The victim's email was replaced by newer ones; the link of any other completes the victim's sign-up.
        test_app.deliver().await;
        let mails = test_app.mails_to("victim@example.com");
        assert_eq!(mails.len(), 5);
        let token = token_in(&mails[0].text, "confirm");
        let body = json!({ "token": token, "password": PASSWORD });
        let mut victim = test_app.anonymous().at("203.0.113.2");
        victim.post("/registrations/confirm", &body).await.expect(201);
        assert_eq!(victim.get("/me").await.expect(200).text("/email"), "victim@example.com");
        test_app.try_sign_in("victim@example.com", "an attacker's password").await.problem(401, "invalid-credentials");
    }

    async fn a_rejected_registration_uses_no_tokens(test_app: TestApp, few_registrations) {
        let body = json!({ "email": "p@example.com", "password": PASSWORD, "first_name": "P",
            "invitation_token": "cvi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
        for _ in 0..6 {
            let rejected = test_app.anonymous().at("203.0.113.1").post("/registrations", &body).await;
            rejected.problem(404, "not-found");
        }
        for number in 0..3 {
            sign_up(&test_app, "203.0.113.1", &format!("p{number}@example.com"), PASSWORD).await.expect(202);
        }
        limited_for(sign_up(&test_app, "203.0.113.1", "p3@example.com", PASSWORD).await, 1200);
    }

    async fn registrations_of_one_client_are_limited(test_app: TestApp, few_registrations) {
        let sign_up = async |ip: &str, number: usize| {
            let body = json!({ "email": format!("p{number}@example.com"), "password": PASSWORD, "first_name": "P" });
            test_app.anonymous().at(ip).post("/registrations", &body).await
        };
        for number in 0..3 {
            sign_up("203.0.113.1", number).await.expect(202);
        }
        limited_for(sign_up("203.0.113.1", 3).await, 1200);
        sign_up("203.0.113.2", 4).await.expect(202);
        test_app.advance(Duration::from_mins(20));
        sign_up("203.0.113.1", 3).await.expect(202);
    }

    async fn one_setting_disables_all_rate_limits(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        for _ in 0..12 {
            test_app.try_sign_in("ada@example.com", "not her password").await.problem(401, "invalid-credentials");
        }
        let body = json!({ "email": "ada@example.com" });
        for _ in 0..6 {
            test_app.anonymous().post("/password-resets", &body).await.expect(202);
        }
    }
}

fn few_registrations(config: &mut Config) {
    limited(config);
    config.rate_limits.registrations_per_client = 3;
}

fn on_https(config: &mut Config) {
    config.public_url = Some(PublicUrl::parse("https://accounts.example.com").unwrap());
}

fn few_per_client(config: &mut Config) {
    limited(config);
    config.rate_limits.failed_sign_ins_per_client = 4;
}

const DELAY: Duration = Duration::from_millis(300);
const LONG_DELAY: Duration = Duration::from_secs(20);

fn delayed(config: &mut Config) {
    limited(config);
    config.rate_limits.failed_sign_ins_per_login = 2;
    config.rate_limits.failed_sign_in_delay = DELAY;
}

fn long_delayed(config: &mut Config) {
    delayed(config);
    config.rate_limits.failed_sign_in_delay = LONG_DELAY;
}
