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

use convoke::config::ProviderKind;

use crate::support::{Answer, Client, Provider, TestApp};

/// An installation and a service that is set up for it as `work`.
struct Scene {
    house: TestApp,
    service: Provider,
}

impl Scene {
    async fn of(house: TestApp, kind: ProviderKind) -> Self {
        let service = Provider::beside(&house).await;
        let settings = service.settings("work", kind);
        let house = house
            .restarted(|config| config.providers = vec![settings])
            .await;
        Self { house, service }
    }

    async fn oidc(house: TestApp) -> Self {
        Self::of(house, ProviderKind::Oidc).await
    }

    async fn github(house: TestApp) -> Self {
        Self::of(house, ProviderKind::Github).await
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
        let mut browser = self.house.anonymous();
        self.come(&mut browser, "").await.leads_to(path);
        browser
    }

    /// How many users there are.
    async fn users(&self) -> i64 {
        count(&self.house, "select count(*) from users").await
    }

    /// How many sessions there are.
    async fn sessions(&self) -> i64 {
        count(&self.house, "select count(*) from sessions").await
    }
}

/// The number that a statement gives.
async fn count(house: &TestApp, text: &'static str) -> i64 {
    let statement = convoke::store::Sql::same(text);
    house
        .app
        .db
        .read(move |conn| conn.query_scalar::<i64>(statement, &[]))
        .await
        .map_err(|fault: convoke::store::Error| fault)
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
