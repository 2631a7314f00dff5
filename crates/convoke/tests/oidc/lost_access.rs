//! Grants that a change of the catalogue leaves without access end at the next start, and their products are notified.

use convoke::jobs;
use convoke_core::model::grant::GrantEnd;

use super::products::{deliveries, grants, products, sign_in};
use crate::on_both;

on_both! {
    async fn grants_end_that_the_catalogue_admits_no_more(test_app: TestApp, products) {
        let mut ana = test_app.user("ana@northwind.example", "Ana").await;
        let account = test_app.account(&mut ana, "Northwind Traders").await;
        let developer = test_app.member(&mut ana, &account, "bo@northwind.example", &["DEVELOPER"]).await;
        let auditor = test_app.member(&mut ana, &account, "cy@northwind.example", &["USER_AUDITOR"]).await;
        let mut kept = Vec::new();
        for user in [&ana, &developer] {
            kept.push(sign_in(&test_app, user, "platform", &account).await.active.grant.id);
        }
        kept.push(sign_in(&test_app, &auditor, "wiki", &account).await.active.grant.id);
        let lost = sign_in(&test_app, &auditor, "platform", &account).await.active.grant.id;
        // Nothing has changed yet.
        jobs::end_grants_without_access(&test_app.app).await.unwrap();
        assert!(grants(&test_app.app).await.iter().all(|grant| grant.ended_at.is_none()));

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.toml");
        let catalogue = include_str!("logout_catalogue.toml");
        let for_role_holders = "alg = \"ES256\"\nallow = \"role-holders\"\n";
        std::fs::write(&file, catalogue.replacen("alg = \"ES256\"\n", for_role_holders, 1)).unwrap();
        let file = file.to_str().unwrap().to_owned();
        let test_app = test_app.restarted(move |config| config.catalogue = Some(file)).await;
        jobs::end_grants_without_access(&test_app.app).await.unwrap();
        for grant in grants(&test_app.app).await {
            let reason = (grant.id == lost).then_some(GrantEnd::ProductChanged);
            assert_eq!(grant.end_reason, reason, "{}", grant.client);
            assert!(grant.id == lost || kept.contains(&grant.id));
        }
        let sent = deliveries(&test_app.app).await;
        assert_eq!(sent.iter().map(|delivery| delivery.grant).collect::<Vec<_>>(), [lost]);
    }
}
