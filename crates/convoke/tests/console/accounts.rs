//! The accounts of a user, their settings, joining and leaving.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, PASSWORD, TestResponse};

on_both! {
    async fn an_account_is_created_renamed_and_restricted(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        ana.page("/accounts").await.expect(200).has_link("/accounts/new").shows("ask them to invite ana@x.io");
        ana.page("/accounts/new").await.expect(200).shows("Create account");
        let page = ana.submit("/accounts", &[("name", "")]).await.expect(422);
        page.shows("The name is empty.").has_link("#name").titled("Error:");
        let path = ana.submit("/accounts", &[("name", "Spring Launch")]).await.flashes("account-created").location();
        let account = path.clone();
        let response = ana.page(&path).await.leads_to(&format!("{account}/users"));
        ana.follow(response).await.expect(200).shows("The account is created. You own it.").shows("Spring Launch");
        let settings = format!("{account}/settings");
        let page = ana.submit(&format!("{settings}/name"), &[("name", "www.evil.example")]).await.expect(422);
        page.shows("The name has a web address").has_field("name", "www.evil.example");
        ana.submit(&format!("{settings}/name"), &[("name", "Summer")]).await.leads_to(&settings).flashes("saved");
        ana.submit(&format!("{settings}/registered-users-only"), &[("registered_users_only", "on")]).await.expect(303);
        ana.page(&settings).await.expect(200)
            .shows("Saved.").has_field("name", "Summer").checked("on").shows("1 of 250");
        ana.submit(&format!("{settings}/registered-users-only"), &[]).await.expect(303);
        ana.page(&settings).await.expect(200).unchecked("on");
    }

    async fn the_account_pages_depend_on_the_roles(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut eve = team.member(&test_app, "eve@x.io", &["USER_AUDITOR"]).await;
        let mut omar = team.member(&test_app, "omar@x.io", &["BILLING_ADMIN"]).await;
        let mut dev = team.member(&test_app, "dev@x.io", &["DEVELOPER"]).await;
        let (account, settings) = (format!("/accounts/{}", team.account), team.path("settings"));
        eve.page(&settings).await.expect(200).shows("Only the owner changes these settings. Ask Ada.").hides("Save name");
        eve.submit(&format!("{settings}/name"), &[("name", "Mine")]).await.expect(403).shows("Ask Ada");
        omar.page(&settings).await.expect(200).shows("4 of 250").hides("Who can be invited");
        omar.page(&account).await.expect(200).shows("Billing administrator").shows("4 of 250").lacks("a[href$='/activity']");
        dev.page(&account).await.expect(200)
            .shows("Tovie Platform: Developer").shows("Writes scripts in the visual editor").shows("What to do next").shows("Who is here").shows("Ada")
            .hides("Leave account").hides("of 250");
        // Leaving is the last thing of the settings.
        dev.page(&settings).await.expect(200).shows("Only the owner changes these settings. Ask Ada.").shows("Writes scripts in the visual editor")
            .hides("of 250").hides("Who can be invited").has("main section:last-child a[href$='/leave']");
        dev.page("/accounts").await.expect(200).shows("You are a user of this account. Ada manages it.");
        eve.page(&account).await.leads_to(&team.path("users"));
    }

    async fn nine_accounts_and_more_can_be_searched(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        for number in 1..8 {
            test_app.account(&mut ana, &format!("Team {number}")).await;
        }
        ana.page("/accounts").await.expect(200).lacks("[type='search']");
        test_app.account(&mut ana, "Северный ветер").await;
        ana.page("/accounts").await.expect(200).has("[type='search']");
        ana.page("/accounts?q=%D1%81%D0%B5%D0%B2%D0%B5%D1%80").await.expect(200).shows("Северный ветер").hides("Team 1");
        ana.page("/accounts?q=zed").await.expect(200).shows("No accounts match \"zed\".").shows("Clear search");
    }

    async fn ownership_is_offered_withdrawn_and_accepted(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["DEVELOPER"]).await;
        let (transfer, settings) = (team.path("transfer"), team.path("settings"));
        team.owner.page(&transfer).await.expect(200).shows("Transfer Analytical Engines to somebody else?").has("[value='bo@x.io']");
        let fields = |member: &'static str, name: &'static str, password: &'static str| {
            [("member", member), ("account_name", name), ("password", password)]
        };
        let wrong = [
            (fields("zed@x.io", "Analytical Engines", PASSWORD), 404, "No user of this account has this address."),
            (fields("bo@x.io", "Engines", PASSWORD), 422, "This is not the account's name."),
            (fields("bo@x.io", "Analytical Engines", "wrong password"), 403, "The password is not right."),
        ];
        for (fields, status, text) in wrong {
            let page = team.owner.submit(&transfer, &fields).await.expect(status);
            page.shows(text).shows("There is a problem").hides(PASSWORD);
        }
        team.owner.submit(&transfer, &fields("bo@x.io", "Analytical Engines", PASSWORD)).await.leads_to(&settings).flashes("offered");
        team.owner.page(&settings).await.expect(200).shows("Offered to bo, who can accept until").shows("Withdraw the offer");
        bo.page("/accounts").await.expect(200).shows("Become owner");
        team.owner.submit(&format!("{transfer}/withdraw"), &[]).await.leads_to(&settings).flashes("withdrawn");
        let accept = team.path("ownership-offer/accept");
        let response = bo.submit(&accept, &[]).await.leads_to("/accounts").flashes("offer-gone");
        bo.follow(response).await.expect(200).shows("The offer had ended meanwhile. Nothing changed.");
        team.owner.submit(&transfer, &fields("bo@x.io", "Analytical Engines", PASSWORD)).await.expect(303);
        bo.submit(&accept, &[]).await.expect(303);
        bo.page(&settings).await.expect(200).shows("Save name");
        team.owner.page(&transfer).await.expect(403).shows("Ask bo, who owns the account.");
    }

    async fn the_default_account_cannot_be_transferred_or_left(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        let own = ana.get("/accounts").await.text("/items/0/id");
        ana.page(&format!("/accounts/{own}/settings")).await.expect(200).shows("This account came with your sign-in and stays yours.");
        ana.page(&format!("/accounts/{own}/transfer")).await.expect(409);
        ana.page(&format!("/accounts/{own}/leave")).await.expect(409).shows("The owner cannot leave");
    }

    async fn leaving_shows_its_effects_first(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut bo = team.member(&test_app, "bo@x.io", &["USER_ADMIN"]).await;
        test_app.invite(&mut bo, &team.account, "fay@x.io", &["DEVELOPER"]).await;
        let leave = team.path("leave");
        bo.page(&leave).await.expect(200)
            .shows("Leave Analytical Engines?").shows("User administrator")
            .shows("1 invitation you sent is pending and will be revoked.").shows("Stay");
        bo.submit(&leave, &[]).await.leads_to("/accounts").flashes("left");
        bo.submit(&leave, &[]).await.leads_to("/accounts").flashes("left");
        let page = team.owner.page(&team.path("invitations?status=revoked")).await.expect(200);
        page.shows("fay@x.io");
    }

    async fn an_invitation_that_ended_in_the_meantime_shows_its_state(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut fay = test_app.user("fay@x.io", "Fay").await;
        let id = team.invite("fay@x.io").await;
        fay.page("/accounts").await.expect(200).shows("Accept").shows("Tovie Platform: Developer");
        team.owner.post(&team.of(&id, "revoke"), &Value::Null).await.expect(200);
        for act in ["accept", "decline"] {
            let response = fay.submit(&format!("/accounts/invitations/{id}/{act}"), &[]).await.leads_to("/accounts").flashes("invitation-gone");
            fay.follow(response).await.expect(200).shows("The invitation had ended meanwhile. Ask the inviter for a new one.");
        }
    }

    async fn the_account_that_came_with_a_user_is_marked_as_personal(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        let team = test_app.account(&mut ana, "Northwind Traders").await;
        let own = ana.default_account().await;
        let mark = "Personal account";
        let badges = |page: &TestResponse| page.html().select(".badge").iter().filter(|text| *text == mark).count();
        let page = ana.page("/accounts").await.expect(200).hides("0 pending").shows("1 user");
        assert_eq!(badges(&page), 1);
        assert_eq!(badges(&ana.page(&format!("/accounts/{own}/settings")).await.expect(200)), 1);
        assert_eq!(badges(&ana.page(&format!("/accounts/{team}/settings")).await.expect(200)), 0);
        test_app.invite(&mut ana, &team, "bo@x.io", &["DEVELOPER"]).await;
        ana.page("/accounts").await.expect(200).shows("1 user · 1 pending");
        ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        ana.page("/accounts").await.expect(200).shows("личный аккаунт").shows("1 пользователь · 1 приглашение ждёт ответа");
    }

    async fn the_profile_is_saved_section_by_section(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        let page = ana.page("/profile").await.expect(200);
        page.shows("ana@x.io").shows("usr_").has_link_text("Password", "/profile/password");
        for (path, heading, text) in [
            ("/profile", "Personal details", "Save name"),
            ("/profile/email", "Change your email address", "ana@x.io"),
            ("/profile/password", "Password", "Current password"),
            ("/profile/language", "Language and time", "now 14:05"),
            ("/profile/appearance", "Appearance", "As the system"),
            ("/profile/sessions", "Sessions", "This device"),
            ("/profile/services", "Connected services", "No service to sign in with"),
            ("/profile/activity", "Your activity", "Signed up"),
        ] {
            let page = ana.page(path).await.expect(200);
            assert_eq!(page.heading(), heading);
            page.shows(text).titled(heading).has(&format!(".tabs a[aria-current='page'][href='{path}']"));
        }
        let page = ana.submit("/profile/name", &[("first_name", ""), ("last_name", "Costa")]).await.expect(422);
        page.shows("The name is empty.").has_field("last_name", "Costa").has_link("#first_name");
        let page = ana.submit("/profile/phone", &[("phone", "call me")]).await.expect(422);
        page.has_field("phone", "call me");
        for (path, section, fields) in [
            ("name", "", vec![("first_name", "Ana"), ("last_name", "Costa")]),
            ("phone", "", vec![("phone", "+351 21 000 000")]),
            ("time-zone", "/language", vec![("time_zone", "Asia/Tokyo")]),
            ("theme", "/appearance", vec![("theme", "dark")]),
            ("shortcuts", "/appearance", vec![]),
        ] {
            let response = ana.submit(&format!("/profile/{path}"), &fields).await;
            response.leads_to(&format!("/profile{section}")).flashes("saved");
        }
        let page = ana.page("/profile").await.expect(200);
        page.has("[data-theme='dark']").hides("data-shortcuts").has_field("phone", "+351 21 000 000").shows("Ana Costa");
        ana.page("/profile/language").await.expect(200).shows("now 23:05").has_field("time_zone", "Tokyo, Japan (UTC+9)");
        ana.submit("/profile/language", &[("locale", "ru")]).await.expect(303);
        ana.page("/profile").await.expect(200).has("html[lang='ru']").shows("Профиль")
            .shows("Сохранить имя").hides("Сохранить название");
        let me = ana.get("/me").await.json();
        assert_eq!((&me["time_zone"], &me["locale"]), (&json!("Asia/Tokyo"), &json!("ru")));
    }

    async fn a_time_zone_is_chosen_by_its_place_in_the_language_of_the_reader(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        ana.submit("/profile/language", &[("locale", "ru")]).await.leads_to("/profile/language");
        let page = ana.page("/profile/language").await.expect(200);
        page.has("#time_zone[list='time_zone-options']").has("#time_zone-options option[value='Москва, Россия (UTC+3)']");
        for (typed, zone) in [
            ("Москва, Россия (UTC+3)", "Europe/Moscow"),
            ("берлин", "Europe/Berlin"),
            ("Lisbon, Portugal (UTC+0)", "Europe/Lisbon"),
            ("Asia/Calcutta", "Asia/Kolkata"),
            ("Etc/GMT+3", "Etc/GMT+3"),
        ] {
            ana.submit("/profile/time-zone", &[("time_zone", typed)]).await.leads_to("/profile/language").flashes("saved");
            assert_eq!(ana.get("/me").await.json()["time_zone"], zone, "{typed}");
        }
        let page = ana.submit("/profile/time-zone", &[("time_zone", "Атлантида")]).await.expect(422);
        page.shows("Такого часового пояса нет. Введите город").has_link("#time_zone").has_field("time_zone", "Атлантида");
        assert_eq!(ana.get("/me").await.json()["time_zone"], "Etc/GMT+3");
    }

    async fn the_password_is_changed_and_other_sessions_end(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        let mut other = test_app.anonymous();
        other.submit("/sign-in", &[("login", "ana@x.io"), ("password", PASSWORD)]).await.expect(303);
        let new = "four unrelated words here";
        let page = ana.submit("/profile/password", &[("current_password", "wrong one here"), ("password", new)]).await.expect(403);
        page.shows("The password is not right.").has_link("#current_password").hides(new);
        ana.submit("/profile/password", &[("current_password", PASSWORD), ("password", "short")]).await.expect(422)
            .shows("The password is too short.");
        ana.submit("/profile/password", &[("current_password", PASSWORD), ("password", new)]).await.leads_to("/profile/password").flashes("password-changed");
        ana.page("/profile").await.expect(200);
        other.page("/profile").await.expect(303);
    }

    async fn sessions_are_ended_individually_or_together(test_app: TestApp) {
        let mut ana = test_app.user("ana@x.io", "Ana").await;
        let mut others = Vec::new();
        for _ in 0..3 {
            let mut other = test_app.anonymous();
            other.submit("/sign-in", &[("login", "ana@x.io"), ("password", PASSWORD)]).await.expect(303);
            others.push(other);
        }
        let list = ana.get("/me/sessions").await.json();
        let one = list["items"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
        let id = one["id"].as_str().unwrap();
        ana.submit("/profile/sessions/end", &[("id", id)]).await.leads_to("/profile/sessions").flashes("session-ended");
        ana.submit("/profile/sessions/end", &[("id", "nonsense")]).await.leads_to("/profile/sessions").flashes("session-ended");
        ana.page("/profile/sessions").await.expect(200).shows("End all other sessions");
        ana.submit("/profile/sessions/end-others", &[]).await.leads_to("/profile/sessions").flashes("others-ended");
        for other in &mut others {
            other.page("/profile").await.expect(303);
        }
        ana.page("/profile/sessions").await.expect(200).hides("End all other sessions");
    }

    async fn a_new_link_is_sent_for_an_expired_sign_up(test_app: TestApp) {
        let mut eve = test_app.anonymous();
        let fields = [("first_name", "Eve"), ("email", "eve@x.io"), ("password", PASSWORD), ("time_zone", "Asia/Tokyo")];
        eve.submit("/sign-up", &fields).await.expect(303);
        let token = test_app.mailed_token("eve@x.io", "confirm").await;
        test_app.advance(std::time::Duration::from_hours(25));
        let again = format!("/confirm/{token}/again");
        eve.page(&format!("/confirm/{token}")).await.expect(410).shows("Send another link").has(&format!("[action='{again}']"));
        eve.submit(&again, &[]).await.leads_to("/sign-up/check-mail");
        let fresh = test_app.mailed_token("eve@x.io", "confirm").await;
        assert_ne!(fresh, token);
        eve.submit(&format!("/confirm/{fresh}"), &[("password", PASSWORD)]).await.leads_to("/accounts").flashes("signed-up");
        assert_eq!(eve.get("/me").await.text("/time_zone"), "Asia/Tokyo");
        // The response does not disclose whether a registration was pending.
        test_app.anonymous().submit("/confirm/cvc_unknown/again", &[]).await.leads_to("/sign-up/check-mail");
    }

    async fn an_anonymous_visitor_selects_a_language(test_app: TestApp) {
        let mut eve = test_app.anonymous();
        let page = eve.page("/sign-in?return_to=/accounts").await.expect(200);
        page.has_link("?return_to=%2Faccounts&lang=ru").shows("Русский");
        let page = eve.page("/sign-in?lang=ru").await.expect(200);
        assert_eq!(page.headers["set-cookie"], "convoke-language=ru; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000");
        page.has("html[lang='ru']");
        let mut later = eve.with("cookie", "convoke-language=ru");
        later.page("/sign-up").await.expect(200).has("html[lang='ru']");
    }
}
