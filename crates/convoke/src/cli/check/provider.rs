//! Services that people sign in through.

use super::Finding;
use convoke_app::Dependencies;
use convoke_domain::identities::authorization_flow::{AuthorizationFlow, AuthorizationIntent};
use convoke_infra::identity_providers::{Provider, ProviderError, ProviderKind};

/// In milliseconds: a clock that is further off rejects tokens that are right.
const CLOCK_TOLERANCE: i64 = 120_000;

/// Checks a service with the request that a browser would be redirected to.
pub(super) async fn check(dependencies: &Dependencies, provider: &Provider) -> Finding {
    let id = &provider.settings.id;
    let what = format!("provider {id}");
    let enter = format!(
        "enter {} as redirect address at {}",
        provider.redirect_uri,
        provider.name()
    );
    let now = dependencies.clock.now();
    let intent = AuthorizationIntent {
        provider: id.clone(),
        ..AuthorizationIntent::default()
    };
    let flow = AuthorizationFlow::start(intent, now, dependencies.random.as_ref());
    let report = match provider.probe(&flow.parameters(), now).await {
        Ok(report) => report,
        Err(ProviderError::Misconfigured(error)) => {
            let detail = format!("{error}. Correct it in providers.{id}; {enter}.");
            return Finding::error(what, detail);
        }
        Err(error) => {
            let detail = format!(
                "{error}. Is {} right, and can this machine reach it?",
                provider.settings.issuer()
            );
            return Finding::error(what, detail);
        }
    };
    let counts_time = provider.settings.kind != ProviderKind::Github;
    let off = report.ahead.filter(|ahead| ahead.abs() > CLOCK_TOLERANCE);
    if let Some(ahead) = off.filter(|_| counts_time) {
        let (seconds, way) = (
            ahead.abs() / 1000,
            if ahead > 0 { "behind" } else { "ahead of" },
        );
        let detail = format!(
            "this machine's clock is {seconds} s {way} the service's, so it refuses what the service says. Set it, with \
             chrony or the like."
        );
        return Finding::error(what, detail);
    }
    let error = report.error.map(|error| format!("\"{error}\""));
    let status = (report.welcome >= 400).then(|| report.welcome.to_string());
    if let Some(answer) = error.or(status) {
        let detail = format!(
            "it answers {answer} to browsers that are sent there: it does not know client_id, or not this redirect \
             address. Compare providers.{id}.client_id, and {enter}."
        );
        return Finding::error(what, detail);
    }
    Finding::ok(
        what,
        format!("{} answers, the clocks agree; {enter}", provider.name()),
    )
}
