//! Pages in place of what was asked for: what happened in the reader's language, and ways on.

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_refused_act_says_why_in_the_reader_s_language_and_leads_back_to_the_account(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        let owner = ana.id().await;
        let mut bo = test_app.member(&mut ana, &account, "bo@northwind.example", &["USER_ADMIN"]).await;
        let path = format!("/accounts/{account}/users/{owner}/remove");
        let page = bo.submit(&path, &[]).await.expect(403);
        assert_eq!(page.heading(), "The owner cannot be edited or removed by others");
        let reference = page.header("x-request-id").to_owned();
        page.shows("The owner holds every permission, and nobody else edits or removes them.")
            .shows(&format!("href=\"/accounts/{account}\">Back to the account"))
            .shows("href=\"/accounts\">Go to your accounts")
            .shows("action=\"/sign-out\"")
            .shows(&reference);
        bo.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        let page = bo.submit(&path, &[]).await.expect(403);
        assert_eq!(page.heading(), "Владельца не могут изменить или удалить другие");
        page.shows("Вернуться в аккаунт").shows("К вашим аккаунтам").hides("The owner");
    }

    async fn what_is_not_there_leads_to_ones_accounts_and_strangers_to_the_start(test_app: TestApp) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let page = ana.page("/accounts/acc_01h455vb4pex5vsknk084sn02q/users").await.expect(404);
        page.shows("href=\"/accounts\">Go to your accounts").hides("Back to the account");
        test_app.anonymous().page("/nowhere").await.expect(404).shows("href=\"/\">Go to the start page");
    }

    async fn a_form_with_other_fields_says_to_load_its_page_again(test_app: TestApp) {
        let page = test_app.anonymous().submit("/sign-in", &[("colour", "red")]).await.expect(422);
        page.shows("These are not the fields of the form. Load its page again and send it from there.");
        let mut reader = test_app.anonymous().speaking("ru");
        reader.submit("/sign-in", &[("colour", "red")]).await.expect(422).shows("Это не те поля, которые есть в форме.");
    }
}
