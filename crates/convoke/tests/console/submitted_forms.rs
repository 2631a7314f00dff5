//! A form that is sent twice, at once or one after the other, makes one thing, and both responses lead to the same page.

use futures_util::future::join_all;

use crate::on_both;
use crate::support::{AccountFixture, Client, DbProbe, PASSWORD, TestApp, TestResponse};

/// The hidden fields of the forms with this action on a page, and these fields.
async fn fields_of(
    who: &mut Client,
    page: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Vec<(String, String)> {
    let html = who.page(page).await.expect(200).html();
    let css = format!("form[action='{action}'] input[type=hidden]");
    let mut all: Vec<(String, String)> = html
        .attributes(&css, "name")
        .into_iter()
        .zip(html.attributes(&css, "value"))
        .collect();
    assert!(all.iter().any(|(name, _)| name == "form_key"), "{all:?}");
    let given = fields.iter();
    all.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    all
}

/// Sends a form three times: twice at once, then again. Each response has its own browser.
async fn send_repeatedly(
    who: &Client,
    action: &str,
    fields: &[(String, String)],
) -> Vec<(Client, TestResponse)> {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let send = || async {
        let mut browser = who.clone();
        let response = browser.submit(action, &fields).await;
        (browser, response)
    };
    let mut all = join_all([send(), send()]).await;
    all.push(send().await);
    all
}

/// The page that all responses lead to.
#[track_caller]
fn same_location(responses: &[(Client, TestResponse)]) -> String {
    let first = responses[0].1.location();
    for (_, response) in responses {
        assert_eq!(response.location(), first);
    }
    first
}

/// Sends the form of a page repeatedly and returns the responses.
async fn repeat(
    who: &mut Client,
    page: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Vec<(Client, TestResponse)> {
    let fields = fields_of(who, page, action, fields).await;
    send_repeatedly(who, action, &fields).await
}

fn count(test_app: &TestApp, sql: &str) -> i64 {
    DbProbe::ask(&test_app.database.url, |probe| probe.number(sql))
}

on_both! {
    async fn creates_one_account(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let fields = fields_of(&mut ada, "/accounts/new", "/accounts", &[("name", "Engines")]).await;
        let responses = send_repeatedly(&ada, "/accounts", &fields).await;
        let location = same_location(&responses);
        for (mut browser, response) in responses {
            let page = browser.follow(response.flashes("account-created")).await;
            let id = location.trim_start_matches("/accounts/");
            assert!(page.location().starts_with("/accounts/") && location.contains(id));
        }
        let owned = "select count(*) from accounts";
        assert_eq!(count(&test_app, owned), 2, "the default one and the new one");
        // Other input is another form.
        let mut other = fields.clone();
        other.retain(|(name, _)| name != "name");
        other.push(("name".to_owned(), "Looms".to_owned()));
        let other = send_repeatedly(&ada, "/accounts", &other).await;
        assert_ne!(same_location(&other), location);
        assert_eq!(count(&test_app, owned), 3);
        // So is the form of a page that is loaded again.
        let again = repeat(&mut ada, "/accounts/new", "/accounts", &[("name", "Engines")]).await;
        assert_ne!(same_location(&again), location);
        assert_eq!(count(&test_app, owned), 4);
        // The key of one user is not known for another.
        let eve = test_app.user("eve@example.com", "Eve").await;
        let foreign = send_repeatedly(&eve, "/accounts", &fields).await;
        assert_ne!(same_location(&foreign), location);
    }

    async fn a_rejected_form_can_be_sent_again(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let fields = fields_of(&mut ada, "/accounts/new", "/accounts", &[("name", " ")]).await;
        for (_, response) in send_repeatedly(&ada, "/accounts", &fields).await {
            let page = response.expect(422).html();
            assert!(page.field("form_key").starts_with("cvf_"));
        }
        assert_eq!(count(&test_app, "select count(*) from idempotency_keys"), 0);
    }

    async fn sends_one_set_of_invitations(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invite");
        let page = format!("{path}?product=platform");
        let fields = [("emails", "fay@x.io, eve@x.io"), ("roles", "DEVELOPER")];
        let responses = repeat(&mut team.owner, &page, &path, &fields).await;
        same_location(&responses);
        for (mut browser, response) in responses {
            let page = browser.follow(response).await.expect(200);
            assert_eq!(page.heading(), "2 on the way");
        }
        test_app.deliver().await;
        for email in ["fay@x.io", "eve@x.io"] {
            assert_eq!(test_app.mails_to(email).len(), 1);
        }
        assert_eq!(count(&test_app, "select count(*) from invitations"), 2);
        let actions = team.actions().await;
        assert_eq!(actions.iter().filter(|action| *action == "invitation.created").count(), 2);
    }

    async fn creates_one_link(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let (list, action) = (team.path("invitations"), team.of(&id, "link"));
        let fields = fields_of(&mut team.owner, &list, &action, &[]).await;
        let mut links = Vec::new();
        for (_, response) in send_repeatedly(&team.owner, &action, &fields).await {
            links.extend(response.expect(200).html().attributes("#link", "value"));
        }
        assert_eq!(links.len(), 3);
        assert!(links.iter().all(|link| *link == links[0]), "{links:?}");
        let token = links[0].rsplit_once('/').unwrap().1;
        test_app.anonymous().page(&format!("/invitations/{token}")).await.expect(200).shows("Analytical Engines");
        let copied = "select count(*) from invitation_tokens where proves_mailbox = false";
        assert_eq!(count(&test_app, copied), 1);
        let actions = team.actions().await;
        assert_eq!(actions.iter().filter(|action| *action == "invitation.link_created").count(), 1);
        // Neither the link nor the form's key is stored.
        let rows = format!("{:?}", test_app.database.rows());
        let key = &fields.iter().find(|(name, _)| name == "form_key").unwrap().1;
        assert!(!rows.contains(token) && !rows.contains(key.as_str()));
        // A form of a page that is loaded again creates another one; after the end there is none.
        let again = repeat(&mut team.owner, &list, &action, &[]).await;
        assert_ne!(again[0].1.html().attributes("#link", "value"), [links[0].clone()]);
        // Links end when the invitation gets another address.
        let path = team.path(&format!("invitations/{id}"));
        team.owner.patch(&path, &serde_json::json!({ "email": "fay@y.io" })).await.expect(200);
        for (_, response) in send_repeatedly(&team.owner, &action, &fields).await {
            response.expect(410).lacks("#link");
        }
        team.act(&id, "revoke").await.expect(200);
        for (_, response) in send_repeatedly(&team.owner, &action, &fields).await {
            response.leads_to(&list);
        }
    }

    async fn resends_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        test_app.deliver().await;
        let (list, action) = (team.path("invitations"), team.path("invitations/resend"));
        for (_, response) in repeat(&mut team.owner, &list, &action, &[]).await {
            response.leads_to(&format!("{list}#{id}")).flashes("resent.1.0");
        }
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("fay@x.io").len(), 2);
        let revoke = format!("{}?id={id}", team.path("invitations/revoke"));
        let action = team.path("invitations/revoke");
        for (_, response) in repeat(&mut team.owner, &revoke, &action, &[]).await {
            response.leads_to(&list).flashes("revoked.1.0");
        }
    }

    async fn a_received_invitation_is_accepted_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut fay = test_app.user("fay@x.io", "Fay").await;
        let id = team.invite("fay@x.io").await;
        let action = format!("/accounts/invitations/{id}/accept");
        let account = team.path("");
        for (_, response) in repeat(&mut fay, "/accounts", &action, &[]).await {
            response.leads_to(account.trim_end_matches('/')).flashes("joined");
        }
        let remove = team.path(&format!("users/{}/remove", fay.id().await));
        for (_, response) in repeat(&mut team.owner, &remove, &remove, &[]).await {
            response.leads_to(&team.path("users")).flashes("user-removed");
        }
    }

    async fn offers_ownership_and_requests_an_address_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        test_app.deliver().await;
        let before = test_app.mails_to("bo@x.io").len();
        let path = team.path("transfer");
        let fields = [("member", "bo@x.io"), ("account_name", "Analytical Engines"), ("password", PASSWORD)];
        for (_, response) in repeat(&mut team.owner, &path, &path, &fields).await {
            response.leads_to(&team.path("settings")).flashes("offered");
        }
        let fields = [("email", "ada@home.example"), ("password", PASSWORD)];
        for (_, response) in repeat(&mut team.owner, "/profile/email", "/profile/email", &fields).await {
            response.leads_to("/profile/email/check-mail");
        }
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bo@x.io").len(), before + 1);
        assert_eq!(test_app.mails_to("ada@home.example").len(), 1);
    }

    async fn a_sign_up_sends_one_email(test_app: TestApp) {
        let fields = [("first_name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        for (_, response) in repeat(&mut test_app.anonymous(), "/sign-up", "/sign-up", &fields).await {
            response.leads_to("/sign-up/check-mail");
        }
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("ada@example.com").len(), 1);
        // A known address is treated alike.
        test_app.user("bob@example.com", "Bob").await;
        let before = test_app.mails_to("bob@example.com").len();
        let fields = [("first_name", "Bob"), ("email", "bob@example.com"), ("password", PASSWORD)];
        for (_, response) in repeat(&mut test_app.anonymous(), "/sign-up", "/sign-up", &fields).await {
            response.leads_to("/sign-up/check-mail");
        }
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("bob@example.com").len(), before + 1);
        // Another password is another form.
        let fields = [("first_name", "Ada"), ("email", "ada@example.com"), ("password", "a brand new horse")];
        repeat(&mut test_app.anonymous(), "/sign-up", "/sign-up", &fields).await;
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("ada@example.com").len(), 2);
    }

    async fn a_sign_up_from_an_invitation_joins_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("fay@x.io").await;
        let token = test_app.mailed_token("fay@x.io", "invitations").await;
        let page = format!("/invitations/{token}");
        let action = format!("{page}/join");
        let fields = [("name", "Fay"), ("email", "fay@x.io"), ("password", PASSWORD)];
        let responses = repeat(&mut test_app.anonymous(), &page, &action, &fields).await;
        let account = team.path("");
        for (mut browser, response) in responses {
            let response = response.leads_to(account.trim_end_matches('/')).flashes("joined");
            browser.follow(response).await.expect(200).shows("You have joined this account.");
        }
        assert_eq!(count(&test_app, "select count(*) from users"), 2);
        test_app.deliver().await;
        let subjects: Vec<String> = test_app.mails_to("fay@x.io").into_iter().map(|mail| mail.subject).collect();
        assert_eq!(subjects.len(), 1, "{subjects:?}");
    }

    async fn a_second_confirmation_leads_to_the_same_page(test_app: TestApp) {
        let fields = [("first_name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        test_app.anonymous().submit("/sign-up", &fields).await.expect(303);
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        let path = format!("/confirm/{token}");
        let fields = [("password".to_owned(), PASSWORD.to_owned())];
        let mut browsers = Vec::new();
        for (mut browser, response) in send_repeatedly(&test_app.anonymous(), &path, &fields).await {
            let response = response.leads_to("/accounts").flashes("signed-up");
            browser.follow(response).await.expect(200).shows("You are signed up.");
            browsers.push(browser);
        }
        // Also in the browser that the first one has signed in.
        let mut ada = browsers.remove(0);
        ada.submit(&path, &[("password", PASSWORD)]).await.leads_to("/accounts").flashes("signed-up");
        ada.page("/accounts").await.expect(200);
        assert_eq!(count(&test_app, "select count(*) from users"), 1);
        assert_eq!(count(&test_app, "select count(*) from accounts"), 1);
        // The link alone opens nothing, and its page says that it was used.
        let page = test_app.anonymous().submit(&path, &[("password", "another password")]).await.expect(403);
        page.shows("The password is not right.");
        ada.page(&path).await.expect(410);
        let body = serde_json::json!({ "token": token, "password": PASSWORD });
        test_app.anonymous().post("/registrations/confirm", &body).await.problem(410, "link-no-longer-valid");
        // After a day the link is unknown.
        test_app.advance(std::time::Duration::from_hours(24));
        test_app.anonymous().submit(&path, &[("password", PASSWORD)]).await.expect(410);
    }

    async fn a_confirmation_joins_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("fay@x.io").await;
        let token = team.copied_token(&id).await;
        let fields = [("first_name", "Fay"), ("email", "fay@x.io"), ("password", PASSWORD), ("invitation", token.as_str())];
        test_app.anonymous().submit("/sign-up", &fields).await.leads_to("/sign-up/check-mail");
        let confirm = test_app.mailed_token("fay@x.io", "confirm").await;
        let fields = [("password".to_owned(), PASSWORD.to_owned())];
        let responses = send_repeatedly(&test_app.anonymous(), &format!("/confirm/{confirm}"), &fields).await;
        let account = team.path("");
        for (_, response) in responses {
            response.leads_to(account.trim_end_matches('/')).flashes("joined");
        }
    }

    async fn a_used_confirmation_needs_the_present_password(test_app: TestApp) {
        let fields = [("first_name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        test_app.anonymous().submit("/sign-up", &fields).await.expect(303);
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        let path = format!("/confirm/{token}");
        let mut ada = test_app.anonymous();
        ada.submit(&path, &[("password", PASSWORD)]).await.expect(303);
        let change = [("current_password", PASSWORD), ("password", "a brand new horse")];
        ada.submit("/profile/password", &change).await.expect(303);
        test_app.anonymous().submit(&path, &[("password", PASSWORD)]).await.expect(403);
        assert_eq!(ada.column("/me/activity?limit=1", "/action").await, ["member.sign_in_failed"]);
        test_app.anonymous().submit(&path, &[("password", "a brand new horse")]).await.leads_to("/accounts");
    }

    async fn a_reset_is_requested_and_finished_once(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        for (_, response) in repeat(&mut test_app.anonymous(), "/reset", "/reset", &[("email", "ada@example.com")]).await {
            response.leads_to("/reset/check-mail");
        }
        test_app.deliver().await;
        let resets = test_app.mails_to("ada@example.com").iter().filter(|mail| mail.text.contains("/reset/")).count();
        assert_eq!(resets, 1);
        let token = test_app.mailed_token("ada@example.com", "reset").await;
        let path = format!("/reset/{token}");
        for (_, response) in repeat(&mut test_app.anonymous(), &path, &path, &[("password", "a brand new horse")]).await {
            response.leads_to("/sign-in").flashes("password-reset");
        }
        // The link itself counts once.
        test_app.anonymous().submit(&path, &[("password", "another new horse")]).await.expect(410);
    }

    async fn an_expired_confirmation_is_resent_once(test_app: TestApp) {
        let fields = [("first_name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        test_app.anonymous().submit("/sign-up", &fields).await.expect(303);
        let token = test_app.mailed_token("ada@example.com", "confirm").await;
        test_app.advance(std::time::Duration::from_hours(25));
        let page = test_app.anonymous().page(&format!("/confirm/{token}")).await.expect(410).html();
        let fields = page.hidden_fields();
        for (_, response) in send_repeatedly(&test_app.anonymous(), &format!("/confirm/{token}/again"), &fields).await {
            response.leads_to("/sign-up/check-mail");
        }
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("ada@example.com").len(), 2);
    }

    async fn a_password_is_changed_once_and_every_response_signs_in(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let path = "/profile/password";
        let fields = [("current_password", PASSWORD), ("password", "a brand new horse")];
        let fields = fields_of(&mut ada, path, path, &fields).await;
        for (mut browser, response) in send_repeatedly(&ada, path, &fields).await {
            let response = response.leads_to(path).flashes("password-changed");
            browser.follow(response).await.expect(200).shows("The password is changed.");
            // Also with the cookie of the first response.
            for (_, response) in send_repeatedly(&browser, path, &fields).await {
                response.leads_to(path).flashes("password-changed");
            }
        }
        ada.page("/accounts").await.leads_to("/sign-in?return_to=/accounts");
        let changes = "select count(*) from activity where action = 'user.password_changed'";
        assert_eq!(count(&test_app, changes), 1);
        // Another form is another change, and needs the present password.
        let mut ada = test_app.anonymous();
        ada.submit("/sign-in", &[("login", "ada@example.com"), ("password", "a brand new horse")]).await.expect(303);
        let again = [("current_password", PASSWORD), ("password", "a brand new horse")];
        ada.submit(path, &again).await.expect(403).shows("The password is not right.");
    }

    async fn an_address_is_confirmed_once(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut bob = test_app.user("bob@example.com", "Bob").await;
        ada.submit("/profile/email", &[("email", "new@example.com"), ("password", PASSWORD)]).await.expect(303);
        let token = test_app.mailed_token("new@example.com", "confirm-email").await;
        let path = format!("/confirm-email/{token}");
        test_app.anonymous().submit(&path, &[]).await.leads_to(&format!("/sign-in?return_to={path}")).flashes("session-gone");
        let mut signed_in = 0;
        for (mut browser, response) in send_repeatedly(&ada, &path, &[]).await {
            let response = response.leads_to("/accounts").flashes("email-changed");
            let page = browser.follow(response).await;
            if page.status == 200 {
                page.shows("Your email address is changed.");
                browser.submit(&path, &[]).await.leads_to("/accounts").flashes("email-changed");
                signed_in += 1;
            } else {
                let page = browser.follow(page.leads_to("/sign-in?return_to=/accounts")).await.expect(200);
                page.shows("Your email address is changed.");
            }
        }
        assert_eq!(signed_in, 1);
        bob.submit(&path, &[]).await.expect(410);
        let changes = "select count(*) from activity where action = 'user.email_changed'";
        assert_eq!(count(&test_app, changes), 1);
        // The link of a change of address finishes no sign-up.
        test_app.anonymous().submit(&format!("/confirm/{token}"), &[("password", PASSWORD)]).await.expect(410);
    }

    async fn an_email_is_sent_again_once(test_app: TestApp) {
        let mut fay = test_app.anonymous();
        let fields = [("first_name", "Fay"), ("email", "fay@example.com"), ("password", PASSWORD)];
        fay.submit("/sign-up", &fields).await.expect(303);
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        test_app.deliver().await;
        let before = test_app.mails_to("ada@example.com").len();
        let mut forgetful = test_app.anonymous();
        forgetful.submit("/reset", &[("email", "ada@example.com")]).await.expect(303);
        ada.submit("/profile/email", &[("email", "ada@home.example"), ("password", PASSWORD)]).await.expect(303);
        test_app.deliver().await;
        for (who, page) in [
            (&mut fay, "/sign-up/check-mail"),
            (&mut forgetful, "/reset/check-mail"),
            (&mut ada, "/profile/email/check-mail"),
        ] {
            for (_, response) in repeat(who, page, page, &[]).await {
                response.leads_to(page).flashes("mail-again");
            }
        }
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("fay@example.com").len(), 2);
        assert_eq!(test_app.mails_to("ada@example.com").len(), before + 2);
        assert_eq!(test_app.mails_to("ada@home.example").len(), 2);
    }

    async fn roles_are_edited_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let bo = team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        let path = team.path(&format!("users/{}/edit", bo.clone().id().await));
        let fields = [("version", "1"), ("roles", "LINGUIST")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (_, response) in send_repeatedly(&team.owner, &path, &fields).await {
            response.leads_to(&team.path("users")).flashes("roles-saved");
        }
        let actions = team.actions().await;
        assert_eq!(actions.iter().filter(|action| *action == "member.roles_changed").count(), 1);
        // Another edit of the same version is a conflict.
        team.owner.submit(&path, &[("version", "1"), ("roles", "DEVELOPER")]).await.expect(412);
    }

    async fn an_offer_of_ownership_is_withdrawn_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        let fields = [("member", "bo@x.io"), ("account_name", "Analytical Engines"), ("password", PASSWORD)];
        team.owner.submit(&team.path("transfer"), &fields).await.expect(303);
        let (settings, action) = (team.path("settings"), team.path("transfer/withdraw"));
        for (_, response) in repeat(&mut team.owner, &settings, &action, &[]).await {
            response.leads_to(&settings).flashes("withdrawn");
        }
        team.owner.submit(&action, &[]).await.leads_to(&settings).flashes("offer-gone");
    }

    async fn an_invitation_is_accepted_by_its_link_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut fay = test_app.user("fay@x.io", "Fay").await;
        team.invite("fay@x.io").await;
        let page = format!("/invitations/{}", test_app.mailed_token("fay@x.io", "invitations").await);
        let account = team.path("");
        for (_, response) in repeat(&mut fay, &page, &format!("{page}/accept"), &[]).await {
            response.leads_to(account.trim_end_matches('/')).flashes("joined");
        }
    }

    async fn an_invitation_is_declined_by_its_link_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        team.invite("fay@x.io").await;
        let page = format!("/invitations/{}", test_app.mailed_token("fay@x.io", "invitations").await);
        let path = format!("{page}/decline");
        for (mut browser, response) in repeat(&mut test_app.anonymous(), &path, &path, &[]).await {
            let page = browser.follow(response.leads_to(&page).flashes("declined")).await.expect(410);
            page.shows("You have declined the invitation.").hides("for a new one").lacks("[href^='mailto:']");
        }
        test_app.anonymous().submit(&path, &[]).await.leads_to(&page);
        test_app.deliver().await;
        let declined = test_app.mails_to("ada@example.com").into_iter();
        assert_eq!(declined.filter(|mail| mail.subject.contains("declined")).count(), 1);
    }
}
