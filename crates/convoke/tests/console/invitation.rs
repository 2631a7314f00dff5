//! The page of an invitation's link, row by row, and what its buttons do.

use std::time::Duration;

use axum::http::Method;
use convoke_store::Sql;
use serde_json::Value;

use crate::on_both;
use crate::support::{Client, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// An owner, an invitation to fay@contoso.example, and its mailed link.
struct Scene {
    test_app: TestApp,
    ana: Client,
    account: String,
    id: String,
    path: String,
}

async fn of(test_app: TestApp) -> Scene {
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let id = test_app
        .invite(&mut ana, &account, "fay@contoso.example", &["DEVELOPER"])
        .await;
    let token = test_app
        .mailed_token("fay@contoso.example", "invitations")
        .await;
    Scene {
        path: format!("/invitations/{token}"),
        test_app,
        ana,
        account,
        id,
    }
}

impl Scene {
    async fn fay(&self) -> Client {
        self.test_app.user("fay@contoso.example", "Fay").await
    }

    async fn revoke(&mut self) {
        let path = format!("/accounts/{}/invitations/{}/revoke", self.account, self.id);
        self.ana.post(&path, &Value::Null).await.expect(200);
    }
}

on_both! {
    async fn signed_out_it_shows_who_invites_where_and_until_when_and_both_ways_in(test_app: TestApp) {
        let scene = of(test_app).await;
        let page = scene.test_app.anonymous().page(&scene.path).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        let token = scene.path.trim_start_matches("/invitations/");
        page.shows("Ana (ana@northwind.example) invited you on 22 Nov 2026")
            .shows("Tovie Platform")
            .shows("Writes scripts in the visual editor and in source code.")
            .shows("fa••••@contoso.example")
            .hides("fay@contoso.example")
            .shows("Sun 29 Nov 2026, 14:05 UTC (in 7 days)")
            .shows(&format!("href=\"/sign-in?return_to={}\"", scene.path))
            .shows("Sign in to accept")
            .shows(&format!("href=\"/sign-up?invitation={token}\""))
            .shows("Create a sign-in")
            .shows(&format!("action=\"{}/decline\"", scene.path));
    }

    async fn the_invited_person_accepts_or_declines_or_changes_the_sign_in(test_app: TestApp) {
        let scene = of(test_app).await;
        let page = scene.fay().await.page(&scene.path).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        page.shows("You are joining as Fay (fay@contoso.example).")
            .shows(&format!("action=\"{}/accept\"", scene.path))
            .shows(&format!("action=\"{}/decline\"", scene.path))
            .shows("Use another sign-in");
    }

    async fn another_address_is_told_three_ways_on(test_app: TestApp) {
        let scene = of(test_app).await;
        let mut eve = scene.test_app.user("eve@mail.example", "Eve").await;
        let page = eve.page(&scene.path).await.expect(200);
        assert_eq!(page.heading(), "One more step: use the invited address");
        let back = format!("/sign-in?return_to={}", scene.path);
        page.shows("You are signed in as eve@mail.example. This invitation to Northwind Traders was sent to fa••••@contoso.example.")
            .hides("fay@contoso.example")
            .shows("Sign in as someone else")
            .shows(&format!("name=\"return_to\" value=\"{back}\""))
            .shows("href=\"/profile/email\"")
            .shows("Ask Ana to invite eve@mail.example.")
            .shows("href=\"mailto:ana@northwind.example\"");
        eve.submit(&format!("{}/accept", scene.path), &[])
            .await
            .leads_to(&scene.path);
        eve.submit("/sign-out", &[("return_to", &back)])
            .await
            .leads_to(&back);
        eve.page(&scene.path)
            .await
            .expect(200)
            .shows("Sign in to accept");
    }

    async fn no_address_is_told_three_ways_on(test_app: TestApp) {
        const FORGET: Sql = Sql::same(
            "update users set email = null, email_canonical = null where login = 'eve@mail.example'",
        );
        let scene = of(test_app).await;
        let mut eve = scene.test_app.user("eve@mail.example", "Eve").await;
        let forgotten: Result<u64, convoke_store::Error> = scene
            .test_app
            .app
            .db
            .write(|conn| conn.execute(FORGET, &[]))
            .await;
        assert_eq!(forgotten.unwrap(), 1);
        let page = eve.page(&scene.path).await.expect(200);
        assert_eq!(page.heading(), "We cannot see your email address");
        let token = scene.path.trim_start_matches("/invitations/");
        page.shows(&format!("value=\"/sign-up?invitation={token}\""))
            .shows("Settings → Public profile → Public email")
            .shows("Try again")
            .shows("href=\"/profile/email\"");
        eve.page("/profile/email")
            .await
            .expect(200)
            .shows("You have no email address yet.");
    }

    async fn an_expired_one_says_when_and_whom_to_ask(test_app: TestApp) {
        let scene = of(test_app).await;
        scene.test_app.advance(9 * DAY);
        let page = scene.test_app.anonymous().page(&scene.path).await.expect(410);
        assert_eq!(page.heading(), "This invitation has expired");
        page.shows("Sun 29 Nov 2026, 14:05 UTC (2 days ago)")
            .shows("Ask Ana (ana@northwind.example) for a new one.")
            .shows("href=\"mailto:ana@northwind.example\"")
            .hides("accept\"");
    }

    async fn the_page_is_in_the_reader_s_own_language(test_app: TestApp) {
        let scene = of(test_app).await;
        let mut fay = scene.fay().await;
        fay.patch("/me", &serde_json::json!({ "locale": "ru", "time_zone": "Europe/Berlin" })).await.expect(200);
        let page = fay.speaking("en").page(&scene.path).await.expect(200);
        assert_eq!(page.heading(), "Приглашение в «Northwind Traders»");
        page.shows("Вас приглашает Ana (ana@northwind.example). Приглашение от 22 нояб. 2026")
            .shows("Вы присоединяетесь как Fay (fay@contoso.example).")
            .shows("15:05");
    }

    async fn whoever_has_accepted_lands_in_the_account(test_app: TestApp) {
        let scene = of(test_app).await;
        let mut fay = scene.fay().await;
        let answer = fay.submit(&format!("{}/accept", scene.path), &[]).await;
        let page = fay.follow(answer).await.expect(200);
        assert_eq!(page.heading(), "Northwind Traders");
        page.shows("You have joined this account.").shows("Developer");
    }

    async fn a_declined_one_says_whom_to_ask_and_when_it_ended(test_app: TestApp) {
        let scene = of(test_app).await;
        let mut fay = scene.fay().await;
        let answer = fay.submit(&format!("{}/decline", scene.path), &[]).await;
        let page = fay.follow(answer).await.expect(410);
        assert_eq!(page.heading(), "This invitation was declined");
        page.shows("Sun 22 Nov 2026, 14:05 UTC")
            .shows("Ask Ana (ana@northwind.example) for a new one.")
            .shows("href=\"mailto:ana@northwind.example\"")
            .hides("/accept\"");
    }

    async fn a_withdrawn_one_says_so(test_app: TestApp) {
        let mut scene = of(test_app).await;
        scene.revoke().await;
        let page = scene.test_app.anonymous().page(&scene.path).await.expect(410);
        assert_eq!(page.heading(), "This invitation was withdrawn");
        page.shows("Sun 22 Nov 2026, 14:05 UTC")
            .shows("Ask Ana (ana@northwind.example) for a new one.")
            .shows("href=\"mailto:ana@northwind.example\"")
            .hides("/accept\"");
    }

    async fn one_accepted_by_the_viewer_leads_to_the_account(test_app: TestApp) {
        let scene = of(test_app).await;
        let mut fay = scene.fay().await;
        fay.submit(&format!("{}/accept", scene.path), &[])
            .await
            .expect(303);
        let page = fay.page(&scene.path).await.expect(200);
        assert_eq!(page.heading(), "You are already in");
        page.shows(&format!("href=\"/accounts/{}\"", scene.account));
        fay.submit(&format!("{}/accept", scene.path), &[])
            .await
            .leads_to(&scene.path);
    }

    async fn one_accepted_by_somebody_else_offers_another_sign_in(test_app: TestApp) {
        let scene = of(test_app).await;
        let mut fay = scene.fay().await;
        fay.submit(&format!("{}/accept", scene.path), &[])
            .await
            .expect(303);
        let back = format!("/sign-in?return_to={}", scene.path);
        let mut eve = scene.test_app.user("eve@mail.example", "Eve").await;
        let page = eve.page(&scene.path).await.expect(410);
        assert_eq!(page.heading(), "This invitation was used");
        page.shows("Sign in as someone else").shows(&back).shows("by another sign-in");
        // Who is not signed in may be the user who accepted.
        let page = scene.test_app.anonymous().page(&scene.path).await.expect(410);
        let page = page.hides("by another sign-in").shows("If it was you, sign in to go to the account.");
        assert_eq!(page.heading(), "This invitation was used");
        page.shows(&format!("href=\"{back}\""));
    }

    async fn an_unknown_or_cut_link_says_what_to_do_and_is_not_repeated(test_app: TestApp) {
        let scene = of(test_app).await;
        let cut = scene.path.get(..scene.path.len() - 2).unwrap();
        for path in [
            cut,
            "/invitations/%22%3E%3Cscript%3E",
            "/invitations/cvi_",
            "/invitations/%ff",
        ] {
            let page = scene.test_app.anonymous().page(path).await.expect(404);
            let page = page.hides("<script>").hides("cvi_");
            if path != "/invitations/%ff" {
                assert_eq!(page.heading(), "We cannot find this invitation");
                page.shows("Copy the whole link into your browser, or sign in")
                    .shows("href=\"/sign-in\"");
            }
        }
        let acts = ["accept", "decline"].map(|act| format!("{cut}/{act}"));
        for path in acts {
            let page = scene.test_app.anonymous().submit(&path, &[]).await.expect(404);
            assert_eq!(page.heading(), "We cannot find this invitation");
        }
        scene
            .ana
            .clone()
            .page(cut)
            .await
            .expect(404)
            .shows("href=\"/accounts\"");
    }

    async fn the_rows_are_told_in_russian_too(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let mut stranger = scene.test_app.anonymous().speaking("ru");
        let page = stranger.page(&scene.path).await.expect(200);
        assert_eq!(page.heading(), "Приглашение в «Northwind Traders»");
        page.shows("Войти и принять")
            .shows("вс, 29 нояб. 2026, 14:05 UTC (через 7 дней)");
        scene.revoke().await;
        let page = stranger.page(&scene.path).await.expect(410);
        assert_eq!(page.heading(), "Приглашение отозвано");
        let page = stranger.page("/invitations/x").await.expect(404);
        assert_eq!(page.heading(), "Мы не нашли это приглашение");
    }

    async fn somebody_declines_without_a_sign_in(test_app: TestApp) {
        let scene = of(test_app).await;
        let mut stranger = scene.test_app.anonymous();
        let answer = stranger.submit(&format!("{}/decline", scene.path), &[]).await;
        let page = stranger.follow(answer).await.expect(410);
        assert_eq!(page.heading(), "This invitation was declined");
        page.shows("You have declined the invitation. The inviter is told.");
        scene.test_app.deliver().await;
        let mail = scene.test_app.mails_to("ana@northwind.example").remove(0);
        assert!(mail.subject.contains("was declined"), "{}", mail.subject);
        stranger.submit(&format!("{}/accept", scene.path), &[]).await.leads_to(&scene.path);
    }

    async fn one_click_stops_invitations_and_needs_no_cookie(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let path = format!("{}/unsubscribe", scene.path);
        let mut stranger = scene.test_app.anonymous();
        let page = stranger.page(&path).await.expect(200);
        page.shows("name=\"List-Unsubscribe\" value=\"One-Click\"").shows(&format!("action=\"{path}\""));
        stranger.submit(&path, &[]).await.expect(422);
        let done = stranger.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
        assert_eq!(done.headers["content-type"], "text/plain; charset=utf-8");
        let mut browser = stranger.with("accept", "text/html,*/*");
        let page = browser.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
        assert_eq!(page.heading(), "Invitations are stopped");
        let before = scene.test_app.mails_to("fay@contoso.example").len();
        let other = scene.test_app.account(&mut scene.ana, "Fabrikam Labs").await;
        scene.test_app.invite(&mut scene.ana, &other, "fay@contoso.example", &["LINGUIST"]).await;
        scene.test_app.deliver().await;
        assert_eq!(scene.test_app.mails_to("fay@contoso.example").len(), before);
        stranger.submit("/invitations/x/unsubscribe", &[("List-Unsubscribe", "One-Click")]).await.expect(404);
    }

    async fn mail_programs_may_send_the_one_click_in_parts(test_app: TestApp) {
        let scene = of(test_app).await;
        let path = format!("{}/unsubscribe", scene.path);
        let body = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        let kind = Some("multipart/form-data; boundary=b");
        let mut program = scene.test_app.anonymous();
        program
            .raw(Method::POST, &path, kind, body.as_bytes().to_vec())
            .await
            .expect(200);
    }
}
