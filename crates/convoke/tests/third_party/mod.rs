//! Sign-in through identity providers, against a fake provider with configurable claims, on both databases.

mod connect;
mod faults;
mod github;
mod invited;
mod notices;
mod operator;
mod policy;
mod sign_in;
mod states;

use crate::support::{Client, Provider, TestApp, TestResponse};
use convoke_infra::identity_providers::ProviderKind;

/// An installation with a fake provider that is configured as `work`.
struct Fixture {
    test_app: TestApp,
    service: Provider,
}

impl Fixture {
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

    /// The authorization URL that the browser is redirected to.
    async fn authorization_url(&self, browser: &mut Client, query: &str) -> String {
        browser
            .page(&format!("/sign-in/work{query}"))
            .await
            .location()
    }

    /// Signs in through the provider; returns the response of the callback.
    async fn sign_in_through_provider(&self, browser: &mut Client, query: &str) -> TestResponse {
        let authorization_url = self.authorization_url(browser, query).await;
        let back = self.service.agree(&authorization_url);
        browser.page(&back).await
    }

    /// A client that signed in through the provider and was redirected to this path, without a message.
    async fn signed_in(&self, path: &str) -> Client {
        let mut browser = self.test_app.anonymous();
        let response = self.sign_in_through_provider(&mut browser, "").await;
        assert_eq!(response.leads_to(path).flash(), None);
        browser
    }

    /// A client that signed up through the provider.
    async fn signed_up(&self) -> Client {
        let mut browser = self.test_app.anonymous();
        let response = self.sign_in_through_provider(&mut browser, "").await;
        response.leads_to("/accounts").flashes("signed-up");
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

/// The result of a count query.
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

/// The `why` parameter of the redirect to the error page.
#[track_caller]
fn ended(response: &TestResponse) -> String {
    let path = response.location();
    let (page, query) = path.split_once('?').unwrap();
    assert_eq!(page, "/sign-in/work/ended", "{path}");
    let why = query.split('&').find_map(|pair| pair.strip_prefix("why="));
    why.unwrap().to_owned()
}
