//! Emailed links: opening them changes nothing (rules I9 and V9).

use axum::http::Method;

use crate::on_both;
use crate::support::PASSWORD;

on_both! {
    async fn opening_emailed_links_changes_nothing(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        test_app.invite(&mut ana, &account, "fay@contoso.example", &["DEVELOPER"]).await;
        let mut anonymous_client = test_app.anonymous();
        let fields = [("first_name", "Eve"), ("email", "eve@mail.example"), ("password", PASSWORD)];
        anonymous_client.submit("/sign-up", &fields).await.expect(303);
        anonymous_client.submit("/reset", &[("email", "ana@northwind.example")]).await.expect(303);
        ana.submit("/profile/email", &[("email", "ana@home.example"), ("password", PASSWORD)]).await.expect(303);
        let invitation = test_app.mailed_token("fay@contoso.example", "invitations").await;
        let confirm = test_app.mailed_token("eve@mail.example", "confirm").await;
        let reset = test_app.mailed_token("ana@northwind.example", "reset").await;
        let email = test_app.mailed_token("ana@home.example", "confirm-email").await;
        let links = [
            format!("/invitations/{invitation}"),
            format!("/invitations/{invitation}/unsubscribe"),
            format!("/invitations/{invitation}/decline"),
            format!("/invitations/{invitation}/address"),
            format!("/confirm/{confirm}"),
            format!("/reset/{reset}"),
            format!("/confirm-email/{email}"),
        ];
        let before = test_app.database.rows();
        for link in &links {
            for caller in [&mut anonymous_client, &mut ana] {
                for method in [Method::GET, Method::HEAD, Method::GET] {
                    let response = caller.raw(method, link, None, Vec::new()).await;
                    assert!([200, 303].contains(&response.status), "{link}: {}", response.status);
                    assert!(!response.headers.contains_key("set-cookie"), "{link}");
                    assert_eq!(response.headers["cache-control"], "no-store");
                    assert_eq!(response.headers["referrer-policy"], "same-origin");
                }
            }
        }
        for act in ["accept", "join", "resubscribe"] {
            anonymous_client.page(&format!("/invitations/{invitation}/{act}")).await.expect(405);
        }
        assert_eq!(test_app.database.rows(), before);
        // The links still work.
        anonymous_client.submit(&links[4], &[("password", PASSWORD)]).await.leads_to("/accounts").flashes("signed-up");
        ana.submit(&links[6], &[]).await.leads_to("/accounts").flashes("email-changed");
    }

    async fn what_mail_programs_add_to_a_link_does_not_break_it(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        test_app.invite(&mut ana, &account, "fay@contoso.example", &["DEVELOPER"]).await;
        let mut anonymous_client = test_app.anonymous();
        let fields = [("first_name", "Eve"), ("email", "eve@mail.example"), ("password", PASSWORD)];
        anonymous_client.submit("/sign-up", &fields).await.expect(303);
        anonymous_client.submit("/reset", &[("email", "ana@northwind.example")]).await.expect(303);
        ana.submit("/profile/email", &[("email", "ana@home.example"), ("password", PASSWORD)]).await.expect(303);
        let mut links = Vec::new();
        for (email, part) in [
            ("fay@contoso.example", "invitations"), ("eve@mail.example", "confirm"),
            ("ana@northwind.example", "reset"), ("ana@home.example", "confirm-email"),
        ] {
            links.push(format!("/{part}/{}", test_app.mailed_token(email, part).await));
        }
        links.push(format!("{}/unsubscribe", links[0]));
        let before = test_app.database.rows();
        for link in &links {
            for added in ["/", ".", ",", ")", "%3E", "%20", "%0D", "%0D%0A", ").", "/.", "%C2%A0"] {
                let response = ana.page(&format!("{link}{added}")).await.leads_to(link);
                assert!(response.set_cookies().is_empty(), "{link}{added}");
                ana.follow(response).await.expect(200);
            }
            ana.page(&format!("/{link}")).await.leads_to(link);
            ana.page(&link.replacen("/cv", "//cv", 1)).await.leads_to(link);
            ana.page(&format!("{link}.?lang=ru")).await.leads_to(&format!("{link}?lang=ru"));
        }
        assert_eq!(test_app.database.rows(), before);
        // A link that was cut stays unknown, and a form is not sent elsewhere.
        let cut = links[0].get(..links[0].len() - 2).unwrap();
        ana.page(&format!("{cut}.")).await.expect(404);
        ana.submit(&format!("{}./accept", links[0]), &[]).await.expect(404);
    }

    async fn a_link_of_one_kind_is_unknown_to_pages_of_another(test_app: TestApp) {
        let mut anonymous_client = test_app.anonymous();
        let fields = [("first_name", "Eve"), ("email", "eve@mail.example"), ("password", PASSWORD)];
        anonymous_client.submit("/sign-up", &fields).await.expect(303);
        let confirm = test_app.mailed_token("eve@mail.example", "confirm").await;
        anonymous_client.page(&format!("/reset/{confirm}")).await.expect(410);
        anonymous_client.page(&format!("/invitations/{confirm}")).await.expect(404).hides(&confirm);
        anonymous_client.page(&format!("/confirm/{confirm}x")).await.expect(410).hides(&confirm);
        let mut eve = test_app.user("adam@mail.example", "Adam").await;
        eve.submit(&format!("/confirm-email/{confirm}"), &[]).await.expect(410);
    }
}
