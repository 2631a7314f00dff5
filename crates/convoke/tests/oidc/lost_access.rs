//! Grants that a change of the catalogue leaves without access end at the next start, and their products are notified.

use std::time::Duration;

use convoke::jobs::{self, Jobs};
use convoke_core::model::grant::GrantEnd;
use convoke_domain::oauth2;
use tokio::sync::watch;

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
        let (_stop, running) = watch::channel(false);
        // Nothing has changed yet.
        jobs::end_grants_without_access(&test_app.app, &running).await.unwrap();
        assert!(grants(&test_app.app).await.iter().all(|grant| grant.ended_at.is_none()));

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.toml");
        let catalogue = include_str!("logout_catalogue.toml");
        let for_role_holders = "alg = \"ES256\"\nallow = \"role-holders\"\n";
        std::fs::write(&file, catalogue.replacen("alg = \"ES256\"\n", for_role_holders, 1)).unwrap();
        let file = file.to_str().unwrap().to_owned();
        let test_app = test_app.restarted(move |config| config.catalogue = Some(file)).await;
        // Batch by batch.
        let (mut after, mut without_access, mut batches) = (None, Vec::new(), 0);
        loop {
            let batch = test_app.app.read(move |tx| oauth2::list_grants_without_access(tx, after, 3)).await.unwrap();
            without_access.extend(batch.without_access.into_iter().map(|(grant, _)| grant));
            if batch.last.is_none() {
                break;
            }
            (after, batches) = (batch.last, batches + 1);
        }
        assert_eq!((without_access, batches), (vec![lost], 2));
        // The job of a start, then once more, which changes nothing.
        let started = Jobs::start(&test_app.app);
        let mut ticks = tokio::time::interval(Duration::from_millis(3));
        let ended = async {
            while grants(&test_app.app).await.iter().all(|grant| grant.ended_at.is_none()) {
                ticks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap();
        started.stop().await;
        jobs::end_grants_without_access(&test_app.app, &running).await.unwrap();
        let all = grants(&test_app.app).await;
        assert_eq!(all.len(), kept.len() + 1);
        for grant in all {
            let reason = (grant.id == lost).then_some(GrantEnd::ProductChanged);
            assert_eq!(grant.end_reason, reason, "{}", grant.client);
            assert!(grant.id == lost || kept.contains(&grant.id));
        }
        let sent = deliveries(&test_app.app).await;
        assert_eq!(sent.iter().map(|delivery| delivery.grant).collect::<Vec<_>>(), [lost]);
    }
}
