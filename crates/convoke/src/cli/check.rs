//! `convoke check`: what is wrong and how to fix it, one line each. Every check runs, whatever the others found.

mod clients;
mod mail;
mod provider;

use std::borrow::Cow;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::error::CommandError;
use super::{FAILED, load, print_line, runtime};
use convoke_app::config::{Brand, Config};
use convoke_app::database::{self, DatabaseState};
use convoke_app::{Dependencies, Schema, load_catalogue};
use convoke_infra::identity_providers::Providers;

/// What to check beyond what is always checked.
#[derive(Args, Debug)]
pub(super) struct CheckOptions {
    /// Send a test email to this address
    #[arg(long, value_name = "ADDRESS")]
    mail_to: Option<String>,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Ok,
    /// It works, and something is probably not as it is meant to be.
    Warning,
    Error,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The start of a line.
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok   ",
            Self::Warning => "warn ",
            Self::Error => "error",
        }
    }
}

struct Finding {
    what: Cow<'static, str>,
    level: Level,
    detail: String,
}

impl Finding {
    fn new(what: impl Into<Cow<'static, str>>, level: Level, detail: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            level,
            detail: detail.into(),
        }
    }

    fn ok(what: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(what, Level::Ok, detail)
    }

    fn warning(what: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(what, Level::Warning, detail)
    }

    fn error(what: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(what, Level::Error, detail)
    }
}

/// Checks configuration, brand, catalogue, database, mail and the services that people sign in through.
pub(super) fn run(file: Option<&Path>, options: &CheckOptions) -> Result<ExitCode, CommandError> {
    let findings = match load(file) {
        // Without values there is nothing else to look at.
        Err(errors) => errors
            .into_iter()
            .map(|error| Finding::error("configuration", error))
            .collect(),
        Ok(loaded) => {
            let mut findings: Vec<Finding> = loaded
                .warnings
                .into_iter()
                .map(|warning| Finding::warning("configuration", warning))
                .collect();
            let rest = run_checks(loaded.config, options.mail_to.as_deref());
            findings.extend(runtime()?.block_on(rest));
            findings
        }
    };
    let healthy = findings.iter().all(|finding| finding.level != Level::Error);
    if options.json {
        let items: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({ "check": finding.what, "ok": finding.level != Level::Error,
                    "level": finding.level.as_str(), "detail": finding.detail })
            })
            .collect();
        print_line(&json!({ "ok": healthy, "items": items }).to_string());
    } else {
        for Finding {
            what,
            level,
            detail,
        } in &findings
        {
            print_line(&format!("{} {what}: {detail}", level.label()));
        }
    }
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

async fn run_checks(mut config: Config, mail_to: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![
        check_brand(&mut config.brand),
        Finding::ok(
            "configuration",
            format!(
                "serves {}, edition {}",
                config.public_url().origin(),
                config.edition.as_str()
            ),
        ),
    ];
    findings.extend(check_catalogue(&config));
    findings.push(check_database(&config).await);
    let dependencies = Dependencies::default();
    findings.extend(mail::check(&config, &dependencies, mail_to).await);
    let providers = Providers::new(
        &config.providers,
        config.outbound.allowed_networks.clone(),
        &config.public_url(),
    );
    match providers {
        Err(error) => findings.push(Finding::error("providers", error)),
        Ok(providers) => {
            for provider in providers.all() {
                findings.push(provider::check(&dependencies, provider).await);
            }
        }
    }
    findings
}

fn check_brand(brand: &mut Brand) -> Finding {
    if let Err(error) = brand.prepare() {
        return Finding::error("brand", error);
    }
    let colour = brand.colour.as_deref().unwrap_or("built in");
    let logo = brand.logo.as_deref().unwrap_or("built in");
    Finding::ok(
        "brand",
        format!("{}, colour {colour}, logo {logo}", brand.name),
    )
}

fn check_catalogue(config: &Config) -> Vec<Finding> {
    let catalogue = match load_catalogue(config) {
        Ok(catalogue) => catalogue,
        Err(errors) => {
            let errors = errors
                .lines()
                .map(|error| Finding::error("catalogue", error));
            return errors.collect();
        }
    };
    let name = config.catalogue.as_deref().unwrap_or("built in");
    let (products, roles) = (catalogue.products.len(), catalogue.roles().count());
    let mut findings = vec![Finding::ok(
        "catalogue",
        format!("{name}, {products} products and {roles} roles"),
    )];
    let without: Vec<&str> = catalogue
        .products
        .iter()
        .filter(|product| product.url.is_none())
        .map(|product| product.key.as_str())
        .collect();
    if !without.is_empty() {
        findings.push(Finding::warning(
            "catalogue",
            format!(
                "products without url: {}. People who join get no link that opens them; set url in a catalogue file",
                without.join(", ")
            ),
        ));
    }
    findings.extend(clients::check(config, &catalogue));
    findings
}

async fn check_database(config: &Config) -> Finding {
    let what = "database";
    match database::inspect(config).await {
        Err(error) => Finding::error(what, error),
        Ok(DatabaseState::MissingFile(path)) => Finding::ok(
            what,
            format!(
                "{} does not exist yet, and this check creates nothing; convoke serve or convoke migrate creates it",
                path.display()
            ),
        ),
        Ok(DatabaseState::Reachable(name, Schema::Empty)) => Finding::ok(
            what,
            format!("{name} is reachable, empty; convoke serve or convoke migrate fills it"),
        ),
        Ok(DatabaseState::Reachable(name, Schema::Current)) => {
            Finding::ok(what, format!("{name} answers, its schema is current"))
        }
        Ok(DatabaseState::Reachable(name, Schema::Old)) => Finding::error(
            what,
            format!("{name} answers, its schema is old. Run convoke migrate."),
        ),
        Ok(DatabaseState::Reachable(name, Schema::Newer)) => Finding::error(
            what,
            format!("{name} answers, its schema is newer than this program. Run a newer convoke."),
        ),
    }
}
