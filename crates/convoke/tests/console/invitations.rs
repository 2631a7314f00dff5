//! The invitations of an account, without script.

use std::time::Duration;

use convoke_app::config::Config;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// An owner with two pending invitations.
struct Fixture {
    test_app: TestApp,
    ana: Client,
    account: String,
    fay: String,
    george: String,
    list: String,
}

async fn of(test_app: TestApp) -> Fixture {
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let fay = test_app
        .invite(&mut ana, &account, "fay@contoso.example", &["DEVELOPER"])
        .await;
    let george = test_app
        .invite(&mut ana, &account, "george@contoso.example", &["LINGUIST"])
        .await;
    Fixture {
        list: format!("/accounts/{account}/invitations"),
        test_app,
        ana,
        account,
        fay,
        george,
    }
}

impl Fixture {
    /// Ends Fay's invitation as another user would.
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

    /// Inserts a thousand and some invitations like Fay's, to other addresses.
    fn insert_copies(&self, status: &str, ended_at: &str, delivery: &str) {
        let database = &self.test_app.database;
        database.execute(
            "create table n as with recursive c(i) as (select 1 union all select i + 1 from c where i < 1005) select i from c",
        );
        let id = match database.folder() {
            Some(_) => "randomblob(16)",
            None => "gen_random_uuid()",
        };
        database.execute(&format!(
            "insert into invitations (id, account_id, email, email_canonical, product, roles, locale, status,
            invited_by, sponsor_id, created_at, expires_at, ended_at, delivery)
            select {id}, account_id, i || email, i || email_canonical, product, roles, locale, '{status}', invited_by,
            sponsor_id, created_at, expires_at, {ended_at}, {delivery} from invitations, n where email = 'fay@contoso.example'"
        ));
    }
}

fn two_addresses(config: &mut Config) {
    config.limits.invitations_per_request = 2;
}

fn few_mails(config: &mut Config) {
    config.rate_limits.enabled = true;
    config.rate_limits.mails_per_young_account_and_day = 2;
}

on_both! {
    async fn pending_invitations_show_access_delivery_inviter_expiry_and_actions(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let page = fixture.ana.page(&fixture.list).await.expect(200);
        page.shows("fay@contoso.example")
            .shows("Waiting to be sent")
            .has_texts(".chips .badge", &["Linguist", "Developer"])
            .shows("Ana")
            .shows("in 7 days")
            .has(&format!("[action='{}/resend']", fixture.list))
            .has(&format!("[action='{}/{}/link']", fixture.list, fixture.fay))
            .has_link(&format!("{}/{}/edit", fixture.list, fixture.fay))
            .has_link(&format!("{}/revoke?id={}", fixture.list, fixture.fay))
            .shows("Pending 2").shows("Expired 0").shows("Revoked 0");
        fixture.test_app.deliver().await;
        fixture.ana.page(&fixture.list).await.expect(200).shows("Sent").hides("Waiting to be sent");
    }

    async fn waiting_and_refused_emails_are_shown_with_their_reason_and_can_be_listed(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let page = fixture.ana.page(&fixture.list).await.expect(200);
        page.has("#states[data-open]").hides("Email waiting").hides("Email refused");
        fixture.test_app.run_sql("update invitations set delivery = 'waiting', delivery_reason = 'server_reply',
            delivery_detail = '452 mailbox full.', next_attempt_at = 4102444800000 where email = 'fay@contoso.example'").await;
        fixture.test_app.run_sql("update invitations set delivery = 'failed', delivery_reason = 'server_reply',
            delivery_detail = '550 5.1.2 Unknown' where email = 'george@contoso.example'").await;
        let page = fixture.ana.page(&fixture.list).await.expect(200);
        page.shows("Waiting: the mail server said “452 mailbox full”. Next try Fri 1 Jan 2100, 00:00 UTC.")
            .shows("Email waiting 1").shows("Email refused 1").has(".state.amber").has(".state.red")
            .shows("Reload to see what has changed")
            .has_link(&fixture.path("?delivery=failed"));
        let page = fixture.ana.page(&fixture.path("?delivery=failed")).await.expect(200);
        page.shows("george@contoso.example").hides("fay@contoso.example").has("#states:not([data-open])")
            .has_field("delivery", "failed").has("[aria-current='page'][href$='delivery=failed']");
        fixture.ana.page(&fixture.path("?delivery=waiting&q=george")).await.expect(200)
            .shows("No invitations match").has_link(&fixture.list);
        for (reason, text) in [
            ("rate_limited", "Waiting: this address has had as many emails as are allowed per day."),
            ("connection", "Waiting: the mail server cannot be reached."),
            ("timeout", "Waiting: the mail server does not answer."),
            ("server_busy", "Waiting: the mail server takes no more connections for now."),
        ] {
            fixture.test_app.database.execute(&format!("update invitations set delivery_reason = '{reason}', next_attempt_at = 1
                where email = 'fay@contoso.example'"));
            fixture.ana.page(&fixture.list).await.expect(200).shows(text).shows("It is being tried again.");
        }
        fixture.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        fixture.ana.page(&fixture.list).await.expect(200)
            .shows("Ждёт отправки: почтовый сервер пока не принимает новых соединений. Отправляется снова.");
    }

    async fn expired_invitations_are_invited_again_together(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.test_app.advance(9 * DAY);
        let expired = fixture.path("?status=expired");
        let page = fixture.ana.page(&expired).await.expect(200);
        let again = fixture.path("/again");
        page.has(&format!("form[action^='{again}'][data-bulk]")).has("[data-other='Invite # users again']");
        let response = fixture.ana.submit(&again, &[]).await.expect(422);
        response.shows("Choose at least one invitation.");
        let (fay, george) = (fixture.fay.clone(), fixture.george.clone());
        let ids = [("id", fay.as_str()), ("id", george.as_str())];
        let response = fixture.ana.submit(&again, &ids).await;
        fixture.ana.follow(response).await.expect(200)
            .shows("2 users are invited again.")
            .shows("Pending 2").has_texts(".chips .badge", &["Linguist", "Developer"]);
        assert_eq!(fixture.test_app.database.rows()["invitations"].len(), 4);
        let response = fixture.ana.submit(&again, &ids).await;
        fixture.ana.follow(response).await.expect(200)
            .shows("Nobody was invited: they are users already, or have a pending invitation.");
        assert_eq!(fixture.test_app.database.rows()["invitations"].len(), 4);
        fixture.test_app.deliver().await;
        assert_eq!(fixture.test_app.mails_to("fay@contoso.example").len(), 1, "the first one expired before it was sent");
    }

    async fn inviting_again_is_all_or_nothing(test_app: TestApp, two_addresses) {
        let mut fixture = of(test_app).await;
        let eve = fixture.test_app.invite(&mut fixture.ana, &fixture.account, "eve@contoso.example", &["DEVELOPER"]).await;
        fixture.test_app.advance(9 * DAY);
        let again = fixture.path("/again");
        let (fay, george) = (fixture.fay.clone(), fixture.george.clone());
        let all = [("id", fay.as_str()), ("id", george.as_str()), ("id", eve.as_str())];
        fixture.ana.submit(&fixture.path("/again?status=expired"), &all).await.expect(422)
            .shows("You have chosen 3 addresses; 2 fit in one go. Choose fewer.").has(&format!("[value='{fay}'][checked]"));
        fixture.test_app.run_sql("update accounts set user_limit = 2").await;
        fixture.ana.submit(&again, &all[..2]).await.expect(409)
            .shows("1 seat is left and you are inviting 2. Choose fewer, revoke sent invitations or remove inactive users.");
        assert_eq!(fixture.test_app.database.rows()["invitations"].len(), 3);
        let response = fixture.ana.submit(&again, &all[..1]).await;
        fixture.ana.follow(response).await.expect(200).shows("1 user is invited again.");
    }

    async fn an_address_with_two_ended_invitations_is_invited_again_once(test_app: TestApp, two_addresses) {
        let mut fixture = of(test_app).await;
        fixture.end_fay().await;
        let later = fixture.test_app.invite(&mut fixture.ana, &fixture.account, "fay@contoso.example", &["DEVELOPER"]).await;
        fixture.test_app.advance(9 * DAY);
        let ids = [("id", fixture.fay.as_str()), ("id", later.as_str()), ("id", fixture.george.as_str())];
        let response = fixture.ana.submit(&fixture.path("/again"), &ids).await;
        fixture.ana.follow(response).await.expect(200).shows("2 users are invited again; 1 needed nothing.");
        assert_eq!(fixture.test_app.database.rows()["invitations"].len(), 5);
    }

    async fn an_accepted_invitation_of_a_former_member_is_not_sent_again(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let account = fixture.account.clone();
        let mut eve = fixture.test_app.member(&mut fixture.ana, &account, "eve@contoso.example", &["DEVELOPER"]).await;
        let accepted = fixture.ana.column(&fixture.path("?status=accepted"), "/id").await;
        eve.post(&format!("/accounts/{account}/leave"), &Value::Null).await.expect(204);
        let response = fixture.ana.submit(&fixture.path("/again"), &[("id", &accepted[0])]).await;
        fixture.ana.follow(response).await.expect(200).shows("Nobody was invited");
        assert_eq!(fixture.test_app.database.rows()["invitations"].len(), 3);
    }

    async fn inviting_again_counts_the_seats_of_every_role(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let eve = fixture.test_app.invite(&mut fixture.ana, &fixture.account, "eve@contoso.example", &["USER_AUDITOR"]).await;
        fixture.test_app.advance(9 * DAY);
        fixture.test_app.run_sql("update accounts set user_limit = 2").await;
        let ids = [("id", fixture.fay.as_str()), ("id", fixture.george.as_str()), ("id", eve.as_str())];
        fixture.ana.submit(&fixture.path("/again"), &ids).await.expect(409)
            .shows("1 seat is left and you are inviting 3. Choose fewer, revoke sent invitations or remove inactive users.");
    }

    async fn a_delivery_failure_shows_the_reason_and_the_fix(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.test_app.run_sql("update invitations set delivery = 'failed',
            delivery_reason = 'server_reply', delivery_detail = '550 5.1.1 <fay@contoso.example>: User unknown' where email = 'fay@contoso.example'").await;
        fixture.test_app.run_sql("update invitations set delivery = 'failed', delivery_reason = 'server_reply', delivery_detail = '550 no such user.'
            where email = 'george@contoso.example'").await;
        fixture.ana.page(&fixture.list).await.expect(200)
            .shows("Refused: mailbox does not exist. Check the spelling.")
            .shows("Refused: 550 no such user. Check the spelling, or copy the link and send it yourself.");
        fixture.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        fixture.ana.page(&fixture.list).await.expect(200)
            .shows("Не принято: такого ящика нет. Проверьте, верно ли написан адрес.");
    }

    async fn invitations_are_listed_by_status_and_ended_ones_can_be_invited_again(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.end_fay().await;
        let page = fixture.ana.page(&fixture.path("?status=revoked")).await.expect(200);
        page.shows("fay@contoso.example").hides("george@contoso.example")
            .has_link(&format!("/accounts/{}/invite?again={}", fixture.account, fixture.fay))
            .shows("Pending 1").shows("Revoked 1")
            .hides(&format!("{}/edit", fixture.fay));
        fixture.test_app.advance(9 * DAY);
        let page = fixture.ana.page(&fixture.path("?status=expired")).await.expect(200);
        page.shows("george@contoso.example").shows("Pending 0").shows("Expired 1").shows("Invite again");
        fixture.ana.page(&fixture.list).await.expect(200)
            .shows("No pending invitations")
            .has_link(&format!("/accounts/{}/invite", fixture.account));
        let invite = format!("/accounts/{}/invite", fixture.account);
        for (status, why) in [("declined", "Nobody has declined"), ("accepted", "Nobody has accepted yet")] {
            let page = fixture.ana.page(&fixture.path(&format!("?status={status}"))).await.expect(200);
            page.shows(why).has(&format!(".empty a[href='{invite}']"));
        }
    }

    async fn an_accepted_invitation_cannot_be_invited_again(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let mut fay = fixture.test_app.user("fay@contoso.example", "Fay").await;
        fay.post(&format!("/me/invitations/{}/accept", fixture.fay), &Value::Null).await.expect(200);
        let page = fixture.ana.page(&fixture.path("?status=accepted")).await.expect(200);
        page.shows("fay@contoso.example").hides("Invite again").hides("invite?again=");
    }

    async fn bulk_buttons_have_plural_forms_for_every_number(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.ana.page(&fixture.list).await.expect(200)
            .has("[data-one='Resend invitation']").has("[data-other='Resend # invitations']")
            .has("[data-other='Revoke # invitations']");
        fixture.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        fixture.ana.page(&fixture.list).await.expect(200)
            .has("[data-few='Отправить снова # приглашения']").has("[data-many='Отозвать # приглашений']");
    }

    async fn russian_texts_use_plural_forms(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        for (flash, text) in [
            ("resent.1.0", "Приглашение отправлено снова, его срок начался заново."),
            ("resent.3.0", "Снова отправлены 3 приглашения, их срок начался заново."),
            ("resent.5.0", "Снова отправлено 5 приглашений, их срок начался заново."),
            ("resent.21.0", "Снова отправлено 21 приглашение, их срок начался заново."),
            ("revoked.1.0", "Приглашение отозвано. Ссылка из письма больше не работает."),
            ("revoked.5.0", "Отозвано 5 приглашений. Ссылки из писем больше не работают."),
        ] {
            let list = fixture.list.clone();
            fixture.ana.page_with_flash(&list, flash).await.expect(200).shows(text);
        }
    }

    async fn the_list_is_searched_filtered_and_exported(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let page = fixture.ana.page(&fixture.path("?q=GEO&role=LINGUIST&product=platform")).await.expect(200);
        page.shows("george@contoso.example").hides("fay@contoso.example").has_field("q", "GEO")
            .has("a[href$='format=csv&status=pending&product=platform&role=LINGUIST&q=GEO']");
        fixture.ana.page(&fixture.path("?q=zed")).await.expect(200)
            .shows("No invitations match \"zed\".").shows("Clear search");
        fixture.ana.page(&fixture.path("?product=agent")).await.expect(200).shows("No invitations match.");
    }

    async fn a_long_list_is_paginated(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        for round in 0..3 {
            let emails: Vec<String> = (0..20).map(|n| format!("p{round}-{n}@contoso.example")).collect();
            let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
            let path = format!("/accounts/{}/invitations", fixture.account);
            fixture.ana.post(&path, &body).await.expect(201);
        }
        let page = fixture.ana.page(&fixture.list).await.expect(200).shows("1 to 50 of 62").hides("fay@contoso.example").html();
        let next = page.link(&fixture.path("?status=pending&cursor="));
        assert!(next.ends_with("&after=50"), "{next}");
        fixture.ana.page(&next).await.expect(200).shows("51 to 62 of 62").shows("fay@contoso.example");
    }

    async fn several_invitations_are_resent_together(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.test_app.deliver().await;
        fixture.test_app.advance(3 * DAY);
        let response = fixture.ana.submit(&fixture.path("/resend"), &[("id", &fixture.fay), ("id", &fixture.george)]).await;
        let page = fixture.ana.follow(response.leads_to(&fixture.list).flashes("resent.2.0")).await.expect(200);
        page.shows("2 invitations are sent again and valid again from now on.").shows("in 7 days");
        fixture.test_app.deliver().await;
        for email in ["fay@contoso.example", "george@contoso.example"] {
            assert_eq!(fixture.test_app.mails_to(email).len(), 2);
        }
    }

    async fn a_resent_invitation_leads_back_to_its_row_in_the_filtered_list(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let row = format!("tr[id='{}'][tabindex='-1']", fixture.fay);
        let page = fixture.ana.page(&fixture.path("?q=fay")).await.expect(200);
        page.has(&row).has(&format!("[action='{}/resend?q=fay']", fixture.list));
        let response = fixture.ana.submit(&fixture.path("/resend?q=fay"), &[("id", &fixture.fay)]).await;
        let target = format!("{}?q=fay#{}", fixture.list, fixture.fay);
        fixture.ana.follow(response.leads_to(&target).flashes("resent.1.0")).await.expect(200)
            .has(&row).hides("george@contoso.example");
        // One that is not pending any more has no row.
        fixture.end_fay().await;
        fixture.ana.submit(&fixture.path("/resend"), &[("id", &fixture.fay)]).await.leads_to(&fixture.list);
    }

    async fn ended_invitations_show_when_they_ended_first(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.end_fay().await;
        let ended = "tbody [data-label='Ended']";
        let page = fixture.ana.page(&fixture.path("?status=revoked")).await.expect(200);
        page.has_texts(ended, &["Sun 22 Nov, 14:05 UTCjust now"]);
        fixture.test_app.advance(8 * DAY);
        let page = fixture.ana.page(&fixture.path("?status=expired")).await.expect(200);
        page.has_texts(ended, &["Expired 29 NovSun 29 Nov, 14:05 UTC"]);
        fixture.ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        fixture.ana.page(&fixture.path("?status=expired")).await.expect(200).shows("Истекло 29 нояб.");
    }

    async fn lists_have_a_name_and_row_headers(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        for (tab, header) in [("users", "ana@northwind.example"), ("invitations", "fay@contoso.example"), ("activity", "22 Nov 2026, 14:05:00 UTC")] {
            let path = format!("/accounts/{}/{tab}", fixture.account);
            let page = fixture.ana.page(&path).await.expect(200);
            let title = page.html().title();
            let (name, _) = title.rsplit_once(" · ").unwrap();
            page.has(&format!("table[aria-label='{name}']"));
            let page = fixture.ana.page(&path).await;
            let headers = page.html().select("tbody th[scope='row']");
            assert!(headers.iter().any(|text| text.contains(header)), "{headers:?}");
        }
        let heading = fixture.ana.page(&fixture.list).await.heading();
        assert_eq!(heading, "Invitations: Northwind Traders Managing");
    }

    async fn revoking_several_invitations_asks_first_and_shows_the_result(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let ask = fixture.path(&format!("/revoke?id={}&id={}", fixture.fay, fixture.george));
        let page = fixture.ana.page(&ask).await.expect(200);
        assert_eq!(page.heading(), "Revoke 2 invitations?");
        page.shows("fay@contoso.example").shows("george@contoso.example")
            .shows("The links in the emails to these addresses stop working at once:")
            .shows("Keep the invitations").shows("Revoke 2 invitations")
            .has_field("id", &fixture.fay);
        assert_eq!(fixture.states().await, ["pending", "pending"]);
        let response = fixture.ana.submit(&fixture.path("/revoke"), &[("id", &fixture.fay), ("id", &fixture.george)]).await;
        let page = fixture.ana.follow(response).await.expect(200);
        page.shows("2 invitations are revoked. The links in the emails no longer work.");
        assert_eq!(fixture.states().await, ["revoked", "revoked"]);
    }

    async fn invitations_that_ended_in_the_meantime_are_named_and_the_others_processed(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let mut fay = fixture.test_app.user("fay@contoso.example", "Fay").await;
        let path = format!("/me/invitations/{}/accept", fixture.fay);
        fay.post(&path, &Value::Null).await.expect(200);
        fixture.test_app.advance(Duration::from_mins(3));
        let both = [("id", fixture.fay.as_str()), ("id", fixture.george.as_str())];
        let response = fixture.ana.submit(&fixture.path("/revoke"), &both).await;
        fixture.ana.follow(response).await.expect(200)
            .shows("1 invitation is revoked; 1 had ended meanwhile.")
            .shows("fay@contoso.example accepted 3 minutes ago.")
            .hides("again=");
        let response = fixture.ana.submit(&fixture.path("/resend"), &both).await;
        fixture.ana.follow(response).await.expect(200)
            .shows("Nothing was sent")
            .shows("fay@contoso.example accepted 3 minutes ago.")
            .shows("The invitation to george@contoso.example was revoked just now.")
            .has_link(&format!("/accounts/{}/invite?again={}", fixture.account, fixture.george));
    }

    async fn an_empty_selection_is_an_error(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        for path in ["/resend", "/revoke"] {
            fixture.ana.submit(&fixture.path(path), &[]).await.expect(422)
                .titled("Error: ").shows("There is a problem")
                .has_link_text("Choose at least one invitation.", "#list")
                .shows("fay@contoso.example");
        }
        fixture.ana.page(&fixture.path("/revoke")).await.expect(422).shows("Choose at least one invitation.");
        fixture.ana.submit(&fixture.path("/resend"), &[("id", "nonsense")]).await.expect(422);
        // The filter of the list is kept.
        fixture.ana.submit(&fixture.path("/resend?q=geo"), &[]).await.expect(422)
            .hides("fay@contoso.example").shows("george@contoso.example");
    }

    async fn an_email_limit_error_keeps_the_selection(test_app: TestApp, few_mails) {
        let mut fixture = of(test_app).await;
        let page = fixture.ana.submit(&fixture.path("/resend"), &[("id", &fixture.fay)]).await.expect(429);
        assert!(page.headers.contains_key("retry-after"));
        page.shows("There is a problem")
            .shows("That was too much at once. Try again in 12 hours.")
            .has(&format!("[value='{}'][form='bulk'][aria-label='Select fay@contoso.example'][checked]", fixture.fay));
    }

    async fn a_created_link_is_shown_once_and_opens_the_invitation(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let path = fixture.path(&format!("/{}/link", fixture.fay));
        let page = fixture.ana.submit(&path, &[]).await.expect(200);
        assert_eq!(page.heading(), "A link to hand over");
        let page = page.shows("It does not prove the mailbox").has("[data-copy-at-once]").html();
        let url = page.attributes("input[readonly]", "value").remove(0);
        let (_, link) = url.split_once("localhost:8080").unwrap();
        let page = fixture.test_app.anonymous().page(link).await.expect(200);
        assert_eq!(page.heading(), "Join Northwind Traders");
        fixture.ana.page(&fixture.list).await.expect(200).hides("cvi_");
        fixture.ana.page(&path).await.expect(405);
    }

    async fn roles_are_edited_and_errors_keep_the_selection(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let path = fixture.path(&format!("/{}/edit", fixture.fay));
        let page = fixture.ana.page(&path).await.expect(200);
        page.shows("Invitation to fay@contoso.example").checked("DEVELOPER").unchecked("LINGUIST");
        fixture.ana.submit(&path, &[("product", "agent")]).await.expect(422)
            .has_texts("#roles[aria-describedby=roles-error] #roles-error", &["Error: Choose at least one role."]).has_link("#roles")
            .has("option[value='agent'][selected]");
        let fields = [("product", "platform"), ("roles", "LINGUIST"), ("roles", "CONTENT_MANAGER")];
        let response = fixture.ana.submit(&path, &fields).await.leads_to(&fixture.list).flashes("edited");
        fixture.ana.follow(response).await.expect(200).shows("Invitation saved.").shows("Linguist").shows("Content manager");
    }

    async fn a_concurrent_change_is_shown_before_it_is_replaced(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let edit = fixture.path(&format!("/{}/edit", fixture.fay));
        fixture.ana.page(&edit).await.expect(200)
            .has_field("seen_product", "platform").has_field("seen_roles", "DEVELOPER");
        let form = |seen, role| [("product", "platform"), ("seen_product", "platform"), ("seen_roles", seen), ("roles", role)];
        fixture.ana.submit(&edit, &form("DEVELOPER", "LINGUIST")).await.expect(303);
        // The same again, and another tab that still shows the first roles.
        fixture.ana.submit(&edit, &form("DEVELOPER", "LINGUIST")).await.expect(303);
        fixture.ana.submit(&edit, &form("DEVELOPER", "CONTENT_MANAGER")).await.expect(412)
            .shows("Another user changed this invitation while the page was open. Its product is now Tovie Platform, its roles are Tovie Platform: Linguist.")
            .checked("CONTENT_MANAGER").has_field("seen_roles", "LINGUIST").titled("Error:");
        let path = format!("{}/{}", fixture.list, fixture.fay);
        assert_eq!(fixture.ana.get(&path).await.expect(200).json()["roles"], json!(["LINGUIST"]));
        fixture.ana.submit(&edit, &form("LINGUIST", "CONTENT_MANAGER")).await.expect(303);
        assert_eq!(fixture.ana.get(&path).await.expect(200).json()["roles"], json!(["CONTENT_MANAGER"]));

        // An error of a stale page does not make it a newer one.
        fixture.ana.submit(&edit, &form("LINGUIST", "")[..3]).await.expect(422).has_field("seen_roles", "LINGUIST");
        fixture.ana.submit(&edit, &form("LINGUIST", "DEVELOPER")).await.expect(412);
        // Another product with the same roles is named.
        fixture.ana.patch(&path, &json!({ "product": "agent" })).await.expect(200);
        fixture.ana.submit(&edit, &form("CONTENT_MANAGER", "DEVELOPER")).await.expect(412)
            .shows("Its product is now Tovie Agent, its roles are Tovie Platform: Content manager.");

        let address = fixture.path(&format!("/{}/address", fixture.fay));
        fixture.ana.page(&address).await.expect(200).has_field("version", "0");
        let form = |version, email| [("version", version), ("email", email)];
        fixture.ana.submit(&address, &form("0", "fay@fabrikam.example")).await.expect(303);
        fixture.ana.submit(&address, &form("0", "fay@fabrikam.example")).await.expect(303);
        fixture.ana.submit(&address, &form("0", "fay@agency.example")).await.expect(412)
            .shows("It is now for fay@fabrikam.example. Send again to replace it.")
            .has_field("email", "fay@agency.example").has_field("version", "1");
        fixture.ana.submit(&address, &form("0", "fay@agency,example")).await.expect(422).has_field("version", "0");
        fixture.ana.submit(&address, &form("x", "fay@agency.example")).await.expect(412);
        fixture.ana.submit(&address, &form("1", "fay@agency.example")).await.expect(303);
        assert_eq!(fixture.ana.get(&path).await.expect(200).json()["email"], "fay@agency.example");
    }

    async fn an_ended_invitation_has_no_next_attempt(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.test_app.run_sql("update invitations set delivery = 'waiting', delivery_reason = 'timeout', next_attempt_at = created_at").await;
        let path = format!("{}/{}", fixture.list, fixture.fay);
        let pending = fixture.ana.get(&path).await.expect(200).json();
        assert!(pending["delivery"]["next_attempt_at"].is_string(), "{pending}");
        fixture.end_fay().await;
        let ended = fixture.ana.get(&path).await.expect(200).json();
        assert!(ended["delivery"]["next_attempt_at"].is_null(), "{ended}");
    }

    async fn editing_an_ended_invitation_offers_to_invite_again(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.end_fay().await;
        let edit = fixture.path(&format!("/{}/edit", fixture.fay));
        let again = format!("/accounts/{}/invite?again={}", fixture.account, fixture.fay);
        let text = "The invitation had ended meanwhile, so it cannot be edited.";
        let response = fixture.ana.page(&edit).await;
        fixture.ana.follow(response).await.expect(200).shows(text).has_link(&again);
        let response = fixture.ana.submit(&edit, &[("product", "platform"), ("roles", "LINGUIST")]).await;
        fixture.ana.follow(response).await.expect(200).shows(text).has_link(&again);
        let response = fixture.ana.submit(&fixture.path(&format!("/{}/link", fixture.fay)), &[]).await;
        fixture.ana.follow(response).await.expect(200).shows("so it has no link any more").has_link(&again);
        let response = fixture.ana.page(&fixture.path(&format!("/revoke?id={}", fixture.fay))).await;
        fixture.ana.follow(response).await.expect(200).shows("Nothing was revoked").has_link(&again);
    }

    async fn auditors_can_view_and_others_see_whom_to_ask(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let account = fixture.account.clone();
        let mut eve = fixture.test_app.member(&mut fixture.ana, &account, "eve@northwind.example", &["USER_AUDITOR"]).await;
        let page = eve.page(&fixture.list).await.expect(200);
        page.shows("fay@contoso.example").hides("Resend").hides("Copy link").lacks("[type='checkbox']").lacks("a[href*='/revoke'], [formaction*='/revoke'], form[action*='/revoke']");
        fixture.end_fay().await;
        eve.page(&fixture.path("?status=revoked")).await.expect(200).shows("fay@contoso.example").hides("again=");
        let edit = fixture.path(&format!("/{}/edit", fixture.george));
        for page in [
            eve.page(&edit).await,
            eve.page(&fixture.path(&format!("/revoke?id={}", fixture.george))).await,
            eve.submit(&fixture.path("/resend"), &[("id", &fixture.george)]).await,
            eve.submit(&fixture.path("/revoke"), &[("id", &fixture.george)]).await,
            eve.submit(&fixture.path(&format!("/{}/link", fixture.george)), &[]).await,
            eve.submit(&edit, &[("product", "platform"), ("roles", "LINGUIST")]).await,
        ] {
            page.expect(403).shows("You may not do this here").shows("Ask Ana");
        }
        let mut dan = fixture.test_app.member(&mut fixture.ana, &account, "dan@northwind.example", &["DEVELOPER"]).await;
        dan.page(&fixture.list).await.expect(403).shows("Ask Ana").hides("george@contoso.example");
        let mut other = fixture.test_app.user("other@x.example", "Other").await;
        other.page(&fixture.list).await.expect(404).hides("fay@contoso.example").hides("Northwind");
        let response = fixture.test_app.anonymous().page(&fixture.list).await;
        response.leads_to(&format!("/sign-in?return_to={}", fixture.list));
    }

    async fn invitations_of_another_account_cannot_be_changed(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        let other = fixture.test_app.account(&mut fixture.ana, "Fabrikam Labs").await;
        let list = format!("/accounts/{other}/invitations");
        fixture.ana.submit(&format!("{list}/revoke"), &[("id", &fixture.fay)]).await.expect(404);
        let flash = format!("revoked.0.1.{}", fixture.fay);
        fixture.ana.page_with_flash(&list, &flash).await.expect(200).shows("Nothing was revoked").hides("fay@contoso.example");
        assert_eq!(fixture.states().await, ["pending", "pending"]);
    }

    async fn a_long_history_is_counted_up_to_a_thousand(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.insert_copies("declined", "created_at", "delivery");
        fixture.ana.page(&fixture.path("?status=declined")).await.expect(200)
            .shows("Declined 1000+").shows("Pending 2").shows("1 to 50").hides("of 1000");
    }

    async fn refused_emails_are_counted_up_to_a_thousand(test_app: TestApp) {
        let mut fixture = of(test_app).await;
        fixture.insert_copies("pending", "null", "'failed'");
        fixture.ana.page(&fixture.list).await.expect(200).shows("Pending 1000+").shows("Email refused 1000+");
    }
}
