//! Names beside addresses, kept with the invitation until it ends (rule I17).

use serde_json::{Value, json};

use super::{WEEK, by_link, texts};
use crate::on_both;
use crate::support::{AccountFixture, DbProbe, TestApp};

/// Invites one developer by address and name, and gives the invitation's id.
async fn invite(team: &mut AccountFixture, email: &str, name: &str) -> String {
    let path = team.path("invitations");
    let emails = json!([{ "email": email, "name": name }]);
    let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
    let response = team.owner.post(&path, &body).await.expect(201);
    response.text("/results/0/invitation/id")
}

async fn found(team: &mut AccountFixture, query: &str) -> Vec<String> {
    let path = team.path(&format!("invitations?{query}"));
    let list = team.owner.get(&path).await.expect(200).json();
    texts(&list["items"], "email")
}

/// How many names are stored.
fn stored(test_app: &TestApp) -> i64 {
    let count = "select count(*) from invitations where name is not null";
    DbProbe::ask(&test_app.database.url, |probe| probe.number(count))
}

on_both! {
    async fn addresses_are_texts_or_objects_with_a_name(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let emails = json!(["a@x.io", { "email": "mia@x.io", "name": " Mia  Meer " }, { "email": "b@x.io" },
            { "email": "c@x.io", "name": null }, { "email": "A@x.io", "name": "Ana" }]);
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
        let done = team.owner.post(&path, &body).await.expect(201).json();
        let names: Vec<&Value> = done["results"].as_array().unwrap().iter().map(|result| &result["invitation"]["name"]).collect();
        assert_eq!(names, [&json!("Ana"), &json!("Mia Meer"), &Value::Null, &Value::Null]);
        // The name is no part of the activity, which is kept for good.
        assert!(!json!(team.activity().await).to_string().contains("Meer"));
    }

    async fn a_name_that_may_not_be_one_is_an_error(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invitations");
        let long = "x".repeat(65);
        for (entry, pointer, code) in [
            (json!({ "email": "a@x.io", "name": "www.evil.example" }), "/emails/0/name", "invalid-name"),
            (json!({ "email": "a@x.io", "name": "Ana\u{202e}" }), "/emails/0/name", "invalid-name"),
            (json!({ "email": "a@x.io", "name": long }), "/emails/0/name", "too-long"),
            (json!({ "email": "a@x.io", "name": " " }), "/emails/0/name", "required"),
            (json!({ "email": "a@x.io", "name": 5 }), "/emails/0/name", "wrong-type"),
            (json!({ "email": "a@x.io", "first_name": "Ana" }), "/emails/0/first_name", "unknown-field"),
            (json!({ "email": "bad", "name": "Ana" }), "/emails/0/email", "invalid-email"),
            (json!({ "name": "Ana" }), "/emails/0/email", "required"),
            (json!({ "email": 5 }), "/emails/0/email", "wrong-type"),
        ] {
            let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [entry] });
            team.owner.post(&path, &body).await.errors(&[(pointer, code)]);
        }
        assert!(test_app.database.rows()["invitations"].is_empty());
    }

    async fn names_are_found_while_the_invitation_waits(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        invite(&mut team, "m@x.io", "Mia \u{d6}ster").await;
        invite(&mut team, "b@x.io", "Bob Ray").await;
        for query in ["q=mia", "q=%C3%96STER", "q=ia%20%C3%B6", "status=pending&q=mia", "status=pending&status=expired&q=mia"] {
            assert_eq!(found(&mut team, query).await, ["m@x.io"], "{query}");
        }
        assert!(found(&mut team, "q=m%25a").await.is_empty());
        test_app.advance(WEEK);
        assert!(found(&mut team, "q=mia").await.is_empty());
        assert!(found(&mut team, "status=expired&q=mia").await.is_empty());
    }

    async fn the_name_is_gone_when_the_invitation_ends(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let revoked = invite(&mut team, "revoked@x.io", "Mia Meer").await;
        let declined = invite(&mut team, "declined@x.io", "Mia Meer").await;
        let accepted = invite(&mut team, "accepted@x.io", "Mia Meer").await;
        let expired = invite(&mut team, "expired@x.io", "Mia Meer").await;
        assert_eq!(team.shown(&expired).await["name"], "Mia Meer");
        assert_eq!(stored(&test_app), 4);
        team.act(&revoked, "revoke").await.expect(200);
        let token = team.copied_token(&declined).await;
        by_link(&mut test_app.anonymous(), "decline", &token).await.expect(200);
        let mut user = test_app.user("accepted@x.io", "Ina").await;
        let path = format!("/me/invitations/{accepted}/accept");
        user.post(&path, &Value::Null).await.expect(200);
        assert_eq!(stored(&test_app), 1);
        test_app.advance(WEEK);
        for id in [&revoked, &declined, &accepted, &expired] {
            assert_eq!(team.shown(id).await["name"], Value::Null);
        }
        // The end of one that has expired is written when the address is invited again.
        team.ask(&["expired@x.io"]).await.expect(201);
        assert_eq!(stored(&test_app), 0);
    }

    async fn the_export_has_the_names(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        invite(&mut team, "fay@x.io", "Meer, Mia").await;
        let path = team.path("invitations?status=pending&format=csv");
        let csv = team.owner.get(&path).await.expect(200).body();
        assert!(csv.contains("\"Meer, Mia\""), "{csv}");
    }

    async fn the_email_greets_with_the_first_name(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        invite(&mut team, "mia@x.io", "Meer, Mia").await;
        test_app.user("sam@x.io", "Samuel").await;
        invite(&mut team, "sam@x.io", "Sam Young").await;
        team.invite("nobody@x.io").await;
        test_app.deliver().await;
        let text = |email: &str| test_app.mails_to(email).remove(0).text;
        assert!(test_app.last_text_to("mia@x.io").await.contains("Hello Mia,"));
        assert!(text("mia@x.io").contains("Hello Mia,"));
        // Who has a user is called as they call themselves.
        assert!(test_app.last_text_to("sam@x.io").await.contains("Hello Samuel,"));
        assert!(!text("nobody@x.io").contains("Hello"));
    }
}
