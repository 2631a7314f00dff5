//! The invitation wizard: every error text with the control that fixes it.

use std::time::Duration;

use convoke_app::config::Config;
use convoke_domain::policy::Edition;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, Client, Database, DbProbe, TestApp, TestResponse};

fn wizard(team: &AccountFixture) -> String {
    team.path("invite")
}

/// Sends the wizard's second step as the page without script does.
async fn send(
    who: &mut Client,
    team: &AccountFixture,
    roles: &[&str],
    emails: &str,
) -> TestResponse {
    let mut fields = vec![("product", "platform"), ("emails", emails)];
    fields.extend(roles.iter().map(|role| ("roles", *role)));
    who.submit(&wizard(team), &fields).await
}

async fn invited_by(team: &mut AccountFixture, emails: &str) -> TestResponse {
    let path = wizard(team);
    let fields = [
        ("product", "platform"),
        ("emails", emails),
        ("roles", "DEVELOPER"),
    ];
    team.owner.submit(&path, &fields).await
}

async fn pending(team: &mut AccountFixture) -> usize {
    let path = team.path("invitations?status=pending");
    let list = team.owner.get(&path).await.expect(200).json();
    list["items"].as_array().unwrap().len()
}

fn small(config: &mut Config) {
    config.limits.users_per_account = 3;
}

fn small_with_support(config: &mut Config) {
    small(config);
    config.brand.support_url = Some("https://northwind.example/help".to_owned());
}

fn small_on_premise(config: &mut Config) {
    small(config);
    config.edition = Edition::OnPremise;
}

fn with_one_product(config: &mut Config) {
    config.catalogue = Some(format!(
        "{}/tests/api/catalogues/vault.toml",
        env!("CARGO_MANIFEST_DIR")
    ));
}

fn registered_only_on_premise(config: &mut Config) {
    config.invitations.registered_users_only = true;
    config.edition = Edition::OnPremise;
}

on_both! {
    async fn the_first_step_lists_products_and_why_one_is_unavailable(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = wizard(&team);
        let page = team.owner.page(&path).await.expect(200);
        assert_eq!(page.heading(), "Invite users to Analytical Engines");
        page.has_field("product", "platform")
            .has("[name='product'][value='dialog-studio'][disabled]")
            .shows("Works only through the account a user originally owns.")
            .shows("Continue");
        let page = team.owner.page(&format!("{path}?step=2")).await.expect(422);
        page.shows("Choose a product.").shows("There is a problem").has_link("#product").titled("Error:");
        // A link to a product skips the first step, unless the product allows no invitations.
        team.owner.page(&format!("{path}?product=agent")).await.expect(200).shows("Tovie Agent").has("[name='emails']");
        team.owner.page(&format!("{path}?product=dialog-studio")).await.expect(422).shows("Choose a product.");
    }

    async fn addresses_in_any_form_are_invited_and_the_result_can_be_loaded_again(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let response = invited_by(&mut team, "\"Doe, Jane\" <jane@x.io>; bob@x.io\njane@X.io, eve@x.io").await;
        let result = response.location();
        assert!(result.starts_with(&team.path("invite/result?sent=inv_")), "{result}");
        for heading in ["3 on the way", "3 invitations sent"] {
            let page = team.owner.page(&result).await.expect(200);
            assert_eq!(page.heading(), heading);
            page.titled(heading).shows("jane@x.io").shows("Copy link").shows("Invite more users")
                .shows("Go to invitations");
            test_app.deliver().await;
        }
        assert_eq!(pending(&mut team).await, 3);
        // The same form sent twice, as by a double click, invites each address once.
        let response = invited_by(&mut team, "bob@x.io eve@x.io").await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "Nothing was sent, 2 needed nothing");
        assert_eq!(pending(&mut team).await, 3);
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@x.io").len(), 1);
    }

    async fn the_result_counts_each_state_and_offers_the_next_step(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let response = invited_by(&mut team, "joined@x.io sent@x.io limited@x.io full@x.io refused@x.io stopped@x.io queued@x.io").await;
        let result = response.location();
        let ids = team.owner.column(&team.path("invitations?q=joined"), "/id").await;
        let mut joined = test_app.user("joined@x.io", "Joe").await;
        joined.post(&format!("/me/invitations/{}/accept", ids[0]), &Value::Null).await.expect(200);
        test_app.run_sql("update invitations set delivery = 'queued' where email = 'queued@x.io'").await;
        for (email, set) in [
            ("sent@x.io", "delivery = 'sent'"),
            ("limited@x.io", "delivery = 'waiting', delivery_reason = 'rate_limited', next_attempt_at = 1"),
            ("full@x.io", "delivery = 'waiting', delivery_reason = 'server_reply', delivery_detail = '452 full', next_attempt_at = 1"),
            ("refused@x.io", "delivery = 'failed', delivery_reason = 'server_reply', delivery_detail = '550 5.1.1 no'"),
            ("stopped@x.io", "delivery = 'failed', delivery_reason = 'suppressed'"),
        ] {
            test_app.database.execute(&format!("update invitations set {set} where email = '{email}'"));
        }
        let user = joined.get("/me").await.text("/id");
        let page = team.owner.page(&result).await.expect(200);
        let heading = "2 sent, 1 on the way, 2 waiting, 2 refused";
        assert_eq!(page.heading(), heading);
        let page = page.titled(heading)
            .has("#result[data-open]")
            .shows("1 of 7 has joined.").shows("This page keeps itself up to date.")
            .shows("Joined").shows("Remind the one who has not answered")
            .has_link(&team.path(&format!("users/{user}")))
            .shows("Waiting: this address has had as many emails as are allowed per day.")
            .shows("Waiting: the mail server said “452 full”.")
            .shows("Refused: mailbox does not exist. Check the spelling.")
            .shows("Not sent: this person asked not to get invitations by mail.");
        let labels = page.html().attributes(".results [aria-label]", "aria-label");
        let expected = ["Open: joined@x.io", "Copy link: sent@x.io", "Copy link: limited@x.io", "Try now: full@x.io",
            "Fix the address: refused@x.io", "Copy link: stopped@x.io", "Copy link: queued@x.io"];
        assert_eq!(labels, expected);
        // It can be loaded again a long time later.
        test_app.advance(std::time::Duration::from_hours(2));
        team.owner.page(&result).await.expect(200).shows("Joined 2 hours ago");
    }

    async fn an_invalid_address_shows_its_fix_and_keeps_all_input(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let text = "\"ivan@agency,example\" is not an email address. Replace the comma with a full stop, or remove it.";
        let page = invited_by(&mut team, "fay@x.io ivan@agency,example").await.expect(422);
        page.shows(text)
            .has_link("#emails")
            .has("[id='emails-error']")
            .has("[aria-invalid='true']")
            .has_textarea("fay@x.io ivan@agency,example")
            .checked("DEVELOPER")
            .titled("Error:");
        assert_eq!(pending(&mut team).await, 0);
    }

    async fn a_member_needs_no_invitation_and_their_roles_can_be_edited(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        let id = bo.get("/me").await.text("/id");
        let response = invited_by(&mut team, "bo@x.io fay@x.io").await;
        test_app.deliver().await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "1 invitation sent, 1 needed nothing");
        page.shows("bo is already a user here. No invitation needed.")
            .shows("Current roles: Developer")
            .has_link(&team.path(&format!("users/{id}/edit")));
        let response = invited_by(&mut team, "ada@example.com").await;
        team.owner.follow(response).await.expect(200).shows("Current roles: Owner").lacks("a[href$='/edit']");
    }

    async fn an_already_invited_address_that_was_refused_can_be_fixed(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        team.invite("bob@x.io").await;
        let set = "delivery = 'failed', delivery_reason = 'server_reply', delivery_detail = '550 5.1.1 no'";
        test_app.database.execute(&format!("update invitations set {set} where email = 'fay@x.io'"));
        let response = invited_by(&mut team, "fay@x.io bob@x.io").await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "1 refused, 1 needed nothing");
        page.has_link_text("Fix the address", &team.of(&id, "address")).shows("Invited on 22 November by Ada.");
    }

    async fn an_already_invited_address_can_be_resent_or_edited(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let response = invited_by(&mut team, "fay@x.io").await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "Nothing was sent, 1 needed nothing");
        page.shows("Invited on 22 November by Ada.")
            .shows("Resend")
            .has_field("id", &id)
            .has_link(&team.of(&id, "edit"));
    }

    async fn registered_only_mode_rejects_unregistered_addresses(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        test_app.user("known@x.io", "Known").await;
        let settings = team.path("settings/registered-users-only");
        team.owner.submit(&settings, &[("registered_users_only", "on")]).await.expect(303);
        let page = invited_by(&mut team, "known@x.io hana@x.io zoe@x.io").await.expect(409);
        page.shows("hana@x.io is not registered. Only registered users can be invited to this account. Ask them to register, then invite again.")
            .shows("zoe@x.io is not registered.")
            .shows("Or allow new users in the account's settings.")
            .has_link_text("Show the settings", &team.path("settings"))
            .has_textarea("known@x.io hana@x.io zoe@x.io");
        assert_eq!(pending(&mut team).await, 0);
    }

    async fn on_premise_the_administrator_can_allow_new_users(test_app: TestApp, registered_only_on_premise) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = invited_by(&mut team, "hana@x.io").await.expect(409);
        page.shows("hana@x.io is not registered.").shows("Or ask the system administrator to allow new users.");
    }

    async fn above_twenty_addresses_the_rest_can_be_sent_next(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let list: Vec<String> = (1..=27).map(|number| format!("p{number}@x.io")).collect();
        let page = invited_by(&mut team, &list.join(", ")).await.expect(422);
        page.shows("You have 27 addresses; 20 fit in one go.")
            .shows("The other 7 stay here for the next round.")
            .has_field("act", "keep-first")
            .shows("Keep the first 20");
        let path = wizard(&team);
        let all = list.join("\n");
        let fields = [("product", "platform"), ("roles", "DEVELOPER"), ("emails", all.as_str()), ("act", "keep-first")];
        let page = team.owner.submit(&path, &fields).await.expect(200);
        let (first, later) = (list[..20].join("\n"), list[20..].join("\n"));
        page.has_textarea(&first).has_textarea(&later).shows("7 addresses for the next round");
        assert_eq!(pending(&mut team).await, 0);
        let fields = [("product", "platform"), ("roles", "DEVELOPER"), ("emails", first.as_str()), ("later", later.as_str()), ("locale", "ru")];
        let response = team.owner.submit(&path, &fields).await;
        test_app.deliver().await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "20 invitations sent");
        // The others are in no address; the page of the result sends them to the form.
        let next = format!("form[action='{path}']");
        let html = page.shows("Invite the other 7 addresses").has(&next).html();
        let inputs = format!("{next} input");
        let fields = html.elements(&inputs);
        let fields: Vec<(String, String)> = fields
            .map(|field| (field.attr("name").unwrap().to_owned(), field.attr("value").unwrap().to_owned()))
            .collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = team.owner.submit(&path, &fields).await.expect(200);
        page.has_textarea(&later).checked("DEVELOPER").checked("ru").shows("Tovie Platform");
    }

    async fn the_rest_is_offered_also_where_nothing_was_sent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("fay@x.io").await;
        let path = wizard(&team);
        let fields = [("product", "platform"), ("roles", "DEVELOPER"), ("emails", "fay@x.io"), ("later", "gus@x.io")];
        let response = team.owner.submit(&path, &fields).await;
        assert!(!response.location().contains("x.io"), "{}", response.location());
        let result = response.location();
        let page = team.owner.follow(response).await.expect(200);
        page.has_field("emails", "gus@x.io").shows("Invite the other 1 address");
        // Another manager's key discloses nothing.
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        bo.page_of_redirect(&result).await.expect(200).hides("gus@x.io");
    }

    async fn above_the_seat_limit_the_page_shows_how_to_free_seats(test_app: TestApp, small) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = invited_by(&mut team, "a@x.io b@x.io c@x.io d@x.io").await.expect(409);
        page.shows("2 seats are left and you are inviting 4. Revoke sent invitations or remove inactive users, or remove 2 addresses.")
            .hides("the system administrator")
            .has_link(&team.path("invitations"))
            .has_link(&team.path("users?sort=last_active_at"));
        assert_eq!(pending(&mut team).await, 0);
    }

    async fn on_premise_the_administrator_can_raise_the_limit(test_app: TestApp, small_on_premise) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = invited_by(&mut team, "a@x.io b@x.io c@x.io").await.expect(409);
        page.shows("or remove 1 address.").shows("Or ask the system administrator to raise the limit.");
    }

    async fn in_the_cloud_edition_the_support_page_can_raise_the_limit(test_app: TestApp, small_with_support) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = invited_by(&mut team, "a@x.io b@x.io c@x.io").await.expect(409);
        page.shows("or remove 1 address. Or ask for a higher limit: https://northwind.example/help");
    }

    async fn all_missing_fields_are_reported_together(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = wizard(&team);
        let page = team.owner.submit(&path, &[("product", "platform"), ("emails", " , ")]).await.expect(422);
        page.has_texts("#roles[aria-describedby=roles-error] #roles-error", &["Error: Choose at least one role."])
            .shows("Enter at least one email address.")
            .has_link("#roles")
            .has_link("#emails");
        let page = team.owner.submit(&path, &[("emails", "fay@x.io"), ("roles", "DEVELOPER")]).await.expect(422);
        page.has_texts("#product-error", &["Error: Choose a product."]).has_textarea("fay@x.io");
    }

    async fn the_list_is_kept_when_the_permission_is_lost(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        let id = bo.get("/me").await.text("/id");
        bo.page(&format!("{}?product=platform", wizard(&team))).await.expect(200);
        let member = team.path(&format!("members/{id}"));
        team.owner.patch(&member, &json!({ "roles": ["DEVELOPER"] })).await.expect(200);
        let page = send(&mut bo, &team, &["DEVELOPER"], "fay@x.io, eve@x.io").await.expect(403);
        page.shows("Your right to invite ended a moment ago. Ask Ada. Your list is below to copy.")
            .has_textarea("fay@x.io, eve@x.io")
            .has("button[data-copy='fay@x.io, eve@x.io']");
        for act in ["change", "product", "preset", "list", "keep-first"] {
            let fields = [("product", "platform"), ("emails", "fay@x.io"), ("later", "gus@x.io"), ("act", act)];
            let page = bo.submit(&wizard(&team), &fields).await.expect(403);
            page.shows("Your right to invite ended a moment ago.").has_textarea("fay@x.io\ngus@x.io");
        }
        team.owner.delete(&member).await.expect(204);
        let page = send(&mut bo, &team, &["DEVELOPER"], "fay@x.io").await.expect(403);
        page.shows("Your right to invite ended a moment ago.").hides("Ada").has_textarea("fay@x.io");
    }

    async fn an_owner_only_role_is_shown_as_such(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        let page = bo.page(&format!("{}?product=platform", wizard(&team))).await.expect(200);
        page.has_field("roles", "DEVELOPER").hides("disabled");
    }

    async fn an_ended_invitation_prefills_a_new_one(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let revoke = team.of(&id, "revoke");
        team.owner.post(&revoke, &Value::Null).await.expect(200);
        let page = team.owner.page(&format!("{}?again={id}", wizard(&team))).await.expect(200);
        page.has_textarea("fay@x.io").checked("DEVELOPER").shows("Tovie Platform");
    }

    async fn the_previous_roles_can_be_selected_again(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        invited_by(&mut team, "fay@x.io").await.expect(303);
        let page = team.owner.page(&format!("{}?product=platform", wizard(&team))).await.expect(200);
        page.shows("Last used: Developer").has("button[data-preset='DEVELOPER']").unchecked("DEVELOPER");
        let path = wizard(&team);
        let fields = [("product", "platform"), ("roles", "LINGUIST"), ("emails", "gus@x.io"), ("act", "preset")];
        let page = team.owner.submit(&path, &fields).await.expect(200);
        page.has_textarea("gus@x.io").checked("DEVELOPER").unchecked("LINGUIST");
    }

    async fn the_wizard_opens_with_the_last_product_of_the_account(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = wizard(&team);
        team.owner.page(&path).await.expect(200).has("[type=radio][name=product]");
        // Also for another manager.
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        let fields = [("product", "agent"), ("emails", "fay@x.io"), ("roles", "AGENT_OPERATOR")];
        team.owner.submit(&path, &fields).await.expect(303);
        let change = format!("{path}?step=1&product=agent");
        let page = bo.page(&path).await.expect(200);
        page.shows("to Tovie Agent · they will have access to the other products too")
            .has("textarea[name=emails][autofocus]")
            .has(&format!("button[name=act][value=change][data-href='{change}']"))
            .has_field("product", "agent");
        let page = bo.page(&change).await.expect(200);
        page.has("[name=product][value=agent][checked]").has_link_text("Cancel", &format!("{path}?product=agent"));
        // A link to another product goes before it.
        bo.page(&format!("{path}?product=platform")).await.expect(200).has_field("product", "platform");
    }

    async fn the_only_product_is_chosen_already(test_app: TestApp, with_one_product) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = team.owner.page(&wizard(&team)).await.expect(200);
        page.has_field("product", "vault").lacks("button[value=change]").hides("other products");
    }

    async fn the_product_is_changed_without_losing_the_list(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = wizard(&team);
        let typed = "Fay <fay@x.io>, gus@";
        let fields = [
            ("product", "platform"), ("roles", "DEVELOPER"), ("emails", typed), ("later", "hal@x.io"), ("locale", "ru"),
            ("left_out", "Sales"), ("from", "LINGUIST"), ("to", "DEVELOPER"), ("from", ""), ("to", "LINGUIST"), ("act", "change"),
        ];
        let page = team.owner.submit(&path, &fields).await.expect(200);
        let page = page
            .has(&format!("form[method=post][action='{path}']"))
            .has("[name=product][value=platform][checked]")
            .has_field("emails", typed)
            .html();
        let mut fields = page.hidden_fields();
        let pairs = fields.iter().filter(|(name, _)| name == "from" || name == "to");
        let pairs: Vec<&str> = pairs.map(|(_, value)| value.as_str()).collect();
        assert_eq!(pairs, ["LINGUIST", "DEVELOPER", "", "LINGUIST"]);
        fields.push(("product".to_owned(), "agent".to_owned()));
        let given: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = team.owner.submit(&path, &given).await.expect(200);
        page.shows("to Tovie Agent")
            .has_textarea(typed)
            .has_textarea("hal@x.io")
            .shows("Left out: Sales.")
            .checked("DEVELOPER")
            .checked("ru")
            .has(&format!("form[data-posted='{path}?product=agent']"));
        fields.pop();
        let given: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        team.owner.submit(&path, &given).await.expect(422).shows("Choose a product.").has_field("emails", typed);
        assert_eq!(pending(&mut team).await, 0);
    }

    async fn an_address_prefills_no_list(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = format!("{}?product=platform&emails=fay%40x.io&later=gus%40x.io", wizard(&team));
        team.owner.page(&path).await.expect(200).has_field("emails", "").has_field("later", "");
    }

    async fn the_list_is_checked_while_typing(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        team.invite("old@x.io").await;
        let path = team.path("invite/state");
        let fields = [("emails", "new@x.io\nbo@x.io\nold@x.io\nivan@agency,example"), ("merged", "1")];
        let response = team.owner.submit(&path, &fields).await.expect(200).json();
        let states: Vec<&str> = response["entries"].as_array().unwrap().iter().map(|entry| entry["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["fine", "known", "known", "error"]);
        assert_eq!(response["counter"], "4 of 20 addresses · 1 duplicate merged · 1 to fix");
        assert_eq!(response["button"], "Invite 1 user");
        assert_eq!(response["of"], "4 of 250");
        // Other users get no information from it.
        let mut dev = test_app.user("dev@x.io", "Dev").await;
        dev.submit(&path, &fields).await.expect(404);
    }

    async fn an_invitation_of_another_year_shows_the_year(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let result = format!("{}/result?had={id}", wizard(&team));
        test_app.run_sql("update invitations set created_at = created_at - 20000000000").await;
        team.owner.page_of_redirect(&result).await.expect(200).shows("Invited on 5 Apr 2026 by Ada.");
    }

    async fn a_foreign_link_shows_no_result(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let made_up = format!("{}/result?sent={id}&product=platform&roles=DEVELOPER", wizard(&team));
        let list = team.path("invitations");
        assert_eq!(team.owner.page(&made_up).await.expect(303).location(), list);
        // After a user has sent a list, only the result of the last list is shown.
        let first = invited_by(&mut team, "gus@x.io").await.location();
        team.owner.page(&first).await.expect(200).shows("1 on the way");
        assert_eq!(team.owner.page(&made_up).await.expect(303).location(), list);
        let second = invited_by(&mut team, "hal@x.io").await.location();
        team.owner.page(&second).await.expect(200).shows("hal@x.io");
        assert_eq!(team.owner.page(&first).await.expect(303).location(), list);
        // The next user in the same browser does not see it either.
        let mut admin = team.member(&test_app, "zed@x.io", &["USER_ADMIN"]).await;
        admin.jar = team.owner.jar.clone();
        assert_eq!(admin.page(&second).await.expect(303).location(), list);
        team.owner.page(&second).await.expect(200).shows("hal@x.io");
    }

    async fn the_list_is_kept_when_the_session_ends(test_app: TestApp) {
        let team = AccountFixture::new(&test_app).await;
        let fields = [("product", "platform"), ("roles", "DEVELOPER"), ("roles", "LINGUIST"), ("emails", "fay@x.io gus@x.io")];
        let page = test_app.anonymous().submit(&wizard(&team), &fields).await.expect(401);
        assert_eq!(page.heading(), "You were signed out meanwhile");
        let back = "%3Fproduct%3Dplatform%26roles%3DDEVELOPER%26roles%3DLINGUIST";
        page.has_textarea("fay@x.io gus@x.io")
            .has_link(&format!("/sign-in?return_to={}{back}", wizard(&team)));
    }

    async fn without_permission_to_invite_the_page_names_whom_to_ask(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut dev = team.member(&test_app, "dev@x.io", &["USER_AUDITOR"]).await;
        let page = dev.page(&wizard(&team)).await.expect(403);
        page.shows("You may not do this here").shows("Ask Ada, who owns the account.");
        test_app.anonymous().page(&wizard(&team)).await.leads_to(&format!("/sign-in?return_to={}", wizard(&team)));
    }
}

#[tokio::test]
async fn the_list_is_kept_while_the_database_is_read_only() {
    let patience = |config: &mut Config| config.database.timeout = Duration::from_millis(200);
    let test_app = TestApp::with(Database::sqlite(), patience).await;
    let mut team = AccountFixture::new(&test_app).await;
    let mut other = DbProbe::of(&test_app.database.url);
    let DbProbe::Lite(other) = &mut other else {
        unreachable!()
    };
    other.execute_batch("begin immediate").unwrap();
    let page = invited_by(&mut team, "fay@x.io gus@x.io").await.expect(503);
    page.has_textarea("fay@x.io gus@x.io")
        .shows("The service is temporarily unavailable")
        .has_link(team.path("").trim_end_matches('/'));
    other.execute_batch("rollback").unwrap();
    assert_eq!(pending(&mut team).await, 0);
}
