//! Remedies in the wizard, while a list is typed and after it is sent, and on the result page.

use convoke_app::config::Config;
use convoke_domain::policy::Edition;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::AccountFixture;

fn small_on_premise(config: &mut Config) {
    config.limits.users_per_account = 3;
    config.edition = Edition::OnPremise;
}

fn registered_only_on_premise(config: &mut Config) {
    config.invitations.registered_users_only = true;
    config.edition = Edition::OnPremise;
}

/// The check response for a list.
async fn check_list(team: &mut AccountFixture, emails: &str) -> Value {
    let path = team.path("invite/state");
    let answer = team.owner.submit(&path, &[("emails", emails)]).await;
    answer.expect(200).json()
}

on_both! {
    async fn above_the_seat_limit_remedies_show_before_sending(test_app: TestApp, small_on_premise) {
        let mut team = AccountFixture::new(&test_app).await;
        let state = check_list(&mut team, "a@x.io b@x.io c@x.io").await;
        let note = state["note"].as_str().unwrap();
        assert!(note.contains("2 seats are left and you are inviting 3."), "{note}");
        assert!(note.ends_with("Or ask the system administrator to raise the limit."), "{note}");
        let links = json!([
            ["Show sent invitations", team.path("invitations")],
            ["Show inactive users", team.path("users?sort=last_active_at")],
        ]);
        assert_eq!(state["links"], links);
        let fine = check_list(&mut team, "a@x.io").await;
        assert_eq!((&fine["note"], &fine["links"]), (&json!(""), &json!([])));
    }

    async fn an_unregistered_address_shows_whom_to_ask(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let settings = team.path("settings/registered-users-only");
        team.owner.submit(&settings, &[("registered_users_only", "on")]).await.expect(303);
        let state = check_list(&mut team, "hana@x.io zoe@x.io").await;
        let text = |at: usize| state["entries"][at]["text"].as_str().unwrap();
        assert!(text(0).ends_with("Ask them to register, then invite again."), "{state}");
        assert!(text(1).ends_with("Or ask the owner to change the account's setting."), "{state}");
    }

    async fn on_premise_the_check_names_the_administrator(test_app: TestApp, registered_only_on_premise) {
        let mut team = AccountFixture::new(&test_app).await;
        let state = check_list(&mut team, "hana@x.io").await;
        let text = state["entries"][0]["text"].as_str().unwrap();
        assert!(text.ends_with("Or ask the system administrator to allow new users."), "{text}");
    }

    async fn an_already_invited_address_can_be_resent_from_the_list(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let state = check_list(&mut team, "fay@x.io").await;
        let entry = &state["entries"][0];
        assert_eq!(entry["text"], "Invited on 22 November by Ada.");
        assert_eq!(entry["resend"], json!(["Resend", id]));
        assert_eq!(entry["links"], json!([["Edit roles", team.of(&id, "edit")]]));
        let page = team.owner.page(&team.path("invite?product=platform")).await.expect(200);
        page.has(&format!("[data-resend='{}']", team.path("invitations/resend")));
    }

    async fn a_bounced_address_can_be_corrected_from_the_result(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let fields = [("product", "platform"), ("roles", "LINGUIST"), ("emails", "fay@x.io gus@x.io")];
        let result = team.owner.submit(&team.path("invite"), &fields).await.location();
        test_app.run_sql("update invitations set delivery = 'failed', delivery_reason = 'server_reply', delivery_detail = '550 no such user'
            where email = 'fay@x.io'").await;
        let page = team.owner.page(&result).await.expect(200);
        assert_eq!(page.heading(), "1 on the way, 1 refused");
        let page = page
            .shows("Refused: 550 no such user").shows("The address may be wrong. Check it, then try again.").html();
        let id = team.owner.column(&team.path("invitations?q=fay"), "/id").await.remove(0);
        let address = team.of(&id, "address");
        assert!(page.links().contains(&("Fix the address".to_owned(), address.clone())));
        let labels = page.attributes(&format!("a[href='{address}']"), "aria-label");
        assert_eq!(labels, ["Fix the address: fay@x.io"]);
        // The same invitation, with one field.
        team.owner.page(&address).await.expect(200).has_field("email", "fay@x.io");
        team.owner.page(&team.path("invitations")).await.expect(200).has_link(&address);
        team.owner.submit(&address, &[("email", "fay@y.io")]).await.leads_to(&team.path("invitations")).flashes("readdressed");
        assert_eq!(team.shown(&id).await["email"], "fay@y.io");
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("fay@y.io").len(), 1);
    }

    async fn the_preview_lists_the_roles(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = team.owner.page(&team.path("invite?product=platform&roles=LINGUIST")).await.expect(200);
        page.shows("invited you to Analytical Engines on Tovie Platform as Linguist.");
        team.owner.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        let page = team.owner.page(&team.path("invite?product=platform&roles=LINGUIST")).await.expect(200);
        page.shows("продукт Tovie Platform, роли: Лингвист.");
    }
}
