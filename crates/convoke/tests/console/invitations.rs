//! An account's invitations as its managers see them, without script.

use std::time::Duration;

use convoke_app::config::Config;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// An owner with two pending invitations.
struct Scene {
    test_app: TestApp,
    ana: Client,
    account: String,
    fay: String,
    george: String,
    list: String,
}

async fn of(test_app: TestApp) -> Scene {
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let fay = test_app
        .invite(&mut ana, &account, "fay@contoso.example", &["DEVELOPER"])
        .await;
    let george = test_app
        .invite(&mut ana, &account, "george@contoso.example", &["LINGUIST"])
        .await;
    Scene {
        list: format!("/accounts/{account}/invitations"),
        test_app,
        ana,
        account,
        fay,
        george,
    }
}

impl Scene {
    /// Ends Fay's invitation as if somebody else had.
    async fn end_fay(&mut self) {
        let path = format!("{}/{}/revoke", self.list, self.fay);
        self.ana.post(&path, &Value::Null).await.expect(200);
    }

    async fn states(&mut self) -> Vec<String> {
        let path = self.list.clone();
        self.ana.column(&path, "/status").await
    }

    fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.list)
    }
}

fn few_mails(config: &mut Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.mails_per_young_account_and_day = 2;
}

on_both! {
    async fn pending_ones_show_access_delivery_inviter_expiry_and_what_to_do(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let page = scene.ana.page(&scene.list).await.expect(200);
        page.shows("fay@contoso.example")
            .shows("Waiting to be sent")
            .shows("<span>Tovie Platform<span class=\"chips\"><span class=\"badge line\">Developer</span></span>")
            .shows("Ana")
            .shows("in 7 days")
            .shows(&format!("action=\"{}/resend\"", scene.list))
            .shows(&format!("action=\"{}/{}/link\"", scene.list, scene.fay))
            .shows(&format!("href=\"{}/{}/edit\"", scene.list, scene.fay))
            .shows(&format!("href=\"{}/revoke?id={}\"", scene.list, scene.fay))
            .shows("Pending 2").shows("Expired 0").shows("Revoked 0");
        scene.test_app.deliver().await;
        scene.ana.page(&scene.list).await.expect(200).shows("Sent").hides("Waiting to be sent");
    }

    async fn what_the_mail_server_refused_says_why_and_what_to_do(test_app: TestApp) {
        let mut scene = of(test_app).await;
        scene.test_app.run_sql("update invitations set delivery = 'failed',
            delivery_detail = '550 5.1.1 <fay@contoso.example>: User unknown' where email = 'fay@contoso.example'").await;
        scene.test_app.run_sql("update invitations set delivery = 'failed', delivery_detail = '550 no such user.'
            where email = 'george@contoso.example'").await;
        scene.ana.page(&scene.list).await.expect(200)
            .shows("Refused: mailbox does not exist. Check the spelling.")
            .shows("Refused: 550 no such user. Check the spelling, or copy the link and send it yourself.");
        scene.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        scene.ana.page(&scene.list).await.expect(200)
            .shows("Не принято: такого ящика нет. Проверьте, верно ли написан адрес.");
    }

    async fn each_state_has_its_own_list_and_ended_ones_can_be_invited_again(test_app: TestApp) {
        let mut scene = of(test_app).await;
        scene.end_fay().await;
        let page = scene.ana.page(&scene.path("?status=revoked")).await.expect(200);
        page.shows("fay@contoso.example").hides("george@contoso.example")
            .shows(&format!("href=\"/accounts/{}/invite?again={}\"", scene.account, scene.fay))
            .shows("Pending 1").shows("Revoked 1")
            .hides(&format!("{}/edit", scene.fay));
        scene.test_app.advance(9 * DAY);
        let page = scene.ana.page(&scene.path("?status=expired")).await.expect(200);
        page.shows("george@contoso.example").shows("Pending 0").shows("Expired 1").shows("Invite again");
        scene.ana.page(&scene.list).await.expect(200)
            .shows("Nobody is being waited for")
            .shows(&format!("href=\"/accounts/{}/invite\"", scene.account));
        let invite = format!("href=\"/accounts/{}/invite\"", scene.account);
        for (status, why) in [("declined", "Nobody has declined"), ("accepted", "Nobody has accepted yet")] {
            let page = scene.ana.page(&scene.path(&format!("?status={status}"))).await.expect(200);
            let html = page.shows(why).body();
            let (_, empty) = html.split_once("class=\"empty\"").unwrap();
            assert!(empty.contains(&invite), "{empty}");
        }
    }

    async fn whoever_accepted_needs_no_second_invitation(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let mut fay = scene.test_app.user("fay@contoso.example", "Fay").await;
        fay.post(&format!("/me/invitations/{}/accept", scene.fay), &Value::Null).await.expect(200);
        let page = scene.ana.page(&scene.path("?status=accepted")).await.expect(200);
        page.shows("fay@contoso.example").hides("Invite again").hides("invite?again=");
    }

    async fn buttons_about_several_know_the_words_for_every_number(test_app: TestApp) {
        let mut scene = of(test_app).await;
        scene.ana.page(&scene.list).await.expect(200)
            .shows("data-one=\"Resend invitation\"").shows("data-other=\"Resend # invitations\"")
            .shows("data-other=\"Revoke # invitations\"");
        scene.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        scene.ana.page(&scene.list).await.expect(200)
            .shows("data-few=\"Отправить снова # приглашения\"").shows("data-many=\"Отозвать # приглашений\"");
    }

    async fn numbers_agree_with_their_words_in_russian(test_app: TestApp) {
        let mut scene = of(test_app).await;
        scene.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        for (done, words) in [
            ("resent&n=1", "Приглашение отправлено снова, его срок начался заново."),
            ("resent&n=3", "Снова отправлены 3 приглашения, их срок начался заново."),
            ("resent&n=5", "Снова отправлено 5 приглашений, их срок начался заново."),
            ("resent&n=21", "Снова отправлено 21 приглашение, их срок начался заново."),
            ("revoked&n=1", "Приглашение отозвано. Ссылка из письма больше не работает."),
            ("revoked&n=5", "Отозвано 5 приглашений. Ссылки из писем больше не работают."),
        ] {
            scene.ana.just_done(&scene.path(&format!("?done={done}"))).await.expect(200).shows(words);
        }
    }

    async fn the_list_is_searched_filtered_and_exported(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let page = scene.ana.page(&scene.path("?q=GEO&role=LINGUIST&product=platform")).await.expect(200);
        page.shows("george@contoso.example").hides("fay@contoso.example").shows("value=\"GEO\"")
            .shows("format=csv&#38;status=pending&#38;product=platform&#38;role=LINGUIST&#38;q=GEO");
        scene.ana.page(&scene.path("?q=zed")).await.expect(200)
            .shows("No invitations match \"zed\".").shows("Clear search");
        scene.ana.page(&scene.path("?product=agent")).await.expect(200).shows("No invitations match.");
    }

    async fn more_than_a_page_is_shown_in_pages(test_app: TestApp) {
        let mut scene = of(test_app).await;
        for round in 0..3 {
            let emails: Vec<String> = (0..20).map(|n| format!("p{round}-{n}@contoso.example")).collect();
            let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
            let path = format!("/accounts/{}/invitations", scene.account);
            scene.ana.post(&path, &body).await.expect(201);
        }
        let html = scene.ana.page(&scene.list).await.expect(200).shows("1 to 50 of 62").hides("fay@contoso.example").body();
        let (_, rest) = html.split_once("cursor=").unwrap();
        let cursor = rest.split(['&', '"']).next().unwrap();
        let next = scene.path(&format!("?status=pending&cursor={cursor}&after=50"));
        scene.ana.page(&next).await.expect(200).shows("51 to 62 of 62").shows("fay@contoso.example");
    }

    async fn several_are_sent_again_at_once(test_app: TestApp) {
        let mut scene = of(test_app).await;
        scene.test_app.deliver().await;
        scene.test_app.advance(3 * DAY);
        let answer = scene.ana.submit(&scene.path("/resend"), &[("id", &scene.fay), ("id", &scene.george)]).await;
        let page = scene.ana.follow(answer.leads_to(&scene.path("?done=resent&n=2&m=0"))).await.expect(200);
        page.shows("2 invitations are sent again and valid again from now on.").shows("in 7 days");
        scene.test_app.deliver().await;
        for email in ["fay@contoso.example", "george@contoso.example"] {
            assert_eq!(scene.test_app.mails_to(email).len(), 2);
        }
    }

    async fn revoking_several_asks_first_and_says_what_became_of_it(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let ask = scene.path(&format!("/revoke?id={}&id={}", scene.fay, scene.george));
        let page = scene.ana.page(&ask).await.expect(200);
        assert_eq!(page.heading(), "Revoke 2 invitations?");
        page.shows("fay@contoso.example").shows("george@contoso.example")
            .shows("The links in the emails to these addresses stop working at once:")
            .shows("Keep the invitations").shows("Revoke 2 invitations")
            .shows(&format!("name=\"id\" value=\"{}\"", scene.fay));
        assert_eq!(scene.states().await, ["pending", "pending"]);
        let answer = scene.ana.submit(&scene.path("/revoke"), &[("id", &scene.fay), ("id", &scene.george)]).await;
        let page = scene.ana.follow(answer).await.expect(200);
        page.shows("2 invitations are revoked. The links in the emails no longer work.");
        assert_eq!(scene.states().await, ["revoked", "revoked"]);
    }

    async fn those_that_ended_meanwhile_are_named_and_the_others_done(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let mut fay = scene.test_app.user("fay@contoso.example", "Fay").await;
        let path = format!("/me/invitations/{}/accept", scene.fay);
        fay.post(&path, &Value::Null).await.expect(200);
        scene.test_app.advance(Duration::from_mins(3));
        let both = [("id", scene.fay.as_str()), ("id", scene.george.as_str())];
        let answer = scene.ana.submit(&scene.path("/revoke"), &both).await;
        scene.ana.follow(answer).await.expect(200)
            .shows("1 invitation is revoked; 1 had ended meanwhile.")
            .shows("fay@contoso.example accepted 3 minutes ago.")
            .hides("again=");
        let answer = scene.ana.submit(&scene.path("/resend"), &both).await;
        scene.ana.follow(answer).await.expect(200)
            .shows("Nothing was sent")
            .shows("fay@contoso.example accepted 3 minutes ago.")
            .shows("The invitation to george@contoso.example was revoked just now.")
            .shows(&format!("href=\"/accounts/{}/invite?again={}\"", scene.account, scene.george));
    }

    async fn nothing_chosen_is_a_fault_of_the_list(test_app: TestApp) {
        let mut scene = of(test_app).await;
        for path in ["/resend", "/revoke"] {
            scene.ana.submit(&scene.path(path), &[]).await.expect(422)
                .shows("Error: ").shows("There is a problem")
                .shows("<a href=\"#list\">Choose at least one invitation.</a>")
                .shows("fay@contoso.example");
        }
        scene.ana.page(&scene.path("/revoke")).await.expect(422).shows("Choose at least one invitation.");
        scene.ana.submit(&scene.path("/resend"), &[("id", "nonsense")]).await.expect(422);
        // The part of the list that was looked at comes back.
        scene.ana.submit(&scene.path("/resend?q=geo"), &[]).await.expect(422)
            .hides("fay@contoso.example").shows("george@contoso.example");
    }

    async fn too_much_mail_is_explained_in_place_and_what_was_chosen_stays(test_app: TestApp, few_mails) {
        let mut scene = of(test_app).await;
        let page = scene.ana.submit(&scene.path("/resend"), &[("id", &scene.fay)]).await.expect(429);
        assert!(page.headers.contains_key("retry-after"));
        page.shows("There is a problem")
            .shows("That was too much at once. Try again in 12 hours.")
            .shows(&format!("value=\"{}\" form=\"bulk\" aria-label=\"Select fay@contoso.example\" checked", scene.fay));
    }

    async fn a_link_to_hand_over_is_shown_once_and_opens_the_invitation(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let path = scene.path(&format!("/{}/link", scene.fay));
        let page = scene.ana.submit(&path, &[]).await.expect(200);
        assert_eq!(page.heading(), "A link to hand over");
        let html = page.shows("It does not prove the mailbox").shows("data-copy-at-once").body();
        let (_, rest) = html.split_once("/invitations/cvi_").unwrap();
        let link = format!("/invitations/cvi_{}", rest.split('"').next().unwrap());
        let page = scene.test_app.anonymous().page(&link).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        scene.ana.page(&scene.list).await.expect(200).hides("cvi_");
        scene.ana.page(&path).await.expect(405);
    }

    async fn roles_are_edited_and_faults_keep_what_was_chosen(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let path = scene.path(&format!("/{}/edit", scene.fay));
        let page = scene.ana.page(&path).await.expect(200);
        page.shows("Invitation to fay@contoso.example").shows("value=\"DEVELOPER\" checked").hides("value=\"LINGUIST\" checked");
        scene.ana.submit(&path, &[("product", "agent")]).await.expect(422)
            .shows("Choose at least one role.").shows("href=\"#roles\"")
            .shows("<option value=\"agent\" selected>");
        let fields = [("product", "platform"), ("roles", "LINGUIST"), ("roles", "CONTENT_MANAGER")];
        let answer = scene.ana.submit(&path, &fields).await.leads_to(&scene.path("?done=edited"));
        scene.ana.follow(answer).await.expect(200).shows("Invitation saved.").shows("Linguist").shows("Content manager");
    }

    async fn one_that_ended_meanwhile_is_explained_with_the_way_to_invite_again(test_app: TestApp) {
        let mut scene = of(test_app).await;
        scene.end_fay().await;
        let edit = scene.path(&format!("/{}/edit", scene.fay));
        let again = format!("href=\"/accounts/{}/invite?again={}\"", scene.account, scene.fay);
        let words = "The invitation had ended meanwhile, so it cannot be edited.";
        let answer = scene.ana.page(&edit).await;
        scene.ana.follow(answer).await.expect(200).shows(words).shows(&again);
        let answer = scene.ana.submit(&edit, &[("product", "platform"), ("roles", "LINGUIST")]).await;
        scene.ana.follow(answer).await.expect(200).shows(words).shows(&again);
        let answer = scene.ana.submit(&scene.path(&format!("/{}/link", scene.fay)), &[]).await;
        scene.ana.follow(answer).await.expect(200).shows("so it has no link any more").shows(&again);
        let answer = scene.ana.page(&scene.path(&format!("/revoke?id={}", scene.fay))).await;
        scene.ana.follow(answer).await.expect(200).shows("Nothing was revoked").shows(&again);
    }

    async fn auditors_look_and_others_are_told_whom_to_ask(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let account = scene.account.clone();
        let mut eve = scene.test_app.member(&mut scene.ana, &account, "eve@northwind.example", &["USER_AUDITOR"]).await;
        let page = eve.page(&scene.list).await.expect(200);
        page.shows("fay@contoso.example").hides("Resend").hides("Copy link").hides("Revoke<").hides("type=\"checkbox\"");
        scene.end_fay().await;
        eve.page(&scene.path("?status=revoked")).await.expect(200).shows("fay@contoso.example").hides("again=");
        let edit = scene.path(&format!("/{}/edit", scene.george));
        for page in [
            eve.page(&edit).await,
            eve.page(&scene.path(&format!("/revoke?id={}", scene.george))).await,
            eve.submit(&scene.path("/resend"), &[("id", &scene.george)]).await,
            eve.submit(&scene.path("/revoke"), &[("id", &scene.george)]).await,
            eve.submit(&scene.path(&format!("/{}/link", scene.george)), &[]).await,
            eve.submit(&edit, &[("product", "platform"), ("roles", "LINGUIST")]).await,
        ] {
            page.expect(403).shows("You may not do this here").shows("Ask Ana");
        }
        let mut dan = scene.test_app.member(&mut scene.ana, &account, "dan@northwind.example", &["DEVELOPER"]).await;
        dan.page(&scene.list).await.expect(403).shows("Ask Ana").hides("george@contoso.example");
        let mut other = scene.test_app.user("other@x.example", "Other").await;
        other.page(&scene.list).await.expect(404).hides("fay@contoso.example").hides("Northwind");
        let answer = scene.test_app.anonymous().page(&scene.list).await;
        answer.leads_to(&format!("/sign-in?return_to={}", scene.list));
    }

    async fn nobody_touches_another_account_s_invitations(test_app: TestApp) {
        let mut scene = of(test_app).await;
        let other = scene.test_app.account(&mut scene.ana, "Fabrikam Labs").await;
        let list = format!("/accounts/{other}/invitations");
        scene.ana.submit(&format!("{list}/revoke"), &[("id", &scene.fay)]).await.expect(404);
        scene.ana.just_done(&format!("{list}?done=revoked-none&ended={}", scene.fay)).await.expect(200)
            .hides("fay@contoso.example");
        assert_eq!(scene.states().await, ["pending", "pending"]);
    }

    async fn a_long_history_is_counted_up_to_a_thousand(test_app: TestApp) {
        let mut scene = of(test_app).await;
        // A thousand and some rows like Fay's, all of which have ended.
        scene.test_app.database.execute(
            "create table n as with recursive c(i) as (select 1 union all select i + 1 from c where i < 1005) select i from c");
        let lite = "insert into invitations (id, account_id, email, email_canonical, product, roles, locale, status,
            invited_by, sponsor_id, created_at, expires_at, ended_at, delivery)
            select randomblob(16), account_id, email, email_canonical, product, roles, locale, 'declined', invited_by,
            sponsor_id, created_at, expires_at, created_at, delivery from invitations, n where email = 'fay@contoso.example'";
        let text = match scene.test_app.database.folder() {
            Some(_) => lite.to_owned(),
            None => lite.replace("randomblob(16)", "gen_random_uuid()"),
        };
        scene.test_app.database.execute(&text);
        scene.ana.page(&scene.path("?status=declined")).await.expect(200)
            .shows("Declined 1000+").shows("Pending 2").shows("1 to 50").hides("of 1000");
    }
}
