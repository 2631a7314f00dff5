//! Limits on sign-in, reset and registration (security rule 10).

use std::time::Duration;

use convoke::config::{Config, Network};
use serde_json::json;

use crate::on_both;
use crate::support::{Answer, Client, House, PASSWORD};

fn limited(config: &mut Config) {
    config.rate_limits.enabled = true;
}

fn behind_a_proxy(config: &mut Config) {
    limited(config);
    config.trusted_proxies = vec![Network::parse("10.0.0.0/8").unwrap()];
}

async fn try_at(client: &mut Client, password: &str) -> Answer {
    let body = json!({ "login": "ada@example.com", "password": password });
    client.post("/sessions", &body).await
}

/// Fails to sign in as often as it is let, and says how often that was.
async fn fail_until_limited(client: &mut Client) -> usize {
    for count in 0..50 {
        let answer = try_at(client, "not her password").await;
        if answer.status == 429 {
            return count;
        }
        answer.problem(401, "invalid-credentials");
    }
    panic!("never limited");
}

#[track_caller]
fn limited_for(answer: Answer, seconds: u64) {
    let answer = answer.problem(429, "rate-limited");
    assert_eq!(
        answer.header("retry-after"),
        seconds.to_string(),
        "{}",
        answer.body()
    );
}

async fn house_with_ada(house: &House) -> [Client; 2] {
    house.user("ada@example.com", "Ada").await;
    [
        house.stranger().at("203.0.113.1"),
        house.stranger().at("203.0.113.2"),
    ]
}

on_both! {
    async fn ten_failed_sign_ins_go_at_once_then_three_a_minute(house: House, limited) {
        let [mut client, mut elsewhere] = house_with_ada(&house).await;
        assert_eq!(fail_until_limited(&mut client).await, 10);
        limited_for(try_at(&mut client, "not her password").await, 20);
        // Not even the right password; but from elsewhere it is.
        limited_for(try_at(&mut client, PASSWORD).await, 20);
        try_at(&mut elsewhere, PASSWORD).await.expect(201);
        house.pass(Duration::from_secs(20));
        try_at(&mut client, PASSWORD).await.expect(201);
        assert_eq!(fail_until_limited(&mut client).await, 1);
        house.pass(Duration::from_mins(1));
        assert_eq!(fail_until_limited(&mut client).await, 3);
        house.pass(Duration::from_mins(5));
        assert_eq!(fail_until_limited(&mut client).await, 10);
    }

    async fn successes_do_not_count(house: House, limited) {
        let [mut office, _] = house_with_ada(&house).await;
        for _ in 0..15 {
            try_at(&mut office, PASSWORD).await.expect(201);
        }
        assert_eq!(fail_until_limited(&mut office).await, 10);
    }

    async fn nobody_is_locked_out_by_failures_from_elsewhere(house: House, limited) {
        let [_, mut ada] = house_with_ada(&house).await;
        for number in 1..=4 {
            let mut attacker = house.stranger().at(&format!("198.51.100.{number}"));
            assert_eq!(fail_until_limited(&mut attacker).await, 10);
        }
        try_at(&mut ada, PASSWORD).await.expect(201);
    }

    async fn an_ipv6_client_is_its_64_bits(house: House, limited) {
        house_with_ada(&house).await;
        assert_eq!(fail_until_limited(&mut house.stranger().at("2001:db8:1:2::1")).await, 10);
        assert_eq!(fail_until_limited(&mut house.stranger().at("2001:db8:1:2:ffff::9")).await, 0);
        assert_eq!(fail_until_limited(&mut house.stranger().at("2001:db8:1:3::1")).await, 10);
        assert_eq!(fail_until_limited(&mut house.stranger().at("203.0.113.1")).await, 10);
        assert_eq!(fail_until_limited(&mut house.stranger().at("::ffff:203.0.113.1")).await, 0);
    }

    async fn what_a_client_says_of_its_address_does_not_count(house: House, limited) {
        let [client, _] = house_with_ada(&house).await;
        assert_eq!(fail_until_limited(&mut client.with("x-forwarded-for", "192.0.2.1")).await, 10);
        assert_eq!(fail_until_limited(&mut client.with("x-forwarded-for", "192.0.2.2")).await, 0);
    }

    async fn a_configured_proxy_tells_who_the_client_is(house: House, behind_a_proxy) {
        house.user("ada@example.com", "Ada").await;
        let proxy = house.stranger().at("10.1.2.3");
        assert_eq!(fail_until_limited(&mut proxy.with("x-forwarded-for", "192.0.2.1")).await, 10);
        assert_eq!(fail_until_limited(&mut proxy.with("x-forwarded-for", "192.0.2.2")).await, 10);
        // The last hop that is no proxy counts, whatever the client wrote before it.
        let spoofed = "203.0.113.9, 192.0.2.1, 10.9.9.9";
        assert_eq!(fail_until_limited(&mut proxy.with("x-forwarded-for", spoofed)).await, 0);
    }

    async fn every_place_that_takes_a_password_counts_failures(house: House, limited) {
        house_with_ada(&house).await;
        let mut ada = house.sign_in("ada@example.com").await.at("203.0.113.7");
        let account = house.account(&mut ada, "Engines").await;
        house.begin_sign_up("eve@example.com", "Eve", PASSWORD).await.expect(202);
        let token = house.mailed_token("eve@example.com", "confirm").await;
        let wrong = "not the password";
        let offer = format!("/accounts/{account}/ownership-offer");
        let calls = [
            ("/me/password", json!({ "current_password": wrong, "password": "another fine password" })),
            ("/me/email", json!({ "email": "new@example.com", "password": wrong })),
            ("/registrations/confirm", json!({ "token": token, "password": wrong })),
            (&offer, json!({ "user_id": "usr_01h455vb4pex5vsknk084sn02q", "account_name": "Engines", "password": wrong })),
        ];
        for (path, body) in &calls {
            for _ in 0..10 {
                ada.post(path, body).await.problem(403, "wrong-password");
            }
            limited_for(ada.post(path, body).await, 20);
            limited_for(try_at(&mut ada, PASSWORD).await, 20);
            house.pass(Duration::from_mins(5));
        }
    }

    async fn three_resets_go_at_once_then_one_in_80_minutes(house: House, limited) {
        house.user("ada@example.com", "Ada").await;
        for email in ["ada@example.com", "nobody@example.com"] {
            let mut client = house.stranger();
            let body = json!({ "email": email });
            for _ in 0..3 {
                client.post("/password-resets", &body).await.expect(202);
            }
            let mut elsewhere = house.stranger().at("203.0.113.2");
            limited_for(elsewhere.post("/password-resets", &json!({ "email": email.to_uppercase() })).await, 4800);
        }
        house.pass(Duration::from_mins(80));
        let mut client = house.stranger();
        client.post("/password-resets", &json!({ "email": "ada@example.com" })).await.expect(202);
        limited_for(client.post("/password-resets", &json!({ "email": "ada@example.com" })).await, 4800);
        assert_eq!(house.subjects_to("ada@example.com").await.len(), 2);
    }

    async fn registrations_of_one_address_are_limited_known_or_not(house: House, limited) {
        house.user("ada@example.com", "Ada").await;
        house.pass(Duration::from_hours(1));
        for email in ["ada@example.com", "new@example.com"] {
            for _ in 0..5 {
                house.begin_sign_up(email, "Ada", PASSWORD).await.expect(202);
            }
            limited_for(house.begin_sign_up(email, "Ada", PASSWORD).await, 720);
        }
        house.begin_sign_up("other@example.com", "Ada", PASSWORD).await.expect(202);
    }

    async fn registrations_of_one_client_are_limited(house: House, few_registrations) {
        let sign_up = async |ip: &str, number: usize| {
            let body = json!({ "email": format!("p{number}@example.com"), "password": PASSWORD, "first_name": "P" });
            house.stranger().at(ip).post("/registrations", &body).await
        };
        for number in 0..3 {
            sign_up("203.0.113.1", number).await.expect(202);
        }
        limited_for(sign_up("203.0.113.1", 3).await, 1200);
        sign_up("203.0.113.2", 4).await.expect(202);
        house.pass(Duration::from_mins(20));
        sign_up("203.0.113.1", 3).await.expect(202);
    }

    async fn one_switch_turns_all_limits_off(house: House) {
        house.user("ada@example.com", "Ada").await;
        for _ in 0..12 {
            house.try_sign_in("ada@example.com", "not her password").await.problem(401, "invalid-credentials");
        }
        let body = json!({ "email": "ada@example.com" });
        for _ in 0..6 {
            house.stranger().post("/password-resets", &body).await.expect(202);
        }
    }
}

fn few_registrations(config: &mut Config) {
    limited(config);
    config.rate_limits.registrations_per_client = 3;
}
