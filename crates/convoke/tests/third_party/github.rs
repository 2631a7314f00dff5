//! GitHub: verified addresses of all pages, never those that hide one's own; the public one where the list may not be
//! read (security rule 7).

use serde_json::{Value, json};

use super::{Fixture, ended};
use crate::on_both;
use crate::support::InjectedFault;

on_both! {
    async fn the_primary_verified_github_address_is_used(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        fixture.service.script().user = json!({ "id": 583_231, "login": "octocat", "name": "Mona Octocat" });
        fixture.service.script().emails = Some(vec![
            json!({ "email": "old@home.example", "verified": false, "primary": false }),
            json!({ "email": "1+octocat@users.noreply.github.com", "verified": true, "primary": false }),
            json!({ "email": "mona@home.example", "verified": true, "primary": false }),
            json!({ "email": "mona@work.example", "verified": true, "primary": true }),
        ]);
        let mut mona = fixture.signed_up().await;
        let me = mona.get("/me").await.expect(200).json();
        assert_eq!(me["email"], "mona@work.example");
        assert_eq!((&me["first_name"], &me["last_name"]), (&json!("Mona"), &json!("Octocat")));
        // A renamed GitHub user is the same identity.
        fixture.service.script().user["login"] = json!("monalisa");
        let mut again = fixture.signed_in("/accounts").await;
        assert_eq!(mona.id().await, again.id().await);
        assert_eq!(again.column("/me/identities", "/name").await, ["monalisa"]);
    }

    async fn unverified_and_noreply_github_addresses_are_ignored(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        fixture.service.script().user = json!({ "id": 1, "login": "ada" });
        fixture.service.script().emails = Some(vec![
            json!({ "email": "ada@work.example", "verified": false, "primary": true }),
            json!({ "email": "ada@home.example", "verified": "true", "primary": false }),
            json!({ "email": "1+ada@users.noreply.github.com", "verified": true, "primary": false }),
            json!({ "email": "no address", "verified": true, "primary": false }),
        ]);
        let mut ada = fixture.signed_up().await;
        let me = ada.get("/me").await.expect(200).json();
        assert_eq!((&me["email"], &me["first_name"]), (&Value::Null, &json!("ada")));
    }

    async fn an_invited_address_is_found_on_a_later_page_of_github(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        let mut boss = fixture.test_app.user("boss@northwind.example", "Boss").await;
        let account = fixture.test_app.account(&mut boss, "Northwind").await;
        fixture.test_app.invite(&mut boss, &account, "ada@last.example", &["DEVELOPER"]).await;
        let token = fixture.test_app.mailed_token("ada@last.example", "invitations").await;
        let many: Vec<String> = (0..230).map(|at| format!("ada{at}@home.example")).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many.push("ada@last.example");
        fixture.service.is_at_github(1, "ada", &many);
        let mut ada = fixture.test_app.anonymous();
        let page = format!("/invitations/{token}");
        fixture.sign_in_through_provider(&mut ada, &format!("?invitation={token}")).await.leads_to(&page);
        assert_eq!(ada.get("/me").await.text("/email"), "ada@last.example");
    }

    async fn the_public_address_is_used_if_the_list_cannot_be_read(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        fixture.service.is_at_github(1, "ada", &[]);
        fixture.service.script().emails = None;
        fixture.service.script().user["email"] = json!("ada@public.example");
        let mut ada = fixture.signed_up().await;
        assert_eq!(ada.get("/me").await.text("/email"), "ada@public.example");
        fixture.service.is_at_github(2, "bob", &[]);
        fixture.service.script().emails = None;
        let mut bob = fixture.signed_up().await;
        assert_eq!(bob.get("/me").await.json()["email"], Value::Null);
    }

    async fn github_errors_do_not_sign_in(test_app: TestApp) {
        let fixture = Fixture::github(test_app).await;
        for (place, fault, why) in [
            ("access_token", InjectedFault::Status(500), "unavailable"),
            ("access_token", InjectedFault::Garbage, "untrusted"),
            ("access_token", InjectedFault::Elsewhere, "unavailable"),
            ("/user", InjectedFault::Status(502), "unavailable"),
            ("/user", InjectedFault::Garbage, "untrusted"),
            ("/user", InjectedFault::Huge, "unavailable"),
            ("/emails", InjectedFault::Status(500), "unavailable"),
            ("/emails", InjectedFault::Garbage, "untrusted"),
        ] {
            fixture.service.is_at_github(1, "ada", &["ada@home.example"]);
            fixture.service.script().faults.clear();
            fixture.service.script().faults.insert(place, fault);
            let response = fixture.sign_in_through_provider(&mut fixture.test_app.anonymous(), "").await;
            assert_eq!(ended(&response), why, "{place} {fault:?}");
        }
        fixture.service.script().faults.clear();
        fixture.service.script().user = json!({ "login": "ada" });
        let response = fixture.sign_in_through_provider(&mut fixture.test_app.anonymous(), "").await;
        assert_eq!(ended(&response), "untrusted");
        fixture.service.script().token = json!({ "access_token": null, "error": "bad_verification_code" });
        let response = fixture.sign_in_through_provider(&mut fixture.test_app.anonymous(), "").await;
        assert_eq!(ended(&response), "stale");
        assert_eq!(fixture.users().await, 0);
    }
}
