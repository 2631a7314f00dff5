//! Inviting: errors, duplicates, dry runs (rules I1 to I5).

use serde_json::{Value, json};

use super::{WEEK, WITH_OWNER_ROLE, texts, with_catalogue};
use crate::on_both;
use crate::support::{AccountFixture, invite_body};

/// A request with one thing changed; null takes it away.
fn changed(name: &str, value: Value) -> Value {
    let mut body = invite_body(&["DEVELOPER"], &["bob@example.com"]);
    if value.is_null() {
        body.as_object_mut().unwrap().remove(name);
    } else {
        body[name] = value;
    }
    body
}

fn many(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| format!("person{number}@example.com"))
        .collect()
}

on_both! {
    async fn several_addresses_are_invited_in_request_order(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let response = team.ask(&["Bob@Example.com", "carol@b\u{fc}cher.example", " bob@example.COM "]).await;
        let body = response.expect(201).json();
        assert_eq!(texts(&body["results"], "email"), ["Bob@example.com", "carol@xn--bcher-kva.example"]);
        assert_eq!(texts(&body["results"], "outcome"), ["invited", "invited"]);
        let usage = json!({ "limit": 250, "members": 1, "pending_invitations": 2, "available": 247 });
        assert_eq!(body["usage"], usage);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("Bob@example.com").len(), 1);
        assert_eq!(test_app.mails_to("carol@xn--bcher-kva.example").len(), 1);
    }

    async fn an_invitation_has_every_documented_field_and_no_link(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        let shown = team.shown(&id).await;
        let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
        assert_eq!(names, ["id", "account", "email", "name", "product", "roles", "status", "invited_by", "created_at",
            "sent_at", "expires_at", "ended_at", "delivery", "requested_email"]);
        let me = team.owner.get("/me").await.json();
        assert_eq!(shown["account"], json!({ "id": team.account, "name": "Analytical Engines" }));
        let inviter = json!({ "id": me["id"], "name": "Ada", "email": "ada@example.com" });
        assert_eq!(shown["invited_by"], inviter);
        assert_eq!(shown["product"], "platform");
        assert_eq!(shown["roles"], json!(["DEVELOPER"]));
        assert_eq!(shown["status"], "pending");
        assert_eq!(shown["created_at"], test_app.now().to_string());
        assert_eq!(shown["expires_at"], test_app.now().plus(WEEK).to_string());
        assert_eq!(shown["sent_at"], Value::Null);
        assert_eq!(shown["ended_at"], Value::Null);
        assert_eq!(shown["delivery"], json!({ "state": "queued", "reason": null, "detail": null, "next_attempt_at": null }));
        test_app.deliver().await;
        let shown = team.shown(&id).await;
        assert!(!shown.to_string().contains("cvi_"), "{shown}");
        assert_eq!(shown["delivery"]["state"], "sent");
        assert_eq!(shown["sent_at"], test_app.now().to_string());
    }

    async fn all_errors_are_returned_together_and_nothing_is_created(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let before = test_app.database.rows();
        let body = json!({ "product": "nope", "roles": ["NOPE", "DEVELOPER", 7], "locale": "xx", "extra": 1,
            "emails": ["bad", 5, "ok@example.com", "a b@c.example", "", "x@localhost", "\"q\"@x.example",
                "a@[127.0.0.1]", "a@x.example,b@x.example", "\u{430}@x.example", "late", "ana@x"] });
        let path = team.path("invitations");
        let response = team.owner.post(&path, &body).await.errors(&[
            ("/product", "unknown-product"), ("/roles/0", "unknown-role"), ("/roles/2", "wrong-type"),
            ("/locale", "unknown-locale"), ("/extra", "unknown-field"), ("/emails/0", "invalid-email"),
            ("/emails/1", "wrong-type"), ("/emails/3", "invalid-email"), ("/emails/4", "invalid-email"),
            ("/emails/5", "invalid-email"), ("/emails/6", "invalid-email"), ("/emails/7", "invalid-email"),
            ("/emails/8", "invalid-email"), ("/emails/9", "invalid-email"), ("/emails/10", "invalid-email"),
            ("/emails/11", "invalid-email"),
        ]);
        let errors = response.json()["errors"].clone();
        let bad = errors.as_array().unwrap().iter().find(|error| error["pointer"] == "/emails/0").unwrap();
        assert_eq!(bad["value"], "bad");
        assert!(bad["detail"].as_str().unwrap().contains("@ sign is missing"));
        assert_eq!(test_app.database.rows(), before);
    }

    async fn each_error_has_its_code_and_pointer(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        for (name, value, pointer, code) in [
            ("product", Value::Null, "/product", "required"),
            ("product", json!("dialog-studio"), "/product", "product-not-multi-user"),
            ("product", json!("Platform"), "/product", "unknown-product"),
            ("product", json!(["platform"]), "/product", "wrong-type"),
            ("roles", Value::Null, "/roles", "required"),
            ("roles", json!([]), "/roles", "no-roles"),
            ("roles", json!("DEVELOPER"), "/roles", "wrong-type"),
            ("roles", json!(["developer"]), "/roles/0", "unknown-role"),
            ("emails", Value::Null, "/emails", "required"),
            ("emails", json!([]), "/emails", "no-emails"),
            ("emails", json!("bob@example.com"), "/emails", "wrong-type"),
            ("emails", json!([null]), "/emails/0", "wrong-type"),
            ("emails", json!(many(21)), "/emails", "too-many-emails"),
            ("locale", json!(1), "/locale", "wrong-type"),
        ] {
            let body = changed(name, value);
            team.owner.post(&path, &body).await.errors(&[(pointer, code)]);
        }
    }

    async fn twenty_addresses_are_allowed_and_repeated_ones_count_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let mut emails = many(20);
        emails.push("PERSON1@example.com".to_owned());
        let done = team.owner.post(&path, &changed("emails", json!(emails))).await.expect(201).json();
        assert_eq!(done["results"].as_array().unwrap().len(), 20);
        let response = team.owner.post(&path, &changed("emails", json!(many(21)))).await;
        assert_eq!(response.json()["errors"][0]["limit"], 20);
    }

    async fn the_maximum_number_of_addresses_is_configurable(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.invitations_per_request = 2).await;
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        team.owner.post(&path, &changed("emails", json!(many(3)))).await
            .errors(&[("/emails", "too-many-emails")]);
        team.owner.post(&path, &changed("emails", json!(many(2)))).await.expect(201);
    }

    async fn malformed_addresses_count_for_the_maximum(test_app: TestApp) {
        let test_app = test_app.restarted(|config| config.limits.invitations_per_request = 2).await;
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        for (emails, errors) in [
            (json!(["bad", "worse"]), &[("/emails/0", "invalid-email"), ("/emails/1", "invalid-email")][..]),
            (json!(["bad", "worse", "bob@example.com"]),
                &[("/emails", "too-many-emails"), ("/emails/0", "invalid-email"), ("/emails/1", "invalid-email")]),
        ] {
            team.owner.post(&path, &changed("emails", emails)).await.errors(errors);
        }
    }

    async fn members_and_invited_addresses_are_reported_and_get_no_email(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let bob = team.invite("bob@example.com").await;
        team.member(&test_app, "carol@example.com", &[]).await;
        test_app.deliver().await;
        let mails = test_app.mails_to("carol@example.com").len();
        let response = team.ask(&["BOB@example.com", "dan@example.com", "Carol@EXAMPLE.com", "ada@example.com"]).await;
        let body = response.expect(201).json();
        assert_eq!(texts(&body["results"], "outcome"),
            ["already_invited", "invited", "already_member", "already_member"]);
        assert_eq!(body["results"][0]["invitation"]["id"], bob);
        assert_eq!(body["results"][2]["invitation"], Value::Null);
        assert_eq!(team.seats().await, [250, 2, 2, 246]);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), 1);
        assert_eq!(test_app.mails_to("carol@example.com").len(), mails);
        assert_eq!(test_app.mails_to("dan@example.com").len(), 1);
    }

    async fn a_dry_run_stores_and_sends_nothing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let bob = team.invite("bob@example.com").await;
        test_app.deliver().await;
        let before = test_app.database.rows();
        let path = team.path("invitations?dry_run=true");
        let body = invite_body(&["DEVELOPER"], &["bob@example.com", "Dan@Example.com", "ada@example.com"]);
        let done = team.owner.post(&path, &body).await.expect(200).json();
        assert_eq!(texts(&done["results"], "outcome"), ["already_invited", "would_invite", "already_member"]);
        assert_eq!(done["results"][0]["invitation"]["id"], bob);
        assert_eq!(done["results"][1]["invitation"], Value::Null);
        assert_eq!(done["usage"]["pending_invitations"], 1);
        assert_eq!(test_app.database.rows(), before);
        test_app.deliver().await;
        assert!(test_app.mails_to("Dan@example.com").is_empty());
    }

    async fn a_dry_run_returns_the_errors_of_the_real_request(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations?dry_run=true");
        team.owner.post(&path, &changed("emails", json!(["bad"]))).await
            .errors(&[("/emails/0", "invalid-email")]);
        let path = team.path("invitations?dry_run=perhaps");
        team.owner.post(&path, &changed("locale", json!("en"))).await
            .errors(&[("?dry_run", "invalid-parameter")]);
        let path = team.path("invitations?dry_run=false");
        team.owner.post(&path, &changed("locale", json!("en"))).await.expect(201);
    }

    async fn validation_precedes_grants_registration_and_seats(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut admin = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        test_app.user("dan@example.com", "Dan").await;
        let test_app = test_app.restarted(|config| {
            config.limits.users_per_account = 2;
            config.invitations.registered_users_only = true;
        }).await;
        let test_app = with_catalogue(test_app, WITH_OWNER_ROLE).await;
        admin = admin.of(&test_app);
        let path = team.path("invitations");
        let body = invite_body(&["VAULT_KEEPER", "NOPE"], &["new@example.com"]);
        admin.post(&path, &body).await.errors(&[("/roles/1", "unknown-role")]);
        let body = invite_body(&["VAULT_KEEPER"], &["new@example.com"]);
        let response = admin.post(&path, &body).await.problem(403, "role-not-grantable");
        assert_eq!(response.json()["roles"], json!(["VAULT_KEEPER"]));
        let body = invite_body(&["DEVELOPER"], &["new@example.com"]);
        admin.post(&path, &body).await.problem(409, "registered-users-only");
        let body = invite_body(&["DEVELOPER"], &["dan@example.com"]);
        admin.post(&path, &body).await.problem(409, "user-limit-exceeded");
        assert!(test_app.database.rows()["invitations"].len() == 1);
    }

    async fn email_is_sent_to_the_stored_address(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("Bob.Smith+tag@Example.com").await;
        team.ask(&["bob.smith+TAG@example.com"]).await.expect(201);
        team.act(&id, "resend").await.expect(200);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("Bob.Smith+tag@example.com").len(), 2);
        // Dots and plus signs are part of the address.
        let other = team.ask(&["bobsmith@example.com", "bob.smith@example.com"]).await.expect(201).json();
        assert_eq!(texts(&other["results"], "outcome"), ["invited", "invited"]);
    }

    async fn each_invitation_has_one_activity_entry(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.ask(&["bob@example.com", "carol@example.com"]).await.expect(201);
        let entries = team.activity().await;
        assert_eq!(texts(&Value::from(entries.clone()), "action"),
            ["invitation.created", "invitation.created", "account.created"]);
        assert_eq!(entries[0]["target"]["name"], "carol@example.com");
        assert_eq!(entries[0]["actor"]["name"], "Ada");
        assert_eq!(entries[0]["after"], json!({ "product": "platform", "roles": ["DEVELOPER"] }));
    }
}
