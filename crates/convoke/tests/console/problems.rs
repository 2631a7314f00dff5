//! Error pages: the reason in the language of the reader, and links.

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_rejected_action_shows_the_reason_and_a_link_to_the_account(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        let owner = ana.id().await;
        let mut bo = test_app.member(&mut ana, &account, "bo@northwind.example", &["USER_ADMIN"]).await;
        let path = format!("/accounts/{account}/users/{owner}/remove");
        let page = bo.submit(&path, &[]).await.expect(403);
        assert_eq!(page.heading(), "The owner cannot be edited or removed by others");
        let reference = page.header("x-request-id").to_owned();
        page.shows("The owner holds every permission, and nobody else edits or removes them.")
            .has_link_text("Back to the account", &format!("/accounts/{account}"))
            .has_link_text("Go to your accounts", "/accounts")
            .has("[action='/sign-out']")
            .shows(&reference);
        bo.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        let page = bo.submit(&path, &[]).await.expect(403);
        assert_eq!(page.heading(), "Владельца не могут изменить или удалить другие");
        page.shows("Вернуться в аккаунт").shows("К вашим аккаунтам").hides("The owner");
    }

    async fn error_pages_link_to_accounts_or_to_the_start_page(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let page = ana.page("/accounts/acc_01h455vb4pex5vsknk084sn02q/users").await.expect(404);
        page.has_link_text("Go to your accounts", "/accounts").hides("Back to the account");
        test_app.anonymous().page("/nowhere").await.expect(404).has_link_text("Go to the start page", "/");
    }

    async fn parameters_with_errors_are_named_in_every_language(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        let activity = format!("/accounts/{account}/activity");
        let long = "x".repeat(300);
        let path = format!("{activity}?q={long}");
        ana.page(&path).await.expect(422).shows("q: This is too long: 256 characters fit.");
        ana.page(&format!("{activity}?from=yesterday&to=2026-11-30")).await.expect(422)
            .shows("from: This is not a day. Choose one from the calendar, or write it as 2026-11-30.");
        ana.page(&format!("{activity}?from=2026-11-01&to=2026-02-31")).await.expect(422).shows("to: This is not a day.");
        ana.page(&format!("{activity}?from=&to=+2026-11-30+")).await.expect(200);
        ana.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        ana.page(&format!("{activity}?to=1")).await.expect(422).shows("to: Это не дата.");
        let mut reader = test_app.anonymous().speaking("ru");
        reader.page(&path).await.expect(422).shows("q: Слишком длинно: помещается 256 знаков.");
    }

    async fn a_form_with_unknown_fields_asks_to_reload_the_page(test_app: TestApp) {
        let page = test_app.anonymous().submit("/sign-in", &[("colour", "red")]).await.expect(422);
        page.shows("These are not the fields of the form. Load its page again and send it from there.");
        let mut reader = test_app.anonymous().speaking("ru");
        reader.submit("/sign-in", &[("colour", "red")]).await.expect(422).shows("Это не те поля, которые есть в форме.");
    }
}
