//! The page of an invitation link in each state, and its buttons.

use std::time::Duration;

use axum::http::Method;
use convoke_domain::policy::SignUpPolicy;
use convoke_store::Sql;
use serde_json::Value;

use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// An owner, an invitation to fay@contoso.example, and its mailed link.
struct Fixture {
    test_app: TestApp,
    ana: Client,
    account: String,
    id: String,
    path: String,
}

async fn of(test_app: TestApp) -> Fixture {
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let id = test_app
        .invite(&mut ana, &account, "fay@contoso.example", &["DEVELOPER"])
        .await;
    let token = test_app
        .mailed_token("fay@contoso.example", "invitations")
        .await;
    Fixture {
        path: format!("/invitations/{token}"),
        test_app,
        ana,
        account,
        id,
    }
}

impl Fixture {
    async fn fay(&self) -> Client {
        self.test_app.user("fay@contoso.example", "Fay").await
    }

    async fn revoke(&mut self) {
        let path = format!("/accounts/{}/invitations/{}/revoke", self.account, self.id);
        self.ana.post(&path, &Value::Null).await.expect(200);
    }
}

on_both! {
    async fn the_page_of_a_newcomer_is_the_sign_up(test_app: TestApp) {
        let fixture = of(test_app).await;
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        page.shows("Ana (ana@northwind.example) invited you to Tovie Platform as Developer. Answer by Sun 29 Nov, 14:05 UTC.")
            .shows("Writes scripts in the visual editor and in source code.")
            .shows("Sun 29 Nov 2026, 14:05 UTC (in 7 days)")
            .has(&format!("form[action='{}/join'] [name='name'][required]", fixture.path))
            .has("[name='email'][readonly][value='fay@contoso.example'][autocomplete='username']")
            .has("[name='password'][autocomplete='new-password']")
            .has_texts("main form .primary", &["Join Northwind Traders"])
            .has_link_text("I have a sign-in with another address", &format!("/sign-in?return_to={}&login=other", fixture.path))
            .has_link(&format!("{}/decline", fixture.path))
            .hides("Sign in to accept");
        // That sign-in page has no address filled in.
        let other = format!("/sign-in?return_to={}&login=other", fixture.path);
        fixture.test_app.anonymous().page(&other).await.expect(200).has_field("login", "").hides("fay@");
    }

    async fn the_page_of_an_address_with_a_user_has_one_button(test_app: TestApp) {
        let fixture = of(test_app).await;
        fixture.fay().await;
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        page.shows("fa••••@contoso.example")
            .hides("fay@contoso.example")
            .has_texts("main .buttons .button", &["Sign in to accept"])
            .has_link(&format!("/sign-in?return_to={}", fixture.path))
            .lacks("#password")
            .hides("Sign up");
        let sign_in = format!("/sign-in?return_to={}", fixture.path);
        fixture.test_app.anonymous().page(&sign_in).await.expect(200).has_field("login", "fay@contoso.example");
    }

    async fn the_page_offers_only_a_sign_in_where_sign_up_is_closed(test_app: TestApp) {
        let fixture = of(test_app).await;
        let test_app = fixture.test_app.restarted(|config| config.sign_up = SignUpPolicy::Closed).await;
        let page = test_app.anonymous().page(&fixture.path).await.expect(200);
        page.has_texts("main .buttons .button", &["Sign in to accept"])
            .has("main .note")
            .lacks("#password");
        test_app.anonymous().submit(&format!("{}/join", fixture.path), &[("name", "Fay"), ("password", PASSWORD)]).await.expect(403);
    }

    async fn the_first_paragraph_stays_short_and_names_the_product_of_other_roles(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        for (email, roles, text) in [
            ("gus@x.io", vec!["DEVELOPER", "LINGUIST", "USER_AUDITOR", "BILLING_ADMIN"], "invited you to Tovie Platform with 4 roles."),
            ("hal@x.io", vec!["AGENT_ADMIN"], "invited you to Tovie Platform as Tovie Agent: "),
        ] {
            fixture.test_app.invite(&mut fixture.ana, &fixture.account, email, &roles).await;
            let token = fixture.test_app.mailed_token(email, "invitations").await;
            fixture.test_app.anonymous().page(&format!("/invitations/{token}")).await.expect(200).shows(text);
        }
    }

    async fn times_are_in_the_zone_of_the_inviter_until_the_viewer_has_one(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.ana.patch("/me", &serde_json::json!({ "time_zone": "Asia/Tokyo" })).await.expect(200);
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(200);
        page.shows("Answer by Sun 29 Nov, 23:05 JST.");
        fixture.fay().await.page(&fixture.path).await.expect(200).shows("14:05 UTC");
    }

    async fn declining_asks_first(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut anonymous_client = fixture.test_app.anonymous();
        let before = fixture.test_app.database.rows();
        let path = format!("{}/decline", fixture.path);
        let page = anonymous_client.page(&path).await.expect(200);
        assert_eq!(page.heading(), "Decline the invitation to Northwind Traders?");
        page.has_link_text("Keep the invitation", &fixture.path).has(&format!("form[action='{path}']"));
        assert_eq!(fixture.test_app.database.rows(), before);
        anonymous_client.submit(&path, &[]).await.flashes("declined");
        anonymous_client.page(&path).await.leads_to(&fixture.path);
    }

    async fn one_tap_asks_the_inviter_for_another_address(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let mut eve = fixture.test_app.user("eve@mail.example", "Eve").await;
        let path = format!("{}/address", fixture.path);
        let page = eve.page(&fixture.path).await.expect(200).shows("Ask to be invited at eve@mail.example");
        page.has(&format!("form[action='{path}'] [name='email'][value='eve@mail.example']"));
        let response = eve.submit(&path, &[("email", "eve@mail.example")]).await;
        let page = eve.follow(response.leads_to(&fixture.path).flashes("address-requested")).await.expect(200);
        page.shows("Ana has been asked to use another address.").lacks(&format!("form[action='{path}']"));
        // The inviter has one button, in the list and on the page that the email opens.
        let list = format!("/accounts/{}/invitations", fixture.account);
        let address = format!("{list}/{}/address", fixture.id);
        let page = fixture.ana.page(&list).await.expect(200).shows("Asks to be invited as eve@mail.example");
        page.has(&format!("form[action='{address}'] [name='email'][value='eve@mail.example']"))
            .shows("Invite eve@mail.example instead");
        let page = fixture.ana.page(&address).await.expect(200).has_field("email", "eve@mail.example");
        page.shows("Invite eve@mail.example instead").shows("This invitation went to fay@contoso.example.");
        let response = fixture.ana.submit(&address, &[("email", "eve@mail.example")]).await;
        let page = fixture.ana.follow(response.leads_to(&list).flashes("readdressed")).await.expect(200);
        page.shows("eve@mail.example").hides("fay@contoso.example").hides("Asks to be invited");
        // The former link says so, and the new one joins.
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(410);
        assert_eq!(page.heading(), "This link no longer works");
        let token = fixture.test_app.mailed_token("eve@mail.example", "invitations").await;
        eve.submit(&format!("/invitations/{token}/accept"), &[]).await.flashes("joined");
    }

    async fn the_holder_of_the_link_asks_for_another_address_without_a_sign_in(test_app: TestApp) {
        let fixture = of(test_app).await;
        let (path, mut eve) = (format!("{}/address", fixture.path), fixture.test_app.anonymous());
        let page = eve.page(&path).await.expect(200);
        assert_eq!(page.heading(), "Which address do you use?");
        page.shows("We ask Ana to invite this address to Northwind Traders instead.");
        let page = eve.submit(&path, &[("email", "eve@mail,example")]).await.expect(422);
        page.has_field("email", "eve@mail,example").has_link("#email");
        eve.submit(&path, &[("email", "eve@mail.example")]).await.leads_to(&fixture.path).flashes("address-requested");
        eve.page(&path).await.leads_to(&fixture.path);
    }

    async fn an_address_that_is_taken_is_named_at_the_field(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let address = format!("/accounts/{}/invitations/{}/address", fixture.account, fixture.id);
        fixture.test_app.invite(&mut fixture.ana, &fixture.account, "bo@x.io", &["DEVELOPER"]).await;
        for (email, text) in [
            ("ana@northwind.example", "This address belongs to a user of this account already."),
            ("bo@x.io", "This address has another invitation to this account already."),
            ("nobody", "is not an email address"),
        ] {
            let page = fixture.ana.submit(&address, &[("email", email)]).await;
            assert!([409, 422].contains(&page.status), "{}", page.status);
            page.shows(text).has_field("email", email).has_link("#email");
        }
        fixture.revoke().await;
        let list = format!("/accounts/{}/invitations", fixture.account);
        fixture.ana.submit(&address, &[("email", "eve@mail.example")]).await.leads_to(&list);
        fixture.ana.page(&address).await.leads_to(&list);
    }

    async fn the_invitee_can_accept_decline_or_switch_user(test_app: TestApp) {
        let fixture = of(test_app).await;
        let page = fixture.fay().await.page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        page.shows("You are joining as Fay (fay@contoso.example).")
            .has(&format!("[action='{}/accept']", fixture.path))
            .has_link(&format!("{}/decline", fixture.path))
            .shows("Use another sign-in");
    }

    async fn a_mismatched_address_shows_three_remedies(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut eve = fixture.test_app.user("eve@mail.example", "Eve").await;
        let page = eve.page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "One more step: use the invited address");
        let back = format!("/sign-in?return_to={}", fixture.path);
        page.shows("You are signed in as eve@mail.example. This invitation to Northwind Traders was sent to fa••••@contoso.example.")
            .hides("fay@contoso.example")
            .shows("Sign in as someone else")
            .has_field("return_to", &back)
            .has_link("/profile/email")
            .shows("Ask to be invited at eve@mail.example");
        eve.submit(&format!("{}/accept", fixture.path), &[])
            .await
            .leads_to(&fixture.path);
        eve.submit("/sign-out", &[("return_to", &back)])
            .await
            .leads_to(&back);
        eve.page(&fixture.path)
            .await
            .expect(200)
            .has_field("email", "fay@contoso.example");
    }

    async fn a_missing_address_shows_three_remedies(test_app: TestApp) {
        const FORGET: Sql = Sql::same(
            "update users set email = null, email_canonical = null where login = 'eve@mail.example'",
        );
        let fixture = of(test_app).await;
        let mut eve = fixture.test_app.user("eve@mail.example", "Eve").await;
        let forgotten: Result<u64, convoke_store::Error> = fixture
            .test_app
            .app
            .db
            .write(|conn| conn.execute(FORGET, &[]))
            .await;
        assert_eq!(forgotten.unwrap(), 1);
        let page = eve.page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "We cannot see your email address");
        let token = fixture.path.trim_start_matches("/invitations/");
        page.has(&format!("[value='/sign-up?invitation={token}']"))
            .shows("Settings → Public profile → Public email")
            .shows("Try again")
            .has_link("/profile/email");
        eve.page("/profile/email")
            .await
            .expect(200)
            .shows("You have no email address yet.");
    }

    async fn an_expired_invitation_shows_when_and_whom_to_ask(test_app: TestApp) {
        let fixture = of(test_app).await;
        fixture.test_app.advance(9 * DAY);
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(410);
        assert_eq!(page.heading(), "This invitation has expired");
        page.shows("Sun 29 Nov 2026, 14:05 UTC (2 days ago)")
            .shows("Ask Ana (ana@northwind.example) for a new one.")
            .has_link("mailto:ana@northwind.example")
            .lacks("[action$='accept']");
    }

    async fn the_page_uses_the_language_of_the_user(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut fay = fixture.fay().await;
        fay.patch("/me", &serde_json::json!({ "locale": "ru", "time_zone": "Europe/Berlin" })).await.expect(200);
        let page = fay.speaking("en").page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "Приглашение в «Northwind Traders»");
        page.shows("Приглашение от Ana (ana@northwind.example).")
            .shows("Вы присоединяетесь как Fay (fay@contoso.example).")
            .shows("15:05");
    }

    async fn an_accepted_invitation_redirects_to_the_account(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut fay = fixture.fay().await;
        let response = fay.submit(&format!("{}/accept", fixture.path), &[]).await;
        let page = fay.follow(response).await.expect(200);
        assert_eq!(page.heading(), "Overview: Northwind Traders");
        page.shows("You have joined this account.").shows("Developer");
    }

    async fn a_declined_invitation_shows_when_and_asks_for_no_new_one(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut fay = fixture.fay().await;
        let response = fay.submit(&format!("{}/decline", fixture.path), &[]).await;
        let page = fay.follow(response).await.expect(410);
        assert_eq!(page.heading(), "This invitation was declined");
        // A user who has just declined is not asked to request a new one.
        page.shows("Sun 22 Nov 2026, 14:05 UTC")
            .hides("for a new one")
            .lacks("[href^='mailto:']")
            .lacks("[action$='/accept']");
        fay.page(&fixture.path).await.expect(410).hides("for a new one").has("[href='mailto:ana@northwind.example']");
    }

    async fn a_revoked_invitation_shows_its_state(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.revoke().await;
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(410);
        assert_eq!(page.heading(), "This invitation was withdrawn");
        page.shows("Sun 22 Nov 2026, 14:05 UTC")
            .shows("Ask Ana (ana@northwind.example) for a new one.")
            .has_link("mailto:ana@northwind.example")
            .lacks("[action$='/accept']");
    }

    async fn an_invitation_accepted_by_the_viewer_links_to_the_account(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut fay = fixture.fay().await;
        fay.submit(&format!("{}/accept", fixture.path), &[])
            .await
            .expect(303);
        let page = fay.page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "You are already in");
        page.has_link(&format!("/accounts/{}", fixture.account));
        fay.submit(&format!("{}/accept", fixture.path), &[])
            .await
            .leads_to(&fixture.path);
    }

    async fn an_invitation_accepted_by_another_user_offers_to_switch_user(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut fay = fixture.fay().await;
        fay.submit(&format!("{}/accept", fixture.path), &[])
            .await
            .expect(303);
        let back = format!("/sign-in?return_to={}", fixture.path);
        let mut eve = fixture.test_app.user("eve@mail.example", "Eve").await;
        let page = eve.page(&fixture.path).await.expect(410);
        assert_eq!(page.heading(), "This invitation was used");
        page.shows("Sign in as someone else").has_field("return_to", &back).shows("by another sign-in");
        // An anonymous visitor may be the user who accepted.
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(410);
        let page = page.hides("by another sign-in").shows("If it was you, sign in to go to the account.");
        assert_eq!(page.heading(), "This invitation was used");
        page.has_link(&back);
    }

    async fn an_unknown_or_truncated_link_shows_the_remedy_and_is_not_echoed(test_app: TestApp) {
        let fixture = of(test_app).await;
        let cut = fixture.path.get(..fixture.path.len() - 2).unwrap();
        for path in [
            cut,
            "/invitations/%22%3E%3Cscript%3E",
            "/invitations/cvi_",
            "/invitations/%ff",
        ] {
            let page = fixture.test_app.anonymous().page(path).await.expect(404);
            let page = page.hides("<script>").hides("cvi_");
            if path != "/invitations/%ff" {
                assert_eq!(page.heading(), "We cannot find this invitation");
                page.shows("Copy the whole link into your browser, or sign in")
                    .has_link("/sign-in");
            }
        }
        let acts = ["accept", "decline"].map(|act| format!("{cut}/{act}"));
        for path in acts {
            let page = fixture.test_app.anonymous().submit(&path, &[]).await.expect(404);
            assert_eq!(page.heading(), "We cannot find this invitation");
        }
        fixture
            .ana
            .clone()
            .page(cut)
            .await
            .expect(404)
            .has_link("/accounts");
    }

    async fn the_states_are_shown_in_russian(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let mut anonymous_client = fixture.test_app.anonymous().speaking("ru");
        let page = anonymous_client.page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "Приглашение в «Northwind Traders»");
        page.shows("Присоединиться к «Northwind Traders»")
            .shows("вс, 29 нояб. 2026 г., 14:05 UTC (через 7 дней)");
        fixture.revoke().await;
        let page = anonymous_client.page(&fixture.path).await.expect(410);
        assert_eq!(page.heading(), "Приглашение отозвано");
        let page = anonymous_client.page("/invitations/x").await.expect(404);
        assert_eq!(page.heading(), "Мы не нашли это приглашение");
    }

    async fn an_invitee_declines_without_a_session(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut anonymous_client = fixture.test_app.anonymous();
        let response = anonymous_client.submit(&format!("{}/decline", fixture.path), &[]).await;
        let page = anonymous_client.follow(response).await.expect(410);
        assert_eq!(page.heading(), "This invitation was declined");
        page.shows("You have declined the invitation. The inviter is told.");
        fixture.test_app.deliver().await;
        let mail = fixture.test_app.mails_to("ana@northwind.example").remove(0);
        assert!(mail.subject.contains("declined your invitation"), "{}", mail.subject);
        anonymous_client.submit(&format!("{}/accept", fixture.path), &[]).await.leads_to(&fixture.path);
    }

    async fn one_click_unsubscribe_needs_no_cookie(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let path = format!("{}/unsubscribe", fixture.path);
        let mut anonymous_client = fixture.test_app.anonymous();
        let page = anonymous_client.page(&path).await.expect(200);
        page.has_field("List-Unsubscribe", "One-Click").has(&format!("[action='{path}']"));
        anonymous_client.submit(&path, &[]).await.expect(422);
        let done = anonymous_client.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
        assert_eq!(done.headers["content-type"], "text/plain; charset=utf-8");
        let mut browser = anonymous_client.with("accept", "text/html,*/*");
        let response = browser.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.leads_to(&path);
        let page = browser.follow(response).await.expect(200);
        assert_eq!(page.heading(), "Invitations are stopped");
        page.has(&format!("form[action='{}/resubscribe']", fixture.path));
        let before = fixture.test_app.mails_to("fay@contoso.example").len();
        let other = fixture.test_app.account(&mut fixture.ana, "Fabrikam Labs").await;
        fixture.test_app.invite(&mut fixture.ana, &other, "fay@contoso.example", &["LINGUIST"]).await;
        fixture.test_app.deliver().await;
        assert_eq!(fixture.test_app.mails_to("fay@contoso.example").len(), before);
        anonymous_client.submit("/invitations/x/unsubscribe", &[("List-Unsubscribe", "One-Click")]).await.expect(404);
    }

    async fn stopping_invitations_is_undone_by_its_page(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let path = format!("{}/unsubscribe", fixture.path);
        let mut browser = fixture.test_app.anonymous().with("accept", "text/html,*/*");
        browser.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.leads_to(&path);
        let resend = format!("/accounts/{}/invitations/{}/resend", fixture.account, fixture.id);
        fixture.ana.post(&resend, &Value::Null).await.expect(200);
        fixture.test_app.deliver().await;
        let list = format!("/accounts/{}/invitations", fixture.account);
        // The row says only that.
        let page = fixture.ana.page(&list).await.expect(200);
        page.has_texts("tbody .state.red", &["Not sent: this person asked not to get invitations by mail."]).hides("Fix the address");
        let page = browser.page(&path).await.expect(200);
        assert_eq!(page.heading(), "Invitations are stopped");
        let undo = format!("{}/resubscribe", fixture.path);
        let response = browser.submit(&undo, &[]).await.leads_to(&path).flashes("mail-allowed");
        let page = browser.follow(response).await.expect(200);
        assert_eq!(page.heading(), "Stop invitations by mail?");
        let actions = fixture.ana.column(&format!("/accounts/{}/activity", fixture.account), "/action").await;
        assert_eq!(actions[0], "invitation.mail_allowed");
        let before = fixture.test_app.mails_to("fay@contoso.example").len();
        fixture.ana.post(&resend, &Value::Null).await.expect(200);
        fixture.test_app.deliver().await;
        assert_eq!(fixture.test_app.mails_to("fay@contoso.example").len(), before + 1);
        // A copied link allows nothing.
        browser.submit("/invitations/x/resubscribe", &[]).await.expect(404);
    }

    async fn a_link_from_before_another_address_stops_emails_to_the_former_one(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let invitation = format!("/accounts/{}/invitations/{}", fixture.account, fixture.id);
        let body = serde_json::json!({ "email": "fay.fox@contoso.example" });
        fixture.ana.patch(&invitation, &body).await.expect(200);
        let path = format!("{}/unsubscribe", fixture.path);
        let mut browser = fixture.test_app.anonymous().with("accept", "text/html,*/*");
        assert_eq!(browser.page(&path).await.expect(200).heading(), "Stop invitations by mail?");
        browser.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.leads_to(&path);
        let activity = format!("/accounts/{}/activity", fixture.account);
        let entry = fixture.ana.get(&activity).await.expect(200).json()["items"][0].clone();
        assert_eq!((entry["action"].as_str(), entry["target"]["name"].as_str()),
            (Some("invitation.mail_stopped"), Some("fay@contoso.example")));
        // Those to the new address are sent.
        fixture.test_app.deliver().await;
        assert_eq!(fixture.test_app.mails_to("fay.fox@contoso.example").len(), 1);
        let before = fixture.test_app.mails_to("fay@contoso.example").len();
        let other = fixture.test_app.account(&mut fixture.ana, "Fabrikam Labs").await;
        fixture.test_app.invite(&mut fixture.ana, &other, "fay@contoso.example", &["LINGUIST"]).await;
        fixture.test_app.deliver().await;
        assert_eq!(fixture.test_app.mails_to("fay@contoso.example").len(), before);
        assert_eq!(browser.page(&path).await.expect(200).heading(), "Invitations are stopped");
        let response = browser.submit(&format!("{}/resubscribe", fixture.path), &[]).await;
        response.leads_to(&path).flashes("mail-allowed");
        assert_eq!(browser.page(&path).await.expect(200).heading(), "Stop invitations by mail?");
        // It opens nothing else.
        browser.page(&fixture.path).await.expect(410);
    }

    async fn the_user_of_a_stopped_address_allows_invitations_in_the_profile(test_app: TestApp) {
        let fixture = of(test_app).await;
        let (mut fay, mut eve) = (fixture.fay().await, fixture.test_app.user("eve@mail.example", "Eve").await);
        fay.page("/profile/email").await.expect(200).lacks("form[action='/profile/invitations-by-mail']");
        let path = format!("{}/unsubscribe", fixture.path);
        fay.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
        eve.submit("/profile/invitations-by-mail", &[]).await.leads_to("/profile/email");
        let page = fay.page("/profile/email").await.expect(200).shows("You get no invitations by mail at this address");
        page.has("form[action='/profile/invitations-by-mail']");
        let response = fay.submit("/profile/invitations-by-mail", &[]).await;
        let page = fay.follow(response.leads_to("/profile/email").flashes("mail-allowed")).await.expect(200);
        page.shows("You can get invitations by mail again.").lacks("form[action='/profile/invitations-by-mail']");
        fay.page("/profile/activity").await.expect(200).shows("Allowed invitations by mail again");
    }

    async fn one_click_unsubscribe_accepts_multipart_bodies(test_app: TestApp) {
        let fixture = of(test_app).await;
        let path = format!("{}/unsubscribe", fixture.path);
        let body = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        let kind = Some("multipart/form-data; boundary=b");
        let mut program = fixture.test_app.anonymous();
        program
            .raw(Method::POST, &path, kind, body.as_bytes().to_vec())
            .await
            .expect(200);
    }
}
