//! Sign-in through services, against one that can lie in every claim, on both databases.

mod connect;
mod faults;
mod github;
mod invited;
mod notices;
mod operator;
mod policy;
mod sign_in;
mod states;

use crate::support::{Answer, Client, Provider, TestApp};
use convoke_infra::identity_providers::ProviderKind;

/// An installation and a service that is set up for it as `work`.
struct Scene {
    test_app: TestApp,
    service: Provider,
}

impl Scene {
    async fn of(test_app: TestApp, kind: ProviderKind) -> Self {
        let service = Provider::beside(&test_app).await;
        let settings = service.settings("work", kind);
        let test_app = test_app
            .restarted(|config| config.providers = vec![settings])
            .await;
        Self { test_app, service }
    }

    async fn oidc(test_app: TestApp) -> Self {
        Self::of(test_app, ProviderKind::Oidc).await
    }

    async fn github(test_app: TestApp) -> Self {
        Self::of(test_app, ProviderKind::Github).await
    }

    /// The way to the service: where the browser is sent.
    async fn there(&self, browser: &mut Client, query: &str) -> String {
        browser
            .page(&format!("/sign-in/work{query}"))
            .await
            .location()
    }

    /// The whole way there and back; the answer is that of the way back.
    async fn come(&self, browser: &mut Client, query: &str) -> Answer {
        let there = self.there(browser, query).await;
        let back = self.service.agree(&there);
        browser.page(&back).await
    }

    /// Somebody who signs in through the service and is led there.
    async fn signed_in(&self, path: &str) -> Client {
        let mut browser = self.test_app.anonymous();
        self.come(&mut browser, "").await.leads_to(path);
        browser
    }

    /// How many users there are.
    async fn users(&self) -> i64 {
        count(&self.test_app, "select count(*) from users").await
    }

    /// How many sessions there are.
    async fn sessions(&self) -> i64 {
        count(&self.test_app, "select count(*) from sessions").await
    }
}

/// The number that a statement gives.
async fn count(test_app: &TestApp, text: &'static str) -> i64 {
    let statement = convoke_store::Sql::same(text);
    test_app
        .app
        .db
        .read(move |conn| conn.query_scalar::<i64>(statement, &[]))
        .await
        .map_err(|error: convoke_store::Error| error)
        .unwrap()
}

/// Why the browser was led to the page for those who came back in vain.
#[track_caller]
fn ended(answer: &Answer) -> String {
    let path = answer.location();
    let (page, query) = path.split_once('?').unwrap();
    assert_eq!(page, "/sign-in/work/ended", "{path}");
    let why = query.split('&').find_map(|pair| pair.strip_prefix("why="));
    why.unwrap().to_owned()
}
