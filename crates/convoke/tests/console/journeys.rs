//! End-to-end journeys without script, on both databases.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp};

/// Opens a page with one form, fills it in, and submits it with its hidden fields.
async fn fill_in(
    caller: &mut Client,
    page: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> crate::support::TestResponse {
    let hidden = caller.page(page).await.expect(200).html().hidden_fields();
    let mut all: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.extend_from_slice(fields);
    caller.submit(action, &all).await
}

async fn invited(test_app: &TestApp, email: &str) -> (Client, String, String) {
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    test_app
        .invite(&mut ana, &account, email, &["DEVELOPER"])
        .await;
    let token = test_app.mailed_token(email, "invitations").await;
    (ana, account, token)
}

on_both! {
    async fn a_new_user_signs_up_confirms_and_sees_the_account(test_app: TestApp) {
        let mut ada = test_app.anonymous();
        let fields = [("first_name", "Ada"), ("last_name", "Lovelace"), ("email", "Ada@Example.com"), ("password", PASSWORD)];
        let response = fill_in(&mut ada, "/sign-up", "/sign-up", &fields).await;
        assert_eq!(ada.follow(response).await.expect(200).heading(), "Check your mail");
        let token = test_app.mailed_token("Ada@example.com", "confirm").await;
        let path = format!("/confirm/{token}");
        let page = ada.submit(&path, &[("password", "another password")]).await.expect(403);
        page.shows("The password is not right. Type it again.").has(&format!("[action='{path}']"));
        let response = fill_in(&mut ada, &path, &path, &[("password", PASSWORD)]).await;
        let page = ada.follow(response.leads_to("/accounts").flashes("signed-up")).await.expect(200);
        page.has("[role='status']").shows("Ada Lovelace's account").shows("Managing").shows("ask them to invite Ada@example.com");
        let page = ada.page(&path).await.expect(410);
        assert_eq!(page.heading(), "This link no longer works");
        ada.submit(&path, &[("password", PASSWORD)]).await.leads_to("/accounts").flashes("signed-up");
    }

    async fn a_registered_address_gets_the_same_page_and_another_email(test_app: TestApp) {
        test_app.user("ada@example.com", "Ada").await;
        let fields = [("first_name", "Eve"), ("email", "ada@example.com"), ("password", PASSWORD)];
        test_app.anonymous().submit("/sign-up", &fields).await.leads_to("/sign-up/check-mail");
        test_app.deliver().await;
        assert!(test_app.mails_to("ada@example.com")[0].subject.contains("already registered"));
    }

    async fn an_invitee_signs_up_and_joins(test_app: TestApp) {
        let (_, account, token) = invited(&test_app, "fay@contoso.example").await;
        let mut fay = test_app.anonymous();
        let link = format!("/invitations/{token}");
        fay.page(&format!("/sign-up?invitation={token}")).await.leads_to(&link);
        let page = fay.page(&link).await.expect(200).shows("Ana (ana@northwind.example) invited you").html();
        assert_eq!(page.field("email"), "fay@contoso.example");
        let fields = [("name", "Fay Fisher"), ("password", PASSWORD)];
        let response = fill_in(&mut fay, &link, &format!("{link}/join"), &fields).await;
        let page = fay.follow(response.leads_to(&format!("/accounts/{account}")).flashes("joined")).await.expect(200);
        assert_eq!(page.heading(), "Overview: Northwind Traders");
        page.shows("You have joined this account.").shows("Developer").hides("Managing");
        let me = fay.get("/me").await.json();
        assert_eq!((&me["first_name"], &me["last_name"]), (&Value::from("Fay"), &Value::from("Fisher")));
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("fay@contoso.example").len(), 1, "no second email");
    }

    async fn the_form_of_the_invitation_shows_all_errors_and_keeps_what_was_typed(test_app: TestApp) {
        let (_, _, token) = invited(&test_app, "fay@contoso.example").await;
        let (link, mut fay) = (format!("/invitations/{token}"), test_app.anonymous());
        let page = fay.submit(&format!("{link}/join"), &[("name", "www.evil.example"), ("password", "password")]).await.expect(422);
        let page = page.titled("Error: Join Northwind Traders").shows("The name has a web address")
            .shows("The password is too short.").shows("The password is a common one")
            .has_link("#name").has_link("#password").hides("password\"password");
        assert_eq!(page.html().field("name"), "www.evil.example");
        let page = fay.submit(&format!("{link}/join"), &[("name", ""), ("password", "contoso")]).await.expect(422);
        page.has_texts("#name-error span", &["Error: The name is empty. Enter at least one character."])
            .shows("The password is too short.").shows("made of your name, your address");
        // What the form says of the address does not count.
        let fields = [("name", "Fay"), ("email", "eve@mail.example"), ("password", PASSWORD)];
        fay.submit(&format!("{link}/join"), &fields).await.flashes("joined");
        assert_eq!(fay.get("/me").await.text("/email"), "fay@contoso.example");
    }

    async fn a_sign_up_with_a_registered_address_is_explained_where_the_link_proves_the_address(test_app: TestApp) {
        let (mut ana, account, token) = invited(&test_app, "fay@contoso.example").await;
        test_app.user("fay@contoso.example", "Fay").await;
        let (link, mut eve) = (format!("/invitations/{token}"), test_app.anonymous());
        let response = eve.submit(&format!("{link}/join"), &[("name", "Fay"), ("password", PASSWORD)]).await;
        let page = eve.follow(response.leads_to(&link).flashes("has-user")).await.expect(200);
        page.shows("You have a sign-in with this address already.").shows("Sign in to accept");
        let fields = [("first_name", "Fay"), ("email", "FAY@contoso.example"), ("password", PASSWORD), ("invitation", token.as_str())];
        eve.submit("/sign-up", &fields).await.leads_to(&link).flashes("has-user");
        // A copied link proves nothing: the page is the same as for an unknown address, and the email has the invitation.
        let invitation = ana.column(&format!("/accounts/{account}/invitations"), "/id").await.remove(0);
        let path = format!("/accounts/{account}/invitations/{invitation}/links");
        let url = ana.post(&path, &Value::Null).await.expect(201).text("/url");
        let copied = url.rsplit_once('/').unwrap().1.to_owned();
        let fields = [("first_name", "Fay"), ("email", "fay@contoso.example"), ("password", PASSWORD), ("invitation", copied.as_str())];
        eve.submit("/sign-up", &fields).await.leads_to("/sign-up/check-mail");
        let token = test_app.mailed_token("fay@contoso.example", "invitations").await;
        let mail = test_app.mails_to("fay@contoso.example").remove(0);
        assert!(mail.subject.contains("already registered"), "{}", mail.subject);
        assert!(mail.text.contains("Ana invited you to Northwind Traders."), "{}", mail.text);
        eve.page(&format!("/invitations/{token}")).await.expect(200).shows("Sign in to accept").lacks("#password");
    }

    async fn check_your_mail_shows_the_address_sends_again_and_changes_it(test_app: TestApp) {
        let mut eve = test_app.anonymous();
        let fields = [("first_name", "Eve"), ("email", "eve@mail.example"), ("password", PASSWORD)];
        let response = eve.submit("/sign-up", &fields).await.leads_to("/sign-up/check-mail");
        let page = eve.follow(response).await.expect(200).shows("We have sent an email to eve@mail.example.");
        page.has("form[action='/sign-up/check-mail'] button").has_link_text("Use another address", "/sign-up");
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("eve@mail.example").len(), 1);
        let response = eve.submit("/sign-up/check-mail", &[]).await.leads_to("/sign-up/check-mail").flashes("mail-again");
        eve.follow(response).await.expect(200).shows("The email is sent again.");
        let token = test_app.mailed_token("eve@mail.example", "confirm").await;
        assert_eq!(test_app.mails_to("eve@mail.example").len(), 2);
        eve.submit(&format!("/confirm/{token}"), &[("password", PASSWORD)]).await.flashes("signed-up");
        // Another browser knows no address and sends nothing.
        let mut other = test_app.anonymous();
        other.page("/sign-up/check-mail").await.expect(200).hides("eve@").lacks("main form");
        other.submit("/sign-up/check-mail", &[]).await.leads_to("/sign-up");
    }

    async fn a_reset_returns_to_the_invitation(test_app: TestApp) {
        test_app.user("fay@contoso.example", "Fay").await;
        let (_, _, token) = invited(&test_app, "fay@contoso.example").await;
        let (link, mut fay) = (format!("/invitations/{token}"), test_app.anonymous());
        let sign_in = format!("/sign-in?return_to={link}");
        let page = fay.page(&sign_in).await.expect(200).has_field("login", "fay@contoso.example");
        let reset = format!("/reset?return_to={}", link.replace('/', "%2F"));
        page.has_link(&reset);
        let page = fay.page(&reset).await.expect(200).has_field("email", "fay@contoso.example");
        let fields = [("email", "fay@contoso.example"), ("return_to", link.as_str())];
        page.has_field("return_to", &link);
        let response = fay.submit("/reset", &fields).await.leads_to("/reset/check-mail");
        let page = fay.follow(response).await.expect(200).shows("If there is a sign-in for fay@contoso.example, a link is on its way.");
        page.has("form[action='/reset/check-mail'] button").has_link_text("Use another address", &reset);
        fay.submit("/reset/check-mail", &[]).await.leads_to("/reset/check-mail").flashes("mail-again");
        let token = test_app.mailed_token("fay@contoso.example", "reset").await;
        let response = fay.submit(&format!("/reset/{token}"), &[("password", "a brand new horse")]).await;
        let page = fay.follow(response.leads_to(&sign_in).flashes("password-reset")).await.expect(200);
        page.has_field("login", "fay@contoso.example").has_field("return_to", &link);
        let fields = [("login", "fay@contoso.example"), ("password", "a brand new horse"), ("return_to", link.as_str())];
        fay.submit("/sign-in", &fields).await.leads_to(&link);
        // A foreign target is not followed.
        let fields = [("email", "fay@contoso.example"), ("return_to", "//evil.example")];
        fay.submit("/reset", &fields).await.leads_to("/reset/check-mail").hides("evil");
    }

    async fn a_copied_link_does_not_disclose_the_address(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        let invitation = test_app.invite(&mut ana, &account, "fay@contoso.example", &["DEVELOPER"]).await;
        let path = format!("/accounts/{account}/invitations/{invitation}/links");
        let url = ana.post(&path, &Value::Null).await.expect(201).text("/url");
        let token = url.rsplit_once('/').unwrap().1;
        let page = test_app.anonymous().page(&format!("/sign-up?invitation={token}")).await.expect(200);
        page.shows("To accept Ana's invitation to Northwind Traders").hides("fay@");
        test_app.anonymous().page(&format!("/sign-in?return_to=/invitations/{token}")).await.expect(200).hides("fay@");
        // Both ways, whether the address has a user or not.
        for registered in [false, true] {
            if registered {
                test_app.user("fay@contoso.example", "Fay").await;
            }
            let page = test_app.anonymous().page(&format!("/invitations/{token}")).await.expect(200).hides("fay@contoso");
            page.has_texts("main .buttons .button.primary", &["Sign in to accept", "Sign up"]).lacks("#password");
        }
    }

    async fn an_invitee_who_signs_up_with_another_address_confirms_it_first(test_app: TestApp) {
        let (_, _, token) = invited(&test_app, "fay@contoso.example").await;
        let mut fay = test_app.anonymous();
        let fields = [("first_name", "Fay"), ("email", "fay@home.example"), ("password", PASSWORD), ("invitation", token.as_str())];
        fay.submit("/sign-up", &fields).await.leads_to("/sign-up/check-mail");
        let confirm = test_app.mailed_token("fay@home.example", "confirm").await;
        let response = fay.submit(&format!("/confirm/{confirm}"), &[("password", PASSWORD)]).await;
        let page = fay.follow(response.leads_to("/accounts").flashes("not-joined")).await.expect(200);
        page.hides("Northwind Traders");
    }

    async fn an_invitee_signs_in_and_accepts(test_app: TestApp) {
        test_app.user("fay@contoso.example", "Fay").await;
        let (_, account, token) = invited(&test_app, "fay@contoso.example").await;
        let link = format!("/invitations/{token}");
        let mut fay = test_app.anonymous();
        fay.submit(&format!("{link}/accept"), &[]).await.leads_to(&format!("/sign-in?return_to={link}"));
        let sign_in = format!("/sign-in?return_to={link}");
        fay.page(&sign_in).await.expect(200).shows("To accept Ana's invitation to Northwind Traders").has_link(&format!("/sign-up?invitation={token}"));
        let fields = [("login", "fay@contoso.example"), ("password", PASSWORD)];
        let response = fill_in(&mut fay, &sign_in, "/sign-in", &fields).await.leads_to(&link);
        fay.follow(response).await.expect(200).shows("You are joining as Fay");
        let response = fay.submit(&format!("{link}/accept"), &[]).await;
        let page = fay.follow(response.leads_to(&format!("/accounts/{account}")).flashes("joined")).await.expect(200);
        page.shows("You have joined this account.");
    }

    async fn pending_invitations_are_answered_on_the_accounts_page(test_app: TestApp) {
        let (mut ana, account, _) = invited(&test_app, "fay@contoso.example").await;
        let second = test_app.account(&mut ana, "Fabrikam Labs").await;
        test_app.invite(&mut ana, &second, "fay@contoso.example", &["LINGUIST"]).await;
        test_app.deliver().await;
        let mut fay = test_app.user("fay@contoso.example", "Fay").await;
        let page = fay.page("/accounts").await.expect(200);
        let page = page.shows("Invitations 2").shows("Invited by Ana (ana@northwind.example)").shows("Linguist").shows("in 7 days");
        let actions = page.html().attributes("form[action^='/accounts/invitations/']", "action");
        let ids: Vec<&str> = actions.iter().map(|action| action.split('/').nth(3).unwrap()).collect();
        // The newest first, each with two forms.
        assert_eq!(ids.len(), 4);
        let (newest, oldest) = (ids[0], ids[2]);
        let response = fay.submit(&format!("/accounts/invitations/{newest}/decline"), &[]).await;
        fay.follow(response.leads_to("/accounts").flashes("declined")).await.shows("You have declined the invitation.").hides("Fabrikam Labs");
        fay.submit(&format!("/accounts/invitations/{oldest}/accept"), &[]).await.leads_to(&format!("/accounts/{account}")).flashes("joined");
        fay.page("/accounts").await.shows("Northwind Traders").shows("You are a user of this account. Ana manages it.").hides("Invited by");
        fay.submit(&format!("/accounts/invitations/{newest}/accept"), &[]).await.leads_to("/accounts").flashes("invitation-gone");
    }

    async fn a_forgotten_password_is_reset(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut anonymous_client = test_app.anonymous();
        let response = fill_in(&mut anonymous_client, "/reset", "/reset", &[("email", "ada@example.com")]).await;
        let page = anonymous_client.follow(response).await.expect(200);
        page.shows("If there is a sign-in for ada@example.com, a link is on its way. The link works for 1 hour.");
        anonymous_client.submit("/reset", &[("email", "nobody@example.com")]).await.leads_to("/reset/check-mail");
        let token = test_app.mailed_token("ada@example.com", "reset").await;
        let path = format!("/reset/{token}");
        let page = anonymous_client.submit(&path, &[("password", "passwordpassword")]).await.expect(422);
        page.shows("The password is a common one");
        let response = fill_in(&mut anonymous_client, &path, &path, &[("password", "a brand new horse")]).await;
        anonymous_client.follow(response.leads_to("/sign-in").flashes("password-reset")).await.shows("Your password is changed");
        ada.page("/accounts").await.leads_to("/sign-in?return_to=/accounts");
        anonymous_client.page(&path).await.expect(410).has_link("/reset");
        let fields = [("login", "ada@example.com"), ("password", "a brand new horse")];
        anonymous_client.submit("/sign-in", &fields).await.leads_to("/accounts");
    }

    async fn an_address_is_changed_so_that_its_invitation_can_be_accepted(test_app: TestApp) {
        let (_, account, token) = invited(&test_app, "fay@contoso.example").await;
        let mut fay = test_app.user("fay@home.example", "Fay").await;
        fay.submit("/profile/email", &[("email", "fay@contoso.example"), ("password", "wrong")]).await.expect(403).has_link("#password");
        let fields = [("email", "fay@contoso.example"), ("password", PASSWORD)];
        fill_in(&mut fay, "/profile/email", "/profile/email", &fields).await.leads_to("/profile/email/check-mail");
        let page = fay.page("/profile/email/check-mail").await.expect(200).shows("An email is on its way to fay@contoso.example.");
        page.has_link_text("Use another address", "/profile/email");
        let first = test_app.mailed_token("fay@contoso.example", "confirm-email").await;
        fay.submit("/profile/email/check-mail", &[]).await.leads_to("/profile/email/check-mail").flashes("mail-again");
        let link = format!("/confirm-email/{}", test_app.mailed_token("fay@contoso.example", "confirm-email").await);
        fay.submit(&format!("/confirm-email/{first}"), &[]).await.expect(410);
        test_app.anonymous().page(&link).await.leads_to(&format!("/sign-in?return_to={link}"));
        test_app.anonymous().submit(&link, &[]).await.leads_to(&format!("/sign-in?return_to={link}")).flashes("session-gone");
        let mut eve = test_app.user("eve@mail.example", "Eve").await;
        eve.submit(&link, &[]).await.expect(410).shows("Sign in as someone else");
        fay.page(&link).await.expect(200).shows("You are signed in as Fay.");
        let response = fay.submit(&link, &[]).await;
        fay.follow(response.leads_to("/accounts").flashes("email-changed")).await.shows("Northwind Traders");
        fay.submit(&format!("/invitations/{token}/accept"), &[]).await.leads_to(&format!("/accounts/{account}")).flashes("joined");
        // A second submission leads to the same page, for a day.
        fay.submit(&link, &[]).await.leads_to("/accounts").flashes("email-changed");
        test_app.advance(std::time::Duration::from_hours(24));
        fay.submit(&link, &[]).await.expect(410);
    }

    async fn a_user_signs_out(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let old = ada.clone();
        let response = ada.submit("/sign-out", &[]).await;
        assert_eq!(ada.cookie, None);
        ada.follow(response.leads_to("/sign-in").flashes("signed-out")).await.expect(200).shows("You are signed out.");
        old.clone().page("/accounts").await.leads_to("/sign-in?return_to=/accounts");
    }

    async fn an_ownership_offer_is_accepted_or_declined(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        let mut bo = test_app.member(&mut ana, &account, "bo@northwind.example", &["DEVELOPER"]).await;
        let id = bo.get("/me").await.text("/id");
        let body = json!({ "user_id": id, "account_name": "Northwind Traders", "password": PASSWORD });
        let offers = format!("/accounts/{account}/ownership-offer");
        ana.post(&offers, &body).await.expect(201);
        bo.page("/accounts").await.expect(200).shows("Offered to you 1").shows("Ana offers you the ownership");
        bo.submit(&format!("{offers}/decline"), &[]).await.leads_to("/accounts").flashes("offer-declined");
        bo.submit(&format!("{offers}/accept"), &[]).await.leads_to("/accounts").flashes("offer-gone");
        ana.post(&offers, &body).await.expect(201);
        let response = bo.submit(&format!("{offers}/accept"), &[]).await;
        let response = bo.follow(response).await;
        bo.follow(response).await.expect(200).shows("You are the owner of this account now.").shows("Managing");
        ana.page(&format!("/accounts/{account}/users")).await.expect(200).shows("User administrator");
    }
}

const ORBIT: &str = r#"
[[products]]
key = "orbit"
name = "Orbit"
description = "Flies."
url = "https://orbit.example/"
multi_user = true

[[products.roles]]
key = "PILOT"
name = "Pilot"
description = "Steers."
"#;

#[tokio::test]
async fn products_with_a_url_show_a_link_to_members_with_roles() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.toml");
    std::fs::write(&file, ORBIT).unwrap();
    let set = |config: &mut convoke_app::config::Config| {
        config.catalogue = Some(file.to_string_lossy().into_owned());
    };
    let test_app = TestApp::with(crate::support::Database::sqlite(), set).await;
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let body = json!({ "product": "orbit", "roles": ["PILOT"], "emails": ["fay@contoso.example"] });
    let response = ana
        .post(&format!("/accounts/{account}/invitations"), &body)
        .await
        .expect(201);
    let id = response.text("/results/0/invitation/id");
    test_app.deliver().await;
    let mut fay = test_app.user("fay@contoso.example", "Fay").await;
    fay.post(&format!("/me/invitations/{id}/accept"), &Value::Null)
        .await
        .expect(200);
    let path = format!("/accounts/{account}");
    fay.page(&path)
        .await
        .expect(200)
        .has_link("https://orbit.example/")
        .shows("Open Orbit");
    ana.page(&format!("{path}/users"))
        .await
        .expect(200)
        .hides("Open Orbit")
        .shows("2 of 250")
        .shows("248 left");
}
