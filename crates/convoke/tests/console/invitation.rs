//! The page of an invitation link in each state, and its buttons.

use std::time::Duration;

use axum::http::Method;
use convoke_store::Sql;
use serde_json::Value;

use crate::on_both;
use crate::support::{Client, TestApp};

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
    async fn the_anonymous_page_shows_inviter_account_expiry_and_both_sign_in_options(test_app: TestApp) {
        let fixture = of(test_app).await;
        let page = fixture.test_app.anonymous().page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        let token = fixture.path.trim_start_matches("/invitations/");
        page.shows("Ana (ana@northwind.example) invited you on 22 Nov 2026")
            .shows("Tovie Platform")
            .shows("Writes scripts in the visual editor and in source code.")
            .shows("fa••••@contoso.example")
            .hides("fay@contoso.example")
            .shows("Sun 29 Nov 2026, 14:05 UTC (in 7 days)")
            .has_link(&format!("/sign-in?return_to={}", fixture.path))
            .shows("Sign in to accept")
            .has_link(&format!("/sign-up?invitation={token}"))
            .shows("Sign up")
            .has(&format!("[action='{}/decline']", fixture.path));
    }

    async fn the_invitee_can_accept_decline_or_switch_user(test_app: TestApp) {
        let fixture = of(test_app).await;
        let page = fixture.fay().await.page(&fixture.path).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        page.shows("You are joining as Fay (fay@contoso.example).")
            .has(&format!("[action='{}/accept']", fixture.path))
            .has(&format!("[action='{}/decline']", fixture.path))
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
            .shows("Ask Ana to invite eve@mail.example.")
            .has_link("mailto:ana@northwind.example");
        eve.submit(&format!("{}/accept", fixture.path), &[])
            .await
            .leads_to(&fixture.path);
        eve.submit("/sign-out", &[("return_to", &back)])
            .await
            .leads_to(&back);
        eve.page(&fixture.path)
            .await
            .expect(200)
            .shows("Sign in to accept");
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
        page.shows("Вас приглашает Ana (ana@northwind.example). Приглашение от 22 нояб. 2026")
            .shows("Вы присоединяетесь как Fay (fay@contoso.example).")
            .shows("15:05");
    }

    async fn an_accepted_invitation_redirects_to_the_account(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut fay = fixture.fay().await;
        let answer = fay.submit(&format!("{}/accept", fixture.path), &[]).await;
        let page = fay.follow(answer).await.expect(200);
        assert_eq!(page.heading(), "Northwind Traders");
        page.shows("You have joined this account.").shows("Developer");
    }

    async fn a_declined_invitation_shows_when_and_whom_to_ask(test_app: TestApp) {
        let fixture = of(test_app).await;
        let mut fay = fixture.fay().await;
        let answer = fay.submit(&format!("{}/decline", fixture.path), &[]).await;
        let page = fay.follow(answer).await.expect(410);
        assert_eq!(page.heading(), "This invitation was declined");
        page.shows("Sun 22 Nov 2026, 14:05 UTC")
            .shows("Ask Ana (ana@northwind.example) for a new one.")
            .has_link("mailto:ana@northwind.example")
            .lacks("[action$='/accept']");
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
        page.shows("Войти, чтобы принять")
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
        let answer = anonymous_client.submit(&format!("{}/decline", fixture.path), &[]).await;
        let page = anonymous_client.follow(answer).await.expect(410);
        assert_eq!(page.heading(), "This invitation was declined");
        page.shows("You have declined the invitation. The inviter is told.");
        fixture.test_app.deliver().await;
        let mail = fixture.test_app.mails_to("ana@northwind.example").remove(0);
        assert!(mail.subject.contains("was declined"), "{}", mail.subject);
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
        let page = browser.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
        assert_eq!(page.heading(), "Invitations are stopped");
        let before = fixture.test_app.mails_to("fay@contoso.example").len();
        let other = fixture.test_app.account(&mut fixture.ana, "Fabrikam Labs").await;
        fixture.test_app.invite(&mut fixture.ana, &other, "fay@contoso.example", &["LINGUIST"]).await;
        fixture.test_app.deliver().await;
        assert_eq!(fixture.test_app.mails_to("fay@contoso.example").len(), before);
        anonymous_client.submit("/invitations/x/unsubscribe", &[("List-Unsubscribe", "One-Click")]).await.expect(404);
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
