//! `convoke check`: what is wrong and how to fix it, one line each.

use std::borrow::Cow;

use serde_json::json;

use super::{DONE, FAILED, print_line, runtime};
use convoke_app::config::{Brand, Config};
use convoke_app::{App, Dependencies, Schema};
use convoke_domain::identities::authorization_flow::{AuthorizationFlow, AuthorizationIntent};
use convoke_infra::identity_providers::{Provider, ProviderError, ProviderKind};

struct Finding {
    what: Cow<'static, str>,
    /// Nothing when all is well.
    error: Option<String>,
    detail: String,
}

impl Finding {
    fn ok(what: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            error: None,
            detail: detail.into(),
        }
    }

    fn error(what: impl Into<Cow<'static, str>>, error: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            error: Some(error.into()),
            detail: String::new(),
        }
    }
}

/// Checks brand, configuration, database, mail and the services that people sign in through.
pub(super) fn run(config: Config, as_json: bool) -> u8 {
    let findings = match runtime() {
        Ok(runtime) => runtime.block_on(run_checks(config)),
        Err(code) => return code,
    };
    let healthy = findings.iter().all(|finding| finding.error.is_none());
    if as_json {
        let items: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({ "check": finding.what, "ok": finding.error.is_none(),
                    "detail": finding.error.as_ref().unwrap_or(&finding.detail) })
            })
            .collect();
        print_line(&json!({ "ok": healthy, "items": items }).to_string());
    } else {
        for finding in &findings {
            match &finding.error {
                None => print_line(&format!("ok    {}: {}", finding.what, finding.detail)),
                Some(error) => print_line(&format!("error {}: {error}", finding.what)),
            }
        }
    }
    if healthy { DONE } else { FAILED }
}

async fn run_checks(mut config: Config) -> Vec<Finding> {
    let brand = match brand(&mut config.brand) {
        Ok(detail) => Finding::ok("brand", detail),
        Err(error) => return vec![Finding::error("brand", error)],
    };
    let mut findings = vec![brand];
    findings.extend(check_connections(config).await);
    findings
}

fn brand(brand: &mut Brand) -> Result<String, String> {
    brand.prepare()?;
    let colour = brand.colour.as_deref().unwrap_or("built in");
    let logo = brand.logo.as_deref().unwrap_or("built in");
    Ok(format!("{}, colour {colour}, logo {logo}", brand.name))
}

async fn check_connections(config: Config) -> Vec<Finding> {
    let address = config.public_url().origin();
    let file = config.database.url.expose().strip_prefix("sqlite://");
    if let Some(file) = file.filter(|file| !std::path::Path::new(file).exists()) {
        // Looking must not create it.
        let detail =
            format!("{file} does not exist yet; convoke serve or convoke migrate creates it.");
        return vec![
            Finding::ok("configuration", format!("serves {address}")),
            Finding::error("database", detail),
        ];
    }
    let app = match App::build(config, Dependencies::default()) {
        Ok(app) => app,
        Err(error) => return vec![Finding::error("configuration", error)],
    };
    let mut findings = vec![Finding::ok(
        "configuration",
        format!("serves {address}, edition {:?}", app.config.edition),
    )];
    let kind = app.database_name();
    findings.push(match app.schema().await {
        Ok(Schema::Current) => {
            Finding::ok("database", format!("{kind} answers, its schema is current"))
        }
        Ok(Schema::Old) => Finding::error(
            "database",
            format!("{kind} answers, its schema is old. Run convoke migrate."),
        ),
        Ok(Schema::Newer) => Finding::error(
            "database",
            format!("{kind} answers, its schema is newer than this program. Run a newer convoke."),
        ),
        Err(error) => Finding::error(
            "database",
            format!(
                "{error}. Is database.url right, the server running, and convoke migrate done?"
            ),
        ),
    });
    findings.push(match app.transport.check().await {
        Ok(()) if app.transport.mailbox().is_some() => Finding::ok(
            "mail",
            "no mail.smtp_url is set: mail stays in memory, which suits trials only",
        ),
        Ok(()) => Finding::ok("mail", "the mail server accepts connections"),
        Err(error) => Finding::error("mail", format!("{error}. Is mail.smtp_url right?")),
    });
    for provider in app.providers.all() {
        findings.push(service(&app, provider).await);
    }
    findings
}

/// In milliseconds: a clock that is further off rejects tokens that are right.
const CLOCK_TOLERANCE: i64 = 120_000;

/// Checks a service with the request that a browser would be redirected to.
async fn service(app: &App, provider: &Provider) -> Finding {
    let id = &provider.settings.id;
    let what = format!("provider {id}");
    let enter = format!(
        "enter {} as redirect address at {}",
        provider.redirect_uri,
        provider.name()
    );
    let now = app.ctx.clock.now();
    let intent = AuthorizationIntent {
        provider: id.clone(),
        ..AuthorizationIntent::default()
    };
    let flow = AuthorizationFlow::start(intent, now, app.ctx.random.as_ref());
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
