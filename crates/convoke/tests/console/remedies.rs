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
    let response = team.owner.submit(&path, &[("emails", emails)]).await;
    response.expect(200).json()
}

on_both! {
    async fn above_the_seat_limit_remedies_show_before_sending(test_app: TestApp, small_on_premise) {
        let mut team = AccountFixture::new(&test_app).await;
        let state = check_list(&mut team, "a@x.io b@x.io c@x.io").await;
        let notes = state["notes"].as_str().unwrap();
        assert!(notes.contains("2 seats are left and you are inviting 3."), "{notes}");
        assert!(notes.contains("Or ask the system administrator to raise the limit.</span>"), "{notes}");
        for (path, label) in [("invitations", "Show sent invitations"), ("users?sort=last_active_at", "Show inactive users")] {
            let link = format!("<a href=\"{}\" target=\"_blank\">{label}", team.path(path));
            assert!(notes.contains(&link), "{notes}");
        }
        let fine = check_list(&mut team, "a@x.io").await;
        assert!(!fine["notes"].as_str().unwrap().contains("class=\"note"), "{fine}");
    }

    async fn the_seats_of_the_wizard_count_pending_invitations(test_app: TestApp, small_on_premise) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("a@x.io").await;
        let page = team.owner.page(&team.path("invite")).await.expect(200);
        page.has_texts("[data-total]", &["2 of 3", "2 of 3"]).has_texts(".over", &[]);
        let page = team.owner.page(&team.path("users")).await.expect(200);
        page.has_texts(".seats b", &["1 of 3"]);
    }

    async fn an_unregistered_address_shows_whom_to_ask(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let settings = team.path("settings/registered-users-only");
        team.owner.submit(&settings, &[("registered_users_only", "on")]).await.expect(303);
        let state = check_list(&mut team, "hana@x.io zoe@x.io").await;
        let notes = state["notes"].as_str().unwrap();
        let (first, last) = notes.split_once("zoe@x.io").unwrap();
        assert!(first.contains("Ask them to register, then invite again."), "{notes}");
        assert!(!first.contains("Or allow new users"), "{notes}");
        assert!(last.contains("Or allow new users in the account"), "{notes}");
        assert!(last.contains(&format!("<a href=\"{}\"", team.path("settings"))), "{notes}");
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        let page = bo.submit(&team.path("invite"), &[("product", "platform"), ("roles", "DEVELOPER"), ("emails", "hana@x.io")]).await;
        page.expect(409).shows("Or ask the owner to change the account's setting.").hides("Show the settings");
    }

    async fn on_premise_the_check_names_the_administrator(test_app: TestApp, registered_only_on_premise) {
        let mut team = AccountFixture::new(&test_app).await;
        let state = check_list(&mut team, "hana@x.io").await;
        let notes = state["notes"].as_str().unwrap();
        assert!(notes.contains("Or ask the system administrator to allow new users."), "{notes}");
    }

    async fn an_already_invited_address_can_be_resent_from_the_list(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let state = check_list(&mut team, "fay@x.io").await;
        let notes = state["notes"].as_str().unwrap();
        assert!(notes.contains("<b>fay@x.io</b> <span data-text>Invited on 22 November by Ada.</span>"), "{notes}");
        assert!(notes.contains(&format!("data-again=\"{id}\">Resend</button>")), "{notes}");
        assert!(notes.contains(&format!("<a href=\"{}\" target=\"_blank\">Edit roles", team.of(&id, "edit"))), "{notes}");
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
        // A reply that is not about the address asks for no other one, and offers the link instead.
        let other = "update invitations set delivery = 'failed', delivery_reason = 'server_reply', delivery_detail = '554 5.7.1 Blocked'
            where email = 'gus@x.io'";
        test_app.run_sql(other).await;
        let gus = team.owner.column(&team.path("invitations?q=gus"), "/id").await.remove(0);
        team.owner.page(&result).await.expect(200)
            .shows("Refused: 554 5.7.1 Blocked. Copy the link and send it yourself.")
            .has(&format!("form[action='{}']", team.of(&gus, "link")))
            .lacks(&format!("a[href='{}']", team.of(&gus, "address")));
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
